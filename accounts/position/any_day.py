"""Accounts as they stood on any day, by what was known at any moment: rows as those of today.

A page that reads `account.standing` speaks of another day once its accounts went through `stand_as_of`.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Case, DecimalField, Exists, F, OuterRef, QuerySet, Subquery, Sum, When

from accounts.ledger.enums import Direction
from accounts.ledger.models import Account, LedgerEntry, Standing
from accounts.position.queries import Position, positions

ZERO = Decimal(0)
MONEY = DecimalField(max_digits=18, decimal_places=3)


def stand_as_of(accounts: Sequence[Account], *, as_of: date, known_at: datetime) -> dict[int, Position]:
    """Give each account of a set the standing of that day, in memory; their positions by id.

    Two statements for any number. What a standing says beyond its sums (written off, when it changes
    next) is left empty.
    """
    found = positions([account.pk for account in accounts], as_of=as_of, known_at=known_at)
    paid = _last_payments([account.pk for account in accounts], as_of=as_of, known_at=known_at)
    for account in accounts:
        position = found.get(account.pk) or Position(account.pk, account.currency)
        account.standing = Standing(
            account=account,
            currency=account.currency,
            balance=position.balance,
            overdue=position.overdue,
            not_due=position.not_due,
            contested=position.contested,
            credit=position.overdue + position.not_due - position.balance,
            oldest_due_date=position.oldest_due_date,
            last_payment_date=paid.get(account.pk),
            standing_as_of=as_of,
        )
        oldest = position.oldest_due_date
        account.days_past_due = (as_of - oldest).days if oldest else None
    return found


def _last_payments(ids: list[int], *, as_of: date, known_at: datetime) -> dict[int, date]:
    """The day of each account's last payment that stood then."""
    told = LedgerEntry.objects.filter(value_date__lte=as_of, recorded_at__lte=known_at)
    rows = (
        told.filter(account__in=ids, kind="payment")
        .exclude(pk__in=Subquery(told.filter(reverses__account__in=ids).values("reverses_id")))
        .order_by("account_id", "-value_date")
        .distinct("account_id")
    )
    return dict(rows.values_list("account_id", "value_date"))


def known_then(accounts: QuerySet[Account], *, as_of: date, known_at: datetime) -> QuerySet[Account]:
    """The accounts of a set with an entry by that day, each with its `balance_then`."""
    told = LedgerEntry.objects.filter(
        account=OuterRef("pk"), value_date__lte=as_of, recorded_at__lte=known_at
    ).order_by()
    signed = Case(When(direction=Direction.DEBIT, then=F("amount")), default=-F("amount"))
    balance = told.values("account").annotate(_sum=Sum(signed)).values("_sum")
    return accounts.filter(Exists(told)).annotate(balance_then=Subquery(balance, output_field=MONEY))
