"""Standings of accounts that merely paid, carried on from where they stood.

Of a payment that counts today, on an account whose money goes to the oldest due item first, all
follows from the standing before it and from the items that were open then: what is overdue falls
first, then what is not due yet, the rest is credit. So a large file of payments reads the open items
of its accounts, not every entry they ever had. Every other account is left to `refresh_standing`,
and a property test holds what is carried on against each account's own items.
"""

from collections.abc import Sequence
from datetime import date

from django.db import connection

from accounts.ledger.standing import by_creditors_day
from collections_app.core import passing
from collections_app.core.bulk import analyse_passing, id_array

# From so many accounts on what is known of the tables in between is worth finding out.
WORTH_ANALYSING = 1_000
# An order of payment other than age, in force or to come: then every account is computed in full.
ORDERED = """
    SELECT EXISTS (
        SELECT FROM accounts_policyversion
        WHERE kind = 'allocation' AND status = 'approved'
          AND (valid_from > %(as_of)s OR values->'order' <> '[]'::jsonb))
"""
# Who merely paid: nothing but payments that count by now, nothing disputed, named or written off, no
# day between that changed the standing, and no payment of the same day whose key would have to decide.
PAID = """AS
    WITH paid AS {payments}
    SELECT s.account_id, s.ctid AS place, s.balance - p.amount AS balance,
           greatest(s.overdue - p.amount, 0) AS overdue,
           least(s.not_due, greatest(s.overdue + s.not_due - p.amount, 0)) AS not_due,
           s.oldest_due_date, s.next_due_date, s.next_change_date,
           p.payment_date, p.payment_amount
    FROM paid p JOIN accounts_standing s ON s.account_id = p.account_id
    WHERE s.standing_as_of <= %(as_of)s
      AND (s.next_change_date IS NULL OR s.next_change_date > %(as_of)s)
      AND s.written_off = 0
      AND s.last_payment_date IS DISTINCT FROM p.payment_date
      AND NOT EXISTS (SELECT FROM accounts_contestedamount k WHERE k.account_id = s.account_id)
      AND NOT EXISTS (
          SELECT FROM accounts_namedallocation n
          JOIN accounts_ledgerentry d ON d.id = n.debit_id WHERE d.account_id = s.account_id)
      AND s.account_id <> ALL (%(others)s) {of_day}
    ORDER BY s.account_id
"""
# One row each; many of an account are one sum, and the latest of them by day and key.
ONE_EACH = """(
    SELECT account_id, amount, value_date AS payment_date, amount AS payment_amount
    FROM {table} WHERE kind = 'payment' AND amount <> 0 AND value_date <= %(as_of)s
)"""
SEVERAL = """MATERIALIZED (
    SELECT account_id, amount, DATE '2000-01-01' + latest[1]::int AS payment_date,
           latest[3] AS payment_amount
    FROM (
        SELECT account_id, sum(amount) AS amount,
               -- an array is compared element by element
               max(ARRAY[value_date - DATE '2000-01-01', id, amount]) AS latest
        FROM {table} WHERE kind = 'reversal' OR amount <> 0
        GROUP BY account_id HAVING bool_and(kind = 'payment' AND value_date <= %(as_of)s)) summed
)"""
# What is still owed are the newest items, back to the one where their sum reaches the balance. The
# order among items that are due on one day does not matter to any figure here.
CARRIED = """AS
    WITH reversed AS MATERIALIZED (
        SELECT r.reverses_id FROM accounts_ledgerentry r
        WHERE r.reverses_id IS NOT NULL AND r.value_date <= %(as_of)s
          AND r.account_id IN (SELECT account_id FROM standing_paid)
    ),
    ahead AS (
        SELECT account_id, min(value_date) AS next_day FROM accounts_ledgerentry
        WHERE value_date > %(as_of)s GROUP BY account_id
    )
    SELECT p.account_id, p.place, p.balance, p.overdue, p.not_due, p.payment_date, p.payment_amount,
           r.due_date AS oldest_due_date, n.next_due_date,
           CASE WHEN n.next_due_date IS NOT DISTINCT FROM p.next_due_date THEN p.next_change_date
                ELSE least(n.next_due_date + 1, f.next_day) END AS next_change_date
    FROM standing_paid p
    -- account by account, the newest first, in the covering index's own order
    LEFT JOIN LATERAL (
        SELECT due_date FROM (
            SELECT e.due_date, sum(e.amount) OVER (ORDER BY e.due_date DESC, e.id DESC
                                                   ROWS UNBOUNDED PRECEDING) AS through
            FROM accounts_ledgerentry e
            WHERE e.account_id = p.account_id AND e.due_date >= p.oldest_due_date
              AND e.direction = 'debit' AND e.kind <> 'reversal' AND e.value_date <= %(as_of)s
              AND e.id NOT IN (SELECT reverses_id FROM reversed)
        ) newest
        WHERE p.balance > 0 AND through >= p.balance LIMIT 1) r ON TRUE
    LEFT JOIN ahead f ON f.account_id = p.account_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN p.overdue > 0 THEN p.next_due_date ELSE r.due_date END AS next_due_date) n
    -- a standing that its items don't bear out is not carried on but computed afresh
    WHERE (p.balance > 0) = (r.due_date IS NOT NULL)
      AND (p.overdue > 0) = coalesce(r.due_date < %(as_of)s, FALSE)
"""
# Found again where they were read: what somebody else has written meanwhile stands elsewhere.
WRITTEN = """
    UPDATE accounts_standing s
    SET balance = c.balance, overdue = c.overdue, not_due = c.not_due,
        credit = c.overdue + c.not_due - c.balance, oldest_due_date = c.oldest_due_date,
        next_due_date = c.next_due_date, next_change_date = c.next_change_date,
        last_payment_date = greatest(s.last_payment_date, c.payment_date),
        last_payment_amount = CASE WHEN s.last_payment_date > c.payment_date
                                   THEN s.last_payment_amount ELSE c.payment_amount END,
        standing_as_of = %(as_of)s
    FROM standing_carried c WHERE s.ctid = c.place AND s.account_id IS NOT DISTINCT FROM c.account_id
"""


