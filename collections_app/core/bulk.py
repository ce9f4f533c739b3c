"""New rows of a model by COPY, under keys drawn beforehand: for sets of thousands.

The database's own triggers, checks and defaults hold as for any insert. What `bulk_create` spends
on instances and parameters (about 0.2 ms for a row of twenty columns) falls away.
"""

import io
import json
import re
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.fields import NOT_PROVIDED

UNSAFE = re.compile(r"[\\\t\n\r\0]").search
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": ""})


def draw_keys(model: type[models.Model], number: int) -> list[int]:
    """So many fresh keys of the table; one statement. Keys of a transaction taken back are lost."""
    if number <= 0:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [model._meta.db_table, model._meta.pk.column, number],
        )
        return [row[0] for row in cursor.fetchall()]


def copy_rows(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence], *, table: str = ""
) -> None:
    """Write rows whose values stand in the order of `names` (attribute names, `debtor_id`).

    They go into the model's table, or into `table`, which has the same columns.

    Other fields take the model's default, or the database's where it has one. Lists are arrays of
    numbers or plain words, dicts are JSON. Runs in the caller's transaction; no signals are sent.
    """
    fields = {field.attname: field for field in model._meta.concrete_fields}
    rest = [
        field
        for name, field in fields.items()
        if name not in names and not field.primary_key and field.db_default is NOT_PROVIDED
    ]
    tail = [text_of(field.get_default()) for field in rest]
    columns = [fields[name].column for name in names] + [field.column for field in rest]
    stream = io.StringIO()
    stream.writelines(_lines(rows, tail))
    stream.seek(0)
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        into = f"{quote(table or model._meta.db_table)} ({', '.join(map(quote, columns))})"
        cursor.copy_expert(f"COPY {into} FROM STDIN", stream)


def renew_rows(
    model: type[models.Model],
    names: Sequence[str],
    rows: Iterable[Sequence],
    *,
    key: str,
    told_by: Sequence[str],
    also: Sequence[str] = (),
    gone: str,
    params: Sequence,
) -> int:
    """Bring a table that caches facts to these rows; returns how many they are. Only what changed is
    written, so doing it twice writes nothing.

    A row is known by its column `key`. One of which a column in `told_by` differs gets these and the
    columns in `also`; other columns stay as they were first written. Rows that are not among them go
    where the condition `gone` (on `t`, with `params`) holds. Runs in the caller's transaction.
    """
    table, fresh = model._meta.db_table, f"fresh_{model._meta.db_table}"
    values = ", ".join(f"{name} = EXCLUDED.{name}" for name in (*told_by, *also))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {fresh} (LIKE {table}) ON COMMIT DROP")
        copy_rows(model, names, rows, table=fresh)
        cursor.execute(f"SELECT count(*) FROM {fresh}")
        [number] = cursor.fetchone()
        cursor.execute(
            f"DELETE FROM {table} t WHERE {gone}"
            f" AND NOT EXISTS (SELECT 1 FROM {fresh} f WHERE f.{key} = t.{key})",
            params,
        )
        cursor.execute(
            f"INSERT INTO {table} AS t ({', '.join(names)}) SELECT {', '.join(names)} FROM {fresh}"
            f" ON CONFLICT ({key}) DO UPDATE SET {values}"
            f" WHERE ({', '.join(f't.{name}' for name in told_by)})"
            f" IS DISTINCT FROM ({', '.join(f'EXCLUDED.{name}' for name in told_by)})"
        )
        cursor.execute(f"DROP TABLE {fresh}")
    return number


def _lines(rows: Iterable[Sequence], tail: list[str]) -> Iterator[str]:
    end = "".join(f"\t{text}" for text in tail) + "\n"
    for row in rows:
        yield "\t".join(map(text_of, row)) + end


def text_of(value: Any) -> str:
    """A value in PostgreSQL's text format of COPY."""
    if value is None:
        return "\\N"
    if isinstance(value, int):  # most are keys
        return str(value)
    if value.__class__ is str:
        text = value
    elif isinstance(value, Mapping):
        text = json.dumps(dict(value))
    elif isinstance(value, (list, tuple)):
        text = "{" + ",".join(map(str, value)) + "}"
    else:
        text = str(value)
    return text.translate(ESCAPES) if UNSAFE(text) else text


def id_array(ids: Iterable[int]) -> str:
    """Ids as the text of an array, to be written `%s::bigint[]`.

    A list would become an expression of so many constants, and planning it costs a second for a
    hundred thousand; this is one constant.
    """
    return "{" + ",".join(map(str, ids)) + "}"


# A set of fewer rows never changes what the planner should believe of a table, a larger one where it is a
# tenth of the table, as the server's own upkeep has it.
WORTH_ANALYSING, SHARE = 10_000, 0.1


def analyse_grown(table: str, rows: int) -> None:
    """Fresh statistics of a table of which so many rows are new, where that makes a difference."""
    if rows < WORTH_ANALYSING:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [table])
        if rows >= SHARE * cursor.fetchone()[0]:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")


def analyse_passing(table: str) -> None:
    """Let the next join be planned on a temporary table's size. A few rows say it: it lives for one
    transaction, and to sample a wide table in full takes as long as to write it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SET LOCAL default_statistics_target = 10; ANALYZE {table};"
            " SET LOCAL default_statistics_target TO DEFAULT"
        )


class _Joined(io.RawIOBase):
    """Pieces of bytes read one after the other, without a copy of the whole."""

    def __init__(self, *pieces: bytes) -> None:
        super().__init__()
        self._streams = [io.BytesIO(piece) for piece in pieces]

    def read(self, size: int = -1) -> bytes:
        while self._streams:
            if got := self._streams[0].read(size):
                return got
            del self._streams[0]
        return b""


def copy_bytes(model: type[models.Model], key_column: str, column: str, *, key: int, content: bytes) -> None:
    """Insert one row of a bigint key and large bytes, by binary COPY: memory holds them once, where a
    statement holds them several times in hexadecimal figures."""
    head = b"PGCOPY\n\xff\r\n\0" + struct.pack("!iihiqi", 0, 0, 2, 8, key, len(content))
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {table} ({key_column}, {column}) FROM STDIN WITH (FORMAT binary)",
            _Joined(head, content, struct.pack("!h", -1)),
        )
