"""Readers of the files in which banks say what came back; each turns bytes into `FoundReturn`s.

`read(content, format, day)` is the door. A format knows nothing of receipts or of the database.
"""

from collections.abc import Callable
from datetime import date

from accounts.returns.enums import ReturnFormat, Scheme
from accounts.returns.formats import becs, nacha, xml
from accounts.returns.formats.found import MOST_ROWS, FoundReturn, ReturnFileNotReadable

__all__ = [
    "CURRENCIES", "MOST_ROWS", "FoundReturn", "ReturnFileNotReadable", "format_of", "read", "scheme_of",
]  # fmt: skip

SCHEMES = {
    ReturnFormat.NACHA: Scheme.ACH,
    ReturnFormat.CAMT: Scheme.SEPA,
    ReturnFormat.PAIN002: Scheme.SEPA,
    ReturnFormat.BECS: Scheme.BECS,
    ReturnFormat.BACS: Scheme.BACS,
}

# A scheme works in one currency; cheques are written in any.
CURRENCIES = {Scheme.ACH: "USD", Scheme.SEPA: "EUR", Scheme.BECS: "AUD", Scheme.BACS: "GBP"}


def format_of(content: bytes) -> str:
    """What kind of file the bytes are; a table where nothing else fits."""
    head = content[:4000].lstrip(b"\xef\xbb\xbf \r\n\t")
    if head.startswith(b"<"):
        return xml.format_of(head)
    lines = content[:20_000].decode("latin-1").splitlines()
    if nacha.looks_like(lines):
        return ReturnFormat.NACHA
    if becs.looks_like(lines):
        return ReturnFormat.BECS
    return ReturnFormat.CSV


def scheme_of(format: str) -> str:
    """The scheme a format belongs to; empty for a table, which may be of any."""
    return SCHEMES.get(ReturnFormat(format), "")


def read(
    content: bytes, format: str, *, day: date, report: Callable[[float], None] | None = None
) -> list[FoundReturn]:
    """The rows of a file; `day` stands in where the file gives none.

    XML is read as it streams by, whatever its size; `report` is told how much of it has gone by, from
    0 to 1. Of more than MOST_ROWS it reads one row more.

    Raises ReturnFileNotReadable, which says what is wrong with it.
    """
    if format == ReturnFormat.NACHA:
        return nacha.read(content, day=day)
    if format == ReturnFormat.BECS:
        return becs.read(content, day=day)
    return xml.read(content, format, day=day, report=report)
