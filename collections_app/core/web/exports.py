"""A list as a file: who may, how much, and what is written down about it."""

import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet, Sum
from django.http import FileResponse
from django.utils.text import slugify
from django.utils.translation import gettext as _

from collections_app.core import audit, clock, spreadsheets
from collections_app.core.export_limits import row_limit
from collections_app.core.read_back import NotWhatWasWritten, Sums, sums_of_file
from collections_app.core.refusal import Refused
from collections_app.core.web.columns import getter
from collections_app.core.web.figure_columns import MoneyColumn
from collections_app.core.web.tables import Table

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
CHUNK = 2_000


class ExportDiffers(Refused):
    """The file does not say what the list says, so it is not given out."""


class ExportTooLarge(Refused):
    """The filtered rows are more than the role may take out in one file."""


@dataclass(frozen=True)
class ListFile:
    """What a file of a list holds: these rows in this order, these columns.

    `complete` is given pieces of the rows before they are written; `about` are facts for the control
    sheet, `day` stands in the file's name.
    """

    rows: QuerySet
    table_class: type[Table]
    names: Sequence[str]
    list_name: str
    title: str
    kind: str
    filters: Sequence[str]
    complete: Callable[[Sequence[Any]], None] | None
    about: Sequence[tuple[str, Any]]
    day: date

    @property
    def filename(self) -> str:
        return f"{slugify(self.list_name)}-{self.day:%Y-%m-%d}.{self.kind}"


def checked_count(wanted: ListFile, user) -> int:
    """How many rows the file will have. Raises Refused for no such file, and ExportTooLarge."""
    if wanted.kind not in TYPES:
        raise Refused(_("Choose Excel or CSV."))
    count, limit = wanted.rows.order_by().count(), row_limit(user, clock.today())
    if count > limit:
        raise ExportTooLarge(
            _("%(count)s rows are filtered, and your role may take out %(limit)s at a time. Narrow the list.")
            % {"count": f"{count:,}", "limit": f"{limit:,}"}
        )
    return count


def note(wanted: ListFile, user, count: int) -> None:
    """Write down who takes what out."""
    audit.record_access(
        "export",
        wanted.rows.model,
        user=user,
        rows=count,
        detail={
            "list": wanted.list_name,
            "filters": list(wanted.filters),
            "columns": list(wanted.names),
            "format": wanted.kind,
        },
    )


def answer(wanted: ListFile, user) -> FileResponse:
    """The file, written and read back in the request. Raises ExportDiffers."""
    return FileResponse(
        written(wanted, user), as_attachment=True, filename=wanted.filename, content_type=TYPES[wanted.kind]
    )


def written(
    wanted: ListFile, user, tell: Callable[[int], None] = lambda rows: None
) -> tempfile.SpooledTemporaryFile:
    """Write the rows to a file and read it back; the caller closes it.

    `tell` hears of rows that are written, and of the same rows when they are read back. Raises
    ExportDiffers where the file, once written, does not come to what the list says.
    """
    rows, kind = wanted.rows, wanted.kind
    columns, makers = file_columns(wanted.table_class, wanted.names)
    stream = tempfile.SpooledTemporaryFile(max_size=4_000_000)  # noqa: SIM115 the response closes it
    with _one_moment():
        listed, made = _sums_of(rows, wanted.table_class, wanted.names), rows.order_by().count()
        values = _values(rows, makers, wanted.complete, tell)
        if kind == "csv":
            with io.TextIOWrapper(_KeptOpen(stream), encoding="utf-8-sig", newline="") as text:
                spreadsheets.write_csv(columns, values, text)
        else:
            sums = {column: dict.fromkeys(of_list, Decimal(0)) for column, of_list in listed.items()}
            facts = [
                (_("List"), wanted.title),
                *wanted.about,
                (_("Filters"), "; ".join(wanted.filters) or _("none")),
                (_("Rows"), made),
                (_("Taken by"), str(user)),
                (_("Taken at"), clock.now()),
            ]
            # read after the rows are written: it says what they came to
            control = replace(spreadsheets.control_sheet([]), rows=_control(facts, listed, sums))
            summed = _summed(values, columns, sums)
            sheets = [spreadsheets.Sheet(wanted.title, columns, summed, total_label=_("Total")), control]
            mark = spreadsheets.print_mark()
            spreadsheets.write_workbook(sheets, stream, title=wanted.title, made_at=clock.now(), mark=mark)
    try:
        _read_back(stream, kind, columns, listed, made, tell)
    except BaseException:
        stream.close()
        raise
    stream.seek(0)
    return stream


