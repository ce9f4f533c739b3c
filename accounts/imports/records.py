"""From a row of text to the records it stands for, ready for the staging tables.

Compiled once per file: every field becomes a function of the row's cells; days, amounts and
choices are remembered per distinct cell, because a column repeats itself.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from accounts.imports.columns import MEMO_LIMIT, UNREAD, ColumnReader
from accounts.imports.detecting import Formats
from accounts.imports.formats import AMOUNT, CHOICE, DAY, KEY, MOMENT, NOTE, Field, field_of
from accounts.imports.mapping import FieldRule, Mapping, RecordRule
from accounts.imports.reading.header import normalised
from accounts.imports.reading.understand import Block, Row
from accounts.imports.reading.values import (
    Misread,
    amount_as_text,
    read_amount,
    read_day,
    read_moment,
)
from accounts.imports.reading.workbook import Typed

CELL_ERRORS = frozenset(
    ["#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"]
)


@dataclass(frozen=True)
class Fault:
    """What is wrong with one cell (or, with an empty `field`, with the row)."""

    field: str
    value: str
    code: str
    params: dict


Reader = Callable[[list[str]], object]


class Compiled:
    """One record rule, compiled: `make(cells)` gives (values by column name, faults) or None."""

    def __init__(self, rule: RecordRule, header: tuple[str, ...], formats: Formats) -> None:
        self.kind = rule.kind
        self._place = {name: number for number, name in enumerate(header)}
        self._formats = formats
        self._tests = [self._test(test) for test in rule.when]
        self._columns: list[ColumnReader] = []
        self.readers: list[tuple[str, Reader]] = []
        self.names: list[str] = []
        for name, field_rule in rule.fields.items():
            standard = field_of(rule.kind, name)
            if name == "amount":
                self.readers.append((name, self._amount(field_rule)))
                self._columns.append(self._column(field_rule))
                self.names += ["amount", "is_float", "amount_currency", "side"]
            elif "after_opened_days" in field_rule.spec:
                days = field_rule.spec["after_opened_days"]
                self.readers.append(("due_after_opened", lambda _cells, days=days: str(days)))
                self._columns.append(ColumnReader(self.readers[-1][1]))
                self.names.append("due_after_opened")
            else:
                self.readers.append((name, self._reader(standard, field_rule)))
                self._columns.append(self._column(field_rule, standard))
                self.names.append(name)
        self.columns_of = {name: rule.columns for name, rule in rule.fields.items()}

    def make(self, cells: list[str]) -> tuple[list, list[Fault]] | None:
        for test in self._tests:
            if not test(cells):
                return None
        values: list = []
        faults: list[Fault] = []
        for name, reader in self.readers:
            try:
                value = reader(cells)
            except Misread as misread:
                columns = self.columns_of.get(name, ())
                text = " ".join(cells[self._place[column]] for column in columns)
                faults.append(Fault(name, text[:300], misread.code, misread.params))
                value = (None,) * 4 if name == "amount" else None
            if name == "amount":
                values.extend(value)
            else:
                values.append(value)
        return values, faults

    def _column(self, rule: FieldRule, standard: Field | None = None) -> ColumnReader:
        """The reader last made, for whole columns; `standard` where it reads no amount."""
        places = [self._place[column] for column in rule.columns]
        is_cell = len(places) == 1 and "join" not in rule.spec
        of_cell = None
        if is_cell and standard is not None:
            of_cell = self._cleaner(standard, rule, rule.columns[0])
        elif is_cell and not _is_two_columns(rule):
            of_cell = self._cell_of_amount(rule)
        is_text = is_cell and standard is not None and standard.type not in (DAY, MOMENT, AMOUNT, CHOICE)
        says_more = rule.spec.get("prefix") or rule.spec.get("values")
        as_is = standard.length if is_text and not says_more else 0
        return ColumnReader(self.readers[-1][1], places, of_cell, as_is)

    def make_lines(self, block: list[list[str]]) -> tuple[list[int], list[str | None]]:
        """Which rows of a plain block make a record, and their lines for COPY.

        None stands for a line with a cell that cannot be read: `make` says which and why.
        """
        taken, cells = list(range(len(block))), block
        for test in self._tests:
            taken = [number for number in taken if test(block[number])]
        if len(taken) < len(block):
            cells = [block[number] for number in taken]
        columns = list(zip(*cells, strict=True))
        read = [reader.read(columns, len(cells)) for reader in self._columns] if cells else []
        lines: list[str | None] = list(map("\t".join, zip(*read, strict=True)))
        for column in read:
            if UNREAD in column:
                for number, value in enumerate(column):
                    if value == UNREAD:
                        lines[number] = None
        return taken, lines

    def _test(self, test: dict) -> Callable[[list[str]], bool]:
        place = self._place[test["column"]]
        if "is" in test:
            wants_blank = test["is"] == "blank"
            return lambda cells: (not cells[place].strip()) is wants_blank
        allowed = frozenset(map(str, test.get("in") or test.get("not_in")))
        if "in" in test:
            return lambda cells: cells[place].strip() in allowed
        return lambda cells: cells[place].strip() not in allowed

    def _reader(self, standard: Field, rule: FieldRule) -> Reader:
        spec = rule.spec
        if not rule.columns:
            constant = self._cleaner(standard, rule, "")(str(spec["constant"]))
            return lambda _cells: constant
        clean = _remembered(self._cleaner(standard, rule, rule.columns[0]))
        if "join" in spec:
            places = [self._place[column] for column in rule.columns]
            separator = spec.get("separator", " ")
            return lambda cells: clean(
                separator.join(part for place in places if (part := cells[place].strip()))
            )
        place = self._place[rule.columns[0]]
        return lambda cells: clean(cells[place])

    def _cleaner(self, standard: Field, rule: FieldRule, column: str) -> Callable[[str], object]:
        """From a cell to the value for staging; None is blank."""
        spec = rule.spec
        values = {str(key).strip(): value for key, value in (spec.get("values") or {}).items()}
        convert = self._converter(standard, rule, column)

        def clean(cell: str):
            if cell.__class__ is Typed and cell.kind == "e" or cell in CELL_ERRORS:
                raise Misread("cell_error")
            text = cell.strip()
            if not text:
                text = spec.get("blank", "")
                if not text:
                    return None
                cell = text
            elif values:
                if text in values:
                    cell = text = str(values[text])
                elif "default" in spec:
                    cell = text = str(spec["default"])
            return convert(cell if standard.type == NOTE else text if cell.__class__ is str else cell)

        return clean

    def _converter(self, standard: Field, rule: FieldRule, column: str) -> Callable[[str], object]:
        if standard.type == DAY:
            order = self._formats.order_of(column) if column else "ymd"
            shift = timedelta(days=rule.spec.get("add_days", 0))
            return lambda cell: (read_day(cell, order) + shift).isoformat()
        if standard.type == MOMENT:
            order = self._formats.order_of(column) if column else "ymd"
            return lambda cell: read_moment(cell, order).isoformat()
        if standard.type == AMOUNT:
            mark = self._formats.mark_of(column) if column else "."
            return lambda cell: str(read_amount(cell, mark).value)
        if standard.type == CHOICE:
            return lambda cell: _choice(standard, cell)
        prefix, length = rule.spec.get("prefix", ""), standard.length
        if standard.type == KEY:
            return lambda cell: _text(prefix + " ".join(cell.split()), length)
        return lambda cell: _text(prefix + cell, length)

    def _amount(self, rule: FieldRule) -> Reader:
        """amount, is_float, amount_currency and side (what the debit or credit column implies)."""
        spec = rule.spec
        if not rule.columns:
            constant = (str(Decimal(str(spec["constant"]))), "f", None, None)
            return lambda _cells: constant
        if _is_two_columns(rule):
            return self._two_columns(rule)
        place, remembered = self._place[rule.columns[0]], _remembered(self._cell_of_amount(rule))
        return lambda cells: remembered(cells[place])

    def _cell_of_amount(self, rule: FieldRule) -> Callable[[str], tuple]:
        """What `_amount` gives, from the one cell it stands in."""
        spec, column = rule.spec, rule.columns[0]
        mark, by_sign = self._formats.mark_of(column), spec.get("negative") == "credit"
        blank = spec.get("blank", "")
        is_optional = not field_of(self.kind, "amount").is_required

        def read(cell: str):
            if cell.__class__ is str and not by_sign and (text := amount_as_text(cell, mark)):
                return text, "f", None, None
            if cell.__class__ is Typed and cell.kind == "e" or cell in CELL_ERRORS:
                raise Misread("cell_error")
            if not cell.strip():
                if not blank and is_optional:
                    return None, "f", None, None
                if not blank:
                    raise Misread("amount_missing")
                cell = str(blank)
            amount = read_amount(cell, mark)
            side = ("credit" if amount.value < 0 else "debit") if by_sign else None
            value = abs(amount.value) if by_sign else amount.value
            return str(value), "t" if amount.is_float else "f", amount.currency or None, side

        return read

    def _two_columns(self, rule: FieldRule) -> Reader:
        parts = []
        for side in ("debit", "credit"):
            if side in rule.spec:
                column = rule.columns[len(parts)]
                mark = self._formats.mark_of(column)
                read = _remembered(lambda cell, mark=mark: read_amount(cell, mark) if cell.strip() else None)
                parts.append((side, self._place[column], read))

        def amount(cells: list[str]):
            found = None
            for side, place, read in parts:
                one = read(cells[place])
                if one is None:
                    continue
                if one.value and found and found[0].value:
                    raise Misread("debit_and_credit")
                if found is None or one.value:
                    found = (one, side)
            if found is None:
                raise Misread("amount_missing")
            one, side = found
            if not one.value:
                side = None
            return str(one.value), "t" if one.is_float else "f", one.currency or None, side

        return amount


def _is_two_columns(rule: FieldRule) -> bool:
    return "debit" in rule.spec or "credit" in rule.spec


def _choice(standard: Field, cell: str) -> str:
    known = standard.values.get(normalised(cell))
    if known is None:
        raise Misread("unknown_choice", choices=sorted(set(standard.values.values())))
    return known


def _text(text: str, length: int) -> str:
    if len(text) > length:
        raise Misread("too_long", length=length)
    return text


def _remembered(function: Callable) -> Callable:
    """`function` of a cell, remembered while the memory stays small; a Misread is remembered too.

    A typed cell equals its text, so it has a memory of its own.
    """
    memory: dict[str, object] = {}
    typed: dict[tuple[str, str], object] = {}
    misread: dict[tuple[type, str], Misread] = {}

    def remembered(cell):
        if cell.__class__ is str:
            store, key = memory, cell
        else:
            store, key = typed, (cell.kind, str(cell))
        try:
            return store[key]
        except KeyError:
            known = misread.get((cell.__class__, cell))
        if known is not None:
            raise known
        try:
            answer = function(cell)
        except Misread as fault:
            if len(misread) < MEMO_LIMIT:
                misread[cell.__class__, cell] = fault
            raise
        if len(store) < MEMO_LIMIT:
            store[key] = answer
        return answer

    return remembered


def compile_mapping(mapping: Mapping, header: tuple[str, ...], formats: Formats) -> list[Compiled]:
    return [Compiled(record, header, formats) for record in mapping.records]


def patched_blocks(
    table: Iterable[Block], header: tuple[str, ...], fixes: dict[str, dict]
) -> Iterable[Block]:
    """The blocks with the cells that the clerk put right; see `patched`."""
    if not fixes:
        return table
    return (Block(block.first, rows=tuple(patched(block, header, fixes))) for block in table)


def patched(table: Iterable[Row], header: tuple[str, ...], fixes: dict[str, dict]) -> Iterator[Row]:
    """The rows with the cells that the clerk put right: fixes are {row number: {column: value}}."""
    place = {name: number for number, name in enumerate(header)}
    for row in table:
        fix = fixes.get(str(row.number))
        if fix:
            cells = row.cells + [""] * (len(header) - len(row.cells))
            for column, value in fix.items():
                if column in place:
                    cells[place[column]] = value
            row = Row(row.number, cells[: len(header)], "" if len(row.cells) <= len(header) else row.fault)
        yield row
