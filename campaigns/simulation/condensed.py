"""The ledger as far as days ahead can still look at it: what is open of each account.

Nothing is posted on the way, so of an account whose payments go to its oldest items only these open
items matter, each with what is left of it; of one with a dispute the items that are open or
disputed, and so much of its credits as was paid on them. Accounts with money that names its item,
another order of payment, a held charge, or an entry or dispute dated ahead are copied whole. The
run's own statements then read a few rows an account where there were dozens.
"""

from datetime import date, timedelta

from accounts.ledger.enums import EntryKind
from accounts.ledger.models import LedgerEntry
from accounts.ledger.queries import items_sql
from campaigns.strategies.enums import FIRST_OFFSET

COLUMNS = [field.column for field in LedgerEntry._meta.concrete_fields]
NAMES = ", ".join(COLUMNS)
LIVE = """e.kind <> 'reversal' AND NOT EXISTS (
    SELECT 1 FROM public.accounts_ledgerentry r WHERE r.reverses_id = e.id AND r.reverses_id IS NOT NULL)"""
# Before the copy is made, because the names then mean the copy. Parameters: as_of, last_day.
KINDS = f"""
CREATE TEMP TABLE whole ON COMMIT DROP AS
SELECT d.account_id FROM accounts_namedallocation n JOIN accounts_ledgerentry d ON d.id = n.debit_id
UNION
SELECT account_id FROM accounts_contestedamount WHERE effective_date > %(as_of)s
UNION
SELECT account_id FROM accounts_ledgerentry WHERE value_date > %(as_of)s
UNION
SELECT account_id FROM accounts_hold WHERE entry_id IS NOT NULL
UNION
SELECT a.id FROM accounts_account a WHERE EXISTS (
    SELECT FROM accounts_policyversion v WHERE v.kind = 'allocation' AND v.status = 'approved'
       AND v.valid_from <= %(last_day)s AND v.values->'order' <> '[]'::jsonb);
CREATE TEMP TABLE disputed ON COMMIT DROP AS
SELECT DISTINCT account_id FROM accounts_contestedamount
 WHERE account_id IN (SELECT account_id FROM accounts_standing)
   AND account_id NOT IN (SELECT account_id FROM whole);
CREATE TEMP TABLE disputed_item ON COMMIT DROP AS
WITH {items_sql(scope="e.account_id IN (SELECT account_id FROM disputed) AND")}
SELECT i.account_id, i.entry_id, i.paid, t.pool,
       i.paid < i.amount OR i.entry_id IN (SELECT entry_id FROM accounts_contestedamount) AS is_kept
  FROM items i JOIN totals t ON t.account_id = i.account_id
"""


def _inserted(amount: str, kind: str = "kind") -> str:
    """INSERT of entries with another amount (and kind), from a table that follows."""
    own = {"amount": amount, "kind": kind}
    chosen = ", ".join(own.get(name, name) for name in COLUMNS)
    return f"INSERT INTO pg_temp.accounts_ledgerentry ({NAMES}) SELECT {chosen} FROM"


# The balance is what the last items make up, so what is left of each follows from those after it.
# Only accounts that a day changes, or that have a step before such a day, are asked for their items.
# Parameter: last_change.
COPY = f"""
CREATE TEMP TABLE accounts_ledgerentry (LIKE public.accounts_ledgerentry) ON COMMIT DROP;
{_inserted("amount")} public.accounts_ledgerentry
 WHERE account_id IN (SELECT account_id FROM whole)
   AND account_id IN (SELECT account_id FROM pg_temp.accounts_standing);
{_inserted("amount")} public.accounts_ledgerentry
 WHERE id IN (SELECT entry_id FROM disputed_item WHERE is_kept);
{_inserted("left_of_pool", f"'{EntryKind.ADJUSTMENT}'")} (
    SELECT DISTINCT ON (e.account_id) e.*, i.left_of_pool
      FROM (SELECT account_id, max(pool) - coalesce(sum(paid) FILTER (WHERE NOT is_kept), 0) AS left_of_pool
              FROM disputed_item GROUP BY 1) i
      JOIN public.accounts_ledgerentry e ON e.account_id = i.account_id
     WHERE i.left_of_pool > 0 AND e.direction = 'credit' AND {LIVE}
     ORDER BY e.account_id, e.id) last;
{_inserted("least(amount, running)")} (
    SELECT e.*, s.balance + e.amount - sum(e.amount) OVER (
               PARTITION BY e.account_id ORDER BY e.due_date DESC, e.value_date DESC, e.id DESC
               ROWS UNBOUNDED PRECEDING) AS running
      FROM public.accounts_ledgerentry e
      JOIN pg_temp.accounts_standing s ON s.account_id = e.account_id
     WHERE s.next_change_date <= %(last_change)s AND e.due_date >= s.oldest_due_date
       AND s.account_id NOT IN (SELECT account_id FROM whole UNION ALL SELECT account_id FROM disputed)
       AND e.direction = 'debit' AND {LIVE}) latest
 WHERE running > 0;
CREATE UNIQUE INDEX ON pg_temp.accounts_ledgerentry (id);
CREATE INDEX ON pg_temp.accounts_ledgerentry (account_id);
CREATE INDEX ON pg_temp.accounts_ledgerentry (reverses_id) WHERE reverses_id IS NOT NULL;
ANALYZE pg_temp.accounts_ledgerentry;
DROP TABLE whole, disputed, disputed_item;
"""
# What a refreshed standing can no longer know: the last payment. Parameter: ids.
LAST_PAYMENTS = """
UPDATE pg_temp.accounts_standing s
   SET last_payment_date = o.last_payment_date, last_payment_amount = o.last_payment_amount
  FROM public.accounts_standing o
 WHERE s.account_id = ANY(%(ids)s::bigint[]) AND o.account_id = s.account_id
   AND s.last_payment_date IS NULL AND o.last_payment_date IS NOT NULL
"""


def condense(cursor, *, as_of: date, last_day: date) -> None:
    """Put a ledger of what is open on `as_of` before the real one, for the accounts whose standing
    was copied and which a day until `last_day` changes."""
    cursor.execute(KINDS, {"as_of": as_of, "last_day": last_day})
    cursor.execute(COPY, {"last_change": last_day + timedelta(days=1 - FIRST_OFFSET)})


def bring_back_last_payments(cursor, account_ids: list[int]) -> None:
    """For accounts whose standing was taken from the condensed ledger."""
    if account_ids:
        cursor.execute(LAST_PAYMENTS, {"ids": account_ids})