def file_columns(table_class: type[Table], names: Sequence[str]) -> tuple[list, list]:
    """(columns of the file, makers of readers): the currency stands once, before its first amount."""
    declared = table_class.declared()
    columns: list[spreadsheets.Column] = []
    makers: list[Any] = []
    currencies: dict[str, str] = {}
    titles: set[str] = set()

    def add(title: Any, kind: str, maker: Any, **more: Any) -> str:
        word = str(title or "-")
        while word in titles:
            word += " "
        titles.add(word)
        columns.append(spreadsheets.Column(word, kind, **more))
        makers.append(maker)
        return word

    for name in names:
        column = declared[name]
        more: dict[str, Any] = {}
        if isinstance(column, MoneyColumn):
            path = column.currency
            if path not in currencies:
                currencies[path] = add(_("Currency"), "text", lambda sample, path=path: getter(path, sample))
            more = {"currency_from": currencies[path], "total": column.total}
        for title, kind, maker in column.file_columns(name):
            add(title, kind, maker, **more)
    return columns, makers


@contextmanager
def _one_moment() -> Iterator[None]:
    """Rows and sums of one moment, whatever is posted meanwhile; inside a transaction its own."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _sums_of(rows: QuerySet, table_class: type[Table], names: Sequence[str]) -> dict[str, dict[str, Decimal]]:
    """What the totalled columns come to by currency, summed as the page sums them; by their titles."""
    declared, found = table_class.declared(), {}
    for name in names:
        column = declared[name]
        if not isinstance(column, MoneyColumn) or not column.total:
            continue
        currency = column.currency.replace(".", "__")
        groups = rows.order_by().values(currency).annotate(_sum=Sum(column.sort_fields(name)[0].lstrip("-")))
        sums = groups.values_list(currency, "_sum")
        found[str(column.verbose_name)] = {code: total for code, total in sums if total is not None}
    return found


def _summed(values, columns: Sequence[spreadsheets.Column], written: dict[str, dict[str, Decimal]]):
    """The same rows; adds up on their way what is written in the totalled columns."""
    titles = [str(column.title).rstrip() for column in columns]
    places = [
        (written[titles[at]], at, [str(other.title) for other in columns].index(column.currency_from))
        for at, column in enumerate(columns)
        if column.total and column.currency_from and titles[at] in written
    ]
    for row in values:
        for sums, at, currency_at in places:
            if row[at] is not None:
                sums[row[currency_at]] = sums.get(row[currency_at], Decimal(0)) + row[at]
        yield row


def _control(facts, listed: dict[str, dict[str, Decimal]], written: dict[str, dict[str, Decimal]]):
    yield from facts
    for column, sums in written.items():
        for currency, total in sorted(sums.items()):
            words = {"column": column, "currency": currency}
            yield _("%(column)s, %(currency)s: sum of the rows") % words, total
            agrees = listed[column].get(currency, Decimal(0)) == total
            verdict = _("yes") if agrees else _("NO: the list says %s") % listed[column].get(currency)
            yield _("%(column)s, %(currency)s: the list says the same") % words, verdict


def _read_back(stream, kind: str, columns, listed: Sums, made: int, tell: Callable[[int], None]) -> None:
    """Hold the rows and totals of the finished file against the list. Raises ExportDiffers."""
    try:
        count, sums, totals = sums_of_file(stream, kind, columns, tell)
    except NotWhatWasWritten as error:
        raise ExportDiffers(
            _("The file can't be read back after it was written, so it is not given out.")
        ) from error
    if count != made:
        raise ExportDiffers(
            _("The file has %(rows)s rows and the list %(wanted)s, so it is not given out. Try again.")
            % {"rows": f"{count:,}", "wanted": f"{made:,}"}
        )
    for title, wanted in listed.items():
        for found in (sums, totals) if kind == "xlsx" and made else (sums,):
            for currency in sorted({*wanted, *found.get(title, {})}):
                says = found.get(title, {}).get(currency, Decimal(0))
                right = wanted.get(currency, Decimal(0))
                if says != right:
                    raise ExportDiffers(
                        _(
                            "%(column)s, %(currency)s: the file says %(says)s and the list %(right)s, so "
                            "it is not given out. Try again."
                        )
                        % {"column": title, "currency": currency, "says": says, "right": right}
                    )


class _KeptOpen(io.BufferedIOBase):
    """Lets a text layer write into a stream that must stay open after it."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self.stream.write(data)


def _values(
    rows: QuerySet,
    makers: Sequence[Any],
    complete: Callable[[Sequence[Any]], None] | None,
    tell: Callable[[int], None],
) -> Iterator[list]:
    readers = None
    found = rows.iterator(chunk_size=CHUNK)
    while piece := list(islice(found, CHUNK)):
        if complete is not None:
            complete(piece)
        if readers is None:
            readers = [maker(piece[0]) for maker in makers]
        for row in piece:
            yield [read(row) for read in readers]
        tell(len(piece))
