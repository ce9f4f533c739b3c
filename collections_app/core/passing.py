"""Tables that a large set passes through on its way into the books, and that end with the transaction.

A temporary table belongs to one process of the server: none of its parallel workers can read it, so
that a large file is worked out on one core while the others stand idle. In a room with many rows
these tables are ordinary ones instead, not logged, in a schema which the same transaction makes and
takes away. Nobody else ever sees it; a process that is killed leaves nothing, for nothing of it was
committed. To make them takes some files more, so few rows pass through temporary tables as they
always did. The statements are the same.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.db import connection

# From so many rows on a second core is worth the files.
MANY = 50_000
# A row handed over by a worker costs a copy in memory, not what the server's own figure (0.1) expects of
# it: with that it works out wide rows alone.
ROW_HANDED_OVER = 0.005


@dataclass
class _Room:
    """`schema` is where its tables stand; empty while temporary ones do. `path` is how names were found
    before."""

    schema: str = ""
    path: str = ""


_room: ContextVar[_Room | None] = ContextVar("room", default=None)


@contextmanager
def room() -> Iterator[None]:
    """Inside, `make_room` may let tables be shared with workers; at its end they are gone.

    Stands inside the transaction whose tables they are. What raises out of it must undo that
    transaction, or the savepoint it stands in. Inside another one it does nothing.
    """
    if _room.get() is not None:
        yield
        return
    mine = _Room()
    token = _room.set(mine)
    try:
        yield
    finally:
        _room.reset(token)
    if mine.schema:
        with connection.cursor() as cursor:
            cursor.execute(
                f"DROP SCHEMA {mine.schema} CASCADE; SET LOCAL parallel_tuple_cost TO DEFAULT;"
                " SELECT set_config('search_path', %s, true)",
                [mine.path],
            )


def make_room(rows: int) -> None:
    """So many rows are to come: the tables made from now on are shared with workers where that pays.

    Needs the right to make a schema in the database (its owner has it); without it, and outside a
    room, they are temporary.
    """
    mine = _room.get()
    if mine is None or mine.schema or rows < MANY:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_database_privilege(current_database(), 'CREATE'), pg_backend_pid(),"
            " current_setting('search_path')"
        )
        is_allowed, process, mine.path = cursor.fetchone()
        if not is_allowed:
            return
        mine.schema = f"passing_{process}"
        cursor.execute(
            # Temporary tables of an earlier, smaller set have the same names: they come after.
            f"CREATE SCHEMA {mine.schema};"
            " SELECT set_config('search_path', %s, true), set_config('parallel_tuple_cost', %s, true)",
            [f"{mine.schema}, pg_temp, {mine.path}", str(ROW_HANDED_OVER)],
        )


def table(name: str, definition: str) -> str:
    """The statement that makes a table: `definition` is its columns in brackets, or `AS` and a query."""
    mine = _room.get()
    if mine is not None and mine.schema:
        return f"CREATE UNLOGGED TABLE {name} {definition}"
    if definition.startswith("("):
        return f"CREATE TEMP TABLE {name} {definition} ON COMMIT DROP"
    return f"CREATE TEMP TABLE {name} ON COMMIT DROP {definition}"


def drop(*names: str) -> None:
    """Tables of an earlier set in the same transaction make room."""
    mine = _room.get()
    schema = mine.schema if mine is not None and mine.schema else "pg_temp"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {', '.join(f'{schema}.{name}' for name in names)}")
