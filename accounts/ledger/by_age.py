"""What is open where money pays the oldest first: one running sum over each account, credits first.

Most accounts have no dispute, no money that names its item and no order of payment but age. For
those the running sum cut to the item says what is open of it; its text reads one index in that
index's own order. The rest, `special`, go through `items`, the rule in full. Whoever uses both tells
them in one answer; property tests hold them against each other.
"""

from django.db import connection


def special_sql(within: str = "") -> str:
    """The `WITH` member `special`: account_id of who has a dispute or money that names its item.

    `within` is a condition on a column `account_id`. Whatever the day and the knowledge: to look at
    an account in full that once was special costs little.
    """
    return f"""
        special AS MATERIALIZED (
            SELECT k.account_id FROM accounts_contestedamount k {f"WHERE k.{within}" if within else ""}
            UNION
            SELECT d.account_id
            FROM accounts_namedallocation n JOIN accounts_ledgerentry d ON d.id = n.debit_id
            {f"WHERE d.{within}" if within else ""}
        )"""


def by_age_sql(*, span: str = "", scope: str = "", known: bool = False, within: str = "") -> str:
    """The `WITH` member `queue` after `special`: the live entries of all other accounts.

    What is open of a debit (`is_debit`) is `least(amount, running)` where `running` is positive; the
    last row of an account (`is_last`) has its balance, where that is a credit. `scope` is a condition
    on the entries `e` that ends in AND, `span` one that takes a range of accounts, `within` one on a
    column `account_id` that narrows all of it. Parameters: as_of, with knowledge known_at.

    Of a range of accounts it leaves out the reversed entries by a list, which keeps the order of the
    index; over everything the planner may choose, for the list might not fit.
    """
    at = "AND {}.recorded_at <= %(known_at)s" if known else ""
    undone = f"r.value_date <= %(as_of)s {at.format('r')}"
    reversed_out = (
        "e.id NOT IN (SELECT r.reverses_id FROM accounts_ledgerentry r"
        f" WHERE r.reverses_id IS NOT NULL AND {undone})"
        if span
        else "NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r"
        f" WHERE r.reverses_id = e.id AND r.reverses_id IS NOT NULL AND {undone})"
    )
    return f"""
        queue AS (
            SELECT e.account_id, e.id, e.kind, e.direction = 'debit' AS is_debit, e.amount, e.due_date,
                   e.value_date,
                   sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END) OVER upward AS running,
                   lead(e.id) OVER upward IS NULL AS is_last
            FROM accounts_ledgerentry e
            WHERE {span} {scope} {f"e.{within} AND" if within else ""}
                  e.kind <> 'reversal' AND e.value_date <= %(as_of)s {at.format("e")}
              AND {reversed_out} AND e.account_id NOT IN (SELECT account_id FROM special)
            WINDOW upward AS (PARTITION BY e.account_id
                              ORDER BY e.direction = 'debit', e.due_date, e.value_date, e.id
                              ROWS UNBOUNDED PRECEDING)
        )"""


def at_two_moments_sql(*, scope: str, within: str, was: str, now: str) -> str:
    """The `WITH` members `special` and `two_moments`: as `by_age_sql`, at two knowledges in one pass.

    `was` and `now` are moments in SQL; `was_running` and `is_running` are the sums as they were known
    then, `was_debit` and `is_debit` say that a debit was known then. Kept are the rows of which
    something is open at one of the moments, and the last of each account. The entries of the accounts
    are read once, from the covering index alone; what reverses one of them is an entry of its account.
    `scope` and `within` as there.
    """

    def known(moment: str) -> str:
        return (
            f"recorded_at <= {moment} AND NOT"
            f" (id IN (SELECT reverses_id FROM reversals WHERE recorded_at <= {moment}))"
        )

    signed = "sum(CASE direction WHEN 'debit' THEN amount ELSE -amount END)"
    return f"""
        own AS MATERIALIZED (
            SELECT e.account_id, e.id, e.kind, e.direction, e.amount, e.due_date, e.value_date, e.recorded_at
            FROM accounts_ledgerentry e WHERE {scope} e.{within} AND e.value_date <= %(as_of)s
        ),
        reversals AS MATERIALIZED (
            SELECT r.reverses_id, r.recorded_at FROM accounts_ledgerentry r
            WHERE r.id IN (SELECT id FROM own WHERE kind = 'reversal')
        ),
        special AS MATERIALIZED (
            SELECT k.account_id FROM accounts_contestedamount k WHERE k.{within}
            UNION
            SELECT own.account_id FROM own
            WHERE direction = 'debit'
              AND EXISTS (SELECT FROM accounts_namedallocation n WHERE n.debit_id = own.id)
        ),
        two_moments AS MATERIALIZED (
            SELECT account_id, amount, due_date, value_date, was_debit, is_debit, was_running, is_running,
                   is_last
            FROM (
                SELECT account_id, amount, due_date, value_date, lead(id) OVER upward IS NULL AS is_last,
                       was_known AND direction = 'debit' AS was_debit,
                       is_known AND direction = 'debit' AS is_debit,
                       {signed} FILTER (WHERE was_known) OVER upward AS was_running,
                       {signed} FILTER (WHERE is_known) OVER upward AS is_running
                FROM (
                    SELECT *, {known(was)} AS was_known, {known(now)} AS is_known FROM own
                    WHERE kind <> 'reversal' AND account_id NOT IN (SELECT account_id FROM special)
                ) live
                WHERE was_known OR is_known
                WINDOW upward AS (PARTITION BY account_id
                                  ORDER BY direction = 'debit', due_date, value_date, id
                                  ROWS UNBOUNDED PRECEDING)
            ) summed
            WHERE is_last OR was_debit AND was_running > 0 OR is_debit AND is_running > 0
        )"""


OF_SPECIAL = "e.account_id IN (SELECT account_id FROM special) AND"


def has_orders(params: dict) -> bool:
    """Whether any approved policy puts an order of its own before age, by the day `as_of` of `params`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM accounts_policyversion v WHERE v.kind = 'allocation'"
            " AND v.status = 'approved' AND v.valid_from <= %(as_of)s AND v.values->'order' <> '[]'::jsonb)",
            params,
        )
        return cursor.fetchone()[0]
