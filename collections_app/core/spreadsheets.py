"""The one writer of spreadsheets: Excel workbooks and CSV.

openpyxl makes the frame (styles, widths, frozen header, filter); the rows are written past it
straight into the sheet, which is many times faster and lets a total stand as a formula together
with its value, so that Excel and a reader that computes nothing both see the number. The same
input gives the same bytes. Text that a spreadsheet would run as a formula is neutralised here.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from collections_app.core import money
from collections_app.core.models import Organisation
from collections_app.core.sheet_xml import (
    RUNS_AS_FORMULA,
    Column,
    Sheet,
    SheetWriter,
    TooManyRows,
    make_styles,
)

__all__ = [
    "Column",
    "Sheet",
    "TooManyRows",
    "control_sheet",
    "neutral",
    "print_mark",
    "write_csv",
    "write_workbook",
]

# Characters beside each other that are still read on a landscape A4; more goes on the next page.
WIDTH_IN_PRINT = 240
FIXED_MOMENT = datetime(1980, 1, 1, tzinfo=UTC)
PLAIN_NUMBER = re.compile(r"^[+-]\d[\d ]*([.,]\d+)?$")
SHEET_NAME_FORBIDS = re.compile(r"[\[\]:*?/\\]")


def control_sheet(facts: Iterable[tuple[str, Any]], *, name: str = "") -> Sheet:
    """The Control sheet: parameters, counts, sums and hashes, each a name and a typed value."""
    columns = [Column(_("Item"), width=36), Column(_("Value"), "any", width=80)]
    return Sheet(name or _("Control"), columns, list(facts), has_filter=False)


def neutral(text: str) -> str:
    """Text for CSV that no spreadsheet runs: a quote goes before what begins like a formula.

    A plain signed number, as a phone number is, stays what it is.
    """
    if RUNS_AS_FORMULA.match(text) and not PLAIN_NUMBER.match(text):
        return f"'{text}"
    return text


def _sheet_names(sheets: Sequence[Sheet]) -> list[str]:
    """Names as Excel allows them: 31 characters, none of its marks, each once."""
    names: list[str] = []
    for sheet in sheets:
        bare = SHEET_NAME_FORBIDS.sub(" ", str(sheet.name)).strip(" '")[:31] or "Sheet"
        name, number = bare, 1
        while name.lower() in (known.lower() for known in names):
            number += 1
            name = f"{bare[: 28 - len(str(number))]} ({number})"
        names.append(name)
    return names


def print_mark() -> str:
    """What every printed page of a demonstration says; nothing in an office that works."""
    office = Organisation.objects.first()
    return _("Demonstration: not a real debt") if office is not None and office.is_demonstration else ""


def _margin(text: str) -> str:
    """Text for a header or footer, where Excel reads an ampersand as the start of a code."""
    return text.replace("&", "&&")


def _frame(sheets: Sequence[Sheet], title: str, made_at: datetime, mark: str) -> Workbook:
    workbook = Workbook()
    workbook.remove(workbook.active)
    for sheet, name in zip(sheets, _sheet_names(sheets), strict=True):
        page = workbook.create_sheet(name)
        page.freeze_panes = "A2"
        page.page_setup.orientation = "landscape"
        page.page_setup.paperSize = page.PAPERSIZE_A4
        page.page_setup.fitToHeight = 0
        wide = sum(column.wide for column in sheet.columns)
        page.page_setup.fitToWidth = -(-wide // WIDTH_IN_PRINT)
        if wide > WIDTH_IN_PRINT:
            page.print_title_cols = "A:A"
        page.sheet_properties.pageSetUpPr.fitToPage = True
        page.print_title_rows = "1:1"
        page.oddHeader.left.text = _margin(title)
        page.oddHeader.center.text = _margin(mark)
        page.oddHeader.right.text = "&A"
        page.oddFooter.right.text = _("Page %(page)s of %(pages)s") % {"page": "&P", "pages": "&N"}
        for at, column in enumerate(sheet.columns):
            page.column_dimensions[get_column_letter(at + 1)].width = column.wide
    properties = workbook.properties
    properties.title, properties.creator = title or None, "Collections"
    moment = made_at.astimezone(UTC).replace(tzinfo=None)
    properties.created = properties.modified = moment
    return workbook


def write_workbook(
    sheets: Sequence[Sheet],
    stream: IO[bytes],
    *,
    title: str = "",
    made_at: datetime | None = None,
    time_zone: str | None = None,
    mark: str = "",
) -> None:
    """Write an Excel workbook of these sheets.

    Dates are dates, amounts numbers with their currency's decimals, the header is frozen and
    filtered, totals are formulas with their values. `made_at` stands in the properties (a fixed day
    unless it is given), moments are shown in `time_zone`. A print carries the title, `mark`, the
    sheet's name and page x of y in its margins. Raises TooManyRows.
    """
    made_at = made_at or FIXED_MOMENT
    workbook = _frame(sheets, title, made_at, mark)
    styles = make_styles(workbook)
    writers = [SheetWriter(sheet, styles, time_zone) for sheet in sheets]
    workbook.save(frame := io.BytesIO())
    with (
        zipfile.ZipFile(frame) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target,
    ):
        for name in sorted(source.namelist()):
            entry = zipfile.ZipInfo(name, date_time=FIXED_MOMENT.timetuple()[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            content = source.read(name)
            if at := re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", name):
                _write_sheet(target, entry, content.decode(), writers[int(at[1]) - 1])
            elif name == "docProps/core.xml":
                target.writestr(entry, _fixed_core(content, made_at))
            else:
                target.writestr(entry, content)


def _fixed_core(content: bytes, made_at: datetime) -> bytes:
    """openpyxl stamps the moment of saving; the file says when its content was made."""
    stamp = made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + stamp.encode(), content)


def _write_sheet(target: zipfile.ZipFile, entry: zipfile.ZipInfo, frame: str, writer: SheetWriter) -> None:
    frame = re.sub(r"<dimension [^>]*/>", "", frame)
    head, tail = re.split(r"<sheetData\s*/>|<sheetData>.*</sheetData>", frame, maxsplit=1, flags=re.DOTALL)
    with target.open(entry, "w", force_zip64=True) as out:
        out.write(f"{head}<sheetData>".encode())
        for lines in _batches(writer.parts(), 500):
            out.write("".join(lines).encode())
        out.write(b"</sheetData>")
        if writer.sheet.has_filter:
            out.write(f'<autoFilter ref="A1:{writer.last_column}{max(writer.last_body_row, 1)}"/>'.encode())
        out.write(tail.encode())


def _batches(parts: Iterator[str], size: int) -> Iterator[list[str]]:
    batch: list[str] = []
    for part in parts:
        batch.append(part)
        if len(batch) == size:
            yield batch
            batch = []
    yield batch


def write_csv(columns: Sequence[Column], rows: Iterable[Sequence[Any]], stream: IO[str]) -> int:
    """Write a CSV file for a clerk's Excel (open the stream as utf-8-sig, newline=''); the rows written.

    Amounts have their currency's decimals and a point, days are ISO days, moments ISO in UTC.
    """
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([neutral(str(column.title)) for column in columns])
    titles = [column.title for column in columns]
    sources = [titles.index(column.currency_from) if column.currency_from else None for column in columns]
    written = 0
    for values in rows:
        line = [
            _csv_value(value, column.currency if source is None else values[source])
            for value, column, source in zip(values, columns, sources, strict=True)
        ]
        writer.writerow(line)
        written += 1
    return written


def _csv_value(value: Any, currency: str) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{money.quantise(value, currency):f}" if currency else f"{value:f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        raise TypeError("Figures come as Decimal or int, not as float.")
    return str(value) if isinstance(value, int) else neutral(str(value))
