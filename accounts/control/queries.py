"""Our book against theirs, by account; set-based."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from accounts.control.models import ControlTotal

SIGNED = "CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END"
_OURS = f"""
ours AS (
    SELECT a.id AS account_id, a.number, coalesce(sum({SIGNED}), 0) AS balance
    FROM accounts_account a
    LEFT JOIN accounts_ledgerentry e ON e.account_id = a.id AND e.value_date <= %(as_of)s
        AND (%(known_at)s::timestamptz IS NULL OR e.recorded_at <= %(known_at)s)
    WHERE a.creditor_id = %(creditor)s AND a.currency = %(currency)s AND a.status <> 'void'
    GROUP BY a.id, a.number
)
"""
# An account they do not list stands at zero with them, as one we do not know does with us.
_COMPARED = f"""
WITH {_OURS},
theirs AS (SELECT number, stated_balance FROM accounts_controlline WHERE total_id = %(total)s),
compared AS (
    SELECT ours.account_id, coalesce(ours.number, theirs.number) AS number,
           coalesce(ours.balance, 0) AS ours, coalesce(theirs.stated_balance, 0) AS theirs,
           theirs.number IS NOT NULL AS is_listed
    FROM ours FULL JOIN theirs ON theirs.number = ours.number
)
"""


@dataclass(frozen=True)
class Differing:
    """One account on which the two books differ; amounts in the total's currency.

    `account_id` is None where we have no such account; `is_listed` False where they list none.
    """

    account_id: int | None
    number: str
    ours: Decimal
    theirs: Decimal
    is_listed: bool

    @property
    def difference(self) -> Decimal:
        return self.ours - self.theirs


def _parameters(total: ControlTotal, known_at: datetime | None) -> dict:
    return {
        "creditor": total.creditor_id,
        "currency": total.currency,
        "as_of": total.as_of,
        "known_at": known_at,
        "total": total.pk,
    }


def ledger_total(
    *, creditor_id: int, currency: str, as_of: date, known_at: datetime | None = None
) -> Decimal:
    """The ledger's balance of a creditor's book at the end of a day."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {_OURS} SELECT coalesce(sum(balance), 0) FROM ours",
            {"creditor": creditor_id, "currency": currency, "as_of": as_of, "known_at": known_at},
        )
        return cursor.fetchone()[0]


def count_differing(total: ControlTotal, *, known_at: datetime | None = None) -> int:
    """On how many accounts the books differ, where a list came with the total."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_COMPARED} SELECT count(*) FROM compared WHERE ours <> theirs", _parameters(total, known_at)
        )
        return cursor.fetchone()[0]


def differing(
    total: ControlTotal, *, limit: int | None = None, known_at: datetime | None = None
) -> list[Differing]:
    """The accounts on which the books differ, the largest difference first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_COMPARED} SELECT account_id, number, ours, theirs, is_listed FROM compared"
            " WHERE ours <> theirs ORDER BY abs(ours - theirs) DESC, number LIMIT %(limit)s",
            {**_parameters(total, known_at), "limit": limit},
        )
        return [Differing(*row) for row in cursor.fetchall()]
