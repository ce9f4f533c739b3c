"""The statements behind the ageing.

Most accounts are paid by age alone: what is open of their items is one running sum (`by_age`). The
others go through `items`, the rule in full.
"""

from decimal import Decimal

from accounts.ledger.by_age import OF_SPECIAL, by_age_sql, special_sql
from accounts.ledger.items import items_sql

EDGES = (30, 60, 90, 180, 365)
AGE_BASIS = {"due": "i.due_date", "invoice": "i.value_date", "opened": "a.opened_date"}
OF_CREDITOR = "e.account_id IN (SELECT id FROM accounts_account WHERE creditor_id = %(creditor)s) AND"
# (creditor or None, currency, box or None for credits, balance, contested, accounts)
Row = tuple[int | None, str, int | None, Decimal, Decimal, int]


def general_sql(
    basis: str, *, scope: str, known: bool, by_creditor: bool = False, of_set: bool = True
) -> str:
    """The rows of accounts in scope (a condition on `e` that ends in AND) by the rule in full."""
    needs_account = by_creditor or basis == "opened"
    key = "a.creditor_id" if by_creditor else "NULL::bigint"
    join = "JOIN accounts_account a ON a.id = {}.account_id" if needs_account else ""
    return f"""
        WITH {items_sql(scope=scope, known=known, of_set=of_set)},
        boxed AS (
            SELECT {key} AS creditor_id, i.currency, i.account_id, i.amount - i.paid AS open,
                   least(i.contested, i.amount - i.paid) AS contested, {_box(AGE_BASIS[basis])} AS box
            FROM items i {join.format("i")}
            WHERE i.amount > i.paid
        ),
        by_account AS (
            SELECT creditor_id, currency, account_id, max(box) AS box FROM boxed GROUP BY 1, 2, 3
        )
        SELECT creditor_id, currency, box, sum(open), sum(contested), 0 FROM boxed GROUP BY 1, 2, 3
        UNION ALL
        SELECT creditor_id, currency, box, 0, 0, count(*) FROM by_account GROUP BY 1, 2, 3
        UNION ALL
        SELECT {key}, t.currency, NULL, sum(least(t.charged - t.pool, 0)), 0, 0
        FROM totals t {join.format("t")} GROUP BY 1, 2
    """


def _box(day: str) -> str:
    return (
        f"CASE WHEN %(as_of)s::date - {day} <= 0 THEN 0"
        f" ELSE 1 + width_bucket(%(as_of)s::date - {day} - 1, %(edges)s::int[]) END"
    )


def plain_sql(
    basis: str,
    span: str,
    scope: str,
    params: dict,
    *,
    known: bool,
    by_creditor: bool = False,
    within: str = "",
    queue: str = "",
) -> str:
    """The rows of all accounts in scope: by one running sum where that says it, else in full.

    `span`, `scope` and `within` as `by_age_sql` takes them. `queue`: the member of that name, where
    the statement around has the member `special` already and says it otherwise.
    """
    key = "a.creditor_id" if by_creditor else "NULL::bigint"
    boxes = range(len(params["edges"]) + 2)  # current, one to each edge, and beyond the last
    sums = ", ".join(f"sum(open) FILTER (WHERE box = {box}) AS open_{box}" for box in boxes)
    totals = ", ".join(
        f"sum(b.open_{box}) AS open_{box}, count(*) FILTER (WHERE b.oldest = {box}) AS accounts_{box}"
        for box in boxes
    )
    lines = ", ".join(f"({box}, w.open_{box}, w.accounts_{box})" for box in boxes)
    if not queue:
        queue = f"{special_sql(within)}, {by_age_sql(span=span, scope=scope, known=known, within=within)}"
    return f"""
        WITH {queue},
        by_account AS (
            SELECT account_id, max(box) AS oldest, {sums},
                   min(credit) AS credit
            FROM (
                SELECT i.account_id, CASE WHEN i.is_last THEN least(i.running, 0) END AS credit,
                       CASE WHEN i.is_debit AND i.running > 0 THEN least(i.amount, i.running) END AS open,
                       CASE WHEN i.is_debit AND i.running > 0 THEN {_box(AGE_BASIS[basis])} END AS box
                FROM queue i
                WHERE i.is_last OR (i.is_debit AND i.running > 0)  -- of most accounts little is open
            ) i GROUP BY account_id
        ),
        wide AS (
            SELECT {key} AS creditor_id, a.currency, sum(b.credit) AS credit, {totals}
            FROM by_account b JOIN accounts_account a ON a.id = b.account_id GROUP BY 1, 2
        )
        SELECT w.creditor_id, w.currency, l.box, coalesce(l.open, 0), 0, l.accounts
        FROM wide w CROSS JOIN LATERAL (VALUES {lines}, (NULL, w.credit, 0)) AS l (box, open, accounts)
        UNION ALL
        SELECT * FROM ({
        general_sql(
            basis,
            scope=f"{span} {scope} {OF_SPECIAL}",
            known=known,
            by_creditor=by_creditor,
            of_set=not within,
        )
    }) special_rows
    """
