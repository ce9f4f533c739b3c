"""Rows held back: kept to be put right in place, and as a file to mend and bring back."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.imports.checks.context import rows
from accounts.imports.enums import RowState
from accounts.imports.messages import remedy, wrong
from accounts.imports.models import ImportBatch, ImportRow
from accounts.imports.pipeline import Plan
from collections_app.core import documents
from collections_app.core.enums import Retention
from collections_app.core.models import StoredFile
from collections_app.core.spreadsheets import Column, Sheet, print_mark, write_csv, write_workbook

KEPT_ROWS = 1_000
MOST_IN_WORKBOOK = 50_000
MADE_AT = datetime(2000, 1, 1, tzinfo=UTC)


def keep_rejects(batch: ImportBatch, plan: Plan, faults: dict[int, list[dict]], actor) -> StoredFile | None:
    """Replace the kept rows of a batch by those now held back or amended; the file of all rejects."""
    ImportRow.objects.filter(batch=batch).delete()
    held = faults
    amended = _amended()
    wanted = held.keys() | amended.keys()
    if not wanted:
        return None
    amounts = _amounts(sorted(wanted)[: KEPT_ROWS * 2])
    lines: list[tuple[int, list[str]]] = []
    kept: list[ImportRow] = []
    for row in plan.table():
        if row.number not in wanted:
            continue
        is_bad = row.number in held
        if is_bad:
            lines.append((row.number, row.cells))
        if len(kept) < KEPT_ROWS:
            cells = dict(zip(plan.dialect.header, row.cells, strict=False))
            kept.append(
                ImportRow(
                    batch=batch,
                    row_number=row.number,
                    cells=cells,
                    values={**amounts.get(row.number, {}), **amended.get(row.number, {})},
                    state=RowState.REJECTED if is_bad else RowState.AMENDED,
                    errors=_placed(plan, held.get(row.number, [])),
                )
            )
    ImportRow.objects.bulk_create(kept, batch_size=500)
    return _file(batch, plan, lines, held, actor) if lines else None


def _amended() -> dict[int, dict]:
    """Rows that amend a document: what stands in the books, what is paid of it, what would be posted."""
    if not rows("SELECT 1 WHERE to_regclass('imp_entry') IS NOT NULL"):
        return {}
    if not rows("SELECT 1 FROM imp_entry WHERE state = 'amended' LIMIT 1"):
        return {}
    return {
        number: {
            "before": str(before),
            "before_date": before_date.isoformat(),
            "reference": reference,
            "paid": str(paid),
            "posted": str(posted),
        }
        for number, before, before_date, reference, paid, posted in rows(
            "SELECT s.row_number, e.amount, e.value_date, s.reference, coalesce(p.paid, 0),"
            " coalesce(s.whole, s.amount)"
            " FROM imp_entry s JOIN accounts_ledgerentry e ON e.id = s.prior_id"
            " LEFT JOIN imp_prior p ON p.seq = s.seq"
            " WHERE s.state = 'amended' AND s.amount IS NOT NULL ORDER BY s.seq"
        )
    }


def _amounts(numbers: list[int]) -> dict[int, dict]:
    if not rows("SELECT 1 WHERE to_regclass('imp_entry') IS NOT NULL"):
        return {}
    return {
        number: {"amount": str(amount), "currency": currency or ""}
        for number, amount, currency in rows(
            "SELECT row_number, amount, account_currency FROM imp_entry"
            " WHERE row_number = ANY(%(numbers)s) AND amount IS NOT NULL",
            {"numbers": numbers},
        )
    }


def _placed(plan: Plan, faults: list[dict]) -> list[dict]:
    """Faults with the file's own column beside the standard name; a negative amount also with that of
    its kind, for it is put right by both."""
    columns: dict[tuple[str, str], str] = {}
    for record in plan.mapping.records:
        for name, rule in record.fields.items():
            if rule.columns:
                columns.setdefault((record.kind, name), rule.columns[0])
    placed = []
    for fault in faults:
        of_kind = columns.get((fault["kind"], "kind"), "") if fault["code"] == "amount_negative" else ""
        column = columns.get((fault["kind"], fault["field"]), "")
        placed.append({**fault, "column": column, "kind_column": of_kind})
    return placed


def _file(
    batch: ImportBatch, plan: Plan, lines: list[tuple[int, list[str]]], held: dict, actor
) -> StoredFile:
    """The rejected rows in the file's own columns, so that the mended file maps by itself."""
    names = [*plan.dialect.header, _("row in the file"), _("what is wrong"), _("what to do")]
    language = get_language() or "en"
    width = len(plan.dialect.header)

    def table() -> Iterator[list]:
        for number, cells in lines:
            faults = held[number]
            padded = (list(map(str, cells)) + [""] * width)[:width]
            yield [
                *padded,
                number,
                " ".join(wrong(fault["code"], fault["params"], language) for fault in faults),
                " ".join(
                    dict.fromkeys(remedy(fault["code"], fault["params"], fault["value"]) for fault in faults)
                ),
            ]

    columns = [Column(name, "text", width=18) for name in names]
    columns[width] = Column(names[width], "int", width=10)
    stem = batch.filename.partition(".")[0]
    if len(lines) <= MOST_IN_WORKBOOK:
        stream = io.BytesIO()
        sheet = Sheet(_("Held back"), columns, table())
        write_workbook([sheet], stream, title=str(batch), made_at=MADE_AT, mark=print_mark())
        content, name = stream.getvalue(), f"{stem}-held-back.xlsx"
    else:
        text = io.StringIO()
        write_csv(columns, table(), text)
        content, name = text.getvalue().encode(), f"{stem}-held-back.csv"
    return documents.store(
        content=content,
        filename=name,
        kind="import_rejects",
        owner=actor,
        subject=batch,
        retention=Retention.WORKING,
        size_limit=256 * 1024 * 1024,
    )
