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
    """The figures under the heads of each strip in the PDF's text, wherever it stands first.

    Raises Unreadable where the PDF has no text under these heads.
    """
    pypdf = import_module("pypdf")  # by the first that reads one: no page needs it
    try:
        pages = pypdf.PdfReader(io.BytesIO(content)).pages[:FIRST_PAGES]
        text = bare("".join(page.extract_text() for page in pages))
    except (pypdf.errors.PyPdfError, ValueError, KeyError, OSError) as error:
        raise Unreadable(str(error)) from error
    found: Read = {}
    for strip in strips:
        heads = "".join(re.escape(bare(head)) + _AMOUNT for _name, head, _amount in strip.figures)
        match = re.search(re.escape(bare(strip.title)) + r"\D{0,80}?" + heads, text)
        if match is None:
            continue
        for (name, _head, _amount), read in zip(strip.figures, match.groups(), strict=True):
            found[strip.key, name] = read
    if strips and not found:
        raise Unreadable("No strip was found in the text.")
    return found


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