LEFT = """
    SELECT DISTINCT s.account_id FROM {table} s
    WHERE NOT EXISTS (SELECT FROM standing_carried c WHERE c.account_id = s.account_id) {of_day}
"""


def carry_payments(
    table: str,
    account_ids: Sequence[int],
    *,
    is_one_each: bool = False,
    others: Sequence[int],
    as_of: date,
) -> Sequence[int]:
    """Bring up the standings of the accounts that merely paid by a posted table (`NewEntry`'s columns).

    Returns which of `account_ids` are left for `refresh_standing`; `others` had more posted than the
    table says. `is_one_each`: the table has one row of each account. The accounts are locked, and their
    standings are those of before the posting. Each stands on its creditor's day, as there.
    """
    parts = by_creditors_day(as_of, account_ids)
    left: list[int] = []
    for day, ids in parts.items():
        left += _carry(
            table,
            ids or account_ids,
            is_whole=len(parts) == 1,
            is_one_each=is_one_each,
            others=others,
            as_of=day,
        )
    return left


def _carry(
    table: str,
    ids: Sequence[int],
    *,
    is_whole: bool,
    is_one_each: bool,
    others: Sequence[int],
    as_of: date,
) -> Sequence[int]:
    """Carry on those of these accounts (`is_whole`: all of the table's) that can be; the others."""
    payments = (ONE_EACH if is_one_each else SEVERAL).format(table=table)
    of_day = "" if is_whole else "AND s.account_id = ANY(%(ids)s::bigint[])"
    given = {"as_of": as_of, "others": list(others), "ids": "{}" if is_whole else id_array(ids)}
    with connection.cursor() as cursor:
        cursor.execute(ORDERED, given)
        if cursor.fetchone()[0]:
            return ids
        passing.drop("standing_paid", "standing_carried")
        # By key, in its order: what follows walks account by account, and to hash every standing of the
        # book takes twice as long.
        cursor.execute("SET LOCAL enable_hashjoin = off")
        who = PAID.format(payments=payments, of_day=of_day)
        cursor.execute(passing.table("standing_paid", who), given)
        paid = cursor.rowcount
        cursor.execute("SET LOCAL enable_hashjoin = on")
        if paid >= WORTH_ANALYSING:
            analyse_passing("standing_paid")
        cursor.execute(passing.table("standing_carried", CARRIED), given)
        carried = cursor.rowcount
        if carried >= WORTH_ANALYSING:
            analyse_passing("standing_carried")
        # Each row by its place: to hash them and to pass by every standing of the book takes longer.
        cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
        cursor.execute(WRITTEN, given)
        written = cursor.rowcount
        cursor.execute("SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on")
        if written < carried:
            return ids
        if carried == len(ids):
            return []
        cursor.execute(LEFT.format(table=table, of_day=of_day), given)
        left = {row[0] for row in cursor.fetchall()}
        return sorted(left | (set(others) if is_whole else set(others) & set(ids)))
