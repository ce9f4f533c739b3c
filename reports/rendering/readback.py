"""What a finished page, workbook or PDF really says, read back from its bytes.

Nothing here looks at the dataset: a figure that was written wrong must be found wrong.
"""

import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from html import unescape
from importlib import import_module
from typing import Any
from zipfile import BadZipFile

from django.template.loader import render_to_string
from django.utils.translation import get_language_bidi
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from reports.rendering.identity import Strip
from reports.rendering.printed import PrintedLine

Read = dict[tuple[str, str], str]
"""What stands for a figure of a strip, by the strip's key and the figure's name."""

FIRST_PAGES = 6  # the strips stand on the first; many currencies may need more

_FIGURE = re.compile(r'<dd[^>]*\bdata-figure="([^"]+)"[^>]*>(.*?)</dd>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_TOKEN = re.compile(r"[\u2212-]?\d+(?:[.,'\u2019\u066b\u066c]\d+)*\u2212?")
_FIGURE_CELL = re.compile(r"\u2212?\d[\d.,'\u2019\u066b\u066c]*|\u2013")
_AMOUNT = r"([\u2212-]?\d[\d.,'\u2019\u066b\u066c]*)"


class Unreadable(Exception):
    """The bytes are not a file of their kind any more, or hold no text."""


def bare(text: str) -> str:
    """Text without spaces, direction marks and case, as it comes out of any layout alike."""
    return "".join(
        mark for mark in text.casefold() if not mark.isspace() and unicodedata.category(mark) != "Cf"
    )


def read_page(strips: Sequence[Strip]) -> Read:
    """The figures of the strips as the page draws them; those that are not on the page are left out."""
    found: Read = {}
    for strip in strips:
        if not strip.is_on_page:
            continue
        html = render_to_string("reports/strip.html", {"strip": strip})
        for name, content in _FIGURE.findall(html):
            found[strip.key, name] = unescape(_TAG.sub("", content)).strip()
    return found


def read_pdf(pages: Sequence[str], strips: Sequence[Strip]) -> Read:
    """The figures of each strip in the text of a PDF's pages: under its heads, wherever it stands first.

    Where the heads come out of the file garbled (letters that join, or run from right to left), the
    strip is the run of figures that is most like it. Raises Unreadable where nothing is found.
    """
    text = "\n".join(pages[:FIRST_PAGES])
    found: Read = {}
    together, amounts, start = bare(text), [_signed(amount) for amount in _TOKEN.findall(text)], 0
    for strip in strips:
        names = [name for name, _head, _amount in strip.figures]
        heads = "".join(re.escape(bare(head)) + _AMOUNT for _name, head, _amount in strip.figures)
        match = re.search(re.escape(bare(strip.title)) + r"\D{0,80}?" + heads, together)
        if match is not None:
            read = list(match.groups())
        else:
            read, start = _most_alike(amounts, [bare(strip.text(row[2])) for row in strip.figures], start)
        found |= {(strip.key, name): amount for name, amount in zip(names, read, strict=False)}
    if strips and not found:
        raise Unreadable("No strip was found in the text.")
    return found


def pdf_pages(content: bytes) -> list[str]:
    """What each page of a PDF says. Raises Unreadable."""
    pypdf = import_module("pypdf")  # by the first that reads one: no page needs it
    try:
        return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]
    except (pypdf.errors.PyPdfError, ValueError, KeyError, OSError) as error:
        raise Unreadable(str(error)) from error


def wrong_lines(pages: Sequence[str], lines: Sequence[PrintedLine]) -> list[tuple[PrintedLine, str]]:
    """The lines of the tables that a PDF's pages do not say, each with what stands there; in their order.

    A line is looked for after the one before it and before the next: its words, then its figures, each
    by itself. Where the active language runs from right to left, words come out of a file joined
    otherwise, so there the figures alone are read.
    """
    if not lines:
        return []
    said = "\n".join(pages)
    text = "".join(mark for mark in said if unicodedata.category(mark) != "Cf").casefold()
    mirrored = get_language_bidi()
    patterns = [_pattern(line, mirrored=mirrored) for line in lines]
    wrong, at = [], 0
    for place, line in enumerate(lines):
        pattern = patterns[place]
        if pattern is None:
            continue
        found = pattern.search(text, at)
        following = next((one for one in patterns[place + 1 :] if one is not None), None)
        if found is not None and following is not None and following.pattern != pattern.pattern:
            after = following.search(text, at)
            if after is not None and after.start() < found.start():
                found = None
        if found is not None:
            at = found.end()
        else:
            wrong.append((line, _what_stands(text, at, line)))
    return wrong


def is_right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(mark) in ("R", "AL") for mark in text)


def _pattern(line: PrintedLine, *, mirrored: bool = False) -> re.Pattern[str] | None:
    """What a line looks like in the text; None where nothing of it can be read.

    In a `mirrored` text, one that runs from right to left, cells join and a sign stands behind.
    """
    if mirrored:
        figures = [bare(cell) for cell in line.cells if _FIGURE_CELL.fullmatch(bare(cell))]
        turned = (f"{cell[1:]}\u2212" if cell.startswith("\u2212") else cell for cell in figures)
        spelt = r"\s*".join(re.escape(cell) for cell in turned)
        return re.compile(spelt + r"(?!\d)") if spelt else None
    cells = [part for part in (line.label, *line.cells) if part]
    parts = [part for part in cells if not is_right_to_left(part)]
    if not parts or (is_right_to_left(line.label) and not line.cells):
        return None
    spelt_parts = (r"\s*".join(re.escape(mark) for mark in bare(part)) for part in parts)
    # words that can't be read may stand between
    between = r"\s+" if len(parts) == len(cells) else r"\s.{0,200}?"
    return re.compile(r"(?<!\S)" + between.join(spelt_parts) + r"(?!\S)", re.DOTALL)


def _what_stands(text: str, at: int, line: PrintedLine) -> str:
    """The figures that stand where the line's should; empty where the line itself is not there."""
    label = _pattern(replace(line, cells=()))
    found = label.search(text, at) if label is not None else None
    if found is None:
        return ""
    return " ".join(text[found.end() :].split()[: sum(len(part.split()) for part in line.cells)])


def _signed(amount: str) -> str:
    """An amount with its sign in front, where a line from right to left has put it behind."""
    return f"\u2212{bare(amount[:-1])}" if amount.endswith("\u2212") else bare(amount)


def _most_alike(amounts: list[str], wanted: list[str], start: int) -> tuple[list[str], int]:
    """The run of as many amounts from a place on that has most of the wanted ones in their places,
    and the place after it; nothing where not half of them are there."""
    best, at = 0, start
    for place in range(start, len(amounts) - len(wanted) + 1):
        alike = sum(
            read == amount for read, amount in zip(amounts[place : place + len(wanted)], wanted, strict=True)
        )
        if alike > best:
            best, at = alike, place
        if best == len(wanted):
            break
    if best * 2 < len(wanted):
        return [], start
    return amounts[at : at + len(wanted)], at + len(wanted)


def read_sheets(content: bytes) -> list[list[list[Any]]]:
    """The rows of every sheet, heads included, as values. Raises Unreadable."""
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise Unreadable(str(error)) from error
    return [[list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets]


def number(value: Any) -> Decimal | None:
    """A cell's number exactly as it is written; None where it is none."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
