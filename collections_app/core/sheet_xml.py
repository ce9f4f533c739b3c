"""Rows of a sheet as the XML of a workbook, with styles by number and totals with their values."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from collections_app.core import clock, money
from collections_app.core.refusal import Refused

Kind = Literal["text", "money", "date", "datetime", "int", "decimal", "percent", "any"]

WIDTHS: dict[str, int] = {
    "text": 24, "money": 16, "date": 12, "datetime": 17, "int": 10, "decimal": 12, "percent": 10, "any": 40,
}  # fmt: skip
FIGURES = {"money", "int", "decimal", "percent"}
NUMBER_FORMATS = {
    "text": "@",
    "quoted": "@",
    "any": "General",
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm",
    "int": "#,##0",
    "decimal": "#,##0.00##",
    "percent": "0.0%",
    "money0": "#,##0;[Red]-#,##0",
    "money2": "#,##0.00;[Red]-#,##0.00",
    "money3": "#,##0.000;[Red]-#,##0.000",
}
# "beside" is a value of any kind after its name: it stands on the left, where the eye is.
ROLES = ("body", "beside", "total", "header")
ROW_LIMIT = 1_048_576 - 20
TEXT_LIMIT = 32_767
EPOCH_ORDINAL = date(1899, 12, 30).toordinal()
DAY_SECONDS = 86_400
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
RUNS_AS_FORMULA = re.compile(r"^[\s\x00]*[=+\-@\t\r]")


class TooManyRows(Refused):
    pass


@dataclass(frozen=True)
class Column:
    """One column. A money column has one `currency`, or takes each row's from the column titled
    `currency_from`; `total` adds a sum below, one for every currency where they differ."""

    title: str
    kind: Kind = "text"
    width: int | None = None
    total: bool = False
    currency: str = ""
    currency_from: str = ""

    @property
    def wide(self) -> int:
        return self.width or max(WIDTHS[self.kind], min(len(str(self.title)) + 3, 40))


@dataclass
class Sheet:
    """A sheet: its columns, and rows as sequences of values in the columns' order.

    Rows may come from an iterator and are read once. `total_label` stands before the sums.
    """

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]
    total_label: str = ""
    has_filter: bool = True


def _serial(value: date | datetime, time_zone: str | None) -> str:
    """A day as Excel counts it; a moment in the office's zone, with its fraction of the day."""
    if not isinstance(value, datetime):
        return str(value.toordinal() - EPOCH_ORDINAL)
    local = value.astimezone(clock.zone(time_zone)) if value.tzinfo else value
    seconds = local.hour * 3600 + local.minute * 60 + local.second
    return f"{local.toordinal() - EPOCH_ORDINAL + seconds / DAY_SECONDS:.15g}"


def make_styles(workbook: Workbook) -> dict[tuple[str, str], int]:
    """The style number of every (number format, role) a cell may have."""
    # cells of the frame carry the styles; they go when the rows are written
    carrier = workbook.worksheets[0]
    thin = Side(style="thin", color="FF8A94A6")
    styles = {}
    for name, number_format in NUMBER_FORMATS.items():
        is_figure = name.startswith("money") or name in FIGURES
        for role in ROLES:
            cell = carrier.cell(row=1, column=len(styles) + 1)
            cell.number_format = number_format
            cell.alignment = Alignment(
                horizontal="right" if is_figure and role != "beside" else "left",
                vertical="top",
                wrap_text=role == "header",
            )
            cell.font = Font(name="Calibri", size=11, bold=role in ("total", "header"))
            cell.border = Border(
                bottom=thin if role == "header" else None, top=thin if role == "total" else None
            )
            cell.fill = PatternFill("solid", fgColor="FFEEF1F5") if role == "header" else PatternFill()
            cell.quotePrefix = name == "quoted"
            styles[name, role] = cell.style_id
    return styles


def _kind_of(value: Any) -> str:
    """The kind of a cell whose column holds all kinds."""
    if isinstance(value, datetime):
        return "datetime"
    if isinstance(value, date):
        return "date"
    if isinstance(value, int) and not isinstance(value, bool):
        return "int"
    return "money" if isinstance(value, Decimal) else "text"


