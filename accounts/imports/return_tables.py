"""Returns that come as a table (CSV or workbook): which column is what, and the rows they make.

Stands with the imports because they read tables; the rows go down to `accounts.returns`.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.imports.reading.header import normalised
from accounts.imports.reading.source import Source
from accounts.imports.reading.understand import rows, understand
from accounts.imports.reading.values import (
    Misread,
    detect_date_order,
    detect_decimal_mark,
    read_amount,
    read_day,
)
from accounts.returns.formats.found import FoundReturn, ReturnFileNotReadable, end_of

FIELDS = {
    "code": gettext_lazy("Code of the reason"),
    "amount": gettext_lazy("Amount"),
    "return_date": gettext_lazy("Came back on"),
    "reference": gettext_lazy("Reference of the payment"),
    "trace": gettext_lazy("Second reference"),
    "payment_date": gettext_lazy("Paid on"),
    "payer": gettext_lazy("Payer"),
    "account_number": gettext_lazy("Payer's account number"),
    "currency": gettext_lazy("Currency"),
    "detail": gettext_lazy("Detail"),
}
NEEDED = ("code", "amount")
# how banks and gateways call these columns
SYNONYMS = {
    "code": {"code", "reason", "reason_code", "return_code", "return_reason", "returncode", "status_code"},
    "amount": {"amount", "value", "returned_amount", "amount_returned", "transaction_amount"},
    "return_date": {"return_date", "returned_on", "returned", "date", "booking_date", "date_returned"},
    "reference": {
        "reference",
        "end_to_end_id",
        "endtoendid",
        "payment_reference",
        "lodgement_reference",
        "individual_id",
        "cheque_number",
        "ref",
    },
    "trace": {"trace", "trace_number", "transaction_id", "instruction_id", "id"},
    "payment_date": {"payment_date", "paid_on", "original_date", "original_processing_date", "due_date"},
    "payer": {"payer", "name", "debtor", "debtor_name", "customer", "account_name", "drawer"},
    "account_number": {"iban", "account", "account_number", "debtor_iban"},
    "currency": {"currency", "ccy"},
    "detail": {"detail", "details", "description", "message", "narrative", "reason_text"},
}
# Codes of rows that went well (OCA: SEPA reason 0000).
WENT_WELL = {"0000", "000", "00", "ok", "success", "succeeded", "paid", "accepted", "settled"}


class Table:
    """A file read as a table: its header, its rows, and which column we think is what."""

    def __init__(self, content: bytes, filename: str) -> None:
        self.source = Source.from_bytes(filename, content)
        self.dialect = understand(self.source)
        self.header = list(self.dialect.header)

    def guess(self) -> dict[str, str]:
        """Field to column, by the names banks use; the first that fits."""
        names = {normalised(column): column for column in reversed(self.header)}
        return {
            field: next(names[name] for name in names if name in known)
            for field, known in SYNONYMS.items()
            if any(name in known for name in names)
        }

    def found(self, mapping: Mapping[str, str], *, currency: str, day: date) -> list[FoundReturn]:
        """The rows under a mapping (field to column; `date_order` and `decimal` where asked).

        `currency` and `day` stand in where no column gives them. Nothing is guessed that the cells
        leave open. Raises ReturnFileNotReadable, naming what is missing or can't be read.
        """
        places = {
            field: self.header.index(column)
            for field, column in mapping.items()
            if field in FIELDS and column in self.header
        }
        if missing := [str(FIELDS[field]) for field in NEEDED if field not in places]:
            raise ReturnFileNotReadable(
                _("Say which column holds: %(columns)s.") % {"columns": ", ".join(missing)}
            )
        read = list(rows(self.source, self.dialect))
        days = [
            cell
            for field in ("return_date", "payment_date")
            if field in places
            for cell in _column(read, places[field])
        ]
        order, mark = mapping.get("date_order", ""), mapping.get("decimal", "")
        if not order:
            verdict = detect_date_order(days)
            if days and not verdict.is_certain:
                raise ReturnFileNotReadable(_("Say in which order the days of this file are written."))
            order = verdict.choice
        if not mark:
            verdict = detect_decimal_mark(_column(read, places["amount"]))
            if not verdict.is_certain:
                raise ReturnFileNotReadable(_("Say whether a point or a comma stands before the cents."))
            mark = verdict.choice
        return [_row(row, places, order, mark, currency, day) for row in read]


def _column(read: Sequence, place: int) -> list[str]:
    return [row.cells[place] for row in read if place < len(row.cells) and row.cells[place].strip()]


def _row(row, places: dict[str, int], order: str, mark: str, currency: str, day: date) -> FoundReturn:
    def raw(field: str) -> str:
        """The cell as it was read: a workbook's numbers and days know that they are."""
        place = places.get(field)
        return row.cells[place] if place is not None and place < len(row.cells) else ""

    def text(field: str) -> str:
        return str(raw(field)).strip()

    def a_day(field: str) -> date | None:
        if not text(field):
            return None
        try:
            return read_day(raw(field), order)
        except Misread as error:
            raise _unreadable(row.number, field, text(field)) from error

    try:
        amount = read_amount(raw("amount"), mark)
    except Misread as error:
        raise _unreadable(row.number, "amount", text("amount")) from error
    code = text("code")
    return FoundReturn(
        number=row.number,
        code=code,
        amount=abs(amount.value),
        currency=(text("currency") or amount.currency or currency).upper()[:3],
        return_date=a_day("return_date") or day,
        reference=text("reference")[:80],
        trace=text("trace")[:80],
        payment_date=a_day("payment_date"),
        payer=text("payer")[:140],
        number_end=end_of(text("account_number")),
        detail=text("detail")[:200],
        is_success=code.lower() in WENT_WELL,
    )


def _unreadable(number: int, field: str, text: str) -> ReturnFileNotReadable:
    return ReturnFileNotReadable(
        _("Row %(row)s, %(column)s: «%(text)s» can't be read.")
        % {"row": number, "column": FIELDS[field], "text": text}
    )
