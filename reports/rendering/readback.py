"""What a finished page, workbook or PDF really says, read back from its bytes.

Nothing here looks at the dataset: a figure that was written wrong must be found wrong.
"""

import io
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from html import unescape
from importlib import import_module
from typing import Any
from zipfile import BadZipFile

from django.template.loader import render_to_string
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from reports.rendering.identity import Strip

Read = dict[tuple[str, str], str]
"""What stands for a figure of a strip, by the strip's key and the figure's name."""

FIRST_PAGES = 6  # the strips stand on the first; many currencies may need more

_FIGURE = re.compile(r'<dd[^>]*\bdata-figure="([^"]+)"[^>]*>(.*?)</dd>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_TOKEN = re.compile(r"[\u2212-]?\d+(?:[.,'\u2019\u066b\u066c]\d+)*\u2212?")
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


def read_pdf(content: bytes, strips: Sequence[Strip]) -> Read:
    """The figures of each strip in the PDF's text: under its heads, wherever it stands first.

    Where the heads come out of the file garbled (letters that join, or run from right to left), the
    strip is the run of figures that is most like it. Raises Unreadable where nothing is found.
    """
    pypdf = import_module("pypdf")  # by the first that reads one: no page needs it
    try:
        pages = pypdf.PdfReader(io.BytesIO(content)).pages[:FIRST_PAGES]
        text = "\n".join(page.extract_text() for page in pages)
    except (pypdf.errors.PyPdfError, ValueError, KeyError, OSError) as error:
        raise Unreadable(str(error)) from error
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
