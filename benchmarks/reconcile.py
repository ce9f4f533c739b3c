"""The monthly reconciliation of every account from a kept month-end, against the bare SQL of it."""

from datetime import date, timedelta

from accounts.ledger.keeping import month_end_before
from accounts.ledger.reconciliation import reconcile
from benchmarks.late import kept_fresh
from benchmarks.runner import Measured
from benchmarks.timing import median_seconds, statement
from collections_app.core import clock
from reports.demonstration.office import TIME_ZONE

RATIO = 2
REPEATS = 5
# How many accounts do not come out, and the totals: nothing is named, nothing late is looked for.
BARE = """
    SELECT count(*), sum(o.opening), sum(m.net), sum(c.closing),
           count(*) FILTER (WHERE coalesce(o.opening, 0) + coalesce(m.net, 0) <> coalesce(c.closing, 0))
    FROM ({closing}) c
    FULL JOIN (SELECT account_id, balance AS opening FROM accounts_dayendbalance
               WHERE day_end_id = %(opening)s) o USING (account_id)
    FULL JOIN (SELECT account_id, sum(CASE direction WHEN 'debit' THEN amount ELSE -amount END) AS net
               FROM accounts_ledgerentry WHERE value_date BETWEEN %(first_day)s AND %(last_day)s
               GROUP BY account_id) m USING (account_id)
"""
NOW = "SELECT account_id, balance AS closing FROM accounts_standing"
KEPT = "SELECT account_id, balance AS closing FROM accounts_dayendbalance WHERE day_end_id = %(closing)s"


def measure(*, accounts: int, seed: int) -> Measured:
    today = clock.today(TIME_ZONE)
    last = month_end_before(today)
    before = month_end_before(last)
    ends = {day: kept_fresh(day, with_balances=True).pk for day in (before, last)}
    running, bare_running = _seconds(last, None, ends, today)
    month, bare_month = _seconds(before, last, ends, today)
    return Measured(
        month,
        bare_month,
        figures={"month_ratio": month / bare_month, "running_month_ratio": running / bare_running},
        limits={"month_ratio": RATIO, "running_month_ratio": RATIO},
        detail={
            "running_month_seconds": round(running, 3),
            "running_month_bare_seconds": round(bare_running, 3),
            "accounts_reconciled": sum(row.accounts for row in reconcile(first_day=last + timedelta(days=1))),
        },
    )


def _seconds(opening: date, closing: date | None, ends: dict[date, int], today: date) -> tuple[float, float]:
    first_day = opening + timedelta(days=1)

    def ours() -> None:
        if not all(row.holds for row in reconcile(first_day=first_day, last_day=closing)):
            raise AssertionError("An account does not reconcile.")

    params = {
        "opening": ends[opening], "closing": ends.get(closing), "first_day": first_day,
        "last_day": closing or today,
    }  # fmt: skip
    bare = statement(BARE.format(closing=KEPT if closing else NOW), params)
    return median_seconds(ours, repeats=REPEATS), median_seconds(bare, repeats=REPEATS)
