"""What was open of each item after each day that matters, asked of the ledger for a set of accounts.

The days stand in `interest_days`; a few accounts are asked one by one inside the statement, a book
through a temporary table. The arithmetic of payments stays the ledger's own (`items_sql`).
"""

from typing import Any

from accounts.ledger.by_age import has_orders, special_sql
from accounts.ledger.queries import items_sql

# The steps of a few accounts: the ledger's items asked for each account and day of its own.
STEPS_BY_ACCOUNT = """
    SELECT g.account_id, x.entry_id, g.day, x.open
    FROM interest_days g
    CROSS JOIN LATERAL (WITH {items} SELECT entry_id, amount - paid AS open FROM items WHERE amount > paid) x
"""
STEPS_BY_DAY = """
    INSERT INTO interest_steps (account_id, entry_id, day, open)
    WITH {items} SELECT account_id, entry_id, %(as_of)s, amount - paid FROM items WHERE amount > paid
"""
# The same of all days at once where money pays the oldest first: one running sum over an account's
# entries on each of its days, credits first. The rest, `interest_special`, is asked in full.
STEPS_BY_AGE = """
    INSERT INTO interest_steps (account_id, entry_id, day, open)
    WITH undone AS (
        SELECT r.reverses_id AS id, min(r.value_date) AS day FROM accounts_ledgerentry r
        WHERE r.reverses_id IS NOT NULL {known_reversal} GROUP BY r.reverses_id
    ),
    queue AS (
        SELECT g.account_id, e.id, g.day, e.direction = 'debit' AS is_debit, e.amount,
               sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END) OVER upward AS running
        FROM interest_days g
        JOIN accounts_ledgerentry e ON e.account_id = g.account_id AND e.value_date <= g.day
        LEFT JOIN undone u ON u.id = e.id
        WHERE e.kind <> 'reversal' AND (u.day IS NULL OR u.day > g.day) {known}
          AND g.account_id NOT IN (SELECT account_id FROM interest_special)
        WINDOW upward AS (PARTITION BY g.account_id, g.day
                          ORDER BY e.direction = 'debit', e.due_date, e.value_date, e.id
                          ROWS UNBOUNDED PRECEDING)
    )
    SELECT account_id, id, day, least(amount, running) FROM queue WHERE is_debit AND running > 0
"""


def steps_by_account(*, known: bool = False) -> str:
    """SELECT of the steps of a few accounts."""
    items = items_sql(scope="e.account_id = g.account_id AND", known=known)
    return STEPS_BY_ACCOUNT.format(items=items.replace("%(as_of)s", "g.day"))


def steps_by_day(cursor, params: dict[str, Any]) -> None:
    """Make `interest_steps`: what was open after each day of `interest_days`, for the accounts that have
    that day. By one running sum a day, unless a policy puts an order of its own before age."""
    cursor.execute(
        "CREATE TEMPORARY TABLE interest_steps"
        " (account_id bigint, entry_id bigint, day date, open numeric(18, 3)) ON COMMIT DROP"
    )
    known = params.get("known_at") is not None
    cursor.execute("SELECT max(day) FROM interest_days")
    [last] = cursor.fetchone()
    is_by_age = last is not None and not has_orders({"as_of": last})
    if is_by_age:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.interest_special")
        cursor.execute(
            "CREATE TEMPORARY TABLE interest_special ON COMMIT DROP AS"
            f" WITH {special_sql()} SELECT account_id FROM special"
            " WHERE account_id IN (SELECT account_id FROM interest_days)"
        )
        cursor.execute("ANALYZE interest_special")
        at = "AND {}.recorded_at <= %(known_at)s" if known else ""
        by_age = STEPS_BY_AGE.format(known=at.format("e"), known_reversal=at.format("r"))
        cursor.execute(by_age, params)
    _steps_in_full(cursor, params, of_special=is_by_age, known=known)


def _steps_in_full(cursor, params: dict[str, Any], *, of_special: bool, known: bool) -> None:
    """The ledger's items once a day, for the accounts that have it; of the special ones or of all."""
    special = "account_id IN (SELECT account_id FROM interest_special)"
    cursor.execute(
        f"SELECT day, count(*) FROM interest_days {f'WHERE {special}' if of_special else ''}"
        " GROUP BY day ORDER BY day"
    )
    days = cursor.fetchall()
    cursor.execute("SELECT count(*) FROM accounts_account")
    [everything] = cursor.fetchone()
    for day, accounts in days:
        # a condition that holds for the whole book only keeps the planner from reading it in order
        part = accounts < everything
        scope = (
            "e.account_id IN (SELECT account_id FROM interest_days WHERE day = %(as_of)s"
            f" {f'AND {special}' if of_special else ''}) AND"
            if part
            else ""
        )
        items = items_sql(scope=scope, known=known)
        cursor.execute(STEPS_BY_DAY.format(items=items), {**params, "as_of": day})
