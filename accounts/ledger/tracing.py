"""Which money paid which item of one account, on any day and any knowledge: the rule in plain Python.

`queries.items_sql` is the same rule over sets; both must give the same open amounts.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from accounts.ledger.allocation import Credit, Debit, Share, allocate_items, share_out

FACTS = """
WITH live AS (
    SELECT e.id, e.kind, e.direction, e.amount, e.value_date, e.due_date
    FROM accounts_ledgerentry e
    WHERE e.account_id = %(account)s AND e.kind <> 'reversal' AND e.value_date <= %(as_of)s
      AND e.recorded_at <= coalesce(%(known_at)s, 'infinity')
      AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r
                      WHERE r.reverses_id = e.id AND r.value_date <= %(as_of)s
                        AND r.recorded_at <= coalesce(%(known_at)s, 'infinity'))
)
SELECT l.*, coalesce((
    SELECT k.amount FROM accounts_contestedamount k
    WHERE k.entry_id = l.id AND k.effective_date <= %(as_of)s
      AND k.recorded_at <= coalesce(%(known_at)s, 'infinity')
    ORDER BY k.effective_date DESC, k.id DESC LIMIT 1), 0)
FROM live l ORDER BY l.id
"""
NAMED = """
SELECT n.credit_id, n.debit_id, n.amount FROM accounts_namedallocation n
JOIN accounts_ledgerentry d ON d.id = n.debit_id
WHERE d.account_id = %(account)s AND n.undoes_id IS NULL AND n.effective_date <= %(as_of)s
  AND n.recorded_at <= coalesce(%(known_at)s, 'infinity')
  AND NOT EXISTS (SELECT 1 FROM accounts_namedallocation u
                  WHERE u.undoes_id = n.id AND u.effective_date <= %(as_of)s
                    AND u.recorded_at <= coalesce(%(known_at)s, 'infinity'))
ORDER BY n.id
"""
ORDER = """
SELECT ARRAY(SELECT jsonb_array_elements_text(v.values->'order'))
FROM accounts_policyversion v JOIN accounts_account a ON a.id = %(account)s
WHERE v.kind = 'allocation' AND v.status = 'approved' AND v.valid_from <= %(as_of)s
  AND (%(known_at)s IS NULL OR v.approved_at <= %(known_at)s)
  AND (v.scope_type = '' OR (v.scope_type = 'creditor' AND v.scope_id = a.creditor_id)
       OR (v.scope_type = 'portfolio' AND v.scope_id = a.portfolio_id))
ORDER BY CASE v.scope_type WHEN 'portfolio' THEN 2 WHEN 'creditor' THEN 1 ELSE 0 END DESC,
         v.valid_from DESC, v.id DESC
LIMIT 1
"""


@dataclass(frozen=True)
class Facts:
    """What the rule reckons with: the live debits and credits, what is named, the order in force."""

    debits: list[Debit]
    credits: list[Credit]
    named: list[Share]
    order: tuple[str, ...]

    def items(self):
        """(items in the order in which they are paid, credit left), by the rule."""
        by_debit: dict[int, Decimal] = {}
        live = {money.entry_id for money in self.credits} & {share.credit_id for share in self.named}
        for share in self.named:
            if share.credit_id in live:
                by_debit[share.debit_id] = by_debit.get(share.debit_id, Decimal(0)) + share.amount
        pool = sum((money.amount for money in self.credits), Decimal(0))
        return allocate_items(self.debits, pool, by_debit, self.order)

    def shares(self) -> list[Share]:
        return share_out(self.debits, self.credits, self.named, self.order)


def facts_of(account_id: int, *, as_of: date, known_at: datetime | None = None) -> Facts:
    """The facts of one account; three statements."""
    params = {"account": account_id, "as_of": as_of, "known_at": known_at}
    debits, credits = [], []
    with connection.cursor() as cursor:
        cursor.execute(FACTS.replace("%(known_at)s", "%(known_at)s::timestamptz"), params)
        for pk, kind, direction, amount, value_date, due_date, contested in cursor.fetchall():
            if direction == "debit":
                debits.append(Debit(pk, amount, due_date, value_date, contested, kind))
            else:
                credits.append(Credit(pk, amount, value_date))
        cursor.execute(NAMED.replace("%(known_at)s", "%(known_at)s::timestamptz"), params)
        named = [Share(*row, is_named=True) for row in cursor.fetchall()]
        cursor.execute(ORDER.replace("%(known_at)s", "%(known_at)s::timestamptz"), params)
        row = cursor.fetchone()
    return Facts(debits, credits, named, tuple(row[0]) if row else ())


def shares_of(account_id: int, *, as_of: date, known_at: datetime | None = None) -> list[Share]:
    """Which money paid which item of the account by a day."""
    return facts_of(account_id, as_of=as_of, known_at=known_at).shares()
