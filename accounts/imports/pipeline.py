"""From a file to findings: read, map, stage, check, count. Writes to temporary tables only."""

import gc
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from accounts.imports.checks.accounts import check_accounts
from accounts.imports.checks.contacts import check_contacts
from accounts.imports.checks.context import (
    KINDS_WITH_TARGET,
    Context,
    find_creditors,
    find_targets,
    rows,
    settle,
)
from accounts.imports.checks.entries import check_entries
from accounts.imports.checks.protections import check_protections
from accounts.imports.control import control_sheet
from accounts.imports.detecting import Formats, detect_formats
from accounts.imports.formats import known_names
from accounts.imports.mapping import Mapping, parse_mapping, reading_choices
from accounts.imports.reading.source import Source
from accounts.imports.reading.understand import Block, Dialect, Row, understand
from accounts.imports.reading.understand import blocks as file_blocks
from accounts.imports.records import compile_mapping, patched, patched_blocks
from accounts.imports.staging import Staged, stage
from accounts.imports.trailers import judge, set_apart
from collections_app.core.models import Organisation
from collections_app.core.refusal import Refused

CHECKS = {
    "accounts": check_accounts,
    "entries": check_entries,
    "contacts": check_contacts,
    "protections": check_protections,
}


class ImportNeedsAnswer(Refused):
    """The file leaves something open that only a person can say; `question` names it."""

    def __init__(self, question: str, message: str) -> None:
        super().__init__(message, field=question)
        self.question = question


@dataclass
class Plan:
    """How one file is to be read and understood, all questions answered."""

    source: Source
    dialect: Dialect
    mapping: Mapping
    formats: Formats
    fixes: dict[str, dict] = field(default_factory=dict)
    # rows that state totals, set apart while the file is read
    trailers: list[Row] = field(default_factory=list)

    def table(self) -> Iterator[Row]:
        whole = file_blocks(self.source, self.dialect)
        left = (row for block in set_apart(whole, self.mapping.trailer, self.trailers) for row in block)
        return patched(left, self.dialect.header, self.fixes)

    def blocks(self) -> Iterable[Block]:
        whole = file_blocks(self.source, self.dialect)
        left = set_apart(whole, self.mapping.trailer, self.trailers)
        return patched_blocks(left, self.dialect.header, self.fixes)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Rows are lists of text that hold nothing of each other: to look for rings among millions of them
    takes a quarter of the time it takes to read them, and never finds one."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def look(source: Source, kind: str, mapping: dict | None = None, **chosen) -> Dialect:
    """What we understand of a file of that kind; what a mapping says of the reading counts."""
    stated = {**reading_choices(mapping or {}), **{key: value for key, value in chosen.items() if value}}
    return understand(source, known=known_names(kind), **stated)


def make_plan(
    source: Source, dialect: Dialect, mapping_data: dict, *, kind: str, fixes: dict | None = None
) -> Plan:
    """A plan with the formats of days and amounts decided over their whole columns.

    Raises MappingRefused. Open questions stay in `plan.formats.questions` and
    `dialect.questions`; `require_answers` turns them into a refusal.
    """
    mapping = parse_mapping(mapping_data, dialect.header, kind=kind)
    fixes = fixes or {}
    table = patched_blocks(
        set_apart(file_blocks(source, dialect), mapping.trailer, []), dialect.header, fixes
    )
    with _uncollected():
        formats = detect_formats(mapping, dialect.header, table)
    return Plan(source, dialect, mapping, formats, fixes)


def require_answers(plan: Plan) -> None:
    """Raise ImportNeedsAnswer for what nobody may guess."""
    asked = [*plan.dialect.questions, *plan.formats.questions]
    if "encoding" in asked:
        raise ImportNeedsAnswer(
            "encoding",
            _("The letters of this file can be read in several ways. Say which: %(choices)s.")
            % {"choices": ", ".join(plan.dialect.encodings)},
        )
    if "sheet" in asked:
        raise ImportNeedsAnswer(
            "sheet",
            _("The workbook has several sheets. Say which: %(choices)s.")
            % {"choices": ", ".join(name for name, is_hidden in plan.dialect.sheets if not is_hidden)},
        )
    if "date_order" in asked:
        columns = [name for name, verdict in plan.formats.orders.items() if not verdict.is_certain]
        raise ImportNeedsAnswer(
            "date_order",
            _("The days in «%(columns)s» can be read as day/month or as month/day. Say which: dmy or mdy.")
            % {"columns": ", ".join(columns)},
        )
    if "decimal" in asked:
        columns = [name for name, verdict in plan.formats.marks.items() if not verdict.is_certain]
        raise ImportNeedsAnswer(
            "decimal",
            _("In «%(columns)s» a comma or point may mark decimals or thousands. Say which marks decimals.")
            % {"columns": ", ".join(columns)},
        )


@dataclass
class Findings:
    """What checking found. The temporary tables live until the transaction ends."""

    context: Context
    staged: Staged
    control: dict

    @property
    def rejected(self) -> int:
        return self.control["rows"]["rejected"]


def check_file(
    plan: Plan,
    *,
    as_of: date,
    creditor_code: str = "",
    file_salt: str = "",
    is_cut_over: bool = False,
    is_snapshot: bool = False,
    report: Callable[[int], None] | None = None,
) -> Findings:
    """Stage the file and run every check; call inside a transaction."""
    require_answers(plan)
    office = Organisation.objects.first()
    context = Context(
        as_of=as_of,
        kinds=[str(kind) for kind in plan.mapping.kinds],
        creditor_code=creditor_code,
        references=plan.mapping.settings.get("references", "document"),
        file_salt=file_salt,
        is_cut_over=is_cut_over,
        is_snapshot=is_snapshot,
        amounts=plan.mapping.settings.get("amounts", ""),
        default_currency=office.currency if office else "",
        default_country=office.country if office else "",
    )
    compiled = compile_mapping(plan.mapping, plan.dialect.header, plan.formats)
    with _uncollected():
        staged = stage(plan.blocks(), compiled, report=report)
    context.counts = {**staged.counts, "passed_over": staged.passed_over}
    find_creditors(context)
    is_target_made = False
    for kind in context.kinds:
        if kind in KINDS_WITH_TARGET and not is_target_made:
            settle(Context(as_of, [done for done in context.kinds if done == "accounts"]))
            find_targets(context)
            is_target_made = True
        CHECKS[kind](context)
    settle(context)
    control = control_sheet(context, staged)
    control["trailer"] = judge(
        plan.mapping.trailer,
        plan.trailers,
        rows_read=staged.rows_read,
        has_entries="entries" in context.kinds,
        mark=next((verdict.choice for verdict in plan.formats.marks.values()), ""),
    )
    return Findings(context, staged, control)


def faults_by_row() -> dict[int, list[dict]]:
    """{row number: its faults}, in the file's order; call before the transaction ends."""
    found: dict[int, list[dict]] = {}
    for kind, number, name, value, code, params in rows(
        "SELECT kind, row_number, field, value, code, params::text FROM imp_fault"
        " ORDER BY row_number, seq, field"
    ):
        found.setdefault(number, []).append(
            {"kind": kind, "field": name, "value": value or "", "code": code, "params": json.loads(params)}
        )
    return found
