"""Receipts and day closes on paper; the same receipt gives the same bytes but for its mark."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from babel.dates import format_date
from django.utils.translation import gettext as _

from accounts.cashdesk.enums import DayStatus, ReceiptStatus
from accounts.cashdesk.models import CashCount, CashDay, CashReceipt
from accounts.cashdesk.queries import receipt_for_page
from accounts.cashdesk.receipt_words import words_of
from collections_app.core import pdf
from collections_app.core.amount_words import in_words
from collections_app.core.money import format_amount

PAPER = ("base.css", "cash.css")


def _day(day: date, language: str) -> str:
    return format_date(day, "d MMMM y", locale=language.replace("-", "_"))


def receipt_pdf(receipt: CashReceipt, *, print_number: int) -> bytes:
    """A receipt in the debtor's language; `print_number` from 2 on is marked as a duplicate."""
    row = receipt_for_page(receipt.pk)
    language, words = words_of(row.debtor.language or "en")
    mark = ""
    if row.status == ReceiptStatus.VOID:
        mark = words["void"]
    elif print_number > 1:
        mark = words["duplicate"] % {"n": print_number - 1}
    code = row.currency
    lines = [
        {
            "account": line.account.number,
            "amount": format_amount(line.amount, code, language),
            "balance": format_amount(abs(line.balance_after), code, language),
            "is_credit": line.balance_after < 0,
            "paid": _paid_of(line, code, language, words),
        }
        for line in row.lines.all()
    ]
    context = {
        "receipt": row,
        "words": words,
        "stamp": mark,
        "day": _day(row.received_date, language),
        "amount": format_amount(row.amount, code, language, with_currency=True),
        "in_words": in_words(row.amount, code, language),
        "lines": lines,
        "void_day": _day(row.voided_on, language) if row.voided_on else "",
    }
    return pdf.render("pdf/cash_receipt.html", context, language=language, stylesheets=PAPER)


def tax_words(part: Mapping[str, str], code: str, language: str, text: str) -> str:
    """What was billed, net and tax of it, as `text` says it; empty where an item has no tax in it."""
    if not part.get("tax_amount"):
        return ""
    billed, tax = Decimal(part["billed"]), Decimal(part["tax_amount"])
    said = format_amount(tax, code, language)
    return text % {
        "billed": format_amount(billed, code, language),
        "net": format_amount(billed - tax, code, language),
        "tax": f"{said} ({part['tax_code']})" if part["tax_code"] else said,
    }


def _paid_of(line, code: str, language: str, words: Mapping[str, str]) -> list[dict[str, str]]:
    """What the money went to, as it was when the receipt was issued; the rest is credit."""
    paid = [
        {
            "text": part["text"],
            "due": words["due"] % {"day": _day(date.fromisoformat(part["due_date"]), language)},
            "amount": format_amount(Decimal(part["amount"]), code, language),
            "tax": tax_words(part, code, language, words["tax"]),
        }
        for part in line.paid
    ]
    rest = line.amount - sum((Decimal(part["amount"]) for part in line.paid), Decimal(0))
    rest = min(rest, -line.balance_after)
    if rest > 0:
        paid.append({"text": words["credit"], "due": "", "amount": format_amount(rest, code, language)})
    return paid


def _difference(count: CashCount, language: str) -> str:
    """How much, and which way: expected = counted + what is missing."""
    amount = count.difference_amount
    words = format_amount(abs(amount), count.currency, language)
    if not amount:
        return words
    return f"{words} {_('missing') if amount > 0 else _('too much')}"


def _change_lines(cash_day: CashDay, count: CashCount, language: str) -> list[tuple[str, str]]:
    """What was put aside as change money, and who holds it; nothing where there is none."""
    if not count.kept_amount:
        return []
    keeper = cash_day.receiver if cash_day.change_goes_along else cash_day.cashier
    amount = format_amount(count.kept_amount, count.currency, language)
    return [(_("Change money, with %(holder)s") % {"holder": keeper}, amount)]


def day_pdf(cash_day: CashDay, *, user, language: str) -> bytes:
    """The close of a cashier's day: counts by note and coin, expected = counted + difference.

    Every receipt stands on it by number and amount; whose account it was only where `user` may see.
    """
    in_view = set(CashReceipt.objects.visible_to(user).filter(cash_day=cash_day).values_list("pk", flat=True))
    counts = []
    for count in cash_day.counts.prefetch_related("pieces").order_by("currency"):
        code = count.currency
        counts.append(
            {
                "currency": code,
                "pieces": [
                    {
                        "value": format_amount(row.value, code, language),
                        "pieces": row.pieces,
                        "amount": format_amount(row.value * row.pieces, code, language),
                    }
                    for row in sorted(count.pieces.all(), key=lambda row: -row.value)
                ],
                "strip": [
                    (label, format_amount(amount, code, language))
                    for label, amount in (
                        (_("Float"), count.float_amount),
                        (_("Taken"), count.taken_amount),
                        (_("Brought to the bank"), -count.deposited_amount),
                        (_("Expected"), count.expected_amount),
                        (_("Counted"), count.counted_amount),
                    )
                ]
                + [(_("Difference"), _difference(count, language))]
                + _change_lines(cash_day, count, language),
            }
        )
    receipts = [
        {
            "code": row.code,
            "account": ", ".join(line.account.number for line in row.lines.all())
            if row.pk in in_view
            else "",
            "amount": format_amount(row.amount, row.currency, language, with_currency=True),
            "is_void": row.status == ReceiptStatus.VOID,
            "reason": row.void_reason if row.pk in in_view else "",
        }
        for row in cash_day.receipts.prefetch_related("lines__account").order_by("id")
    ]
    return pdf.render(
        "pdf/cash_day.html",
        {
            "cash_day": cash_day,
            "day": _day(cash_day.day, language),
            "is_signed": cash_day.status == DayStatus.CLOSED and cash_day.receiver_id,
            "is_open": cash_day.status == DayStatus.OPEN,
            "counts": counts,
            "receipts": receipts,
        },
        language=language,
        stylesheets=PAPER,
    )
