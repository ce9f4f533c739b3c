"""The deposit slip on paper."""

from babel.dates import format_date

from accounts.deposits.enums import DepositStatus
from accounts.deposits.models import Deposit
from collections_app.core import pdf
from collections_app.core.amount_words import in_words
from collections_app.core.models import Organisation
from collections_app.core.money import format_amount


def slip_pdf(deposit: Deposit, *, language: str) -> bytes:
    """The slip: cash by note and coin, cheques one by one, totals in figures and words."""
    code = deposit.currency

    def day(value) -> str:
        return format_date(value, "d MMMM y", locale=language.replace("-", "_"))

    def amount(value) -> str:
        return format_amount(value, code, language)

    bank = deposit.bank_account
    cheques = [item.cheque for item in deposit.items.select_related("cheque") if item.cheque is not None]
    return pdf.render(
        "pdf/deposit_slip.html",
        {
            "deposit": deposit,
            "holder": bank.creditor.name if bank.creditor else str(Organisation.objects.first() or ""),
            "day": day(deposit.slip_date),
            "number": " ".join(bank.number[at : at + 4] for at in range(0, len(bank.number), 4)),
            "is_cancelled": deposit.status == DepositStatus.CANCELLED,
            "total": format_amount(deposit.total_amount, code, language, with_currency=True),
            "words": in_words(deposit.total_amount, code, language),
            "pieces": [
                {"value": amount(row.value), "pieces": row.pieces, "amount": amount(row.value * row.pieces)}
                for row in deposit.pieces.order_by("-value")
            ],
            "cash": amount(deposit.cash_amount),
            "cheques": [
                {
                    "number": cheque.number,
                    "bank": cheque.bank,
                    "drawer": cheque.drawer,
                    "day": day(cheque.cheque_date),
                    "amount": amount(cheque.amount),
                }
                for cheque in cheques
            ],
            "cheque_sum": amount(deposit.cheque_amount),
        },
        language=language,
        stylesheets=("base.css", "cash.css"),
    )
