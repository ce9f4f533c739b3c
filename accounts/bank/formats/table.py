"""Statements as a table (CSV or workbook) under a mapping kept with the bank account.

A mapping is {"fields": {ours: the file's column}, "settings": {date_order, decimal, inverse,
rows_without_day, header_row}}. Nothing is guessed that the cells leave open; a column with the
balance after each row is added up again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.bank.formats.found import (
    NONE,
    BankFileNotReadable,
    Booking,
    Payment,
    Statement,
    TableUnclear,
    plain,
    reference_of,
)
from accounts.imports.reading.header import normalised
from accounts.imports.reading.source import FileNotReadable, Source
from accounts.imports.reading.understand import Row, rows, understand
from accounts.imports.reading.values import (
    Misread,
    detect_date_order,
    detect_decimal_mark,
    read_amount,
    read_day,
)

FIELDS = {
    "booking_date": gettext_lazy("Booked on"),
    "value_date": gettext_lazy("Value date"),
    "amount": gettext_lazy("Amount, signed"),
    "debit": gettext_lazy("Money out"),
    "credit": gettext_lazy("Money in"),
    "direction": gettext_lazy("Debit or credit"),
    "currency": gettext_lazy("Currency"),
    "balance": gettext_lazy("Balance after the row"),
    "structured_reference": gettext_lazy("Structured reference"),
    "end_to_end_id": gettext_lazy("End-to-end id"),
    "bank_reference": gettext_lazy("Bank's reference"),
    "counterparty_name": gettext_lazy("Payer or payee"),
    "counterparty_account": gettext_lazy("Their account number"),
    "text": gettext_lazy("Text"),
}
_REMEDY = {
    "booking_date": gettext_lazy("Write the day as 2026-11-30, or say above how days are written."),
    "value_date": gettext_lazy("Write the day as 2026-11-30, or say above how days are written."),
    "direction": gettext_lazy("Write C for money in, D for money out."),
    "": gettext_lazy("Write the amount as 1234.56, or say above what stands before the cents."),
}
SYNONYMS = {
    "booking_date": {"date", "booking_date", "booked", "booked_on", "transaction_date", "posting_date",
                     "buchungstag", "buchungsdatum", "datum", "date_operation", "fecha"},
    "value_date": {"value_date", "valuta", "valutadatum", "date_valeur", "effective_date"},
    "amount": {"amount", "betrag", "montant", "importe", "bedrag", "value", "amount_aed"},
    "debit": {"debit", "money_out", "withdrawal", "withdrawals", "paid_out", "soll", "debit_amount"},
    "credit": {"credit", "money_in", "deposit", "deposits", "paid_in", "haben", "credit_amount"},
    "direction": {"d_c", "dr_cr", "debit_credit", "cr_dr", "credit_debit", "direction", "type_d_c"},
    "currency": {"currency", "ccy", "währung", "waehrung", "devise"},
    "balance": {"balance", "running_balance", "saldo", "solde", "balance_after"},
    "structured_reference": {"structured_reference", "creditor_reference", "structured_communication"},
    "end_to_end_id": {"end_to_end_id", "endtoendid", "end_to_end_reference", "e2e", "reference", "ref",
                      "payment_reference"},
    "bank_reference": {"bank_reference", "transaction_id", "operation_number"},
    "counterparty_name": {"partner_name", "name", "payer", "payee", "counterparty", "payer_name",
                          "beneficiary", "auftraggeber", "counterparty_name"},
    "counterparty_account": {"bank_account", "iban", "counterparty_account", "payer_account",
                             "counterparty_iban", "account"},
    "text": {"label", "text", "description", "details", "narrative", "memo", "remittance",
             "verwendungszweck", "libelle", "particulars", "detail"},
}  # fmt: skip
KNOWN = frozenset().union(*SYNONYMS.values())
CREDIT_WORDS = {"c", "cr", "credit", "crdt", "h", "haben", "+", "in"}
DEBIT_WORDS = {"d", "dr", "debit", "dbit", "s", "soll", "-", "out"}
FEWEST_COLUMNS = 2


class Table:
    """A file read as a table: its header, and which column we think is what."""

    def __init__(self, content: bytes, filename: str, header_row: int | None = None) -> None:
        try:
            self.source = Source.from_bytes(filename, content)
            self.dialect = understand(self.source, known=KNOWN, header_row=header_row)
        except FileNotReadable as refusal:
            raise BankFileNotReadable(refusal.message) from refusal
        self.header = list(self.dialect.header)

    def guess(self) -> dict[str, str]:
        """Field to column, by the names banks use; the first that fits, each column once."""
        names = {normalised(column): column for column in reversed(self.header)}
        found: dict[str, str] = {}
        for field, known in SYNONYMS.items():
            column = next((names[name] for name in names if name in known), None)
            if column is not None and column not in found.values():
                found[field] = column
        return found

    def cells(self) -> list[Row]:
        return list(rows(self.source, self.dialect))


@dataclass(frozen=True)
class _Line:
    number: int
    currency: str
    balance: Decimal | None
    booking: Booking


def read(
    content: bytes, filename: str, *, mapping: Mapping | None = None, account: str = "", currency: str = ""
) -> list[Statement]:
    """One statement for each currency of the table. `account` and `currency` are those of the bank
    account it is loaded for. Raises BankFileNotReadable."""
    mapping = mapping or {}
    settings = mapping.get("settings") or {}
    table = Table(content, filename, settings.get("header_row"))
    if sum(1 for column in table.header if column.strip()) < FEWEST_COLUMNS:
        raise BankFileNotReadable(_("This is no table of a day and an amount in each row."))
    fields = mapping.get("fields") or table.guess()
    places = {}
    for name, column in fields.items():
        if name not in FIELDS or column not in table.header:
            raise TableUnclear(
                _("The file has no column «%(column)s». It has: %(header)s.")
                % {"column": column, "header": ", ".join(table.header[:30])}
            )
        places[name] = table.header.index(column)
    _check_fields(places, table.header)
    read_rows = table.cells()
    if not read_rows:
        raise BankFileNotReadable(_("The table has a header and no rows."))
    reader = _Reader(places, settings, read_rows, currency)
    lines = [line for row in read_rows if (line := reader.line(row)) is not None]
    if not lines:
        raise BankFileNotReadable(_("No row of the table has a day and an amount."))
    found = []
    for code in sorted({line.currency for line in lines}):
        found.append(_statement([line for line in lines if line.currency == code], account, code))
    return found


def _check_fields(places: Mapping[str, int], header: Sequence[str]) -> None:
    has_amount = "amount" in places or ("debit" in places and "credit" in places)
    if "booking_date" not in places or not has_amount:
        raise TableUnclear(
            _("Say which column holds the day and which the amount. The file has: %(header)s.")
            % {"header": ", ".join(header[:30])}
        )


class _Reader:
    """Reads rows under one mapping; order of days and decimal mark are decided over whole columns."""

    def __init__(self, places: dict[str, int], settings: Mapping, found: Sequence[Row], currency: str):
        self.places, self.settings, self.currency = places, settings, currency
        self.order = settings.get("date_order") or ""
        if not self.order:
            verdict = detect_date_order(self._column(found, "booking_date", "value_date"))
            if not verdict.is_certain:
                raise TableUnclear(
                    _(
                        "The days of this file can be read in two ways. Say whether the day or the month"
                        " is first."
                    )
                )
            self.order = verdict.choice
        self.mark = settings.get("decimal") or ""
        if not self.mark:
            verdict = detect_decimal_mark(self._column(found, "amount", "debit", "credit", "balance"))
            if not verdict.is_certain:
                raise TableUnclear(_("Say whether a point or a comma stands before the cents."))
            self.mark = verdict.choice
        debits = [self._number(row, "debit") for row in found if "debit" in places]
        # Some banks write what went out as a negative number, most as a plain one.
        self.debit_sign = 1 if all((value or NONE) <= 0 for value in debits) else -1

    def _column(self, found: Sequence[Row], *names: str) -> list[str]:
        return [
            row.cells[self.places[name]]
            for name in names
            if name in self.places
            for row in found
            if self.places[name] < len(row.cells) and row.cells[self.places[name]].strip()
        ]

    def _raw(self, row: Row, name: str) -> str:
        place = self.places.get(name)
        return row.cells[place] if place is not None and place < len(row.cells) else ""

    def _text(self, row: Row, name: str) -> str:
        return " ".join(str(self._raw(row, name)).split())

    def _number(self, row: Row, name: str) -> Decimal | None:
        """The number in a cell; None where it is blank or none."""
        if not self._text(row, name):
            return None
        try:
            return read_amount(self._raw(row, name), self.mark).value
        except Misread:
            return None

    def _needed(self, row: Row, name: str) -> Decimal | None:
        """As `_number`, but what is no number is refused."""
        value = self._number(row, name)
        if value is None and self._text(row, name):
            raise self._unreadable(row, name)
        return value

    def _unreadable(self, row: Row, name: str) -> BankFileNotReadable:
        return BankFileNotReadable(
            _("Row %(row)s, %(column)s: «%(text)s» can't be read. %(remedy)s")
            % {
                "row": row.number,
                "column": FIELDS[name],
                "text": self._text(row, name)[:40],
                "remedy": _REMEDY.get(name, _REMEDY[""]),
            }
        )

    def line(self, row: Row) -> _Line | None:
        if row.fault:
            raise BankFileNotReadable(_("Row %(row)s: %(fault)s") % {"row": row.number, "fault": row.fault})
        try:
            booked = read_day(self._raw(row, "booking_date"), self.order)
        except Misread as error:
            if self.settings.get("rows_without_day") == "skip":
                return None
            raise self._unreadable(row, "booking_date") from error
        value_date = booked
        if self._text(row, "value_date"):
            try:
                value_date = read_day(self._raw(row, "value_date"), self.order)
            except Misread as error:
                raise self._unreadable(row, "value_date") from error
        amount = self._amount(row)
        payment = Payment(
            amount=amount,
            end_to_end_id=reference_of(self._text(row, "end_to_end_id")),
            structured_reference=reference_of(self._text(row, "structured_reference")),
            bank_reference=reference_of(self._text(row, "bank_reference")),
            counterparty_name=self._text(row, "counterparty_name"),
            counterparty_account=self._text(row, "counterparty_account"),
            text=self._text(row, "text"),
        )
        return _Line(
            row.number,
            (self._text(row, "currency") or self.currency).upper()[:3],
            self._needed(row, "balance"),
            Booking(booking_date=booked, value_date=value_date, amount=amount, payments=(payment,)),
        )

    def _amount(self, row: Row) -> Decimal:
        if "amount" in self.places:
            value = self._needed(row, "amount")
            if value is None:
                raise self._unreadable(row, "amount")
            word = self._text(row, "direction").lower()
            if word:
                if word not in CREDIT_WORDS | DEBIT_WORDS:
                    raise self._unreadable(row, "direction")
                value = abs(value) if word in CREDIT_WORDS else -abs(value)
        else:
            credit, debit = self._needed(row, "credit"), self._needed(row, "debit")
            if credit is None and debit is None:
                raise self._unreadable(row, "credit")
            value = (credit or NONE) + self.debit_sign * (debit or NONE)
        return -value if self.settings.get("inverse") else value


def _statement(lines: list[_Line], account: str, currency: str) -> Statement:
    """Rows in the order of the balances; banks write the newest first as often as last."""
    faults: tuple[str, ...] = ()
    opening = closing = None
    if all(line.balance is not None for line in lines):
        backwards = lines[::-1]
        broken = _first_break(lines)
        if broken is not None and _first_break(backwards) is None:
            lines, broken = backwards, None
        elif lines[0].booking.booking_date > lines[-1].booking.booking_date:
            lines = backwards
            broken = _first_break(lines)
        first, last = lines[0], lines[-1]
        opening = (first.balance or NONE) - first.booking.amount
        closing = last.balance
        if broken is not None:
            faults = (
                _("Row %(row)s: the balance before it and its amount do not make its balance %(balance)s.")
                % {"row": broken.number, "balance": plain(broken.balance or NONE)},
            )
    elif lines[0].booking.booking_date > lines[-1].booking.booking_date:
        lines = lines[::-1]
    days = [line.booking.booking_date for line in lines]
    return Statement(
        account=account,
        currency=currency,
        reference=f"{min(days).isoformat()} – {max(days).isoformat()}",
        opening=opening,
        closing=closing,
        opening_date=min(days),
        closing_date=max(days),
        bookings=tuple(line.booking for line in lines),
        faults=faults,
    )


def _first_break(lines: Sequence[_Line]) -> _Line | None:
    for before, line in zip(lines, lines[1:], strict=False):
        if (before.balance or NONE) + line.booking.amount != line.balance:
            return line
    return None
