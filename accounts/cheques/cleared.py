"""What the bank paid of cheques, item by item: the list "cleared per invoice" of any day."""

from datetime import date, timedelta

from django.db.models import (
    DateField,
    DecimalField,
    Exists,
    JSONField,
    Max,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.expressions import RawSQL

from accounts.cheques.models import Cheque, ChequePayment
from accounts.ledger.models import LedgerEntry
from accounts.ledger.shares import shares_sql

# The items that the standing payments of the cheque in the outer row paid by a day, in order of age:
# (account number, what the item is called, amount as text). Its accounts alone are looked at.
ITEMS_PAID = f"""(
    WITH {
    shares_sql(
        scope='''e.account_id IN (
        SELECT own.account_id FROM accounts_chequeshare own WHERE own.cheque_id = accounts_cheque.id) AND'''
    )
}
    SELECT jsonb_agg(
        jsonb_build_array(a.number, coalesce(nullif(d.reference, ''), d.description), sh.amount::text)
        ORDER BY d.due_date, d.id)
    FROM (SELECT debit_id, sum(amount) AS amount FROM shares
          WHERE credit_id IN (
              SELECT p.entry_id FROM accounts_chequepayment p
              JOIN accounts_chequeshare own ON own.id = p.share_id
              WHERE own.cheque_id = accounts_cheque.id)
          GROUP BY debit_id) sh
    JOIN accounts_ledgerentry d ON d.id = sh.debit_id
    JOIN accounts_account a ON a.id = d.account_id
)"""


def _standing(day: date):
    """The payments of the cheque in the outer query that stand on a day."""
    taken_back = LedgerEntry.objects.filter(reverses=OuterRef("entry"), value_date__lte=day)
    return ChequePayment.objects.filter(
        ~Exists(taken_back), share__cheque=OuterRef("pk"), entry__value_date__lte=day
    )


def cleared(cheques: QuerySet[Cheque], day: date, days: int) -> QuerySet[Cheque]:
    """Cheques of which the bank paid something in the `days` up to a day that stands on it.

    Each has `paid_then` (what it paid, in its currency) and `paid_on` (the last value date).
    """
    standing = _standing(day)
    recent = standing.filter(entry__value_date__gt=day - timedelta(days=days))
    by_cheque = standing.order_by().values("share__cheque")
    money = DecimalField(max_digits=18, decimal_places=3)
    return cheques.filter(Exists(recent)).annotate(
        paid_then=Subquery(by_cheque.annotate(made=Sum("entry__amount")).values("made"), output_field=money),
        paid_on=Subquery(
            by_cheque.annotate(last=Max("entry__value_date")).values("last"), output_field=DateField()
        ),
    )


def with_items(cheques: QuerySet[Cheque], day: date) -> QuerySet[Cheque]:
    """Adds `paid_items` (read by `Cheque.paid_for`): which items of which accounts the bank's money paid by
    the day; money that paid nothing yet is in none of them."""
    sql = ITEMS_PAID.replace("%(as_of)s", "%s::date")
    return cheques.annotate(paid_items=RawSQL(sql, [day] * sql.count("%s::date"), output_field=JSONField()))
