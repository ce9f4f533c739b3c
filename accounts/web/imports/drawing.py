"""What the import pages show, put into words and figures."""

from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.imports.control_text import MADE, missing_sentence, notice_text
from accounts.imports.enums import ImportMode, RowState
from accounts.imports.formats import CHOICE, DAY, field_of
from accounts.imports.messages import opposite, remedy, suggestion, wrong
from accounts.imports.models import ImportBatch, ImportRow
from accounts.imports.reading.values import Misread, read_amount, read_day
from accounts.imports.services import plan_of
from accounts.imports.trailers import sentence as trailer_sentence
from accounts.ledger.enums import EntryKind
from accounts.parties.models import Creditor
from accounts.web.imports.forms import AMOUNT_NAMES, MARK_NAMES, ORDER_NAMES
from collections_app.core.money import format_amount
from collections_app.core.refusal import Refused
from collections_app.core.web.figures import count_text

STEPS = (
    gettext_lazy("File"),
    gettext_lazy("What we understood"),
    gettext_lazy("Columns"),
    gettext_lazy("Check and post"),
)
SHOWN_ROWS = 100
SAMPLES = 3
LOOKED_THROUGH_BYTES = 2_000_000


@dataclass(frozen=True)
class Step:
    number: int
    label: object
    is_done: bool
    is_current: bool


def steps(current: int, batch: ImportBatch | None) -> list[Step]:
    """The four steps; `current` five means all are done."""
    return [
        Step(number, label, number < current, number == current)
        for number, label in enumerate(STEPS, start=1)
    ]


@dataclass(frozen=True)
class ControlLine:
    creditor: str
    rows: int
    currency: str
    file: Decimal
    good: Decimal
    unchanged: Decimal
    amended: Decimal
    held_back: Decimal

    @property
    def difference(self) -> Decimal:
        return self.file - self.good - self.unchanged - self.amended - self.held_back


def control_lines(batch: ImportBatch) -> list[ControlLine]:
    sums = batch.control.get("sums", [])
    codes = [line["creditor"] for line in sums]
    names = dict(Creditor.objects.filter(code__in=codes).values_list("code", "name")) if codes else {}
    return [
        ControlLine(
            creditor=names.get(line["creditor"], line["creditor"]) or _("(unknown)"),
            rows=line["rows"],
            currency=line["currency"],
            **{name: Decimal(line[name]) for name in ("file", "good", "unchanged", "amended", "held_back")},
        )
        for line in sums
    ]


@dataclass(frozen=True)
class Count:
    label: object
    value: int
    is_bad: bool = False
    is_total: bool = False


def row_counts(batch: ImportBatch) -> list[Count]:
    control = batch.control
    if not control:
        return []
    found, records = control["rows"], control["records"]
    accounts = records.get("accounts", {}).get("new", 0)
    lines = []
    if accounts and len(records) > 1:
        lines.append(Count(_("New accounts"), accounts))
    lines += [
        Count(_("New rows"), found["new"]),
        Count(_("Unchanged, skipped"), found["unchanged"]),
    ]
    if found["amended"]:
        lines.append(Count(_("Amended"), found["amended"]))
    if found["no_effect"]:
        lines.append(Count(_("No effect (0.00)"), found["no_effect"]))
    return [
        *lines,
        Count(_("Bad, held back"), found["rejected"], is_bad=bool(found["rejected"])),
        Count(_("All rows"), control["rows_read"], is_total=True),
    ]


def post_label(batch: ImportBatch) -> str:
    """Verb, object, number: "Post 1,489 rows, hold back 7"."""
    found = batch.control["rows"]
    good = found["new"] + found["no_effect"] + (found["amended"] if batch.accepts_amended else 0)
    held = found["rejected"] + (0 if batch.accepts_amended else found["amended"])
    words = ngettext("Post %(n)s row", "Post %(n)s rows", good) % {"n": count_text(good)}
    if held:
        words = _("%(post)s, hold back %(held)s") % {"post": words, "held": count_text(held)}
    return words


