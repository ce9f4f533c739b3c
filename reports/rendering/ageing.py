"""The ageing of a day as a workbook and as a PDF, and its strip: open items and credits reach the ledger."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.position.ageing import AgeingQuestion, CurrencyAgeing
from collections_app.core import pdf, spreadsheets
from reports.rendering.identity import Strip
from reports.rendering.readback import Read, number
from reports.rendering.ties import Ties, cell

PART_LABELS = {
    "disputed": gettext_lazy("Disputed"),
    "on_hold": gettext_lazy("On hold"),
    "promised": gettext_lazy("Promised"),
    "covered": gettext_lazy("Covered by cheques"),
    "free": gettext_lazy("Free to ask for"),
}
BALANCE_COLUMN = 3


def bucket_text(label: str) -> str:
    """A bucket as people say it."""
    if label == "current":
        return _("Not overdue")
    if label == "total":
        return _("All ages")
    return _("%(days)s days") % {"days": label.replace("-", "\u2013")}


def ageing_strip(row: CurrencyAgeing) -> Strip:
    """What the ages of a currency come to, and the ledger's own sum, which they need not reach."""
    figures = (
        ("open", _("Open items"), row.total.balance),
        ("credit", _("+ Credit balances"), row.credit_balance),
        ("closing", _("= Ledger"), row.ledger),
    )
    return Strip(row.currency, figures, currency=row.currency, title=row.currency)


def columns() -> list[spreadsheets.Column]:
    def money(title) -> spreadsheets.Column:
        return spreadsheets.Column(str(title), "money", currency_from=str(_("Currency")), total=True)

    return [
        spreadsheets.Column(_("Age")),
        spreadsheets.Column(_("Currency")),
        spreadsheets.Column(_("Accounts by their oldest item"), "int"),
        money(_("Balance")),
        *(money(label) for label in PART_LABELS.values()),
    ]


def rows(answer: Sequence[CurrencyAgeing]) -> Iterable[list[Any]]:
    """A row per bucket and one for the credits, currency by currency."""
    for row in answer:
        for bucket in row.buckets:
            yield [
                bucket_text(bucket.label),
                row.currency,
                bucket.accounts,
                bucket.balance,
                *(getattr(bucket, name) for name in PART_LABELS),
            ]
        yield [_("Credit balances"), row.currency, 0, row.credit_balance, *([Decimal(0)] * len(PART_LABELS))]


def ageing_csv(answer: Sequence[CurrencyAgeing]) -> bytes:
    text = io.StringIO(newline="")
    spreadsheets.write_csv(columns(), rows(answer), text)
    return text.getvalue().encode("utf-8-sig")


def ageing_workbook(
    answer: Sequence[CurrencyAgeing], question: AgeingQuestion, *, words: str, taken_by: str, at: datetime
) -> bytes:
    """The figures, with the question and the check on a sheet of their own."""
    control: list[tuple[str, Any]] = [
        (_("As of"), question.as_of),
        (_("Asked"), words),
        (_("Taken by"), taken_by),
        (_("Taken at"), at),
    ]
    for row in answer:
        control += [
            (_("Ledger balance, %(currency)s") % {"currency": row.currency}, row.ledger),
            (
                _("Ages and credits sum to the ledger, %(currency)s") % {"currency": row.currency},
                _("yes") if row.holds else _("no"),
            ),
        ]
    sheets = [
        spreadsheets.Sheet(str(_("Ageing")), columns(), rows(answer), total_label=_("Total")),
        spreadsheets.control_sheet(control),
    ]
    spreadsheets.write_workbook(
        sheets, stream := io.BytesIO(), title=str(_("Ageing")), made_at=at, mark=spreadsheets.print_mark()
    )
    return stream.getvalue()


def ageing_pdf(answer: Sequence[CurrencyAgeing], question: AgeingQuestion, *, words: str) -> bytes:
    return pdf.render(
        "pdf/ageing.html",
        {
            "title": _("Ageing"),
            "day": question.as_of,
            "words": words,
            "parts": list(PART_LABELS.values()),
            "currencies": [
                (row, [(bucket, bucket_text(bucket.label)) for bucket in row.buckets], ageing_strip(row))
                for row in answer
            ],
        },
        language=get_language() or "en",
        stylesheets=("base.css", "report.css"),
    )


def ageing_figures(answer: Sequence[CurrencyAgeing]):
    """How the strips are found in the workbook: by adding up what its rows say."""
    places = {row.currency: len(row.buckets) for row in answer}

    def find(sheets: list, ties: Ties) -> Read:
        found: Read = {}
        lines = iter(sheets[0][1:] if sheets else [])
        for code, buckets in places.items():
            amounts = []
            for _line in range(buckets + 1):
                line = next(lines, [])
                is_own = len(line) > BALANCE_COLUMN and line[1] == code
                amounts.append(number(line[BALANCE_COLUMN]) if is_own else None)
            if any(amount is None for amount in amounts):
                continue
            balance, credit = sum(amounts[:-1], Decimal(0)), amounts[-1]
            for name, amount in (("open", balance), ("credit", credit), ("closing", balance + credit)):
                found[code, name] = cell(amount, code)
        return found

    return find