class SheetWriter:
    """Writes the rows of one sheet as XML and keeps the sums."""

    def __init__(self, sheet: Sheet, styles: dict[tuple[str, str], int], time_zone: str | None) -> None:
        self.sheet, self.styles, self.time_zone = sheet, styles, time_zone
        self.letters = [get_column_letter(at + 1) for at in range(len(sheet.columns))]
        titles = [column.title for column in sheet.columns]
        self.currency_at = [
            titles.index(column.currency_from) if column.currency_from else None for column in sheet.columns
        ]
        self.kinds = [column.kind for column in sheet.columns]
        self.summed = [at for at, column in enumerate(sheet.columns) if column.total]
        self.sums: dict[int, dict[str, Decimal | int]] = {at: {} for at in self.summed}
        self.row = self.last_body_row = 1

    @property
    def last_column(self) -> str:
        return self.letters[-1]

    def parts(self) -> Iterator[str]:
        yield self._header()
        for values in self.sheet.rows:
            self.row += 1
            if self.row > ROW_LIMIT:
                raise TooManyRows(_("Excel holds a million rows; narrow the filter or export as CSV."))
            yield self._body(values)
        self.last_body_row = self.row
        yield from self._totals()

    def _text(self, place: str, text: str, style: int) -> str:
        clean = NOT_IN_XML.sub("", text)[:TEXT_LIMIT]
        if not clean:
            return ""
        space = ' xml:space="preserve"' if clean != clean.strip() or "\n" in clean else ""
        return f'<c r="{place}" s="{style}" t="inlineStr"><is><t{space}>{escape(clean)}</t></is></c>'

    def _header(self) -> str:
        cells = []
        for letter, column in zip(self.letters, self.sheet.columns, strict=True):
            style = self.styles["int" if column.kind in FIGURES else "any", "header"]
            cells.append(self._text(f"{letter}1", str(column.title), style))
        return f'<row r="1">{"".join(cells)}</row>'

    def _body(self, values: Sequence[Any]) -> str:
        row, cells = self.row, []
        for at, (letter, kind, value) in enumerate(zip(self.letters, self.kinds, values, strict=True)):
            if value is None or value == "":
                continue
            cells.append(self._cell(f"{letter}{row}", kind, value, self._currency(at, values)))
        if self.summed:
            self._add_up(values)
        return f'<row r="{row}">{"".join(cells)}</row>'

    def _currency(self, at: int, values: Sequence[Any]) -> str:
        source = self.currency_at[at]
        return self.sheet.columns[at].currency if source is None else str(values[source] or "")

    def _style(self, kind: str, currency: str, role: str = "body") -> int:
        if kind == "money":
            kind = f"money{money.decimals(currency) if currency else 2}"
        return self.styles[kind, role]

    def _cell(self, place: str, kind: str, value: Any, currency: str) -> str:
        role = "body"
        if kind == "any":
            kind, role = _kind_of(value), "beside"
        if kind == "text":
            text = str(value)
            return self._text(
                place, text, self.styles["quoted" if RUNS_AS_FORMULA.match(text) else "text", "body"]
            )
        style = self._style(kind, currency, role)
        if kind in ("date", "datetime"):
            return f'<c r="{place}" s="{style}"><v>{_serial(value, self.time_zone)}</v></c>'
        if isinstance(value, float):
            raise TypeError(f"{place} is a float; figures come as Decimal or int.")
        return f'<c r="{place}" s="{style}"><v>{value}</v></c>'

    def _add_up(self, values: Sequence[Any]) -> None:
        for at in self.summed:
            value = values[at]
            if value is not None:
                source = self.currency_at[at]
                key = "" if source is None else str(values[source] or "")
                sums = self.sums[at]
                sums[key] = sums.get(key, 0) + value

    def _totals(self) -> Iterator[str]:
        """One row of sums, or one for every currency; each a formula with its value beside it.

        Columns without a currency (numbers of things) are summed once, in the first of these rows.
        """
        if not self.summed:
            return
        by_currency = {
            code for at in self.summed if self.currency_at[at] is not None for code in self.sums[at]
        }
        for number, key in enumerate(sorted(by_currency) or [""]):
            self.row += 1
            cells = []
            for at, letter in enumerate(self.letters):
                place = f"{letter}{self.row}"
                if at in self.summed:
                    cells.append(self._sum(place, at, key, number == 0))
                elif at == 0:
                    label = self.sheet.total_label or _("Total")
                    label = f"{label} {key}" if at in self.currency_at else label
                    cells.append(self._text(place, label, self.styles["text", "total"]))
                elif key and at in self.currency_at:
                    cells.append(self._text(place, key, self.styles["text", "total"]))
            yield f'<row r="{self.row}">{"".join(cells)}</row>'

    def _sum(self, place: str, at: int, key: str, is_first: bool) -> str:
        column, source = self.sheet.columns[at], self.currency_at[at]
        last = max(self.last_body_row, 2)
        area = f"{self.letters[at]}2:{self.letters[at]}{last}"
        formula, currency = f"SUM({area})", column.currency
        if source is not None:
            codes = f"{self.letters[source]}2:{self.letters[source]}{last}"
            quoted = key.replace('"', '""')
            formula, currency = f'SUMIF({codes},"{quoted}",{area})', key
        elif not is_first:
            return ""
        value = self.sums[at].get(key if source is not None else "", 0)
        style = self._style(column.kind, currency, "total")
        return f'<c r="{place}" s="{style}"><f>{escape(formula)}</f><v>{value}</v></c>'
