"""A second connection to the database that commits each statement at once.

For the rows that must outlive the caller's transaction: access records, job heartbeats.
"""

from collections.abc import Sequence
from threading import local

from django.db import DEFAULT_DB_ALIAS, connections

_kept = local()


def _is_inside_a_test() -> bool:
    """Whether the caller's rows live only in a test's transaction, where no other connection sees
    them; the statement then goes through the same connection, past any guard on it."""
    blocks = connections[DEFAULT_DB_ALIAS].atomic_blocks
    return bool(blocks) and getattr(blocks[0], "_from_testcase", False)


def execute_apart(sql: str, params: Sequence = ()) -> int:
    """Run one statement in a transaction of its own and return the number of rows it touched."""
    default = connections[DEFAULT_DB_ALIAS]
    if _is_inside_a_test():
        with default.connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.rowcount
    apart = getattr(_kept, "connection", None)
    if apart is None or apart.settings_dict["NAME"] != default.settings_dict["NAME"]:
        close_apart()
        apart = _kept.connection = default.copy(alias="apart")
    apart.close_if_unusable_or_obsolete()
    try:
        with apart.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.rowcount
    finally:
        if not apart.settings_dict["CONN_MAX_AGE"]:
            apart.close()


def close_apart() -> None:
    """Close this thread's second connection, if it has one."""
    apart = getattr(_kept, "connection", None)
    if apart is not None:
        apart.close()
        _kept.connection = None
