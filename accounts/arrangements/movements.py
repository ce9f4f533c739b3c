"""What moved on accounts from a day on, as promises and plans are judged by it; two statements a set."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.arrangements.judging import Credit

# Condition on an `account`: an entry that was posted ahead has come to its value date in the last week.
POSTED_AHEAD = """EXISTS (
    SELECT 1 FROM accounts_ledgerentry e
    WHERE e.account_id = {account} AND e.value_date > %(as_of)s - 7
      AND e.value_date <= %(as_of)s AND e.recorded_at::date < e.value_date)"""


@dataclass(kw_only=True)
class Movements:
    """Payments since the first day (`returns`: when one came back, by its entry), every other movement
    since then as (day, amount, debits positive), and the balance before as one figure."""

    credits: list[Credit] = field(default_factory=list)
    returns: dict[int, date] = field(default_factory=dict)
    others: list[tuple[date, Decimal]] = field(default_factory=list)
    opening: Decimal = Decimal(0)


def add_movements(
    facts: dict[int, Any],
    *,
    wanted: str,
    params: dict[str, Any],
    as_of: date,
    known_at: datetime | None = None,
) -> None:
    """Fill in the `Movements` of each key. `wanted` selects (key, account_id, first_day); a key may
    have several accounts. With `known_at` only what was recorded by then."""
    params = params | {"as_of": as_of, "known_at": known_at}
    known = "AND {}.recorded_at <= %(known_at)s".format if known_at else (lambda _alias: "")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH wanted (key, account_id, first_day) AS ({wanted})
            SELECT w.key, e.id, e.amount, e.value_date, r.value_date
            FROM wanted w JOIN accounts_ledgerentry e ON e.account_id = w.account_id
            LEFT JOIN accounts_ledgerentry r ON r.reverses_id = e.id AND r.value_date <= %(as_of)s
                {known("r")}
            WHERE e.kind = 'payment' AND e.value_date >= w.first_day AND e.value_date <= %(as_of)s
                {known("e")}
            """,
            params,
        )
        for key, entry_id, amount, value_date, returned_on in cursor.fetchall():
            facts[key].credits.append(Credit(entry_id, amount, value_date))
            if returned_on is not None:
                facts[key].returns[entry_id] = returned_on
        # Returns of the payments above are told by `returns`; those of earlier ones move the balance.
        cursor.execute(
            f"""
            WITH wanted (key, account_id, first_day) AS ({wanted})
            SELECT w.key, CASE WHEN e.value_date >= w.first_day THEN e.value_date END,
                   sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END)
            FROM wanted w JOIN accounts_ledgerentry e ON e.account_id = w.account_id
            LEFT JOIN accounts_ledgerentry o ON o.id = e.reverses_id
            WHERE e.value_date <= %(as_of)s {known("e")} AND (
                e.value_date < w.first_day
                OR (e.kind <> 'payment' AND NOT (
                    e.kind = 'reversal' AND o.kind = 'payment' AND o.value_date >= w.first_day)))
            GROUP BY 1, 2
            """,
            params,
        )
        for key, value_date, amount in cursor.fetchall():
            if value_date is None:
                facts[key].opening = amount
            else:
                facts[key].others.append((value_date, amount))
