"""The ageing as of today from the kept day, against the bare SQL from standings and from open items;
and the standing of every account against the bare SQL of the same figures."""

from datetime import date
from typing import Any

from django.db import connection, transaction

from accounts.ledger.items import items_sql
from accounts.ledger.queries import ageing
from accounts.ledger.standing import computed_standing
from benchmarks.late import kept_fresh, pay_some
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
BOX = "width_bucket(%(as_of)s::date - {} - 1, ARRAY[0, 30, 60, 90, 180, 365])"
AGES = f"""
    {OPEN},
    aged AS (
        SELECT a.currency, i.account_id, i.open, {BOX.format("i.due_date")} AS box
        FROM items i JOIN accounts_account a ON a.id = i.account_id WHERE i.open > 0
    ),
    oldest AS (SELECT currency, account_id, max(box) AS box FROM aged GROUP BY 1, 2)
    SELECT currency, box, sum(open), 0 FROM aged GROUP BY 1, 2
    UNION ALL SELECT currency, box, 0, count(*) FROM oldest GROUP BY 1, 2
"""
STANDINGS = f"""
    {OPEN}
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
# The whole balance of an account in the age of its oldest item.
FROM_STANDINGS = f"""
    SELECT currency, {BOX.format("oldest_due_date")} AS box, count(*), sum(balance)
    FROM accounts_standing WHERE oldest_due_date IS NOT NULL GROUP BY 1, 2
"""
# As if somebody kept a table of what is open, item by item.
OPEN_ITEMS = """
    CREATE TABLE IF NOT EXISTS benchmark_open_item AS
    WITH {items} SELECT account_id, currency, due_date, amount - paid AS open FROM items WHERE amount > paid
"""
FROM_OPEN_ITEMS = f"""
    SELECT currency, {BOX.format("due_date")} AS box, sum(open) FROM benchmark_open_item GROUP BY 1, 2
"""
RATIO = 2
REPEATS, LONG_REPEATS = 3, 1
PAID_SINCE = 3_000  # accounts: an hour of a book of a million


def measure(*, accounts: int, seed: int) -> Measured:
    today = clock.today(TIME_ZONE)
    params = {"as_of": today}
    kept_fresh(today, with_balances=False)
    seconds, since = seconds_with_late(today, today, min(PAID_SINCE, accounts // 10))
    from_standings = median_seconds(statement(FROM_STANDINGS, params), repeats=REPEATS)
    with connection.cursor() as cursor:
        cursor.execute(OPEN_ITEMS.format(items=items_sql()), params)
        cursor.execute("VACUUM ANALYZE benchmark_open_item")
    from_items = median_seconds(statement(FROM_OPEN_ITEMS, params), repeats=REPEATS)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE benchmark_open_item")
    entries = median_seconds(lambda: ageing(as_of=today, from_entries=True), repeats=LONG_REPEATS)
    bare_entries = median_seconds(statement(AGES, params), repeats=LONG_REPEATS)
    ours = median_seconds(_counted(computed_standing(""), params), repeats=LONG_REPEATS)
    bare_standing = median_seconds(_counted(STANDINGS, params), repeats=LONG_REPEATS)
    return Measured(
        since,
        from_items,
        figures={
            "to_standings_ratio": since / from_standings,
            "to_open_items_ratio": since / from_items,
            "standing_ratio": ours / bare_standing,
        },
        limits={"to_standings_ratio": RATIO, "to_open_items_ratio": RATIO, "standing_ratio": RATIO},
        detail={
            "kept_seconds": round(seconds, 4),
            "kept_and_paid_since_seconds": round(since, 4),
            "bare_standings_seconds": round(from_standings, 4),
            "bare_open_items_seconds": round(from_items, 4),
            "from_entries_seconds": round(entries, 3),
            "from_entries_bare_seconds": round(bare_entries, 3),
            "standing_seconds": round(ours, 3),
            "standing_bare_seconds": round(bare_standing, 3),
            "server": connection.pg_version,
        },
    )


def seconds_with_late(day: date, today: date, paid: int) -> tuple[float, float]:
    """The ageing of a kept day as it was kept, and with so many accounts paid by that day since.

    Raises AssertionError where it is not what the entries say.
    """
    asked: dict[str, Any] = {"as_of": day}
    seconds = median_seconds(lambda: ageing(**asked), repeats=REPEATS)
    with transaction.atomic():
        pay_some(number=paid, value_date=day, as_of=today)
        since = median_seconds(lambda: ageing(**asked), repeats=REPEATS)
        if ageing(**asked) != ageing(**asked, from_entries=True):
            raise AssertionError(f"The kept ageing of {day} is not what the entries say.")
        transaction.set_rollback(True)
    return seconds, since


def _counted(sql: str, params: dict):
    """Run it in the server alone, writing the rows of every account to a table of its own."""

    def work() -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS benchmark_standing")
            cursor.execute(f"CREATE TEMP TABLE benchmark_standing AS {sql}", params)

    return work
