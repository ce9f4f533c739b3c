"""A statement's figures, and the proof that they balance on its face. Pure: no clock, no database.

Per currency one table: opening, every movement with its running balance, the movements summed by
what they were, closing. `prove` holds four things against each other before anything is issued.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.arrangements.as_known import PlanThen, PromiseThen
from accounts.ledger.enums import Direction, ReportLine
from accounts.ledger.queries import Item
from collections_app.core import money
from collections_app.core.refusal import Refused

ZERO = Decimal(0)

# Every line of the Collection Report is one part of the face: opening + parts = closing.
CHARGES, FEES, INTEREST, PAYMENTS = ALWAYS_SHOWN = ("charges", "fees", "interest", "payments")
RETURNED, CREDITS, TAKEN_BACK = "returned", "credits", "taken_back"
REFUNDS, ADJUSTMENTS, WRITTEN_OFF = "refunds", "adjustments", "written_off"
PARTS = (*ALWAYS_SHOWN, RETURNED, CREDITS, TAKEN_BACK, REFUNDS, ADJUSTMENTS, WRITTEN_OFF)
PART_OF: dict[str, str] = {
    ReportLine.OPENING: CHARGES,
    ReportLine.CHARGES: CHARGES,
    ReportLine.FEES: FEES,
    ReportLine.PENALTIES: FEES,
    ReportLine.INTEREST: INTEREST,
    ReportLine.COLLECTED: PAYMENTS,
    ReportLine.PAYMENTS_RETURNED: RETURNED,
    ReportLine.CREDIT_NOTES: CREDITS,
    ReportLine.DISCOUNTS: CREDITS,
    ReportLine.CHARGES_REVERSED: TAKEN_BACK,
    ReportLine.REFUNDS: REFUNDS,
    ReportLine.DEBIT_ADJUSTMENTS: ADJUSTMENTS,
    ReportLine.CREDIT_ADJUSTMENTS: ADJUSTMENTS,
    ReportLine.WRITTEN_OFF: WRITTEN_OFF,
    ReportLine.WRITE_OFFS_REVERSED: WRITTEN_OFF,
}


class DoesNotBalance(Refused):
    """A statement whose figures do not agree is not issued."""


class PeriodWrong(Refused):
    """A period ends before it begins, or has not ended yet."""


@dataclass(frozen=True)
class Line:
    """One movement. `amount` is positive, tax included; `direction` says which way it goes."""

    entry_id: int
    account_id: int
    account_number: str
    value_date: date
    kind: str
    part: str
    direction: str
    amount: Decimal
    tax_amount: Decimal = ZERO
    tax_code: str = ""
    reference: str = ""
    description: str = ""
    method: str = ""
    reversed_kind: str = ""

    @property
    def signed(self) -> Decimal:
        return self.amount if self.direction == Direction.DEBIT else -self.amount

    @property
    def debit(self) -> Decimal:
        return self.amount if self.direction == Direction.DEBIT else ZERO

    @property
    def credit(self) -> Decimal:
        return ZERO if self.direction == Direction.DEBIT else self.amount

    @property
    def net(self) -> Decimal:
        return self.amount - self.tax_amount


@dataclass(frozen=True)
class Part:
    """An account on a statement, opened and closed at these balances in the table's currency."""

    account_id: int
    number: str
    product: str
    opening: Decimal
    closing: Decimal


