"""A notice whose time runs, or that waits to leave: none of its kind is given beside it.

Who gives it a second time would move the day of the next step, or have it arrive twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from accounts.ledger.models import Account
from campaigns.correspondence.enums import NoticeKind
from campaigns.notices import rules
from campaigns.notices.queries import beside_of, rows_of
from collections_app.core import clock

# What runs on a day, and what is queued; a printed letter's notice is entered when it is handed over.
_UNDER_WAY = """
    SELECT n.kind, coalesce(d.merged_into_id, d.id), d.name, n.sent_on, n.next_step_from, n.id, NULL::bigint
      FROM campaigns_formalnotice n JOIN accounts_debtor d ON d.id = n.debtor_id
     WHERE n.id IN (SELECT l.notice_id FROM campaigns_formalnoticeaccount l WHERE l.account_id = ANY(%(ids)s))
       AND n.status <> 'returned' AND n.sent_on <= %(on)s AND n.next_step_from > %(on)s
     UNION ALL
    SELECT t.notice, coalesce(d.merged_into_id, d.id), d.name, NULL, NULL, NULL, m.id
      FROM campaigns_message m
      JOIN accounts_debtor d ON d.id = m.debtor_id
      JOIN campaigns_templateversion v ON v.id = m.template_version_id
      JOIN campaigns_template t ON t.id = v.template_id
     WHERE m.id IN (SELECT l.message_id FROM campaigns_messageaccount l WHERE l.account_id = ANY(%(ids)s))
       AND t.notice <> '' AND m.status IN ('queued', 'deferred', 'sending', 'unknown')
     ORDER BY 5 DESC NULLS LAST, 6 DESC, 7 DESC
"""


@dataclass(frozen=True)
class UnderWay:
    """A notice of `notice_id` sent on a day whose time runs until before `next_step_from`; or one that
    is queued as `message_id`, with no day yet."""

    kind: NoticeKind
    debtor_id: int
    debtor_name: str
    sent_on: date | None
    next_step_from: date | None
    notice_id: int | None
    message_id: int | None


def under_way(account_ids: Iterable[int], *, on: date) -> list[UnderWay]:
    """What of the accounts' notices runs on a day or waits to leave, the longest first; one statement."""
    rows = rows_of(_UNDER_WAY, {"ids": sorted(account_ids), "on": on})
    return [UnderWay(NoticeKind(row[0]), *row[1:]) for row in rows]


def refuse_second(
    accounts: Sequence[Account], kind: str, *, to: Iterable[int], on: date
) -> None:
    """Raise NoticeRefused where a notice of this kind to one of these people runs on that day or is
    queued: with its day, and where it is said that it was spoilt or came back.

    Who owes the account beside its debtor has a notice of his own; the debtor's is that of whoever
    stands for him too.
    """
    ids = [account.pk for account in accounts]
    beside = {pk for people in beside_of(ids, as_of=on).values() for pk in people}
    wanted = {pk if pk in beside else 0 for pk in to}
    for row in under_way(ids, on=on):
        if row.kind != kind or (row.debtor_id if row.debtor_id in beside else 0) not in wanted:
            continue
        if row.next_step_from is None:
            raise rules.NoticeRefused(
                _(
                    "This notice is queued already and has not left yet. Cancel that message first if it "
                    "is to be given in another way."
                ),
                field="kind",
            )
        raise rules.NoticeRefused(
            _(
                "This notice was given on %(sent)s and its time still runs: it may be given again from "
                "%(day)s on. If it was spoilt or came back, record that on the notice first."
            )
            % {"sent": clock.written(row.sent_on), "day": clock.written(row.next_step_from)},
            field="kind",
        )
