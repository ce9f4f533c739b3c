"""What a bank's file says, whatever its format: statements, what was booked, payments inside."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from collections_app.core.money import format_amount, is_known, quantise
from collections_app.core.refusal import Refused

NONE = Decimal(0)
# What banks write where the payer gave no reference.
NO_REFERENCE = {"NONREF", "NOTPROVIDED", "NOT PROVIDED", "NOT-PROVIDED", "NONE", "-"}


class BankFileNotReadable(Refused):
    """The file can't be taken: no format we know, damaged, or a value nobody could trust."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="file")


class TableUnclear(BankFileNotReadable):
    """A table whose columns, days or cents a person must explain; then it can be read."""


@dataclass(frozen=True)
class Payment:
    """One payment inside a booking. `amount` is signed as our account saw it: in above zero.

    `return_code` is set where the bank says that a payment came back, by the scheme's reason.
    """

    amount: Decimal
    end_to_end_id: str = ""
    structured_reference: str = ""
    bank_reference: str = ""
    counterparty_name: str = ""
    counterparty_account: str = ""
    text: str = ""
    return_code: str = ""


@dataclass(frozen=True)
class Booking:
    """One booking on the account. `payments` are those it bundles, one where it bundles none.

    A pending booking is announced, not booked: it counts in no balance and is not kept.
    `is_reversal`: the bank takes back a booking of its own.
    """

    booking_date: date
    value_date: date
    amount: Decimal
    payments: tuple[Payment, ...]
    is_reversal: bool = False
    is_pending: bool = False

    def single(self) -> tuple[Payment, ...]:
        """The payments, if they add up to the booking; else the booking as one payment."""
        if sum((payment.amount for payment in self.payments), NONE) == self.amount:
            return self.payments
        first = self.payments[0]
        words = " ".join(dict.fromkeys(payment.text for payment in self.payments if payment.text))
        return (
            Payment(
                amount=self.amount,
                bank_reference=first.bank_reference,
                text=words,
                return_code=first.return_code,
            ),
        )


@dataclass(frozen=True)
class Statement:
    """What one account did over some days. Balances are None where the format or the bank says none.

    `faults` are sentences about control totals that don't hold; `is_cut_off` that a balance which
    this format must state is missing.
    """

    account: str
    currency: str
    reference: str = ""
    number: str = ""
    opening: Decimal | None = None
    closing: Decimal | None = None
    opening_date: date | None = None
    closing_date: date | None = None
    bookings: tuple[Booking, ...] = ()
    faults: tuple[str, ...] = ()
    is_cut_off: bool = False

    @property
    def booked(self) -> list[Booking]:
        return [booking for booking in self.bookings if not booking.is_pending]

    @property
    def credits(self) -> Decimal:
        return sum((booking.amount for booking in self.bookings if booking.amount > 0), NONE)

    @property
    def debits(self) -> Decimal:
        return -sum((booking.amount for booking in self.bookings if booking.amount < 0), NONE)

    @property
    def difference(self) -> Decimal | None:
        """Closing less opening and bookings; None where a balance is not stated."""
        if self.opening is None or self.closing is None:
            return None
        return self.closing - self.opening - sum((booking.amount for booking in self.booked), NONE)

    @property
    def reconciles(self) -> bool | None:
        if self.faults:
            return False
        return None if self.difference is None else self.difference == 0

    @property
    def name(self) -> str:
        """What a sentence calls it."""
        return self.reference or self.number or self.account or _("without a number")

    def _figure(self, amount: Decimal) -> str:
        """The amount as a reader writes it; as it stands where the file says no currency or says more."""
        if not is_known(self.currency) or quantise(amount, self.currency) != amount:
            return f"{plain(amount)} {self.currency}".strip()
        return format_amount(amount, self.currency, get_language() or "en", with_currency=True)

    def why_held(self) -> str:
        """Why this statement can't be taken, in a sentence; empty where it can."""
        if self.is_cut_off:
            return _(
                "Statement %(name)s does not state both balances: the file is cut off or damaged. Fetch it"
                " again from the bank."
            ) % {"name": self.name}
        if self.opening is not None and self.closing is not None and self.difference:
            return _(
                "Statement %(name)s: opening %(opening)s and lines %(lines)s make %(made)s, but the bank"
                " states a closing of %(closing)s. The difference is %(difference)s. A line is missing or"
                " twice: fetch the file again from the bank, and discard this one."
            ) % {
                "name": self.name,
                "opening": self._figure(self.opening),
                "lines": self._figure(self.closing - self.opening - self.difference),
                "made": self._figure(self.closing - self.difference),
                "closing": self._figure(self.closing),
                "difference": self._figure(self.difference),
            }
        return " ".join(self.faults)


@dataclass(frozen=True)
class StatementFile:
    """A file as read: which format, which statements. `notes` are for the person who loads it."""

    format: str
    statements: tuple[Statement, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def payment_count(self) -> int:
        """Payments that are booked, over all statements."""
        return sum(len(booking.single()) for one in self.statements for booking in one.booked)


def plain(amount: Decimal) -> str:
    """An amount as the JSON and sentences print it: no exponent, no needless noughts."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount_of(text: str, what: str) -> Decimal:
    """A number with a point. Raises BankFileNotReadable."""
    try:
        amount = Decimal(text.strip())
    except InvalidOperation as error:
        raise BankFileNotReadable(
            _("%(what)s: «%(text)s» is no amount.") % {"what": what, "text": text.strip()[:40]}
        ) from error
    if not amount.is_finite():
        raise BankFileNotReadable(
            _("%(what)s: «%(text)s» is no amount.") % {"what": what, "text": text.strip()[:40]}
        )
    return amount


def reference_of(text: str) -> str:
    """A reference, empty where the bank writes that there is none."""
    cleaned = " ".join(text.split())
    return "" if cleaned.upper() in NO_REFERENCE else cleaned


def as_text(content: bytes) -> str:
    """The letters of a file: UTF-8 where it is that, else the western code page; marks of files cut."""
    for encoding in ("utf-8-sig", "cp1252", "latin-1"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BankFileNotReadable(_("The letters of this file can't be read."))
