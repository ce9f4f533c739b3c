"""Workbooks: sheets and rows, read by a process of its own (see `workbook_process`)."""

import marshal
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from accounts.imports.reading import workbook_process
from accounts.imports.reading.source import FileNotReadable, Source, password_protected

ROOT = Path(__file__).resolve().parents[3]
MODULE = "accounts.imports.reading.workbook_process"


class Typed(str):
    """A cell that the workbook itself typed as a number or a day: not open to interpretation.

    `kind` is n (number, as the shortest decimal), d (ISO day or moment), t (time) or e (an error
    such as #N/A).
    """

    __slots__ = ("kind",)

    def __new__(cls, kind: str, text: str) -> "Typed":
        cell = super().__new__(cls, text)
        cell.kind = kind
        return cell


def sheets(source: Source) -> list[tuple[str, bool]]:
    """(name, is_hidden) of every worksheet. Chart sheets are not tables and not listed."""
    return list(_run(source, []))


def workbook_rows(source: Source, sheet: str) -> Iterator[tuple[int, list[str]]]:
    number = 0
    for chunk in _run(source, [sheet]):
        for cells in chunk:
            number += 1
            yield number, [_text(cell) for cell in cells]


def _text(cell) -> str:
    if isinstance(cell, str):
        return cell.replace("\0", "").replace("\r\n", "\n")
    kind, text = cell
    if kind == "n" and text.endswith(".0"):
        text = text[:-2]
    if kind == "d" and text.endswith("T00:00:00"):
        text = text[:10]
    return Typed(kind, text)


def _run(source: Source, arguments: list[str]) -> Iterator:
    with source.open() as stream, tempfile.NamedTemporaryFile(suffix=f".{source.container}") as copy:
        shutil.copyfileobj(stream, copy)
        copy.flush()
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE, copy.name, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        )
        try:
            while size := process.stdout.read(4):
                yield marshal.loads(process.stdout.read(int.from_bytes(size, "big")))
            code = process.wait()
        finally:
            process.kill()
            process.stdout.close()
            process.wait()
    if code == workbook_process.PASSWORD:
        raise password_protected()
    if code == workbook_process.DAMAGED:
        raise FileNotReadable(
            "damaged",
            _("The workbook cannot be opened. Open it in Excel, save it again as .xlsx, bring that."),
        )
    if code != workbook_process.DONE:
        raise FileNotReadable(
            "too_big",
            _(
                "The workbook needs more memory or time than one import may take. "
                "Copy the table into a new workbook, or save it as CSV."
            ),
        )
