"""Whether the figures that lists add up are what the entries say: standings against the ledger.

Lists read the cached standing of an account. `verify_ledger` proves every column of it for an
operator; this compares what people see in a list, per currency, and names the accounts that differ.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from accounts.ledger.standing import computed_standing

NAMED_ACCOUNTS = 20

# Standings that the roll has yet to bring to the day stand for another one: they are not compared.
_COMPARED = f"""
CREATE TEMPORARY TABLE compared ON COMMIT DROP AS
SELECT s.account_id, s.currency, s.balance, s.overdue, c.balance AS fresh_balance,
       c.overdue AS fresh_overdue
FROM accounts_standing s JOIN ({computed_standing("")}) c ON c.account_id = s.account_id
WHERE (s.next_change_date IS NULL OR s.next_change_date > %(as_of)s) AND s.standing_as_of <= %(as_of)s
"""


@dataclass
class StandingProof:
    """Sums per currency as (list, ledger) of balance and overdue, and the accounts that differ."""

    accounts: int = 0
    sums: dict[str, dict[str, tuple[Decimal, Decimal]]] = field(default_factory=dict)
    differing: list[dict[str, Any]] = field(default_factory=list)
    differing_count: int = 0

    @property
    def holds(self) -> bool:
        return not self.differing_count


@transaction.atomic
def compare_standings(*, as_of: date) -> StandingProof:
    """Compare every standing with its entries; writes nothing but a temporary table."""
    proof = StandingProof()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS compared")
        # a book without statistics would be looked through once per account
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(_COMPARED, {"as_of": as_of})
        cursor.execute(
            "SELECT currency, count(*), sum(balance), sum(fresh_balance), sum(overdue), sum(fresh_overdue)"
            " FROM compared GROUP BY currency ORDER BY currency"
        )
        for currency, accounts, balance, fresh_balance, overdue, fresh_overdue in cursor.fetchall():
            proof.accounts += accounts
            proof.sums[currency] = {
                "balance": (balance, fresh_balance),
                "overdue": (overdue, fresh_overdue),
            }
        cursor.execute(
            """
            SELECT x.account_id, a.number, x.currency, x.balance, x.fresh_balance, x.overdue,
                   x.fresh_overdue, count(*) OVER ()
            FROM compared x JOIN accounts_account a ON a.id = x.account_id
            WHERE (x.balance, x.overdue) IS DISTINCT FROM (x.fresh_balance, x.fresh_overdue)
            ORDER BY abs(x.balance - x.fresh_balance) DESC, abs(x.overdue - x.fresh_overdue) DESC, a.number
            LIMIT %s
            """,
            [NAMED_ACCOUNTS],
        )
        for pk, number, currency, balance, fresh_balance, overdue, fresh_overdue, count in cursor.fetchall():
            is_balance = balance != fresh_balance
            proof.differing.append(
                {
                    "account": pk,
                    "number": number,
                    "currency": currency,
                    "figure": "balance" if is_balance else "overdue",
                    "listed": str(balance if is_balance else overdue),
                    "ledger": str(fresh_balance if is_balance else fresh_overdue),
                }
            )
            proof.differing_count = count
        cursor.execute("SET LOCAL enable_nestloop = on")
    return proof
