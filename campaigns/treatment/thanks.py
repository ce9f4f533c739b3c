"""One "thank you" when a payment clears an account that had been reminded (D14)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import connection

from accounts.compliance.enums import Purpose
from accounts.compliance.queries import Asked
from accounts.compliance.services import ask_permits
from accounts.ledger.parties import REPRESENTED
from accounts.parties.models import Creditor
from campaigns.correspondence.installed import THANKS
from campaigns.correspondence.queries import TextBook
from campaigns.sending.services import NewMessage, queue_messages
from campaigns.treatment.models import ReminderRun

# Episodes that ended within a week by a payment after a step was taken, of accounts with nothing
# overdue, not thanked yet: one row a debtor and who is written to for him now, with the way the last
# reminder took. Who came to represent him since, or ceased to, is not where that reminder went: then the
# addressee's own point for that way, chosen as the pass chooses it.
CLEARED = f"""
WITH represented AS MATERIALIZED ({REPRESENTED}),
cured AS (
SELECT a.id AS account_id, e.id AS episode_id, coalesce(o.merged_into_id, o.id) AS owner_id,
       coalesce(sp.debtor_id, o.merged_into_id, o.id) AS debtor_id,
       coalesce(w.merged_into_id, w.id) AS written_to, m.channel, m.contact_point_id, m.language, m.sent_at
  FROM campaigns_episode e
  JOIN accounts_account a ON a.id = e.account_id AND a.creditor_id = %(creditor)s
  JOIN accounts_debtor o ON o.id = a.debtor_id
  JOIN accounts_standing s ON s.account_id = a.id AND s.overdue = 0
  JOIN campaigns_steprecord r ON r.episode_id = e.id AND r.status = 'done'
  JOIN campaigns_message m ON m.id = r.message_id AND m.status = 'sent' AND m.channel <> 'letter'
  JOIN accounts_debtor w ON w.id = m.debtor_id
  LEFT JOIN represented sp ON sp.account_id = a.id
 WHERE e.cured_on > %(since)s AND e.cured_on <= %(as_of)s
   AND s.last_payment_date >= (m.sent_at AT TIME ZONE %(zone)s)::date
   AND NOT EXISTS (SELECT 1 FROM campaigns_messageaccount tl
                     JOIN campaigns_message t ON t.id = tl.message_id AND t.purpose = 'service'
                    WHERE tl.account_id = a.id AND t.queued_at > e.recorded_at)
)
SELECT DISTINCT ON (c.debtor_id, c.owner_id) c.debtor_id, c.channel,
       CASE WHEN c.written_to = c.debtor_id THEN c.contact_point_id ELSE own.id END AS point_id,
       d.language, d.payer_type, c.language AS used,
       array_agg(c.account_id) OVER each_owner, min(c.episode_id) OVER each_owner
  FROM cured c
  JOIN accounts_debtor d ON d.id = c.debtor_id
  LEFT JOIN LATERAL (
       SELECT p.id FROM accounts_contactpoint p
        WHERE p.debtor_id = c.debtor_id AND p.kind = CASE c.channel WHEN 'sms' THEN 'phone' ELSE c.channel END
          AND p.status IN ('good', 'unverified')
          AND p.valid_from <= %(as_of)s AND (p.valid_to IS NULL OR p.valid_to > %(as_of)s)
        ORDER BY p.is_primary DESC, (p.status = 'good') DESC, p.noted_on DESC, p.id DESC LIMIT 1
       ) own ON c.written_to <> c.debtor_id
 WHERE c.written_to = c.debtor_id OR own.id IS NOT NULL
WINDOW each_owner AS (PARTITION BY c.debtor_id, c.owner_id)
 ORDER BY c.debtor_id, c.owner_id, c.sent_at DESC
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
    """Queue one message about each debtor whose reminded accounts were cleared by payment, to who
    represents him or else to him; counts them."""
    with connection.cursor() as cursor:
        cursor.execute(
            CLEARED,
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
