"""What the bank paid of cheques, item by item: the list "cleared per invoice" of any day and knowledge."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import DateField, DecimalField, Exists, Max, OuterRef, QuerySet, Subquery, Sum

from accounts.cheques.models import Cheque, ChequePayment
from accounts.ledger.models import LedgerEntry
from accounts.ledger.shares import shares_sql
from collections_app.core import prepared

# The items that the standing payments of some cheques paid by a day, in order of age. Their accounts
# alone are looked at, once for all of them.
ITEMS_PAID = """
WITH {shares}
SELECT s.cheque_id, a.number, coalesce(nullif(d.reference, ''), d.description), sum(sh.amount)
FROM accounts_chequeshare s
JOIN accounts_chequepayment p ON p.share_id = s.id {known}
JOIN shares sh ON sh.credit_id = p.entry_id
JOIN accounts_ledgerentry d ON d.id = sh.debit_id
JOIN accounts_account a ON a.id = d.account_id
WHERE s.cheque_id = ANY(%(ids)s::bigint[])
GROUP BY s.cheque_id, a.number, d.id
ORDER BY s.cheque_id, d.due_date, d.id
"""
OF_THEM = """e.account_id IN (
    SELECT s.account_id FROM accounts_chequeshare s WHERE s.cheque_id = ANY(%(ids)s::bigint[])) AND"""


def _standing(day: date, known_at: datetime | None):
    """The payments of the cheque in the outer query that stand on a day, by what was known."""
    known = {} if known_at is None else {"recorded_at__lte": known_at}
    taken_back = LedgerEntry.objects.filter(reverses=OuterRef("entry"), value_date__lte=day, **known)
    return ChequePayment.objects.filter(
        ~Exists(taken_back), share__cheque=OuterRef("pk"), entry__value_date__lte=day, **known
    )


def cleared(
    cheques: QuerySet[Cheque], day: date, days: int, known_at: datetime | None = None
) -> QuerySet[Cheque]:
    """Cheques of which the bank paid something in the `days` up to a day that stands on it.

    Each has `paid_then` (what it paid, in its currency) and `paid_on` (the last value date). With
    `known_at` without what was recorded after it.
    """
    standing = _standing(day, known_at)
    recent = standing.filter(entry__value_date__gt=day - timedelta(days=days))
    by_cheque = standing.order_by().values("share__cheque")
    money = DecimalField(max_digits=18, decimal_places=3)
    return cheques.filter(Exists(recent)).annotate(
        paid_then=Subquery(by_cheque.annotate(made=Sum("entry__amount")).values("made"), output_field=money),
        paid_on=Subquery(
            by_cheque.annotate(last=Max("entry__value_date")).values("last"), output_field=DateField()
        ),
    )


def put_items(cheques: Iterable[Cheque], day: date, known_at: datetime | None = None) -> None:
    """Put on each cheque `paid_items` (read by `Cheque.paid_for`): (account number, what the item is
    called, amount) of the items its money paid by the day; money that paid nothing yet is in none of
    them. One statement for any number of cheques."""
    mine = {cheque.pk: cheque for cheque in cheques}
    if not mine:
        return
    is_known = known_at is not None
    sql = ITEMS_PAID.format(
        shares=shares_sql(scope=OF_THEM, known=is_known),
        known="AND p.recorded_at <= %(known_at)s" if is_known else "",
    )
    found = defaultdict(list)
    for pk, *item in prepared.select_some(sql, mine, as_of=day, known_at=known_at):
        found[pk].append(tuple(item))
    for pk, cheque in mine.items():
        cheque.paid_items = found[pk]
