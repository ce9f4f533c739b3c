"""The ageing as of a past day that is not kept, against the best bare SQL of the same figures; and
that of a kept month-end with late postings."""

from datetime import timedelta

from accounts.ledger.keeping import month_end_before
from accounts.ledger.queries import ageing
from accounts.ledger.shards import shard_count
from benchmarks.ageing import AGES, BOX, seconds_with_late
from benchmarks.late import kept_fresh
from benchmarks.ranges import RANGE, asked_apart, in_ranges
from benchmarks.runner import Measured
from benchmarks.timing import median_seconds
from collections_app.core import clock
from reports.demonstration.office import TIME_ZONE

RATIO, MONTH_END_SECONDS = 1.5, 1
DAYS_BACK = 200
REPEATS = 3
PAID_LATE = 1_000  # accounts with a payment dated back to the month-end
ENTRIES = "FROM accounts_ledgerentry e\n        WHERE e.kind <> 'reversal'"
# The same by one running sum over an account, credits first: the order of the covering index.
RUNNING = f"""
    WITH queue AS (
        SELECT e.account_id, e.direction, e.amount, e.due_date,
               sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END) OVER (
                   PARTITION BY e.account_id ORDER BY e.direction = 'debit', e.due_date, e.value_date, e.id
                   ROWS UNBOUNDED PRECEDING) AS running
        FROM accounts_ledgerentry e
        WHERE e.kind <> 'reversal' AND e.value_date <= %(as_of)s {RANGE}
          AND e.id NOT IN (SELECT r.reverses_id FROM accounts_ledgerentry r
                           WHERE r.reverses_id IS NOT NULL AND r.value_date <= %(as_of)s)
    ),
    aged AS (
        SELECT account_id, least(amount, running) AS open, {BOX.format("due_date")} AS box
        FROM queue WHERE direction = 'debit' AND running > 0
    ),
    of_account AS (SELECT account_id, box, sum(open) AS open FROM aged GROUP BY 1, 2)
    SELECT a.currency, x.box, sum(x.open), count(*)
    FROM of_account x JOIN accounts_account a ON a.id = x.account_id GROUP BY 1, 2
"""


def measure(*, accounts: int, seed: int) -> Measured:
    today = clock.today(TIME_ZONE)
    day = today - timedelta(days=DAYS_BACK)
    month_end = month_end_before(day)
    if day == month_end_before(day + timedelta(days=1)):
        day += timedelta(days=1)
    if ENTRIES not in AGES:
        raise AssertionError("The bare statement does not read the entries as it did.")
    seconds = median_seconds(lambda: ageing(as_of=day), repeats=REPEATS)
    bare = {
        "whole": median_seconds(lambda: asked_apart(AGES, {"as_of": day}), repeats=REPEATS),
        "ranges": median_seconds(
            lambda: in_ranges(AGES.replace(ENTRIES, f"{ENTRIES}{RANGE}"), {"as_of": day}), repeats=REPEATS
        ),
        "running": median_seconds(lambda: in_ranges(RUNNING, {"as_of": day}), repeats=REPEATS),
    }
    kept_fresh(month_end, with_balances=True)
    kept, late = seconds_with_late(month_end, today, min(PAID_LATE, accounts // 10))
    best = min(bare.values())
    return Measured(
        seconds,
        best,
        figures={"ageing_past_ratio": seconds / best, "month_end_seconds": late},
        limits={"ageing_past_ratio": RATIO, "month_end_seconds": MONTH_END_SECONDS},
        detail={
            **{f"bare_{name}_seconds": round(taken, 3) for name, taken in bare.items()},
            "month_end_kept_seconds": round(kept, 4),
            "month_end_with_late_postings_seconds": round(late, 4),
            "ranges": shard_count(),
        },
    )
