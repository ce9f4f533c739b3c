"""What takes a waiting message out of the outbox again: a later step, or nothing left to ask."""

from collections.abc import Iterable
from datetime import date

from accounts.compliance.enums import Purpose
from campaigns.sending.enums import MESSAGE, WAITING, MessageStatus, Spared
from campaigns.sending.models import Message
from campaigns.sending.settling import tell_settled
from collections_app.core import prepared


def withhold_superseded(*, account_ids: Iterable[int], as_of: date, actor) -> list[int]:
    """Withhold waiting reminders about these accounts: a later step is about to be queued.

    A paper made before, such as a statement that somebody ordered, is no reminder, nor is a formal
    notice, on which later steps rest: they wait on.
    """
    ids = list(
        Message.objects.filter(
            status__in=WAITING,
            purpose=Purpose.DEMAND,
            encloses=False,
            lines__account__in=list(account_ids),
        )
        .exclude(template_version__template__notice__gt="")
        .distinct()
        .values_list("pk", flat=True)
    )
    return _withhold(ids, Spared.LATER_STEP, as_of, actor)


def withhold_cleared(*, account_ids: Iterable[int], as_of: date, actor) -> list[int]:
    """Withhold waiting reminders of which every account has nothing unpaid any more (D14).

    The worker would find out by itself; this says so at once, and the list is short.
    """
    found = prepared.select_some(
        """
            SELECT m.id FROM campaigns_message m
             WHERE m.status IN ('queued', 'deferred') AND m.purpose = 'demand'
               AND m.id IN (SELECT message_id FROM campaigns_messageaccount
                             WHERE account_id = ANY(%(ids)s::bigint[]))
               AND NOT EXISTS (
                   SELECT 1 FROM campaigns_messageaccount l
                     JOIN accounts_standing s ON s.account_id = l.account_id
                    WHERE l.message_id = m.id AND (s.overdue > 0 OR
                          (m.asks_until IS NOT NULL AND s.oldest_due_date <= m.asks_until)))
             ORDER BY m.id
        """,
        account_ids,
    )
    return _withhold([row[0] for row in found], Spared.PAID, as_of, actor)


def _withhold(ids: list[int], reason: str, as_of: date, actor) -> list[int]:
    if not ids:
        return []
    moved = MESSAGE.advance_many(
        ids, to=MessageStatus.WITHHELD, actor=actor, as_of=as_of, spared=reason
    )
    if moved:
        tell_settled(moved, MessageStatus.WITHHELD, as_of, actor, spared=reason)
    return moved
