"""CODA (Belgium, Febelfin version 2): lines of 128 characters, record 8 the balance, 9 the totals.

A movement (2.1) with a detail number of 0000 is a booking; the others with its sequence number are
the payments inside. Sign 0 is a credit, 1 a debit. Amounts have three decimals.
"""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.bank.formats.found import (
    NONE,
    BankFileNotReadable,
    Booking,
    Payment,
    Statement,
    amount_of,
    as_text,
    plain,
    reference_of,
)

COUNTED = ("1", "2", "3", "8")
STRUCTURED = {"101", "102"}
VERSION = "2"


class _Movement:
    """A movement as its lines come in: 2.1, 2.2 and 2.3."""

    def __init__(self, line: str) -> None:
        self.sequence, self.detail = line[2:6], line[6:10]
        self.bank_reference = line[10:31]
        self.amount = _amount(line[31], line[32:47])
        self.value_day = line[47:53]
        self.booking_day = line[115:121]
        self.is_structured = line[61] == "1"
        self.text = line[65:115] if self.is_structured else line[62:115]
        self.kind = line[62:65] if self.is_structured else ""
        self.name = self.account = self.reference = self.return_code = ""

    def more(self, line: str) -> None:
        if line[1] == "2":
            self.text += line[10:63]
            self.reference = line[63:98].strip()
            self.return_code = line[113:117].strip()
        elif line[1] == "3":
            self.account = line[10:44].strip().split(" ")[0]
            self.name = line[47:82].strip()
            self.text += line[82:125]

    def payment(self) -> Payment:
        structured = self.text[:12].strip() if self.kind in STRUCTURED else ""
        return Payment(
            amount=self.amount,
            end_to_end_id=reference_of(self.reference),
            structured_reference=structured,
            bank_reference=reference_of(self.bank_reference),
            counterparty_name=self.name,
            counterparty_account=self.account,
            text=" ".join(self.text.split()),
            return_code=self.return_code,
        )


def read(content: bytes) -> list[Statement]:
    """The statements of a file. Raises BankFileNotReadable."""
    lines = [line for line in as_text(content).replace("\r", "").split("\n") if line.strip("\x1a ")]
    if not lines or lines[0][:1] != "0":
        raise BankFileNotReadable(_("A CODA file begins with a record 0; this one does not."))
    groups: list[list[str]] = []
    for line in lines:
        if line[0] == "0":
            groups.append([])
        groups[-1].append(line.ljust(128))
    return [_statement(group) for group in groups]


def _statement(lines: list[str]) -> Statement:
    if lines[0][127] != VERSION:
        raise BankFileNotReadable(
            _("This CODA file is of version «%(version)s»; version 2 is read.") % {"version": lines[0][127]}
        )
    by_kind = {kind: [line for line in lines if line[0] == kind] for kind in "0123489"}
    unknown = next((line for line in lines if line[0] not in by_kind), None)
    if unknown is not None:
        raise BankFileNotReadable(_("«%(text)s» is no record of a CODA file.") % {"text": unknown[:40]})
    if not by_kind["1"]:
        raise BankFileNotReadable(_("The record 1 with the old balance is missing."))
    if not by_kind["8"] or not by_kind["9"]:
        raise BankFileNotReadable(_("The records 8 and 9 are missing at the end: the file is cut off."))
    old, new, totals = by_kind["1"][0], by_kind["8"][-1], by_kind["9"][-1]
    account, currency = _account(old)
    bookings = _bookings(by_kind["2"])
    debits = -sum((booking.amount for booking in bookings if booking.amount < 0), NONE)
    credits = sum((booking.amount for booking in bookings if booking.amount > 0), NONE)
    faults = []
    for word, made, stated in (
        (_("debits"), debits, _amount("0", totals[22:37])),
        (_("credits"), credits, _amount("0", totals[37:52])),
    ):
        if made != stated:
            faults.append(
                _("The %(what)s add up to %(made)s, the record of totals says %(stated)s.")
                % {"what": word, "made": plain(made), "stated": plain(stated)}
            )
    counted = sum(1 for line in lines if line[0] in COUNTED)
    said = totals[16:22].strip()
    if said.isdigit() and int(said) != counted:
        faults.append(
            _("The file has %(made)s records, the record of totals says %(stated)s.")
            % {"made": counted, "stated": int(said)}
        )
    return Statement(
        account=account,
        currency=currency,
        reference=f"{new[1:4]}/{new[61:63]}" if new[61:63].strip() else new[1:4],
        number=new[1:4],
        opening=_amount(old[42], old[43:58]),
        closing=_amount(new[41], new[42:57]),
        opening_date=_day(old[58:64]),
        closing_date=_day(new[57:63]),
        bookings=tuple(bookings),
        faults=tuple(faults),
    )


def _account(line: str) -> tuple[str, str]:
    """Account and currency of a record 1, by the structure it names."""
    field = line[5:42]
    if line[1] == "0":
        return field[:12].strip(), field[13:16].strip()
    return field[:34].strip(), field[34:37].strip()


def _bookings(lines: list[str]) -> list[Booking]:
    movements: list[_Movement] = []
    for line in lines:
        if line[1] == "1":
            movements.append(_Movement(line))
        elif movements and (line[2:6], line[6:10]) == (movements[-1].sequence, movements[-1].detail):
            movements[-1].more(line)
        else:
            raise BankFileNotReadable(
                _("A part of movement %(number)s stands without its beginning.") % {"number": line[2:10]}
            )
    bookings: list[Booking] = []
    place = 0
    while place < len(movements):
        whole = movements[place]
        inside = []
        place += 1
        while (
            place < len(movements)
            and movements[place].sequence == whole.sequence
            and movements[place].detail != "0000"
        ):
            inside.append(movements[place])
            place += 1
        bookings.append(_booking(whole, inside))
    return bookings


def _booking(whole: _Movement, inside: list[_Movement]) -> Booking:
    booked = _day(whole.booking_day) or _day(whole.value_day)
    if booked is None:
        raise BankFileNotReadable(
            _("Movement %(number)s has no date.") % {"number": whole.sequence + whole.detail}
        )
    return Booking(
        booking_date=booked,
        value_date=_day(whole.value_day) or booked,
        amount=whole.amount,
        payments=tuple(movement.payment() for movement in inside or [whole]),
    )


def _amount(sign: str, text: str) -> Decimal:
    if sign not in "01" or not text.isdigit():
        raise BankFileNotReadable(_("«%(text)s» is no amount of a CODA file.") % {"text": sign + text})
    return amount_of(text, "CODA") / 1000 * (1 if sign == "0" else -1)


def _day(text: str) -> date | None:
    if not text.isdigit() or text == "000000":
        return None
    year = int(text[4:])
    try:
        return date(year + (2000 if year < 80 else 1900), int(text[2:4]), int(text[:2]))
    except ValueError:
        return None
