"""What has accrued to a day, for one account or for all; and what of it was posted."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction

from accounts.interest.calculation import AMOUNTS, as_tables, groups_of, one_statement, params_of
from accounts.interest.enums import ChargeKind
from accounts.interest.models import InterestPosting
from accounts.interest.terms import BEGINNING, Segment, segments
from accounts.interest.windows import Window

# Up to so many accounts one statement without temporary tables serves.
A_FEW = 200
COLUMNS = "account_id, entry_id, first, last, days, base, rate, year_days, interest, frozen, period"
WANTED = (
    "SELECT unnest(%(ids)s::bigint[]) AS account_id, %(since)s::date AS since, %(through)s::date AS through"
)


@dataclass(frozen=True)
class Accrued:
    """The interest of one account to a day: its windows by item, and its months in money."""

    windows: list[Window]
    months: dict[date, Decimal]

    @property
    def amount(self) -> Decimal:
        return sum(self.months.values(), Decimal(0))


def terms_of(account_ids, *, as_of: date) -> list[Segment]:
    """The terms of interest of some accounts, divided where a version begins; empty where none bear."""
    ids = list(account_ids)
    return segments("interest", groups_of("WHERE id = ANY(%(ids)s)", {"ids": ids}), as_of=as_of)


def accrued(
    account_ids, *, as_of: date, known_at: datetime | None = None, few: int = A_FEW
) -> dict[int, Accrued]:
    """Interest of each account from its beginning through a day, by the terms in force on that day.

    Whether it was posted plays no part. Accounts that bear none have no key. Only reads for up to
    `few` accounts; more are reckoned through temporary tables, to the same windows.
    """
    ids = list(account_ids)
    found = terms_of(ids, as_of=as_of)
    if not found:
        return {}
    params = params_of(found, known_at=known_at, ids=ids, since=BEGINNING, through=as_of)
    result: dict[int, Accrued] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        if len(ids) <= few:
            body = one_statement(WANTED, known=known_at is not None)
        else:
            body = as_tables(WANTED, params)
        amounts = f"interest_amounts AS ({AMOUNTS})"
        cursor.execute(
            f"{body}, {amounts} SELECT w.*, a.amount FROM (SELECT {COLUMNS} FROM interest_windows) w"
            " JOIN interest_amounts a USING (account_id, period)"
            " ORDER BY account_id, last, first, entry_id",
            params,
        )
        for account_id, entry_id, *window, frozen, period, money in cursor:
            one = result.setdefault(account_id, Accrued([], {}))
            one.windows.append(Window(*window, frozen=frozen, key=entry_id))
            one.months[period] = money
    return result


def accrual_of_day(day: date) -> dict[str, tuple[int, Decimal]]:
    """What all accounts bear on one day: how many do, and the exact sum, by currency. Inside one
    transaction with temporary tables."""
    found = segments("interest", groups_of(), as_of=day)
    if not found:
        return {}
    params = params_of(found, day=day)
    wanted = "SELECT id AS account_id, %(day)s::date AS since, %(day)s::date AS through FROM accounts_account"
    with transaction.atomic(), connection.cursor() as cursor:
        body = as_tables(wanted, params)
        cursor.execute(
            f"{body} SELECT a.currency, count(DISTINCT w.account_id), sum(w.interest)"
            " FROM interest_windows w JOIN accounts_account a ON a.id = w.account_id"
            " WHERE w.interest > 0 GROUP BY a.currency ORDER BY a.currency",
            params,
        )
        return {currency: (accounts, amount) for currency, accounts, amount in cursor}


def postings_of(account_id: int, *, kind: str | None = None):
    """What runs posted to an account and still stands, newest month first."""
    rows = InterestPosting.objects.filter(account_id=account_id, is_live=True, entry__isnull=False)
    if kind:
        rows = rows.filter(kind=kind)
    return rows.select_related("entry", "item", "run").order_by("-period", "-id")


def posted_interest(account_ids, *, as_of: date) -> dict[int, Decimal]:
    """Interest on each account by the ledger on a day: what was posted and not taken back by then."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.account_id, sum(e.amount) FROM accounts_ledgerentry e
            WHERE e.account_id = ANY(%(ids)s) AND e.kind = %(kind)s AND e.value_date <= %(as_of)s
              AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r
                              WHERE r.reverses_id = e.id AND r.value_date <= %(as_of)s)
            GROUP BY e.account_id
            """,
            {"ids": list(account_ids), "kind": ChargeKind.INTEREST, "as_of": as_of},
        )
        return dict(cursor.fetchall())
