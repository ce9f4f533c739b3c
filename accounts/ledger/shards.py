"""One question over a large book, asked of ranges of accounts at once.

A window over all entries runs on one core whatever the server has. Accounts are independent of each
other, so ranges of them are asked on connections of their own, all at one exported snapshot: the
parts see the same moment and add up to what one statement would have said.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection, transaction

WORTH_SHARDING = 50_000
MOST_SHARDS = 4
RANGE = "e.account_id >= %(from_id)s AND e.account_id < %(to_id)s AND"


def sharded_rows(make_sql: Callable[[str], str], params: dict) -> list[tuple]:
    """The rows of `make_sql(scope)`, where `scope` limits the entries `e` to a range of accounts.

    The caller adds up what the ranges say. Inside a transaction (whose own rows no other connection
    sees), on one core and on a small book it is one statement over everything.
    """
    with connection.cursor() as cursor:
        bounds = [] if connection.in_atomic_block else _bounds(cursor)
        if not bounds:
            cursor.execute(make_sql(""), params)
            return cursor.fetchall()
    sql = make_sql(RANGE)
    with _snapshot() as snapshot, ThreadPoolExecutor(len(bounds)) as pool:
        spans = [{**params, "from_id": first, "to_id": after} for first, after in bounds]
        parts = pool.map(lambda span: _ask(sql, span, snapshot), spans)
        return [row for part in parts for row in part]


def shard_count() -> int:
    """Into how many ranges a question is divided: as many as there are cores, to a limit."""
    return min(MOST_SHARDS, len(os.sched_getaffinity(0)))


def is_large_book() -> bool:
    """Whether a question about every account takes long, by what the server remembers of their number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'accounts_account'::regclass")
        return cursor.fetchone()[0] >= WORTH_SHARDING


def _bounds(cursor) -> list[tuple[int, int]]:
    """Ranges of account keys of about the same size; none where sharding is not worth it."""
    shards = shard_count()
    if shards < 2 or not is_large_book():
        return []
    cursor.execute("SELECT min(id), max(id) FROM accounts_account")
    first, last = cursor.fetchone()
    step = (last - first) // shards + 1
    return [(first + step * number, first + step * (number + 1)) for number in range(shards)]


@contextmanager
def _snapshot():
    """The name of this moment's snapshot, which others can look at until the block ends."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def _ask(sql: str, params: dict, snapshot: str) -> list[tuple]:
    apart = connection.copy()
    try:
        with apart.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET TRANSACTION SNAPSHOT %s", [snapshot])
            cursor.execute(sql, params)
            rows = cursor.fetchall()
            cursor.execute("COMMIT")
            return rows
    finally:
        apart.close()