def made_facts(batch: ImportBatch) -> list[tuple[str, str]]:
    return [
        (str(MADE[name]).capitalize(), count_text(count))
        for name, count in batch.control.get("made", {}).items()
        if count
    ]


def notices(batch: ImportBatch) -> list[str]:
    control = batch.control
    words = [_listed_amounts(batch)] if batch.mode == ImportMode.SNAPSHOT and control.get("sums") else []
    words += [trailer] if (trailer := trailer_sentence(control.get("trailer") or {})) else []
    words += [
        _("Creditor %(code)s is new (%(currency)s); nothing is sent before it is released.") % creditor
        for creditor in control.get("new_creditors", [])
    ]
    words += [
        f"{notice_text(code, count, count_text(count))}."
        for code, count in control.get("notices", {}).items()
    ]
    if missing := control.get("missing"):
        named = ", ".join(f"{item['account']} {item['reference']}" for item in missing["first"][:10])
        words.append(f"{missing_sentence(missing)} {named}")
    if equal := control.get("equal_to_ours"):
        named = ", ".join(
            f"{item['account']} {item['amount']} ({item['day']})" for item in equal["first"][:10]
        )
        words.append(
            ngettext(
                "%(n)s payment equals one that stands here from elsewhere: %(named)s. If it is the same"
                " money, take the row out of the file.",
                "%(n)s payments equal ones that stand here from elsewhere: %(named)s. Where it is the same"
                " money, take the rows out of the file.",
                equal["count"],
            )
            % {"n": count_text(equal["count"]), "named": named}
        )
    if settled := control.get("settled_here"):
        named = ", ".join(f"{item['account']} {item['reference']}" for item in settled["first"][:10])
        words.append(
            ngettext(
                "%(n)s document is open on their list and settled here: %(named)s.",
                "%(n)s documents are open on their list and settled here: %(named)s.",
                settled["count"],
            )
            % {"n": count_text(settled["count"]), "named": named}
        )
    if control.get("unread_amounts") and control.get("sums"):
        words.append(
            ngettext(
                "%(n)s row without a readable amount is not in the sums.",
                "%(n)s rows without a readable amount are not in the sums.",
                control["unread_amounts"],
            )
            % {"n": control["unread_amounts"]}
        )
    return words


def _listed_amounts(batch: ImportBatch) -> str:
    """How the amounts of a list of open items are read, before anything of it is posted."""
    chosen = (batch.mapping.get("settings") or {}).get("amounts", "")
    return _("Amounts of known documents are read as: %(reading)s. Choose it under Columns.") % {
        "reading": AMOUNT_NAMES[chosen]
    }


@dataclass(frozen=True)
class BadCell:
    """One fault of one row, with the field in which it is put right."""

    row: int
    column: str
    value: str
    wrong: str
    remedy: str
    currency: str
    amount: Decimal | None
    is_first: bool
    fix_column: str = ""
    suggestion: str = ""
    choices: list[str] = field(default_factory=list)
    kind_column: str = ""
    kinds: list[tuple[str, str]] = field(default_factory=list)
    is_day: bool = False


def bad_rows(batch: ImportBatch, language: str) -> list[BadCell]:
    """Faults by row; an amended document stands among them with what it was."""
    found: list[BadCell] = []
    for row in batch.rows.order_by("row_number")[:SHOWN_ROWS]:
        if row.state == RowState.AMENDED:
            found.append(_amended(row, language))
        for number, fault in enumerate(row.errors):
            found.append(_bad_cell(row, fault, number == 0, language))
    return found


def _amounts(row: ImportRow) -> dict:
    amount = row.values.get("amount")
    return {
        "amount": Decimal(amount) if amount else None,
        "currency": row.values.get("currency", ""),
    }


