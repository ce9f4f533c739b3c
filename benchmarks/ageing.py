"""The ageing summary and the standing of every account, against the bare SQL of the same figures."""

from django.db import connection

from accounts.ledger.queries import ageing
from accounts.ledger.standing import computed_standing
from benchmarks.runner import Measured
from benchmarks.timing import median_seconds, statement
from collections_app.core import clock
from reports.demonstration.office import TIME_ZONE

# Oldest item first, skipping nothing: what a plain statement needs at the least.
OPEN = """
    WITH live AS (
        SELECT e.account_id, e.id, e.kind, e.direction, e.due_date, e.value_date, e.amount
        FROM accounts_ledgerentry e
        WHERE e.kind <> 'reversal' AND e.value_date <= %(as_of)s
          AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r
                          WHERE r.reverses_id = e.id AND r.value_date <= %(as_of)s)
    ),
    paid AS (SELECT account_id, sum(amount) AS amount FROM live WHERE direction = 'credit' GROUP BY 1),
    items AS (
        SELECT l.account_id, l.due_date,
               least(l.amount, sum(l.amount) OVER (PARTITION BY l.account_id
                     ORDER BY l.due_date, l.value_date, l.id) - coalesce(p.amount, 0)) AS open
        FROM live l LEFT JOIN paid p USING (account_id) WHERE l.direction = 'debit'
    )
"""
AGES = (
    OPEN
    + """,
    aged AS (
        SELECT a.currency, i.account_id, i.open,
               width_bucket(%(as_of)s::date - i.due_date - 1, ARRAY[0, 30, 60, 90, 180, 365]) AS box
        FROM items i JOIN accounts_account a ON a.id = i.account_id WHERE i.open > 0
    ),
    oldest AS (SELECT currency, account_id, max(box) AS box FROM aged GROUP BY 1, 2)
    SELECT currency, box, sum(open), 0 FROM aged GROUP BY 1, 2
    UNION ALL SELECT currency, box, 0, count(*) FROM oldest GROUP BY 1, 2
"""
)
STANDINGS = (
    OPEN
    + """
    SELECT m.*, o.overdue, o.not_due, o.oldest, l.value_date, l.amount
    FROM (SELECT account_id,
                 sum(CASE direction WHEN 'debit' THEN amount ELSE -amount END) AS balance,
                 sum(CASE direction WHEN 'debit' THEN -amount ELSE amount END)
                     FILTER (WHERE line IN ('written_off', 'write_offs_reversed')) AS written_off
          FROM accounts_ledgerentry WHERE value_date <= %(as_of)s GROUP BY 1) m
    LEFT JOIN (SELECT account_id, sum(open) FILTER (WHERE due_date < %(as_of)s) AS overdue,
                      sum(open) FILTER (WHERE due_date >= %(as_of)s) AS not_due, min(due_date) AS oldest
               FROM items WHERE open > 0 GROUP BY 1) o USING (account_id)
    LEFT JOIN (SELECT DISTINCT ON (account_id) account_id, value_date, amount FROM live
               WHERE kind = 'payment' ORDER BY account_id, value_date DESC, id DESC) l USING (account_id)
"""
)
RATIO = 2
REPEATS = 3


def measure(*, accounts: int, seed: int) -> Measured:
    params = {"as_of": clock.today(TIME_ZONE)}
    seconds = median_seconds(lambda: ageing(as_of=params["as_of"]), repeats=REPEATS)
    bare = median_seconds(statement(AGES, params), repeats=REPEATS)
    ours = median_seconds(_counted(computed_standing(""), params), repeats=REPEATS)
    bare_standing = median_seconds(_counted(STANDINGS, params), repeats=REPEATS)
    return Measured(
        seconds,
        bare,
        figures={"ageing_ratio": seconds / bare, "standing_ratio": ours / bare_standing},
        limits={"ageing_ratio": RATIO, "standing_ratio": RATIO},
        detail={
            "standing_seconds": round(ours, 3),
            "standing_bare_seconds": round(bare_standing, 3),
            "server": connection.pg_version,
        },
    )


def _counted(sql: str, params: dict):
    """Run it in the server alone, writing the rows of every account to a table of its own."""

    def work() -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS benchmark_standing")
            cursor.execute(f"CREATE TEMP TABLE benchmark_standing AS {sql}", params)

    return work
