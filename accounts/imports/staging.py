"""Rows go by COPY into passing tables of this transaction; they vanish with it.

`imp_accounts`, `imp_entries`, `imp_contacts` and `imp_protections` hold the records of a file in
the standard format, typed; `imp_fault` what is wrong with them. Checking adds tables of its own
(see `checks`). Nothing outside the transaction ever sees a half-read file.
"""

import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _

from accounts.imports.columns import copy_text
from accounts.imports.copying import PIECE_BYTES, Copying, copy_in
from accounts.imports.formats import AMOUNT, DAY, FORMATS, ORDER
from accounts.imports.reading.source import FileNotReadable
from accounts.imports.reading.understand import Block, Row
from accounts.imports.records import Compiled
from collections_app.core import passing
from collections_app.core.bulk import analyse_passing

MAX_ROWS = 5_000_000
SPOOL_BYTES = 8 * 1024 * 1024
LINES = 2_000
LINES_HANDED_OVER = 20_000
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


def columns_of(kind: str) -> list[tuple[str, str]]:
    """(name, SQL type) of a staging table, its working numbers first."""
    types = {DAY: "date", AMOUNT: "numeric"}
    return [
        ("seq", "bigint"),
        ("row_number", "int"),
        *[(f'"{standard.name}"', types.get(standard.type, "text")) for standard in FORMATS[kind]],
        *EXTRA[kind],
    ]


class Spool:
    """Lines for one table, kept in memory while few and in a temporary file when many.

    From `begin` on they go to the server while more are read.
    """

    def __init__(self, table: str, columns: list[str]) -> None:
        self.table, self.columns = table, columns
        self._file = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 load() closes it
        self._lines: list[str] = []
        self._copying: Copying | None = None
        self.count = 0

    def add(self, values: Iterable) -> None:
        self.add_lines([copy_text(values)])

    def add_lines(self, lines: list[str]) -> None:
        """Lines that are written in the text format already."""
        self._lines += lines
        self.count += len(lines)
        if len(self._lines) >= (LINES if self._copying is None else LINES_HANDED_OVER):
            self._flush()

    def _flush(self) -> None:
        if self._lines:
            piece = ("\n".join(self._lines) + "\n").encode("utf-8", "replace")
            if self._copying is None:
                self._file.write(piece)
            else:
                self._copying.put(piece)
            self._lines.clear()

    def begin(self) -> None:
        """Let the server take in what is here and what comes; the connection is busy until `load`."""
        self._flush()
        self._file.seek(0)
        self._copying = Copying(self.table, self.columns)
        while piece := self._file.read(PIECE_BYTES):
            self._copying.put(piece)
        self._file.close()

    def load(self) -> None:
        self._flush()
        if self._copying is not None:
            self._copying.end()
            return
        self._file.seek(0)
        copy_in(self.table, self.columns, self._file)
        self._file.close()

    def abandon(self) -> None:
        """The reading has failed: the connection is given back."""
        if self._copying is not None:
            self._copying.abandon()


@dataclass
class Staged:
    """What went into the staging tables. `counts` per kind; `passed_over` rows made no record;
    `is_single`: no row makes two."""

    rows_read: int = 0
    passed_over: int = 0
    is_single: bool = False
    counts: dict[str, int] = field(default_factory=dict)


def create_tables() -> None:
    with connection.cursor() as cursor:
        for kind in ORDER:
            body = ", ".join(f"{name} {sql_type}" for name, sql_type in columns_of(kind))
            passing.drop("imp_" + kind)
            cursor.execute(passing.table(f"imp_{kind}", f"({body})"))
        passing.drop("imp_fault")
        cursor.execute(
            passing.table(
                "imp_fault",
                "(kind text, seq bigint, row_number int, field text, value text, code text, params jsonb)",
            )
        )


def stage(
    table: Iterable[Block], compiled: list[Compiled], *, report: Callable[[int], None] | None = None
) -> Staged:
    """Fill the staging tables from the rows of a file. `report(rows)` is told how far it is."""
    into = _Into(compiled)
    try:
        return _fill(into, table, report)
    except BaseException:
        into.abandon()
        raise


