"""The control sheet in words and columns, for the command line and for printing."""

from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from accounts.imports.messages import remedy, wrong
from accounts.imports.models import ImportBatch
from collections_app.core.money import format_amount

ROW_STATES = {
    "new": gettext_lazy("accepted, new"),
    "unchanged": gettext_lazy("unchanged, skipped"),
    "amended": gettext_lazy("amended"),
    "no_effect": gettext_lazy("no effect (0.00)"),
    "rejected": gettext_lazy("held back"),
}
MADE = {
    "creditors": gettext_lazy("creditors made"),
    "accounts": gettext_lazy("accounts opened"),
    "accounts_restored": gettext_lazy("accounts brought back"),
    "accounts_amended": gettext_lazy("accounts amended"),
    "entries": gettext_lazy("entries posted"),
    "entries_amended": gettext_lazy("documents amended"),
    "contacts": gettext_lazy("contacts logged"),
    "protections": gettext_lazy("protections placed"),
    "protections_over": gettext_lazy("protections that had ended"),
    "disputes": gettext_lazy("disputes raised"),
    "missing_items": gettext_lazy("missing items to decide"),
}
# What the reading remarked, by how often: `n` chooses the form, `count` is the number as written.
NOTICES = {
    "opened_assumed": ngettext_lazy(
        "%(count)s account without an opened date takes today's",
        "%(count)s accounts without an opened date take today's",
        "n",
    ),
    "bad_email": ngettext_lazy(
        "%(count)s e-mail address cannot be right; kept as bad",
        "%(count)s e-mail addresses cannot be right; kept as bad",
        "n",
    ),
    "bad_phone": ngettext_lazy(
        "%(count)s phone number cannot be dialled; kept as bad",
        "%(count)s phone numbers cannot be dialled; kept as bad",
        "n",
    ),
    "names_differ": ngettext_lazy(
        "%(count)s debtor is written in several ways; the first was taken",
        "%(count)s debtors are written in several ways; the first was taken",
        "n",
    ),
    "due_assumed": ngettext_lazy(
        "%(count)s entry without a due date takes the creditor's terms",
        "%(count)s entries without a due date take the creditor's terms",
        "n",
    ),
    "listed_above_left": ngettext_lazy(
        "%(count)s document is listed with more than is left of it here; what was paid here stays",
        "%(count)s documents are listed with more than is left of them here; what was paid here stays",
        "n",
    ),
    "equal_entries": ngettext_lazy(
        "%(count)s entry equals another of the file; all stay",
        "%(count)s entries equal another of the file; all stay",
        "n",
    ),
    "passed_over": ngettext_lazy(
        "%(count)s row is passed over by the mapping",
        "%(count)s rows are passed over by the mapping",
        "n",
    ),
}
SHOWN_ROWS = 20


def control_lines(batch: ImportBatch, *, is_dry_run: bool = False) -> Iterator[str]:
    """The sheet, line by line."""
    control = batch.control
    yield _("%(file)s, import %(number)s") % {"file": batch.filename, "number": batch.pk}
    if is_dry_run:
        yield _("Dry run: nothing was posted.")
    yield _("Rows read: %(count)s") % {"count": f"{control['rows_read']:,}"}
    for state, label in ROW_STATES.items():
        yield f"  {label:<24} {control['rows'].get(state, 0):>12,}"
    for creditor in control["new_creditors"]:
        words = _("would be made") if is_dry_run else _("was made")
        yield _("Creditor %(code)s %(words)s in %(currency)s, not released for contact.") % {
            "code": creditor["code"],
            "words": words,
            "currency": creditor["currency"],
        }
    if control["sums"]:
        yield _("Sums of the file = good + unchanged + amended + held back:")
    for line in control["sums"]:
        yield _sum_line(line)
    if control["unread_amounts"]:
        yield ngettext(
            "%(count)s row without a readable amount is not in these sums.",
            "%(count)s rows without a readable amount are not in these sums.",
            control["unread_amounts"],
        ) % {"count": control["unread_amounts"]}
    for name, count in control.get("made", {}).items():
        if count:
            yield f"  {MADE[name]:<24} {count:>12,}"
    for code, count in control["notices"].items():
        yield f"  {notice_text(code, count, f'{count:,}')}"
    if missing := control.get("missing"):
        yield missing_sentence(missing)
        for item in missing["first"][:SHOWN_ROWS]:
            yield f"  {item['account']} {item['reference']} {item['open']}"
    yield from _bad_rows(batch)


def notice_text(code: str, count: int, written: str) -> str:
    """A remark of the reading with its number, which the caller writes in its own way."""
    return NOTICES[code] % {"n": count, "count": written}


def missing_sentence(missing: dict) -> str:
    """How many open documents a snapshot does not list."""
    return ngettext(
        "%(count)s open document is not in this list of open items; decide what became of it.",
        "%(count)s open documents are not in this list of open items; decide what became of them.",
        missing["count"],
    ) % {"count": missing["count"]}


def _sum_line(line: dict) -> str:
    currency = line["currency"]
    parts = [
        format_amount(Decimal(line[name]), currency, "en") if currency else line[name]
        for name in ("file", "good", "unchanged", "amended", "held_back")
    ]
    return f"  {line['creditor']}: {line['rows']:,} rows, {parts[0]} = " + " + ".join(parts[1:])


def _bad_rows(batch: ImportBatch) -> Iterator[str]:
    bad = list(batch.rows.filter(state="rejected").order_by("row_number")[:SHOWN_ROWS])
    for row in bad:
        for fault in row.errors:
            place = fault["column"] or fault["field"] or _("whole row")
            yield _("Row %(row)s, %(column)s «%(value)s»: %(wrong)s %(remedy)s") % {
                "row": row.row_number,
                "column": place,
                "value": fault["value"],
                "wrong": wrong(fault["code"], fault["params"]),
                "remedy": remedy(fault["code"], fault["params"], fault["value"]),
            }
    if batch.rows_rejected > len(bad):
        yield _("... and %(count)s more rows held back.") % {"count": batch.rows_rejected - len(bad)}
