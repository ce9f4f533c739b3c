"""QIF: lines of one letter each, a caret after every transaction; no account, currency or balance.

Only accounts that hold money (Bank, CCard, Cash) are read. Days say by themselves, over the whole
file, whether the month or the day stands first; where they don't, somebody must.
"""

import re
from datetime import date

from django.utils.translation import gettext as _

from accounts.bank.formats.found import (
    BankFileNotReadable,
    Booking,
    Payment,
    Statement,
    as_text,
    reference_of,
)
from accounts.imports.reading.values import (
    Misread,
    detect_date_order,
    detect_decimal_mark,
    read_amount,
    read_day,
)

TYPES = {"BANK", "CCARD", "CASH", "OTH A", "OTH L"}


def read(content: bytes, *, date_order: str = "", account: str = "", currency: str = "") -> list[Statement]:
    """The transactions as one statement without balances. `date_order` (dmy, mdy, ymd) rules over
    what the days show. Raises BankFileNotReadable."""
    records = _records(as_text(content))
    days = [re.sub(r"['\s]+", "/", record.get("D", "").replace("' ", "'")) for record in records]
    if not date_order:
        verdict = detect_date_order(days)
        if not verdict.is_certain:
            raise BankFileNotReadable(
                _("The days of this file can be read in two ways. Say whether the day or the month is first.")
            )
        date_order = verdict.choice
    amounts = [record.get("T") or record.get("U", "") for record in records]
    mark = detect_decimal_mark(amounts).choice
    bookings = []
    for record, day, amount in zip(records, days, amounts, strict=True):
        try:
            booked, value = read_day(day, date_order), read_amount(amount, mark).value
        except Misread as error:
            raise BankFileNotReadable(
                _("A transaction of «%(name)s» has no day or no amount: «%(day)s», «%(amount)s».")
                % {"name": record.get("P", "")[:40], "day": day, "amount": amount}
            ) from error
        bookings.append(_booking(record, booked, value))
    return [
        Statement(
            account=account,
            currency=currency,
            reference=account,
            opening_date=min((booking.booking_date for booking in bookings), default=None),
            closing_date=max((booking.booking_date for booking in bookings), default=None),
            bookings=tuple(bookings),
        )
    ]


def _booking(record: dict[str, str], booked: date, amount) -> Booking:
    payment = Payment(
        amount=amount,
        bank_reference=reference_of(record.get("N", "")),
        counterparty_name=record.get("P", ""),
        text=record.get("M", ""),
    )
    return Booking(booking_date=booked, value_date=booked, amount=amount, payments=(payment,))


def _records(text: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    current: dict[str, str] = {}
    is_money = False
    for raw in text.replace("\r", "\n").split("\n"):
        line = raw.strip()
        if not line:
            continue
        if line.startswith("!"):
            is_money = line.upper().startswith("!TYPE:") and line[6:].strip().upper() in TYPES
            current = {}
        elif line == "^":
            if current and is_money:
                found.append(current)
            current = {}
        elif is_money:
            current.setdefault(line[0].upper(), line[1:].strip())
    if current and is_money:
        raise BankFileNotReadable(_("The last transaction does not end: the file is cut off."))
    if not found:
        raise BankFileNotReadable(_("The file holds no transaction of a bank account."))
    return found
