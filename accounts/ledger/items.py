"""The items of accounts as of a day: the one statement behind open items, standings and ageing."""

# The items of a set of accounts as of a day. Named parameters: as_of, known_at (a moment or NULL)
# and, inside {scope}, whatever the scope needs. A reversed entry and its reversal drop out together
# from the reversal's value date on, so a returned payment re-opens the items it had paid.
# `orders` are the approved allocation orders of that day; while all are plain age, an account's
# `ranks` is NULL without a look-up, and the window sorts by age alone.
ITEMS = """
orders AS MATERIALIZED (
    SELECT v.scope_type, v.scope_id, v.valid_from, v.id,
           ARRAY(SELECT jsonb_array_elements_text(v.values->'order')) AS ranks
    FROM accounts_policyversion v
    WHERE v.kind = 'allocation' AND v.status = 'approved' AND v.valid_from <= %(as_of)s {known_policy}
),
live AS MATERIALIZED (
    SELECT e.account_id, e.id, e.currency, e.kind, e.line, e.direction, e.amount, e.value_date, e.due_date
    FROM accounts_ledgerentry e
    WHERE {scope} e.kind <> 'reversal' AND e.value_date <= %(as_of)s {known}
      AND NOT EXISTS (
        SELECT 1 FROM accounts_ledgerentry r
        WHERE r.reverses_id = e.id {are_few} AND r.value_date <= %(as_of)s {known_reversal}
      )
),
totals AS MATERIALIZED (
    SELECT account_id, currency,
           coalesce(sum(amount) FILTER (WHERE direction = 'debit'), 0) AS charged,
           coalesce(sum(amount) FILTER (WHERE direction = 'credit'), 0) AS pool,
           CASE WHEN EXISTS (SELECT FROM orders WHERE ranks <> '{{}}') THEN (
               SELECT nullif(o.ranks, '{{}}')
               FROM orders o JOIN accounts_account p ON p.id = live.account_id
               WHERE o.scope_type = '' OR (o.scope_type = 'creditor' AND o.scope_id = p.creditor_id)
                  OR (o.scope_type = 'portfolio' AND o.scope_id = p.portfolio_id)
               ORDER BY CASE o.scope_type WHEN 'portfolio' THEN 2 WHEN 'creditor' THEN 1 ELSE 0 END DESC,
                        o.valid_from DESC, o.id DESC
               LIMIT 1
           ) END AS ranks
    FROM live GROUP BY account_id, currency
),
named AS (
    SELECT n.debit_id AS entry_id, d.account_id, least(sum(n.amount), d.amount) AS amount
    FROM accounts_namedallocation n
    JOIN live c ON c.id = n.credit_id
    JOIN live d ON d.id = n.debit_id
    WHERE n.undoes_id IS NULL AND n.effective_date <= %(as_of)s {known_named}
      AND NOT EXISTS (
        SELECT 1 FROM accounts_namedallocation u
        WHERE u.undoes_id = n.id AND u.effective_date <= %(as_of)s {known_undone}
      )
    GROUP BY n.debit_id, d.account_id, d.amount
),
contested AS (
    SELECT k.entry_id, d.account_id, least(k.amount, d.amount - coalesce(n.amount, 0)) AS amount
    FROM (
        SELECT DISTINCT ON (k.entry_id) k.entry_id, k.amount
        FROM accounts_contestedamount k
        WHERE k.effective_date <= %(as_of)s {known_contested}
          AND k.account_id IN (SELECT account_id FROM totals)
        ORDER BY k.entry_id, k.effective_date DESC, k.id DESC
    ) k
    JOIN live d ON d.id = k.entry_id AND d.direction = 'debit'
    LEFT JOIN named n ON n.entry_id = k.entry_id
),
set_aside AS (
    SELECT account_id, sum(named) AS named, sum(contested) AS contested FROM (
        SELECT account_id, amount AS named, 0::numeric AS contested FROM named
        UNION ALL SELECT account_id, 0, amount FROM contested
    ) parts GROUP BY account_id
),
ranked AS (
    SELECT d.account_id, d.id, d.currency, d.amount, d.value_date, d.due_date,
           coalesce(n.amount, 0) AS named, coalesce(k.amount, 0) AS contested,
           t.pool - coalesce(x.named, 0) AS free_pool,
           t.charged - coalesce(x.named, 0) - coalesce(x.contested, 0) AS account_room,
           d.amount - coalesce(n.amount, 0) - coalesce(k.amount, 0) AS room,
           sum(d.amount - coalesce(n.amount, 0) - coalesce(k.amount, 0)) OVER oldest AS room_through,
           sum(coalesce(k.amount, 0)) OVER oldest AS contested_through
    FROM live d
    JOIN totals t ON t.account_id = d.account_id
    LEFT JOIN set_aside x ON x.account_id = d.account_id
    LEFT JOIN named n ON n.entry_id = d.id
    LEFT JOIN contested k ON k.entry_id = d.id
    WHERE d.direction = 'debit'
    WINDOW oldest AS (PARTITION BY d.account_id ORDER BY
        CASE WHEN t.ranks IS NULL THEN 0 ELSE array_position(t.ranks,
            CASE d.kind WHEN 'fee' THEN 'fees' WHEN 'interest' THEN 'interest'
                        WHEN 'penalty' THEN 'penalties' ELSE 'charges' END) END,
        d.due_date, d.value_date, d.id)
),
items AS (
    SELECT account_id, id AS entry_id, currency, amount, value_date, due_date, contested,
           named
           + least(room, greatest(free_pool - (room_through - room), 0))
           + least(contested, greatest(free_pool - account_room - (contested_through - contested), 0))
           AS paid
    FROM ranked
)
"""


# What the planner does not infer by itself: of the entries few are reversals. For a set that makes
# one hash of them; for one account it would walk through them all.
ARE_FEW = "AND r.reverses_id IS NOT NULL"


def items_sql(*, scope: str = "", known: bool = False, of_set: bool = False) -> str:
    """The `WITH` members above for a scope (a condition on `e` that ends in AND) and a knowledge.

    `of_set` says that the scope is a large part of the book.
    """
    at = "AND {}.recorded_at <= %(known_at)s"
    return ITEMS.format(
        scope=scope,
        are_few=ARE_FEW if of_set else "",
        known=at.format("e") if known else "",
        known_reversal=at.format("r") if known else "",
        known_named=at.format("n") if known else "",
        known_undone=at.format("u") if known else "",
        known_contested=at.format("k") if known else "",
        known_policy="AND v.approved_at <= %(known_at)s" if known else "",
    )
