"""A list as a file: who may, how much, and what is written down about it."""

import io
import tempfile
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.utils.text import slugify
from django.utils.translation import gettext as _

from collections_app.core import audit, clock, spreadsheets
from collections_app.core.export_limits import row_limit
from collections_app.core.refusal import Refused
from collections_app.core.web.columns import getter
from collections_app.core.web.figure_columns import MoneyColumn
from collections_app.core.web.tables import Table

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
CHUNK = 2_000


class ExportTooLarge(Refused):
    """The filtered rows are more than the role may take out in one file."""


def export(
    rows: QuerySet,
    *,
    table_class: type[Table],
    names: Sequence[str],
    list_name: str,
    title: str,
    kind: str,
    filters: Sequence[str],
    user: Any,
) -> HttpResponse:
    """Write the rows to a file and log it. Raises ExportTooLarge before anything is written."""
    if kind not in TYPES:
        raise Refused(_("Choose Excel or CSV."))
    count, limit = rows.order_by().count(), row_limit(user, clock.today())
    if count > limit:
        raise ExportTooLarge(
            _("%(count)s rows are filtered, and your role may take out %(limit)s at a time. Narrow the list.")
            % {"count": f"{count:,}", "limit": f"{limit:,}"}
        )
    columns, makers = file_columns(table_class, names)
    audit.record_access(
        "export",
        rows.model,
        user=user,
        rows=count,
        detail={"list": list_name, "filters": list(filters), "columns": list(names), "format": kind},
    )
    stream = tempfile.SpooledTemporaryFile(max_size=4_000_000)  # noqa: SIM115 the response closes it
    if kind == "csv":
        with io.TextIOWrapper(_KeptOpen(stream), encoding="utf-8-sig", newline="") as text:
            spreadsheets.write_csv(columns, _values(rows, makers), text)
    else:
        sheets = [
            spreadsheets.Sheet(title, columns, _values(rows, makers), total_label=_("Total")),
            spreadsheets.control_sheet(
                [
                    (_("List"), title),
                    (_("Filters"), "; ".join(filters) or _("none")),
                    (_("Rows"), count),
                    (_("Taken by"), str(user)),
                    (_("Taken at"), clock.now()),
                ]
            ),
        ]
        mark = spreadsheets.print_mark()
        spreadsheets.write_workbook(sheets, stream, title=title, made_at=clock.now(), mark=mark)
    stream.seek(0)
    filename = f"{slugify(list_name)}-{clock.today():%Y-%m-%d}.{kind}"
    return FileResponse(stream, as_attachment=True, filename=filename, content_type=TYPES[kind])


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


class _KeptOpen(io.BufferedIOBase):
    """Lets a text layer write into a stream that must stay open after it."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self.stream.write(data)


def _values(rows: QuerySet, makers: Sequence[Any]):
    readers = None
    for row in rows.iterator(chunk_size=CHUNK):
        if readers is None:
            readers = [maker(row) for maker in makers]
        yield [read(row) for read in readers]
