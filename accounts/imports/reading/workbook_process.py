"""Runs as a process of its own: reads a workbook under a memory and time limit, writes rows out.

`python -m accounts.imports.reading.workbook_process PATH [SHEET]`: without a sheet it writes the
list of sheets to standard output, else the rows, as marshalled values; the parent (`workbook.py`)
turns them into text. A file made to exhaust memory ends this process only.
"""

import marshal
import re
import resource
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

MEMORY_BYTES = 1_500_000_000
CPU_SECONDS = 90
CHUNK_ROWS = 500
MAX_ERRORS = 10_000
DONE, PASSWORD, DAMAGED, TOO_BIG = 0, 3, 4, 5

CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*\bt=[\"']e[\"'][^>]*)>.{0,2000}?<(?:\w+:)?v>([^<]{1,20})<", re.S)
PLACE = re.compile(rb"\br=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
REL_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    path, sheets = sys.argv[1], sys.argv[2:]
    try:
        workbook = CalamineWorkbook.from_path(path)
        if sheets:
            write_rows(workbook, sheets[0], path)
        else:
            write_sheets(workbook)
    except PasswordError:
        return PASSWORD
    except MemoryError:
        return TOO_BIG
    except (CalamineError, OSError, ValueError, KeyError, zipfile.BadZipFile):
        return DAMAGED
    return DONE


def put(value) -> None:
    data = marshal.dumps(value)
    sys.stdout.buffer.write(len(data).to_bytes(4, "big") + data)


def write_sheets(workbook: CalamineWorkbook) -> None:
    for sheet in workbook.sheets_metadata:
        if str(sheet.typ).endswith("WorkSheet"):
            put((sheet.name, sheet.visible != SheetVisibleEnum.Visible))


def write_rows(workbook: CalamineWorkbook, name: str, path: str) -> None:
    errors = error_cells(path, name) if path.endswith(".xlsx") else {}
    sheet = workbook.get_sheet_by_name(name)
    first_column = sheet.start[1] if sheet.start else 0
    chunk = []
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        row = [portable(cell) for cell in cells]
        for column, text in errors.get(number, ()):
            place = column - first_column
            if 0 <= place < len(row):
                row[place] = ("e", text)
        while row and row[-1] == "":
            row.pop()
        chunk.append(row)
        if len(chunk) == CHUNK_ROWS:
            put(chunk)
            chunk = []
    put(chunk)


def portable(cell):
    """Text stays; what the workbook itself typed goes out marked: number, day, moment, time."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return ("n", repr(cell))
    if isinstance(cell, datetime):
        return ("d", cell.isoformat())
    if isinstance(cell, date):
        return ("d", cell.isoformat())
    if isinstance(cell, time | timedelta):
        return ("t", str(cell))
    return str(cell)


def error_cells(workbook_path: str, name: str) -> dict[int, list[tuple[int, str]]]:
    """Cells that hold #N/A and its kin; the reader gives them as blanks, and a blank is no error."""
    found: dict[int, list[tuple[int, str]]] = {}
    with zipfile.ZipFile(workbook_path) as archive:
        path = sheet_path(archive, name)
        if path is None:
            return found
        with archive.open(path) as stream:
            rest, count = b"", 0
            while block := stream.read(1 << 20):
                data = rest + block
                end = 0
                for match in CELL.finditer(data) if b"=" in data else ():
                    end = match.end()
                    place = PLACE.search(match[1])
                    if place and count < MAX_ERRORS:
                        count += 1
                        column = column_number(place[1].decode())
                        text = match[2].decode(errors="replace")
                        found.setdefault(int(place[2]), []).append((column, text))
                rest = data[max(end, len(data) - 4096) :]
    return found


def sheet_path(archive: zipfile.ZipFile, name: str) -> str | None:
    try:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        rels = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except (KeyError, ParseError):
        return None
    targets = {rel.get("Id"): rel.get("Target", "") for rel in rels}
    for element in book.iter():
        if element.tag.endswith("}sheet") and element.get("name") == name:
            target = targets.get(element.get(REL_ID), "").lstrip("/")
            path = target if target.startswith("xl/") else f"xl/{target}"
            return path if path in archive.namelist() else None
    return None


def column_number(letters: str) -> int:
    """A is 0."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


if __name__ == "__main__":
    sys.exit(main())
