"""One "thank you" when a payment clears an account that had been reminded (D14)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import connection

from accounts.compliance.enums import Purpose
from accounts.compliance.queries import Asked
from accounts.compliance.services import ask_permits
from accounts.parties.models import Creditor
from campaigns.correspondence.installed import THANKS
from campaigns.correspondence.queries import TextBook
from campaigns.sending.services import NewMessage, queue_messages
from campaigns.treatment.models import ReminderRun

# Episodes that ended within a week by a payment after a step was taken, of accounts with nothing
# overdue, not thanked yet: one row a debtor, with the way the last reminder took.
CLEARED = """
SELECT DISTINCT ON (m.debtor_id) m.debtor_id, m.channel, m.contact_point_id, d.language,
       d.payer_type, m.language,
       array_agg(a.id) OVER (PARTITION BY m.debtor_id),
       min(e.id) OVER (PARTITION BY m.debtor_id)
  FROM campaigns_episode e
  JOIN accounts_account a ON a.id = e.account_id AND a.creditor_id = %(creditor)s
  JOIN accounts_standing s ON s.account_id = a.id AND s.overdue = 0
  JOIN campaigns_steprecord r ON r.episode_id = e.id AND r.status = 'done'
  JOIN campaigns_message m ON m.id = r.message_id AND m.status = 'sent' AND m.channel <> 'letter'
  JOIN accounts_debtor d ON d.id = m.debtor_id
 WHERE e.cured_on > %(since)s AND e.cured_on <= %(as_of)s
   AND s.last_payment_date >= (m.sent_at AT TIME ZONE %(zone)s)::date
   AND NOT EXISTS (SELECT 1 FROM campaigns_messageaccount tl
                     JOIN campaigns_message t ON t.id = tl.message_id AND t.purpose = 'service'
                    WHERE tl.account_id = a.id AND t.queued_at > e.recorded_at)
 ORDER BY m.debtor_id, m.sent_at DESC
"""
# `since`: what ended earlier is no longer news to anyone.


def queue_thanks(
    *,
    creditor: Creditor,
    book: TextBook,
    run: ReminderRun,
    as_of: date,
    now: datetime,
    actor,
) -> dict[str, int]:
    """Queue one message per debtor whose reminded accounts were cleared by payment; counts them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM ({CLEARED}) cleared",
            {
                "creditor": creditor.pk,
                "as_of": as_of,
                "since": as_of - timedelta(days=7),
                "zone": creditor.time_zone,
            },
        )
        rows = cursor.fetchall()
    if not rows:
        return {}
    return {"thanks": _queue(rows, creditor, book, run, as_of, now, actor)}


def _queue(rows: Sequence, creditor, book: TextBook, run, as_of: date, now: datetime, actor) -> int:
    requests, texts = [], []
    for debtor_id, channel, point_id, language, payer_type, used, accounts, episode in rows:
        text = book.pick(
            code=THANKS,
            channel=channel,
            languages=[language or used, creditor.language],
            payer_type=payer_type,
            creditor_id=creditor.pk,
        )
        if text is None:
            continue
        texts.append((text, episode))
        requests.append(
            Asked(
                debtor_id=debtor_id,
                account_ids=tuple(sorted(set(accounts))),
                channel=channel,
                moment=now,
                purpose=Purpose.SERVICE,
                point_id=point_id,
                is_automatic=True,
            )
        )
    permits = ask_permits(requests=requests, actor=actor) if requests else []
    currencies = _currencies([pk for asked in requests for pk in asked.account_ids])
    messages = [
        NewMessage(
            debtor_id=asked.debtor_id,
            creditor_id=creditor.pk,
            channel=asked.channel,
            purpose=Purpose.SERVICE,
            language=text.template.language,
            key=f"thanks-{episode}-{asked.debtor_id}",
            permit_id=permit.pk,
            template_version_id=text.pk,
            contact_point_id=asked.point_id,
            lines=tuple((pk, currencies[pk], 0) for pk in asked.account_ids),
        )
        for asked, permit, (text, episode) in zip(requests, permits, texts, strict=True)
        if permit.is_allowed
    ]
    return len(queue_messages(messages=messages, actor=actor, as_of=as_of, run_id=run.pk))


def _currencies(account_ids: Sequence[int]) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, currency FROM accounts_account WHERE id = ANY(%s)", [list(account_ids)]
        )
        return dict(cursor.fetchall())