@dataclass(frozen=True)
class Table:
    """The accounts of one currency. `items` are open on the last day; `promised` and `plans` run on
    it, and say when what is open will be paid: they are never beside it."""

    currency: str
    accounts: tuple[Part, ...]
    lines: tuple[Line, ...]
    items: tuple[tuple[int, Item], ...] = ()
    promised: tuple[PromiseThen, ...] = ()
    plans: tuple[PlanThen, ...] = ()

    @property
    def opening(self) -> Decimal:
        return sum((part.opening for part in self.accounts), ZERO)

    @property
    def closing(self) -> Decimal:
        """What the ledger says on the last day; `prove` holds the lines against it."""
        return sum((part.closing for part in self.accounts), ZERO)

    def running(self) -> list[tuple[Line, Decimal]]:
        """Each line with the balance after it."""
        balance, rows = self.opening, []
        for line in self.lines:
            balance += line.signed
            rows.append((line, balance))
        return rows

    def parts(self) -> dict[str, Decimal]:
        """The movements summed by what they were, credits negative; empty parts left out."""
        sums = dict.fromkeys(PARTS, ZERO)
        for line in self.lines:
            sums[line.part] += line.signed
        return {name: sums[name] for name in PARTS if sums[name] or name in ALWAYS_SHOWN}

    @property
    def open_total(self) -> Decimal:
        return sum((item.open for _account, item in self.items), ZERO)

    @property
    def credit(self) -> Decimal:
        """Money beyond all items: what is open less this is the closing balance."""
        return self.open_total - self.closing

    @property
    def disputed(self) -> Decimal:
        return sum((item.contested for _account, item in self.items), ZERO)

    def overdue(self, as_of: date) -> Decimal:
        return sum((item.open for _account, item in self.items if item.due_date < as_of), ZERO)

    @property
    def is_empty(self) -> bool:
        return not self.lines and not self.items and not self.opening and not self.closing


@dataclass(frozen=True)
class Figures:
    """A whole statement: whose, which days, as known when, one table a currency."""

    debtor_id: int
    account_id: int | None
    first_day: date
    last_day: date
    known_at: datetime
    tables: tuple[Table, ...] = field(default=())

    @property
    def account_ids(self) -> tuple[int, ...]:
        return tuple(sorted(part.account_id for table in self.tables for part in table.accounts))

    @property
    def is_empty(self) -> bool:
        return all(table.is_empty for table in self.tables)

    @property
    def is_overdue(self) -> bool:
        return any(table.overdue(self.last_day) > 0 for table in self.tables)


def check_period(first_day: date, last_day: date, *, as_of: date) -> None:
    """A statement is about days that have begun. Raises PeriodWrong."""
    if last_day < first_day:
        raise PeriodWrong(_("The period ends before it begins."), field="last_day")
    if last_day > as_of:
        raise PeriodWrong(
            _("The last day lies ahead. A statement ends today at the latest."), field="last_day"
        )


def prove(figures: Figures) -> None:
    """Raises DoesNotBalance, naming the table and the difference, unless all agree:

    each account's opening and movements with its closing in the ledger, the parts with the closing,
    the last running balance with the closing, and what is open less what is credit with it.
    """
    for table in figures.tables:
        moved: dict[int, Decimal] = {}
        for line in table.lines:
            moved[line.account_id] = moved.get(line.account_id, ZERO) + line.signed
        for part in table.accounts:
            off = part.opening + moved.get(part.account_id, ZERO) - part.closing
            if off:
                raise DoesNotBalance(
                    _("Account %(account)s: opening and movements differ from the closing by %(off)s.")
                    % {"account": part.number, "off": _said(off, table)}
                )
        if off := table.opening + sum(table.parts().values(), ZERO) - table.closing:
            raise DoesNotBalance(
                _("The sums by kind differ from the closing balance by %(off)s.") % {"off": _said(off, table)}
            )
        running = table.running()
        if running and (off := running[-1][1] - table.closing):
            raise DoesNotBalance(
                _("The last running balance differs from the closing balance by %(off)s.")
                % {"off": _said(off, table)}
            )
        if table.credit < 0:
            raise DoesNotBalance(
                _("The open items are %(off)s less than the closing balance.")
                % {"off": _said(-table.credit, table)}
            )


def _said(amount: Decimal, table: Table) -> str:
    return money.format_amount(amount, table.currency, with_currency=True)