def _amended(row: ImportRow, language: str) -> BadCell:
    """What stands, what is paid of it, and what a confirmation would post."""
    amounts = _amounts(row)
    told = {
        name: format_amount(Decimal(row.values.get(name) or "0"), amounts["currency"], language)
        for name in ("before", "paid", "posted")
    } | {"day": row.values["before_date"]}
    wrong_words = _("Stands in the books with %(before)s of %(day)s.") % told
    remedy_words = _("Confirmed: reversed, and %(posted)s posted.") % told
    if Decimal(row.values.get("paid") or "0") > 0:
        wrong_words = _("Stands in the books with %(before)s of %(day)s, %(paid)s of it paid.") % told
        remedy_words = _("Confirmed: reversed, %(posted)s posted; the payment stays.") % told
    return BadCell(
        row=row.row_number,
        column=_("amended"),
        value=row.values.get("reference", ""),
        wrong=wrong_words,
        remedy=remedy_words,
        is_first=True,
        **amounts,
    )


def _bad_cell(row: ImportRow, fault: dict, is_first: bool, language: str) -> BadCell:
    standard = field_of(fault["kind"], fault["field"]) if fault["field"] else None
    params = fault["params"]
    in_file = row.cells.get(fault["column"]) or fault["value"]
    # the minus alone would turn a credit into a debit with one press: the kind is chosen beside it
    other = opposite(params) if fault.get("kind_column") else ""
    meant = suggestion(fault["code"], fault["value"], params, in_file=in_file)
    return BadCell(
        row=row.row_number,
        column=fault["column"] or fault["field"] or _("whole row"),
        # as the clerk finds it in the file, not as we read it
        value=in_file,
        wrong=wrong(fault["code"], params, language),
        remedy=remedy(fault["code"], params, fault["value"]),
        is_first=is_first,
        fix_column=fault["column"],
        suggestion="" if fault["code"] == "amount_negative" and not other else meant,
        kind_column=fault["kind_column"] if other else "",
        kinds=[(kind, EntryKind(kind).label) for kind in (other, params["kind"])] if other else [],
        choices=params.get("choices", []) if standard and standard.type == CHOICE else [],
        is_day=bool(standard and standard.type == DAY),
        **_amounts(row),
    )


@dataclass(frozen=True)
class FormatLine:
    """How the days or amounts of a column are read, shown on one of its cells."""

    column: str
    words: object
    sample: str
    read_as: str
    is_certain: bool


def understood_formats(batch: ImportBatch) -> list[FormatLine]:
    """The formats of the columns that carry days and amounts by the mapping at hand.

    Decided over whole columns; of a large file only once its columns are chosen.
    """
    if batch.file.size > LOOKED_THROUGH_BYTES:
        return []
    try:
        plan = plan_of(batch)
    except Refused:
        return []
    found = []
    for column, verdict in plan.formats.orders.items():
        sample = _sample(batch, column)
        found.append(
            FormatLine(
                column,
                ORDER_NAMES[verdict.choice],
                sample,
                _read(lambda text, order=verdict.choice: date_format(read_day(text, order), "j M Y"), sample),
                verdict.is_certain,
            )
        )
    for column, verdict in plan.formats.marks.items():
        sample = _sample(batch, column)
        found.append(
            FormatLine(
                column,
                MARK_NAMES[verdict.choice],
                sample,
                _read(lambda text, mark=verdict.choice: f"{read_amount(text, mark).value:,}", sample),
                verdict.is_certain,
            )
        )
    return found


def _sample(batch: ImportBatch, column: str) -> str:
    place = batch.dialect["header"].index(column)
    cells = (cells for _number, cells in batch.dialect["first_rows"] if place < len(cells))
    return next((cells[place].strip() for cells in cells if cells[place].strip()), "")


def _read(reader, sample: str) -> str:
    try:
        return reader(sample) if sample else ""
    except Misread:
        return _("cannot be read")


def sample_columns(batch: ImportBatch) -> list[tuple[str, list[str]]]:
    """Each column of the file with its first values, to choose by."""
    dialect = batch.dialect
    shown = [cells for _number, cells in dialect.get("first_rows", [])]
    return [
        (name, [cells[place] for cells in shown if place < len(cells) and cells[place].strip()][:SAMPLES])
        for place, name in enumerate(dialect["header"])
    ]