def _fill(into: "_Into", table: Iterable[Block], report: Callable[[int], None] | None) -> Staged:
    told = 0
    for block in table:
        if block.plain is None:
            for row in block:
                into.take_row(row)
                into.check_size()
        else:
            into.take_block(block)
            into.check_size()
        if report and into.staged.rows_read - told >= REPORT_EVERY:
            told = into.staged.rows_read
            report(told)
        into.begin_where_many()
    return into.load()


class _Into:
    """The staging tables being filled. Numbers grow with the rows, and within one by record."""

    def __init__(self, compiled: list[Compiled]) -> None:
        self.staged, self._compiled, self._seq = Staged(is_single=len(compiled) == 1), compiled, 0
        self._has_tables = False
        self._spools = [
            Spool(f"imp_{one.kind}", ["seq", "row_number", *[f'"{name}"' for name in one.names]])
            for one in compiled
        ]
        self._faults = Spool("imp_fault", ["kind", "seq", "row_number", "field", "value", "code", "params"])

    def check_size(self) -> None:
        if self.staged.rows_read > MAX_ROWS:
            raise FileNotReadable(
                "too_big",
                _("The file has more than %(most)s rows. Split it, for example by year.")
                % {"most": MAX_ROWS},
            )

    def begin_where_many(self) -> None:
        """Of a large file of one kind the server takes in rows while more are read."""
        if self._has_tables or len(self._spools) > 1 or self._spools[0].count < passing.MANY:
            return
        self._make_tables()
        self._spools[0].begin()

    def abandon(self) -> None:
        for spool in self._spools:
            spool.abandon()

    def _make_tables(self) -> None:
        if not self._has_tables:
            self._has_tables = True
            passing.make_room(sum(spool.count for spool in self._spools))
            create_tables()

    def take_row(self, row: Row) -> None:
        self.staged.rows_read += 1
        if row.fault:
            self._seq += 1
            shown = " | ".join(row.cells)[:300]
            params = json.dumps({"found": len(row.cells)})
            self._faults.add((self._compiled[0].kind, self._seq, row.number, "", shown, "ragged", params))
            return
        made_one = False
        for one, spool in zip(self._compiled, self._spools, strict=True):
            made = one.make(row.cells)
            if made is not None:
                made_one = True
                self._seq += 1
                self._keep(one, spool, self._seq, row.number, made)
        self.staged.passed_over += not made_one

    def take_block(self, block: Block) -> None:
        """Column by column; only rows with a cell that cannot be read are looked at one by one."""
        self.staged.rows_read += len(block.plain)
        made_one: set[int] = set()
        step = len(self._compiled)
        for place, (one, spool) in enumerate(zip(self._compiled, self._spools, strict=True), start=1):
            taken, lines = one.make_lines(block.plain)
            made_one.update(taken)
            good = [
                f"{self._seq + number * step + place}\t{block.first + number}\t{line}"
                for number, line in zip(taken, lines, strict=True)
                if line is not None
            ]
            spool.add_lines(good)
            if len(good) == len(taken):
                continue
            for number, line in zip(taken, lines, strict=True):
                if line is None:
                    seq = self._seq + number * step + place
                    self._keep(one, spool, seq, block.first + number, one.make(block.plain[number]))
        self.staged.passed_over += len(block.plain) - len(made_one)
        self._seq += len(block.plain) * step

    def _keep(self, one: Compiled, spool: Spool, seq: int, row_number: int, made: tuple) -> None:
        values, found = made
        spool.add((seq, row_number, *values))
        for fault in found:
            params = json.dumps(fault.params, ensure_ascii=False)
            self._faults.add((one.kind, seq, row_number, fault.field, fault.value, fault.code, params))

    def load(self) -> Staged:
        self._make_tables()
        counts = self.staged.counts
        for spool in [*self._spools, self._faults]:
            spool.load()
        for one, spool in zip(self._compiled, self._spools, strict=True):
            counts[one.kind] = counts.get(one.kind, 0) + spool.count
        with connection.cursor() as cursor:
            # to the end of the transaction: what a large file is joined and sorted by stays in memory
            cursor.execute("SET LOCAL work_mem = '96MB'")
        for kind in counts:
            analyse_passing(f"imp_{kind}")
        analyse_passing("imp_fault")
        return self.staged
