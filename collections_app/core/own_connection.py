"""A second connection to the database that commits its statement at once.

For the few rows that must outlive the caller's transaction: access records, job heartbeats. It is
opened for the statement and closed after it (a few milliseconds), so that the number of
connections a process holds stays one.
"""

from collections.abc import Sequence

from django.db import connection


def is_inside_a_test() -> bool:
    """Whether the caller's rows live only in a test's transaction, where no other connection sees
    them; the statement then goes through the same connection, past any guard on it."""
    blocks = connection.atomic_blocks
    return bool(blocks) and getattr(blocks[0], "_from_testcase", False)


def execute_apart(sql: str, params: Sequence = ()) -> int:
    """Run one statement in a transaction of its own and return the number of rows it touched."""
    if is_inside_a_test():
        with connection.connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.rowcount
    apart = connection.copy()
    try:
        with apart.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.rowcount
    finally:
        apart.close()
