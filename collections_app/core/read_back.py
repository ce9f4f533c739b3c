"""What a table really says once it is written: its rows, read from the bytes of the file."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import IO
from xml.parsers import expat

from collections_app.core.spreadsheets import Column, neutral

FIRST_SHEET = "xl/worksheets/sheet1.xml"
PIECE = 1 << 16
TOLD_ROWS = 2_000
_LETTERS = re.compile(r"[A-Z]+")

Sums = dict[str, dict[str, Decimal]]
"""Sums by the title of a column and by currency."""


class NotWhatWasWritten(Exception):
    """A file that can't be read, or whose head is another one."""


Row = tuple[bool, list[str]]
"""Whether it is a line of totals, and its cells as texts."""


def rows_of(stream: IO[bytes], kind: str) -> Iterator[Row]:
    """The rows of a CSV file, or of the first sheet of a workbook of ours; the head first.

    Raises NotWhatWasWritten.
    """
    stream.seek(0)
    try:
        if kind == "csv":
            text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
            try:
                yield from ((False, row) for row in csv.reader(text))
            finally:
                text.detach()
            return
        with zipfile.ZipFile(stream) as book, book.open(FIRST_SHEET) as sheet:
            reader = _SheetReader()
            while piece := sheet.read(PIECE):
                yield from reader.rows(piece)
    except (zipfile.BadZipFile, KeyError, expat.ExpatError, UnicodeDecodeError, csv.Error) as error:
        raise NotWhatWasWritten(str(error)) from error


class _SheetReader:
    """Cells of a sheet as they come: their texts and figures, whatever stands around them."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.row: list[str] = []
        self.done: list[Row] = []
        self.reads = self.is_total = False

    def rows(self, piece: bytes) -> list[Row]:
        self.parser.Parse(piece)
        done, self.done = self.done, []
        return done

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            place = _column(attributes["r"])
            self.row += [""] * (place + 1 - len(self.row))
        elif name in ("v", "t"):
            self.reads = True
        elif name == "f":
            self.is_total = True
        elif name == "row":
            self.row, self.is_total = [], False

    def _end(self, name: str) -> None:
        if name in ("v", "t"):
            self.reads = False
        elif name == "row":
            self.done.append((self.is_total, self.row))

    def _text(self, text: str) -> None:
        if self.reads:
            self.row[-1] += text


def _column(reference: str) -> int:
    """The place of a cell in its row: 0 for A1."""
    place = 0
    for letter in _LETTERS.match(reference)[0]:  # type: ignore[index]
        place = place * 26 + ord(letter) - 64
    return place - 1


def sums_of_file(
    stream: IO[bytes], kind: str, columns: Sequence[Column], tell: Callable[[int], None] = lambda rows: None
) -> tuple[int, Sums, Sums]:
    """(rows, what the totalled columns of the rows come to, what the total lines below them say).

    `tell` hears how many rows were read. A CSV file has no total lines. Raises NotWhatWasWritten for
    another head or a figure that is none.
    """
    titles = [str(column.title) for column in columns]
    places = [
        (title.rstrip(), at, titles.index(column.currency_from))
        for at, (title, column) in enumerate(zip(titles, columns, strict=True))
        if column.total and column.currency_from
    ]
    sums: Sums = {title: {} for title, _at, _currency in places}
    totals: Sums = {title: {} for title, _at, _currency in places}
    rows, count = rows_of(stream, kind), 0
    head = next(rows, (False, []))[1]
    if head != ([neutral(title) for title in titles] if kind == "csv" else titles):
        raise NotWhatWasWritten("another head")
    for is_total, row in rows:
        count += not is_total
        if count % TOLD_ROWS == 0 and not is_total:
            tell(TOLD_ROWS)
        cells = [*row, *[""] * (len(titles) - len(row))]
        for title, at, currency in places:
            if cells[at]:
                added = (totals if is_total else sums)[title]
                added[cells[currency]] = added.get(cells[currency], Decimal(0)) + _figure(cells[at])
    tell(count % TOLD_ROWS)
    return count, sums, totals


def _figure(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise NotWhatWasWritten(f"{text} is no figure") from error
