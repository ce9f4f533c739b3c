"""Which money paid which item, for sets of accounts, in SQL: `allocation.share_out` over sets.

Derived, never stored. All that no name ties lies on one line from nought: the money of an account by
age on one side, on the other its items in the order in which they are paid, what is in dispute behind
all else. Where the two overlap, the one paid the other.
"""


from accounts.ledger.queries import items_sql

SHARES = """
{items},
names AS (
    SELECT d.account_id, n.credit_id, n.debit_id, sum(n.amount) AS amount
    FROM accounts_namedallocation n
    JOIN live c ON c.id = n.credit_id
    JOIN live d ON d.id = n.debit_id
    WHERE n.undoes_id IS NULL AND n.effective_date <= %(as_of)s {known_named}
      AND NOT EXISTS (
        SELECT 1 FROM accounts_namedallocation u
        WHERE u.undoes_id = n.id AND u.effective_date <= %(as_of)s {known_undone}
      )
    GROUP BY d.account_id, n.credit_id, n.debit_id
),
purses AS (
    SELECT c.account_id, c.id, c.amount - coalesce(x.amount, 0) AS free,
           sum(c.amount - coalesce(x.amount, 0)) OVER (
               PARTITION BY c.account_id ORDER BY c.value_date, c.id) AS through
    FROM live c
    LEFT JOIN (SELECT credit_id, sum(amount) AS amount FROM names GROUP BY credit_id) x ON x.credit_id = c.id
    WHERE c.direction = 'credit'
),
rooms AS (
    SELECT account_id, id, room_through - room AS room_from, room_through AS room_to
    FROM ranked WHERE room > 0
    UNION ALL
    SELECT account_id, id, account_room + contested_through - contested, account_room + contested_through
    FROM ranked WHERE contested > 0
),
shares AS (
    SELECT account_id, credit_id, debit_id, amount, true AS is_named FROM names
    UNION ALL
    SELECT r.account_id, p.id, r.id,
           sum(least(p.through, r.room_to) - greatest(p.through - p.free, r.room_from)), false
    FROM rooms r
    JOIN purses p ON p.account_id = r.account_id AND p.free > 0
                 AND p.through > r.room_from AND p.through - p.free < r.room_to
    GROUP BY r.account_id, p.id, r.id
)
"""


def shares_sql(*, scope: str = "", known: bool = False) -> str:
    """The `WITH` members up to `shares` (account_id, credit_id, debit_id, amount, is_named), for a scope
    as `items_sql` takes it. Named parameters: as_of, with knowledge known_at."""
    at = "AND {}.recorded_at <= %(known_at)s"
    return SHARES.format(
        items=items_sql(scope=scope, known=known).strip(),
        known_named=at.format("n") if known else "",
        known_undone=at.format("u") if known else "",
    )
