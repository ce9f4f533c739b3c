"""A month account by account: opening, movements by kind, closing; the accounts that differ first.

Opening and closing are what the product keeps (`ledger.reconciliation`): the kept month-ends, or for the
running month the standings; the movements are the entries between. So three keepings of one thing are
held against each other on every account.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.ledger.models import DayEnd
from accounts.ledger.reconciliation import SIGNED, closing_of, opening_of

CHUNK = 5_000
MAKE = f"""
    CREATE TEMPORARY TABLE account_roll ON COMMIT DROP AS
    SELECT a.id AS account_id, a.number, d.name, a.currency, coalesce(o.amount, 0) AS opening, m.kinds,
           coalesce(m.moved, 0) AS moved, coalesce(c.amount, 0) AS closing,
           coalesce(o.amount, 0) + coalesce(m.moved, 0) <> coalesce(c.amount, 0)
           AND NOT coalesce(c.is_behind, FALSE) AS differs
    FROM ({{opening}}) o
    FULL JOIN (
        SELECT account_id, sum(amount) AS moved, jsonb_object_agg(kind, amount) AS kinds
        FROM (SELECT e.account_id, e.kind, sum({SIGNED}) AS amount FROM accounts_ledgerentry e
              WHERE e.value_date BETWEEN %(first_day)s AND %(last_day)s {{known}} GROUP BY 1, 2) k
        GROUP BY account_id
    ) m USING (account_id)
    FULL JOIN ({{closing}}) c USING (account_id)
    JOIN accounts_account a ON a.id = account_id
    JOIN accounts_debtor d ON d.id = a.debtor_id
    WHERE (%(creditor)s::bigint IS NULL OR a.creditor_id = %(creditor)s)
      AND (m.kinds IS NOT NULL OR coalesce(o.amount, 0) <> 0 OR coalesce(c.amount, 0) <> 0)
"""
TOTALS = """
    SELECT currency, count(*), sum(opening), sum(moved), sum(closing), count(*) FILTER (WHERE differs)
    FROM account_roll GROUP BY currency ORDER BY currency
"""
BY_KIND = """
    SELECT r.currency, k.key, sum(k.value::numeric) FROM account_roll r, jsonb_each_text(r.kinds) k
    GROUP BY r.currency, k.key ORDER BY r.currency, k.key
"""
ROWS = """
    SELECT account_id, number, name, currency, opening, kinds, moved, closing, differs FROM account_roll
    ORDER BY differs DESC, abs(opening + moved - closing) DESC, abs(moved) DESC, number, account_id
    LIMIT %(most)s
"""


@dataclass(frozen=True)
class RolledAccount:
    """An account's month, in its currency; `kinds` are the movements by kind of entry, with their sign."""

    account_id: int
    number: str
    name: str
    currency: str
    opening: Decimal
    kinds: dict[str, Decimal]
    moved: Decimal
    closing: Decimal
    differs: bool

    @property
    def difference(self) -> Decimal:
        return self.closing - self.opening - self.moved


@dataclass(frozen=True)
class RolledCurrency:
    currency: str
    accounts: int
    opening: Decimal
    kinds: dict[str, Decimal]
    moved: Decimal
    closing: Decimal
    differing: int


def months_to_roll() -> list[date]:
    """First days of the months whose opening is kept, the running one first."""
    ends = DayEnd.objects.filter(has_balances=True).order_by("-day").values_list("day", flat=True)
    firsts = [day + timedelta(days=1) for day in ends if (day + timedelta(days=1)).day == 1]
    kept = set(ends)
    # but for the running month, both ends must be kept
    return [first for place, first in enumerate(firsts) if not place or _last_of(first) in kept]


def _last_of(first_day: date) -> date:
    return (first_day + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def roll_accounts(
    *, first_day: date, creditor_id: int | None, known_at: datetime | None = None
) -> list[RolledCurrency]:
    """Hold every account's month together, inside the caller's transaction; one row a currency.

    With `known_at` without what was recorded after it. The accounts are then read by `rolled_rows`.
    Raises NotKept.
    """
    params: dict[str, Any] = {"first_day": first_day, "creditor": creditor_id, "known_at": known_at}
    known = "AND e.recorded_at <= %(known_at)s" if known_at else ""
    last_day = _last_of(first_day)
    is_kept = DayEnd.objects.filter(day=last_day, has_balances=True).exists()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.account_roll")
        opening = opening_of(cursor, first_day, params)
        closing = closing_of(cursor, last_day if is_kept else None, params)
        cursor.execute(MAKE.format(opening=opening, closing=closing, known=known), params)
        cursor.execute(BY_KIND)
        kinds: dict[str, dict[str, Decimal]] = {}
        for currency, kind, amount in cursor.fetchall():
            kinds.setdefault(currency, {})[kind] = amount
        cursor.execute(TOTALS)
        return [
            RolledCurrency(currency, accounts, opening, kinds.get(currency, {}), moved, closing, differing)
            for currency, accounts, opening, moved, closing, differing in cursor.fetchall()
        ]


def rolled_rows(*, most: int) -> Iterator[RolledAccount]:
    """The accounts that `roll_accounts` held together in this transaction, differing ones first."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(ROWS, {"most": most})
        while rows := cursor.fetchmany(CHUNK):
            for *account, opening, kinds, moved, closing, differs in rows:
                by_kind = {kind: Decimal(str(amount)) for kind, amount in _parsed(kinds).items()}
                yield RolledAccount(*account, opening, by_kind, moved, closing, differs)


def _parsed(kinds: Any) -> dict[str, Any]:
    if kinds is None:
        return {}
    return kinds if isinstance(kinds, dict) else json.loads(kinds, parse_float=Decimal)
