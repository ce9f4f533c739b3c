"""Accounts as they stood on any day, by what was known at any moment: rows as those of today.

A page that reads `account.standing` speaks of another day once its accounts went through `stand_as_of`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, DecimalField, Exists, F, OuterRef, QuerySet, Subquery, Sum, When

from accounts.ledger.enums import Direction
from accounts.ledger.models import Account, LedgerEntry, Standing
from accounts.position.queries import Position, positions

SIGNED = Case(When(direction=Direction.DEBIT, then=F("amount")), default=-F("amount"))
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


@dataclass(frozen=True)
class SideThen:
    """How many accounts of a currency stood on one side of zero, and their balances' sum."""

    currency: str
    side: str
    accounts: int
    balance: Decimal


def sides_then(accounts: QuerySet[Account], *, as_of: date, known_at: datetime | None) -> list[SideThen]:
    """The accounts of a set with an entry by that day, by currency and by side (`owing`, `credit`,
    `even`); one pass over their entries, whatever their number."""
    told = _told(as_of, known_at).filter(account__in=accounts.order_by().values("pk"))
    by_account = told.order_by().values("account_id").annotate(balance=Sum(SIGNED))
    try:
        body, params = by_account.query.sql_with_params()
    except EmptyResultSet:  # filters that fit nothing have no statement
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT a.currency, CASE WHEN b.balance > 0 THEN 'owing' WHEN b.balance < 0 THEN 'credit'
                               ELSE 'even' END AS side, count(*), sum(b.balance)
            FROM ({body}) b (account_id, balance) JOIN accounts_account a ON a.id = b.account_id
            GROUP BY 1, 2 ORDER BY 1, 2
            """,
            params,
        )
        return [SideThen(*row) for row in cursor.fetchall()]


def _told(as_of: date, known_at: datetime | None) -> QuerySet[LedgerEntry]:
    """Entries of days up to one; without a knowledge by the index alone, which holds no moments."""
    told = LedgerEntry.objects.filter(value_date__lte=as_of)
    return told if known_at is None else told.filter(recorded_at__lte=known_at)


def known_then(
    accounts: QuerySet[Account], *, as_of: date, known_at: datetime | None, balance_is_asked: bool = False
) -> QuerySet[Account]:
    """The accounts of a set with an entry by that day, each with its `balance_then`.

    `balance_is_asked`: the caller compares it, which no account without an entry has; to look for one
    first would take three times as long.
    """
    told = _told(as_of, known_at).filter(account=OuterRef("pk")).order_by()
    balance = told.values("account").annotate(_sum=Sum(SIGNED)).values("_sum")
    found = accounts if balance_is_asked else accounts.filter(Exists(told))
    return found.annotate(balance_then=Subquery(balance, output_field=MONEY))
