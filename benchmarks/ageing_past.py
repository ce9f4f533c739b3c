"""The ageing as of a past day, against the bare SQL of the same figures in ranges of accounts."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import connection

from accounts.ledger.queries import ageing
from accounts.ledger.shards import MOST_SHARDS
from benchmarks.ageing import AGES
from benchmarks.runner import Measured
from benchmarks.timing import median_seconds
from collections_app.core import clock
from reports.demonstration.office import TIME_ZONE

RATIO = 1.5
DAYS_BACK = 200
REPEATS = 3
ENTRIES = "FROM accounts_ledgerentry e\n        WHERE e.kind <> 'reversal'"


def measure(*, accounts: int, seed: int) -> Measured:
    as_of = clock.today(TIME_ZONE) - timedelta(days=DAYS_BACK)
    seconds = median_seconds(lambda: ageing(as_of=as_of), repeats=REPEATS)
    whole = median_seconds(lambda: _ask(AGES, {"as_of": as_of}), repeats=REPEATS)
    ranges = median_seconds(lambda: _in_ranges(as_of), repeats=REPEATS)
    bare = min(whole, ranges)
    return Measured(
        seconds,
        bare,
        figures={"ageing_past_ratio": seconds / bare},
        limits={"ageing_past_ratio": RATIO},
        detail={"bare_whole_seconds": round(whole, 3), "bare_ranges_seconds": round(ranges, 3)},
    )


def _ask(sql: str, params: dict) -> list:
    apart = connection.copy()
    try:
        with apart.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()
    finally:
        apart.close()


def _in_ranges(as_of) -> list:
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM accounts_account")
        first, last = cursor.fetchone()
    if ENTRIES not in AGES:
        raise AssertionError("The bare statement does not read the entries as it did.")
    sql = AGES.replace(ENTRIES, f"{ENTRIES} AND e.account_id >= %(from_id)s AND e.account_id < %(to_id)s")
    step = (last - first) // MOST_SHARDS + 1
    spans = [
        {"as_of": as_of, "from_id": first + step * number, "to_id": first + step * (number + 1)}
        for number in range(MOST_SHARDS)
    ]
    with ThreadPoolExecutor(MOST_SHARDS) as pool:
        return list(pool.map(lambda span: _ask(sql, span), spans))
