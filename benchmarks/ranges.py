"""A bare statement asked of ranges of accounts at once, on connections of its own."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

from accounts.ledger.shards import shard_count

RANGE = " AND e.account_id >= %(from_id)s AND e.account_id < %(to_id)s"


def asked_apart(sql: str, params: dict[str, Any]) -> list[tuple]:
    """The rows of a statement on a connection of its own."""
    apart = connection.copy()
    try:
        with apart.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()
    finally:
        apart.close()


def in_ranges(sql: str, params: dict[str, Any]) -> list[tuple]:
    """The rows of a statement with `from_id` and `to_id`, over as many ranges as there are cores."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM accounts_account")
        first, last = cursor.fetchone()
    number = shard_count()
    step = (last - first) // number + 1
    spans = [
        {**params, "from_id": first + step * place, "to_id": first + step * (place + 1)}
        for place in range(number)
    ]
    with ThreadPoolExecutor(number) as pool:
        return [row for rows in pool.map(lambda span: asked_apart(sql, span), spans) for row in rows]
