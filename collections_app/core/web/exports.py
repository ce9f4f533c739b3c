"""A list as a file: who may, how much, and what is written down about it."""

import tempfile
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.utils.text import slugify
from django.utils.translation import gettext as _

from collections_app.core import audit, clock, spreadsheets
from collections_app.core.enums import Role
from collections_app.core.refusal import Refused
from collections_app.core.web.tables import Table

# A file of debtors is personal data that leaves the product: the fewer rows, the lower the role.
ROW_LIMITS = {
    Role.COLLECTION_OFFICER: 1_000,
    Role.FIELD_OFFICER: 200,
    Role.SENIOR_OFFICER: 5_000,
    Role.SUPERVISOR: 20_000,
    Role.MANAGER: 200_000,
}
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
CHUNK = 2_000


class ExportTooLarge(Refused):
    """The filtered rows are more than the role may take out in one file."""


def row_limit(user) -> int:
    """How many rows the user's role may take out in one file."""
    return ROW_LIMITS.get(Role(user.role), 0)


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
    count, limit = rows.order_by().count(), row_limit(user)
    if count > limit:
        raise ExportTooLarge(
            _("%(count)s rows are filtered, and your role may take out %(limit)s at a time. Narrow the list.")
            % {"count": f"{count:,}", "limit": f"{limit:,}"}
        )
    declared = table_class.declared()
    columns, makers = [], []
    for name in names:
        for column_title, column_kind, maker in declared[name].file_columns(name):
            columns.append(spreadsheets.Column(str(column_title or _("Currency")), column_kind))
            makers.append(maker)
    audit.record_access(
        "export",
        rows.model,
        user=user,
        rows=count,
        detail={"list": list_name, "filters": list(filters), "columns": list(names), "format": kind},
    )
    stream = tempfile.SpooledTemporaryFile(max_size=4_000_000)  # noqa: SIM115 the response closes it
    sheet = spreadsheets.Sheet(title=title[:31], columns=columns, rows=_values(rows, makers))
    if kind == "csv":
        spreadsheets.write_csv(sheet, stream)
    else:
        spreadsheets.write_workbook([sheet], stream)
    stream.seek(0)
    filename = f"{slugify(list_name)}-{clock.today():%Y-%m-%d}.{kind}"
    return FileResponse(stream, as_attachment=True, filename=filename, content_type=TYPES[kind])


def _values(rows: QuerySet, makers):
    readers = None
    for row in rows.iterator(chunk_size=CHUNK):
        if readers is None:
            readers = [maker(row) for maker in makers]
        yield [read(row) for read in readers]
