"""The file itself: what it really is, whatever its name says, and its bytes within limits."""

import gzip
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from collections_app.core.refusal import Refused

MAX_BYTES = 256 * 1024 * 1024
MAX_WORKBOOK_BYTES = 64 * 1024 * 1024
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class FileNotReadable(Refused):
    """The file is not one that can be imported; the message says what to bring instead.

    `code` is a word for tests and logs: empty, archive, web_page, password, binary_workbook,
    not_a_table, too_big, too_wide, damaged, encoding.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, field="file")
        self.code = code


@dataclass
class Source:
    """One file by path or by content; `container` is csv, xlsx, xls or ods after `sniff`."""

    filename: str
    path: Path | None = None
    content: bytes | None = None
    container: str = field(default="", init=False)
    is_gzipped: bool = field(default=False, init=False)

    @classmethod
    def from_path(cls, path: str | Path) -> "Source":
        """Raises FileNotReadable when nothing readable stands there."""
        path = Path(path)
        if not path.is_file():
            raise FileNotReadable("missing", _("There is no file at %(path)s.") % {"path": path})
        source = cls(path.name, path=path)
        source.sniff()
        return source

    @classmethod
    def from_bytes(cls, filename: str, content: bytes) -> "Source":
        source = cls(filename, content=content)
        source.sniff()
        return source

    @property
    def is_workbook(self) -> bool:
        return self.container != "csv"

    @contextmanager
    def _raw(self) -> Iterator[IO[bytes]]:
        if self.content is not None:
            yield io.BytesIO(self.content)
        else:
            with open(self.path, "rb") as stream:
                yield stream

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The bytes of the table, unpacked from gzip, never more than the limit."""
        with self._raw() as raw:
            if self.is_gzipped:
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    yield _Bounded(unpacked, MAX_BYTES)
            else:
                yield raw

    def head(self, size: int) -> bytes:
        try:
            with self.open() as stream:
                return stream.read(size)
        except (OSError, EOFError) as error:
            raise FileNotReadable(
                "damaged", _("The packed file is damaged. Pack it again, or bring it unpacked.")
            ) from error

    def sniff(self) -> None:
        """Find out what it is from its content. Raises FileNotReadable for what is no table."""
        with self._raw() as raw:
            start = raw.read(8)
            size = raw.seek(0, io.SEEK_END)
        if not size:
            raise FileNotReadable("empty", _("The file is empty. Export it again and look into it."))
        if size > MAX_BYTES:
            raise _too_big()
        if start.startswith(b"\x1f\x8b"):
            self.is_gzipped = True
        head = self.head(4096)
        if not head:
            raise FileNotReadable("empty", _("The file is empty. Export it again and look into it."))
        self.container = self._container(head)
        if self.is_workbook and size > MAX_WORKBOOK_BYTES:
            raise _too_big()
        if self.is_workbook and self.is_gzipped:
            raise FileNotReadable("archive", _("Unpack the workbook first, then bring it here."))

    def _container(self, head: bytes) -> str:
        if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
            return self._zip_container()
        if head.startswith(OLE):
            with self._raw() as raw:
                if "EncryptedPackage".encode("utf-16-le") in raw.read(MAX_WORKBOOK_BYTES):
                    raise password_protected()
            return "xls"
        if head.startswith(b"%PDF"):
            raise FileNotReadable("not_a_table", _("This is a PDF. Ask for the same list as CSV or Excel."))
        text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if text.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<head", b"<body")):
            raise FileNotReadable(
                "web_page",
                _(
                    "This is a web page, even if its name ends in .xls. "
                    "Open it in Excel and save it as an Excel workbook (.xlsx) or CSV."
                ),
            )
        if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise FileNotReadable(
                "not_a_table",
                _("This file is not text and not a workbook. Bring CSV, XLSX, XLS or ODS."),
            )
        return "csv"

    def _zip_container(self) -> str:
        try:
            with self._raw() as raw, zipfile.ZipFile(raw) as archive:
                names = {entry.filename for entry in archive.infolist()}
                unpacked = sum(entry.file_size for entry in archive.infolist())
                kind = archive.read("mimetype")[:80] if "mimetype" in names else b""
                if (types := "[Content_Types].xml") in names and unpacked <= 2 * MAX_BYTES:
                    kind = archive.read(types)
        except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, OSError) as error:
            raise FileNotReadable(
                "damaged", _("The file is damaged: it cannot be opened. Save it again.")
            ) from error
        if unpacked > 2 * MAX_BYTES:
            raise _too_big()
        if b"sheet.binary" in kind:
            raise FileNotReadable(
                "binary_workbook",
                _("Binary workbooks (.xlsb) are not read. Save it as an Excel workbook (.xlsx)."),
            )
        if b"opendocument.spreadsheet" in kind:
            return "ods"
        if b"spreadsheetml" in kind:
            return "xlsx"
        raise FileNotReadable(
            "archive", _("This is a ZIP archive. Unpack it and bring the file that is inside.")
        )


class _Bounded(io.RawIOBase):
    """Reads on until the limit, then refuses: what unpacks to gigabytes never gets there."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream, self._left = stream, limit

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size is None or size < 0:
            size = self._left + 1
        data = self._stream.read(min(size, self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            raise _too_big()
        return data

    def readinto(self, buffer) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def password_protected() -> FileNotReadable:
    return FileNotReadable(
        "password",
        _("The workbook is protected by a password. Save it without one, then bring it again."),
    )


def _too_big() -> FileNotReadable:
    return FileNotReadable(
        "too_big",
        _("The file is bigger than %(limit)s MB. Split it, for example by month.")
        % {"limit": MAX_BYTES // 1024 // 1024},
    )
