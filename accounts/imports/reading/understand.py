"""What we understood of a file, to be shown on its first rows and changed where we are wrong."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import islice

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.imports.reading import text, workbook
from accounts.imports.reading.header import distinct_names, find_header
from accounts.imports.reading.source import FileNotReadable, Source

MAX_COLUMNS = 500
SHOWN_ROWS = 12


@dataclass(frozen=True)
class Dialect:
    """How to read one file. Kept with the import as JSON; every part can be chosen by the clerk.

    `questions` names the parts that bytes alone cannot tell: encoding, sheet. They must be
    answered (`choose`) before rows are read in earnest.
    """

    container: str
    encoding: str = ""
    encoding_confidence: int = 100
    encodings: tuple[str, ...] = ()
    delimiter: str = ""
    quote: str = ""
    sheet: str = ""
    sheets: tuple[tuple[str, bool], ...] = ()
    header_row: int = 1
    header_rows: int = 1
    header: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    is_gzipped: bool = False
    first_rows: tuple[tuple[int, tuple[str, ...]], ...] = field(default=(), compare=False)

    def as_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict) -> "Dialect":
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        for name in ("encodings", "header", "questions"):
            known[name] = tuple(known.get(name, ()))
        known["sheets"] = tuple((name, hidden) for name, hidden in known.get("sheets", ()))
        known["first_rows"] = tuple((n, tuple(cells)) for n, cells in known.get("first_rows", ()))
        return cls(**known)


@dataclass(frozen=True)
class Row:
    """A row of the table: its number in the file, its cells, and what is wrong with its shape."""

    number: int
    cells: list[str]
    fault: str = ""


@dataclass(frozen=True)
class Block:
    """Rows in one piece. `plain` (every cell a text, every row in shape, one after the other from
    number `first`) lets whole columns be read at once; otherwise the rows stand one by one."""

    first: int
    plain: list[list[str]] | None = None
    rows: Iterable[Row] = ()

    def __iter__(self) -> Iterator[Row]:
        if self.plain is None:
            return iter(self.rows)
        return (Row(number, cells) for number, cells in enumerate(self.plain, start=self.first))


def understand(source: Source, *, known: frozenset[str] = frozenset(), **chosen) -> Dialect:
    """Look at a file. `chosen` (encoding, delimiter, quote, sheet, header_row, header_rows) rules
    over what we would think; a chosen part is no question any more.

    `known` are column names that mark a header row. Raises FileNotReadable.
    """
    chosen = {name: value for name, value in chosen.items() if value not in (None, "")}
    if source.is_workbook:
        dialect = _workbook_dialect(source, chosen)
    else:
        dialect = _text_dialect(source, chosen)
    first = list(islice(_raw_rows(source, dialect), 60))
    header_row = int(chosen.get("header_row") or find_header(first, known))
    if not header_row:
        where = _("The sheet «%(sheet)s»") % {"sheet": dialect.sheet} if dialect.sheet else _("The file")
        raise FileNotReadable(
            "empty", _("%(where)s has no rows. Choose another, or export it again.") % {"where": where}
        )
    header_rows = int(chosen.get("header_rows") or 1)
    named = [cells for number, cells in first if header_row <= number < header_row + header_rows]
    # A workbook leaves off blank cells at the end of any row, the header's too.
    below = [cells for number, cells in first if number >= header_row]
    width = max(map(len, below if source.is_workbook else named), default=0)
    if width > MAX_COLUMNS:
        raise FileNotReadable(
            "too_wide",
            _("The table has %(width)s columns, an import takes %(most)s. Keep the columns you need.")
            % {"width": f"{width:,}", "most": MAX_COLUMNS},
        )
    shown = [(n, tuple(map(str, cells))) for n, cells in first if n >= header_row + header_rows]
    return replace(
        dialect,
        header_row=header_row,
        header_rows=header_rows,
        header=tuple(distinct_names(*named, width=width)),
        first_rows=tuple([row for row in shown if any(map(str.strip, row[1]))][:SHOWN_ROWS]),
        is_gzipped=source.is_gzipped,
    )


def _text_dialect(source: Source, chosen: dict) -> Dialect:
    encoding = text.detect_encoding(source)
    name = chosen.get("encoding") or encoding.name
    try:
        sample = text.sample_of(source, name)
    except LookupError as error:
        raise FileNotReadable(
            "encoding", _("There is no encoding called %(name)s.") % {"name": name}
        ) from error
    delimiter = chosen.get("delimiter") or text.detect_delimiter(sample)
    return Dialect(
        "csv",
        encoding=name,
        encoding_confidence=encoding.confidence,
        encodings=encoding.candidates,
        delimiter=delimiter,
        quote=chosen.get("quote") or text.detect_quote(sample, delimiter),
        questions=() if encoding.is_certain or "encoding" in chosen else ("encoding",),
    )


def _workbook_dialect(source: Source, chosen: dict) -> Dialect:
    found = workbook.sheets(source)
    visible = [name for name, is_hidden in found if not is_hidden]
    if not found:
        raise FileNotReadable("empty", _("The workbook has no sheet with a table."))
    sheet = chosen.get("sheet") or (visible[0] if visible else "")
    if sheet not in dict(found):
        raise FileNotReadable(
            "sheet",
            _("The workbook has no sheet «%(sheet)s». It has: %(sheets)s.")
            % {"sheet": sheet, "sheets": ", ".join(name for name, _hidden in found)},
        )
    is_open = len(visible) > 1 and "sheet" not in chosen
    return Dialect(
        source.container,
        sheet=sheet,
        sheets=tuple(found),
        questions=("sheet",) if is_open else (),
    )


def _raw_rows(source: Source, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    if source.is_workbook:
        return workbook.workbook_rows(source, dialect.sheet)
    return (
        row for first, block in _csv_blocks(source, dialect) for row in enumerate(block, start=first)
    )


def _csv_blocks(source: Source, dialect: Dialect) -> Iterator[tuple[int, list[list[str]]]]:
    return text.csv_blocks(
        source, encoding=dialect.encoding, delimiter=dialect.delimiter, quote=dialect.quote
    )


def blocks(source: Source, dialect: Dialect) -> Iterator[Block]:
    """The rows under the header in blocks, plain ones wherever the file allows it."""
    if source.is_workbook:
        yield Block(1, rows=_shaped(_raw_rows(source, dialect), dialect, is_workbook=True))
        return
    width = len(dialect.header)
    last_header = dialect.header_row + dialect.header_rows - 1
    for first, cells in _csv_blocks(source, dialect):
        skipped = max(last_header + 1 - first, 0)
        body, start = cells[skipped:] if skipped else cells, first + skipped
        is_plain = set(map(len, body)) == {width} and _has_no_blank(body)
        if is_plain:
            yield Block(start, plain=body)
        elif body:
            yield Block(start, rows=tuple(_shaped(enumerate(body, start=start), dialect)))


def _has_no_blank(body: list[list[str]]) -> bool:
    """Whether every row says something; of most files the first cell does already."""
    return all([cells[0].strip() for cells in body]) or all(map(str.strip, map("".join, body)))


def check_has_rows(source: Source, dialect: Dialect) -> None:
    """Raises FileNotReadable when nothing stands under the header as the file is read."""
    if dialect.first_rows or next(rows(source, dialect), None) is not None:
        return
    raise FileNotReadable(
        "no_rows",
        _(
            "There is no row under the header in row %(row)s. Choose another header row or sheet, or export"
            " the file again with its rows."
        )
        % {"row": dialect.header_row + dialect.header_rows - 1},
    )


def rows(source: Source, dialect: Dialect) -> Iterator[Row]:
    """The rows under the header. Blank ones are passed over, ragged ones come with their fault.

    A row of a CSV file with too few or too many cells cannot be trusted in any column. A workbook
    has no ragged rows: what is missing at the end is blank.
    """
    for block in blocks(source, dialect):
        yield from block


def _shaped(
    raw: Iterable[tuple[int, list[str]]], dialect: Dialect, *, is_workbook: bool = False
) -> Iterator[Row]:
    width = len(dialect.header)
    last_header = dialect.header_row + dialect.header_rows - 1
    for number, cells in raw:
        if number <= last_header:
            continue
        found = len(cells)
        if found == width:
            if not any(cells) or not any(map(str.strip, cells)):
                continue
            yield Row(number, cells)
            continue
        if not any(map(str.strip, cells)):
            continue
        if is_workbook and found < width:
            yield Row(number, cells + [""] * (width - found))
        elif found > width and not any(map(str.strip, cells[width:])):
            yield Row(number, cells[:width])
        else:
            yield Row(number, cells, ragged(found, width))


def ragged(found: int, width: int) -> str:
    return ngettext(
        "The row has %(found)s cell, the header has %(width)s.",
        "The row has %(found)s cells, the header has %(width)s.",
        found,
    ) % {"found": found, "width": width}
