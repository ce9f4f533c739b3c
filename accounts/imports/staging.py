"""Rows go by COPY into temporary tables of this transaction; they vanish with it.

`imp_accounts`, `imp_entries`, `imp_contacts` and `imp_protections` hold the records of a file in
the standard format, typed; `imp_fault` what is wrong with them. Checking adds tables of its own
(see `checks`). Nothing outside the transaction ever sees a half-read file.
"""

import json
import re
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import IO

from django.db import connection
from django.utils.translation import gettext as _

from accounts.imports.formats import AMOUNT, DAY, FORMATS, ORDER
from accounts.imports.reading.source import FileNotReadable
from accounts.imports.reading.understand import Row
from accounts.imports.records import Compiled

MAX_ROWS = 5_000_000
SPOOL_BYTES = 8 * 1024 * 1024
LINES = 2_000
REPORT_EVERY = 10_000
EXTRA = {
    "accounts": [],
    "entries": [
        ("is_float", "boolean"),
        ("amount_currency", "text"),
        ("side", "text"),
        ("due_after_opened", "int"),
    ],
    "contacts": [],
    "protections": [("is_float", "boolean"), ("amount_currency", "text"), ("side", "text")],
}
UNSAFE = re.compile(r"[\\\t\n\r\0]").search
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": ""})


def columns_of(kind: str) -> list[tuple[str, str]]:
    """(name, SQL type) of a staging table, its working numbers first."""
    types = {DAY: "date", AMOUNT: "numeric"}
    return [
        ("seq", "bigint"),
        ("row_number", "int"),
        *[(f'"{standard.name}"', types.get(standard.type, "text")) for standard in FORMATS[kind]],
        *EXTRA[kind],
    ]


def copy_in(table: str, columns: Iterable[str], stream: IO) -> None:
    """COPY lines of PostgreSQL's text format into a table; the one place that does."""
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", stream)


def line(values: Iterable) -> str:
    """One line of the text format; None is NULL, everything else its text."""
    return (
        "\t".join(
            [
                "\\N"
                if value is None
                else text.translate(ESCAPES)
                if UNSAFE(text := value if value.__class__ is str else str(value))
                else text
                for value in values
            ]
        )
        + "\n"
    )


class Spool:
    """Lines for one table, kept in memory while few and in a temporary file when many."""

    def __init__(self, table: str, columns: list[str]) -> None:
        self.table, self.columns = table, columns
        self._file = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 load() closes it
        self._lines: list[str] = []
        self.count = 0

    def add(self, values: Iterable) -> None:
        self._lines.append(line(values))
        self.count += 1
        if len(self._lines) >= LINES:
            self._flush()

    def _flush(self) -> None:
        self._file.write("".join(self._lines).encode("utf-8", "replace"))
        self._lines.clear()

    def load(self) -> None:
        self._flush()
        self._file.seek(0)
        copy_in(self.table, self.columns, self._file)
        self._file.close()


@dataclass
class Staged:
    """What went into the staging tables. `counts` per kind; `passed_over` rows made no record."""

    rows_read: int = 0
    passed_over: int = 0
    counts: dict[str, int] = field(default_factory=dict)


def create_tables() -> None:
    with connection.cursor() as cursor:
        for kind in ORDER:
            body = ", ".join(f"{name} {sql_type}" for name, sql_type in columns_of(kind))
            drop("imp_" + kind)
            cursor.execute(f"CREATE TEMP TABLE imp_{kind} ({body}) ON COMMIT DROP")
        drop("imp_fault")
        cursor.execute(
            "CREATE TEMP TABLE imp_fault (kind text, seq bigint, row_number int, field text,"
            " value text, code text, params jsonb) ON COMMIT DROP"
        )


def drop(table: str) -> None:
    """Tables of an earlier file in the same transaction make room."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")


def stage(
    table: Iterable[Row], compiled: list[Compiled], *, report: Callable[[int], None] | None = None
) -> Staged:
    """Fill the staging tables from the rows of a file. `report(rows)` is told how far it is."""
    create_tables()
    staged = Staged()
    spools = [
        Spool(f"imp_{one.kind}", ["seq", "row_number", *[f'"{name}"' for name in one.names]])
        for one in compiled
    ]
    faults = Spool("imp_fault", ["kind", "seq", "row_number", "field", "value", "code", "params"])
    seq = 0
    for row in table:
        staged.rows_read += 1
        if staged.rows_read > MAX_ROWS:
            raise FileNotReadable(
                "too_big",
                _("The file has more than %(most)s rows. Split it, for example by year.")
                % {"most": MAX_ROWS},
            )
        if report and staged.rows_read % REPORT_EVERY == 0:
            report(staged.rows_read)
        if row.fault:
            seq += 1
            shown = " | ".join(row.cells)[:300]
            params = {"found": len(row.cells)}
            faults.add((compiled[0].kind, seq, row.number, "", shown, "ragged", json.dumps(params)))
            continue
        made_one = False
        for one, spool in zip(compiled, spools, strict=True):
            made = one.make(row.cells)
            if made is None:
                continue
            made_one = True
            seq += 1
            values, found = made
            spool.add((seq, row.number, *values))
            for fault in found:
                faults.add(
                    (
                        one.kind,
                        seq,
                        row.number,
                        fault.field,
                        fault.value,
                        fault.code,
                        json.dumps(fault.params, ensure_ascii=False),
                    )
                )
        staged.passed_over += not made_one
    for spool in [*spools, faults]:
        spool.load()
    for one, spool in zip(compiled, spools, strict=True):
        staged.counts[one.kind] = staged.counts.get(one.kind, 0) + spool.count
    with connection.cursor() as cursor:
        for kind in staged.counts:
            cursor.execute(f"ANALYZE imp_{kind}")
        cursor.execute("ANALYZE imp_fault")
    return staged
