"""What is in dispute, what rests after a rejection, and how long departments take."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef, QuerySet, Sum

from accounts.disputes.enums import DisputeStatus
from accounts.disputes.models import Dispute, DisputeItem
from collections_app.core.models import StoredFile

# `WITH` member for a set of accounts; parameters `ids` and `as_of`. resting(entry_id, amount): what was
# disputed of an item and rejected, and is left in peace until `chase_again_on`. Of a dispute that
# was upheld in part the oldest items are credited first, as `services` does.
RESTING_SQL = """
resting AS (
    SELECT entry_id, sum(amount - credited) AS amount FROM (
        SELECT i.entry_id, i.amount,
               least(i.amount, greatest(0, d.upheld_amount + i.amount
                     - sum(i.amount) OVER (PARTITION BY d.id ORDER BY e.due_date, e.id))) AS credited
        FROM accounts_dispute d
        JOIN accounts_disputeitem i ON i.dispute_id = d.id
        JOIN accounts_ledgerentry e ON e.id = i.entry_id
        WHERE d.account_id = ANY(%(ids)s) AND d.chase_again_on > %(as_of)s
          AND d.resolved_on <= %(as_of)s
    ) answered GROUP BY entry_id
)
"""


def contested_now(entry_ids: Iterable[int]) -> dict[int, Decimal]:
    """How much of each entry open disputes contest; only entries with any have a key."""
    rows = (
        DisputeItem.objects.filter(entry__in=list(entry_ids), dispute__status=DisputeStatus.OPEN)
        .values("entry_id")
        .annotate(total=Sum("amount"))
    )
    return {row["entry_id"]: row["total"] for row in rows}


def with_bills(disputes: QuerySet[Dispute]) -> QuerySet[Dispute]:
    """`bills` are the references of the items in question: they tell one question from the next."""
    items = DisputeItem.objects.filter(dispute=OuterRef("pk")).order_by("entry__due_date", "pk")
    return disputes.annotate(bills=ArraySubquery(items.values_list("entry__reference")))


def open_disputes(account_ids: Iterable[int], *, as_of: date | None = None) -> dict[int, list[Dispute]]:
    """The open disputes of each account, oldest first; with `as_of` those open on that day."""
    found: dict[int, list[Dispute]] = {account_id: [] for account_id in account_ids}
    rows = Dispute.objects.open() if as_of is None else Dispute.objects.open_on(as_of)
    rows = rows.filter(account__in=found).select_related("department").order_by("id")
    for dispute in rows:
        found[dispute.account_id].append(dispute)
    return found


def evidence_of(dispute: Dispute) -> QuerySet[StoredFile]:
    """The files that belong to a dispute, oldest first, with who added them and what they are."""
    return (
        StoredFile.objects.filter(subject_type=dispute._meta.label_lower, subject_id=dispute.pk)
        .select_related("owner", "dispute_evidence")
        .order_by("id")
    )


@dataclass(frozen=True)
class DepartmentWait:
    """How a department answers. Days are whole calendar days from the raising."""

    department_id: int
    name: str
    waiting: int
    late: int
    longest_days: int
    answered: int
    average_days: Decimal | None


def waits(*, as_of: date, since: date) -> list[DepartmentWait]:
    """Waiting time of each department: what waits on `as_of`, and what was answered since a day (D48)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.id, p.name,
                   count(*) FILTER (WHERE d.status = 'open'),
                   count(*) FILTER (WHERE d.status = 'open' AND d.answer_due < %(as_of)s),
                   coalesce(max(%(as_of)s - d.raised_on) FILTER (WHERE d.status = 'open'), 0),
                   count(*) FILTER (WHERE d.answered_at IS NOT NULL AND d.resolved_on >= %(since)s),
                   round(avg(d.resolved_on - d.raised_on) FILTER (
                       WHERE d.answered_at IS NOT NULL AND d.resolved_on >= %(since)s), 1)
            FROM accounts_department p JOIN accounts_dispute d ON d.department_id = p.id
            GROUP BY p.id, p.name ORDER BY p.name, p.id
            """,
            {"as_of": as_of, "since": since},
        )
        return [DepartmentWait(*row) for row in cursor.fetchall()]
