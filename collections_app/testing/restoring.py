"""A test database back to what `prepare` made, row by row: a twentieth of the time of a new copy.

Nothing is believed of a test. PostgreSQL writes the number of its transaction on each row it makes
(`xmin`): a table is as prepared when it has as many rows as then and none of a later transaction, and
so is the schema by the rows of the catalogue. What differs is emptied and filled again; whatever that
can't put right (tables made or emptied by TRUNCATE, very many rows) asks for a new copy.
"""

import time
from io import BytesIO

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import sql
from django.db.utils import DatabaseError

from collections_app.testing.hang import HANG_SECONDS

# Above this a new copy is quicker than deleting, and leaves no dead rows for the tests after it.
MANY_ROWS = 20_000
OTHERS = """
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend'
"""

CATALOGUES = """
    WITH kept AS (
        SELECT c.oid, c.xmin FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid >= 16384 AND n.nspname !~ '^pg_(toast_)?temp'
    ), rows (kind, xmin) AS (
        SELECT 'class', xmin FROM kept
        UNION ALL SELECT 'attribute', a.xmin FROM pg_attribute a JOIN kept ON kept.oid = a.attrelid
        UNION ALL SELECT 'index', i.xmin FROM pg_index i JOIN kept ON kept.oid = i.indexrelid
        UNION ALL SELECT 'trigger', t.xmin FROM pg_trigger t JOIN kept ON kept.oid = t.tgrelid
        UNION ALL SELECT 'constraint', xmin FROM pg_constraint WHERE oid >= 16384
        UNION ALL SELECT 'function', xmin FROM pg_proc WHERE oid >= 16384
        UNION ALL SELECT 'extension', xmin FROM pg_extension
        UNION ALL SELECT 'namespace', xmin FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'
        UNION ALL SELECT 'large object', xmin FROM pg_largeobject_metadata
        UNION ALL SELECT 'setting', xmin FROM pg_db_role_setting
    )
    SELECT kind, count(*), count(*) FILTER (WHERE xmin::text::bigint >= %s) FROM rows GROUP BY kind
"""
FILLED_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind = 'r' AND pg_relation_size(c.oid) > 0 ORDER BY c.relname
"""
SEQUENCES = "SELECT sequencename, last_value, start_value FROM pg_sequences WHERE schemaname = 'public'"


class Prepared:
    """What a database just copied holds. Made on that database, with nobody else on it."""

    def __init__(self) -> None:
        self._since = self._next_transaction()
        self._catalogues = self._count_catalogues()
        self._rows = {name: rows for name, (rows, _later) in self._count(self._filled()).items() if rows}
        self._contents = {name: self._copied(name) for name in self._rows}
        self._sequences = dict(self._read_sequences())

    def restore(self) -> bool:
        """Make the database as prepared; False where only a new copy can. Ends all other connections."""
        if not self._is_alone():
            return False
        if not self.has_its_schema():
            return False
        counts = self._count(self._filled())
        changed = {
            name: rows for name, (rows, later) in counts.items() if later or rows != self._rows.get(name, 0)
        }
        if sum(changed.values()) > MANY_ROWS:
            return False
        changed |= {name: 0 for name in self._rows if name not in counts}
        try:
            self._fill_again(list(changed))
        except DatabaseError:
            return False
        self._since = self._next_transaction()
        return True

    def _is_alone(self) -> bool:
        """End every other connection to this database, and see them gone.

        Asked again and again instead of waited for: PostgreSQL's own waiting looks ten times a second.
        """
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_terminate_backend(pid) {OTHERS}")
            given_up = time.monotonic() + HANG_SECONDS
            while time.monotonic() < given_up:
                cursor.execute(f"SELECT count(*) {OTHERS}")
                if cursor.fetchone()[0] == 0:
                    return True
        return False

    def has_its_schema(self) -> bool:
        return self._count_catalogues() == self._catalogues

    def _fill_again(self, tables: list[str]) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            # no triggers: they'd refuse to delete what may only be added to
            cursor.execute("SET LOCAL session_replication_role = replica")
            for name in tables:
                cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
                if name in self._contents:
                    cursor.copy_expert(
                        sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name)),
                        BytesIO(self._contents[name]),
                    )
            for name, (last, start) in self._read_sequences():
                if (last, start) != self._sequences[name]:
                    prepared = self._sequences[name][0]
                    cursor.execute(
                        "SELECT setval(%s::regclass, %s, %s)",
                        [f'"{name}"', prepared or start, prepared is not None],
                    )

    def _next_transaction(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
            return cursor.fetchone()[0]

    def _count_catalogues(self) -> dict[str, tuple[int, int]]:
        with connection.cursor() as cursor:
            cursor.execute(CATALOGUES, [self._since])
            return {kind: (rows, later) for kind, rows, later in cursor.fetchall()}

    def _filled(self) -> list[str]:
        """Tables with any page: all others are empty."""
        with connection.cursor() as cursor:
            cursor.execute(FILLED_TABLES)
            return [name for (name,) in cursor.fetchall()]

    def _count(self, tables: list[str]) -> dict[str, tuple[int, int]]:
        """For each table its rows, and those of them that a later transaction made."""
        parts = [
            sql.SQL("SELECT {}, count(*), count(*) FILTER (WHERE xmin::text::bigint >= {}) FROM {}").format(
                sql.Literal(name), sql.Literal(self._since), sql.Identifier(name)
            )
            for name in tables
        ]
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(" UNION ALL ").join(parts))
            return {name: (rows, later) for name, rows, later in cursor.fetchall()}

    def _copied(self, table: str) -> bytes:
        rows = BytesIO()
        with connection.cursor() as cursor:
            cursor.copy_expert(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table)), rows)
        return rows.getvalue()

    def _read_sequences(self) -> list[tuple[str, tuple[int | None, int]]]:
        with connection.cursor() as cursor:
            cursor.execute(SEQUENCES)
            return [(name, (last, start)) for name, last, start in cursor.fetchall()]
