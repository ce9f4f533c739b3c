"""A bank's file of returns is read here, where the reader of tables stands: at once, or by a worker."""

from collections.abc import Callable
from datetime import date

from accounts.imports.return_tables import Table
from accounts.returns import formats
from accounts.returns.enums import FileStatus, ReturnFormat, Scheme
from accounts.returns.files import (
    XML,
    ReturnFileRefused,
    keep_fault,
    load_return_file,
    read_rows,
)
from accounts.returns.formats import FoundReturn
from accounts.returns.models import ReturnFile
from collections_app.core import documents
from collections_app.core.models import Organisation

# What is bigger is read by a worker, so that nobody waits for a page: some 4,000 rows.
READ_AT_ONCE = documents.MEGABYTE // 2
# XML is read while it streams by; the others are held whole.
LARGEST, LARGEST_XML = documents.SIZE_LIMIT, 250 * documents.MEGABYTE


def largest(format: str) -> int:
    """How many bytes a file of a format may have."""
    return LARGEST_XML if format in XML else LARGEST


def mapping_for(table: Table, scheme: str) -> dict:
    """What was chosen for a file with the same columns before, else what the names suggest."""
    last = (
        ReturnFile.objects.filter(scheme=scheme, format=ReturnFormat.CSV, mapping__header=table.header)
        .exclude(status=FileStatus.DISCARDED)
        .exclude(mapping={})
        .order_by("-id")
        .first()
    )
    return dict(last.mapping) if last is not None else {**table.guess(), "header": table.header}


def currency_of(scheme: str) -> str:
    """What amounts are in where a table does not say: the scheme's currency, else the office's."""
    office = Organisation.objects.first()
    return formats.CURRENCIES.get(Scheme(scheme)) or (office.currency if office is not None else "")


def _read(
    content: bytes,
    *,
    filename: str,
    scheme: str,
    format: str,
    mapping: dict,
    report: Callable[[float], None] | None = None,
    as_of: date,
) -> tuple[list[FoundReturn] | None, dict]:
    """The rows and the mapping they were read under; None of a table whose columns nobody told yet."""
    if format != ReturnFormat.CSV:
        return formats.read(content, format, day=as_of, report=report), {}
    table = Table(content, filename)
    is_told = bool(mapping)
    mapping = mapping or mapping_for(table, scheme)
    try:
        return table.found(mapping, currency=currency_of(scheme), day=as_of), mapping
    except formats.ReturnFileNotReadable:
        if is_told:
            raise
        return None, mapping


def bring_return_file(
    *, content: bytes, filename: str, scheme: str, format: str, actor, as_of: date
) -> ReturnFile:
    """Keep a file and what is made of its rows; a large one is kept to be read (`is_read`) by a worker.

    Raises as `load_return_file`, and ReturnFileNotReadable.
    """
    told = {"content": content, "filename": filename, "scheme": scheme, "format": format}
    if len(content) > READ_AT_ONCE:
        return load_return_file(
            **told, found=None, is_read=False, size_limit=largest(format), actor=actor, as_of=as_of
        )
    found, mapping = _read(**told, mapping={}, as_of=as_of)
    return load_return_file(**told, found=found, mapping=mapping, actor=actor, as_of=as_of)


def read_kept_file(
    *, return_file: ReturnFile, report: Callable[[float], None], actor, as_of: date
) -> ReturnFile:
    """Read a file that was kept for it, under the mapping it has or the likely one. What is wrong with
    it is kept with it. `report` is told which part of it is read."""
    try:
        found, mapping = _read(
            documents.read(return_file.file),
            filename=return_file.name,
            scheme=return_file.scheme,
            format=return_file.format,
            mapping=return_file.mapping,
            report=report,
            as_of=as_of,
        )
        if found is None:
            return keep_fault(return_file=return_file, fault="", mapping=mapping)
        return read_rows(return_file=return_file, found=found, mapping=mapping, actor=actor, as_of=as_of)
    except (formats.ReturnFileNotReadable, ReturnFileRefused) as refusal:
        return keep_fault(return_file=return_file, fault=refusal.message)
