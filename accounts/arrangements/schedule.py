"""The instalments of a payment plan: days and amounts. Pure; no schedule loses a cent."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from accounts.arrangements.enums import Rhythm
from collections_app.core.money import quantise, unit

STEP_DAYS = {"weekly": 7, "two_weekly": 14, "four_weekly": 28}
STEP_MONTHS = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}
# No agreement is longer; a schedule of more rows is a slip of the keyboard.
MOST_INSTALMENTS = 600
ZERO = Decimal(0)


class ScheduleImpossible(ValueError):
    """These terms give no schedule; `field` names the term."""

    def __init__(self, reason: str, field: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


@dataclass(frozen=True)
class PlanTerms:
    """What is agreed on. Amounts are in the currency of the plan.

    Either `number` equal instalments, or as many of `each` as are needed; the last one is the rest, so
    that a plan can be said in one breath: so much each, and the last so much.
    `month_day` is the day of the month (31: its last) from the second instalment on; without it the
    day of the first. A `deposit` comes before, on a day of its own, and is part of `amount`.
    """

    amount: Decimal
    rhythm: str
    first_due: date
    number: int = 0
    each: Decimal | None = None
    month_day: int | None = None
    deposit: Decimal = ZERO
    deposit_due: date | None = None


@dataclass(frozen=True)
class Due:
    """One instalment; the deposit has number 0."""

    number: int
    due_date: date
    amount: Decimal


def due_date(first: date, step: str, number: int, *, month_day: int | None = None) -> date:
    """The day of the instalment with this number, from 0. A step of months keeps the day of the
    month (or goes to `month_day`), and takes the month's last where it has no such day."""
    if step in STEP_DAYS:
        return first + timedelta(days=STEP_DAYS[step] * number)
    if number == 0:
        return first
    month = first.year * 12 + first.month - 1 + STEP_MONTHS[step] * number
    year, index = divmod(month, 12)
    wanted = month_day or first.day
    return date(year, index + 1, min(wanted, calendar.monthrange(year, index + 1)[1]))


def instalments_of(terms: PlanTerms, currency: str) -> list[Due]:
    """The schedule, by due day; its amounts are above zero and add up to the amount exactly.

    Raises ScheduleImpossible for terms that give none.
    """
    amounts = _amounts(terms, currency)
    rows = [
        Due(
            number,
            due_date(terms.first_due, terms.rhythm, number - 1, month_day=terms.month_day),
            amount,
        )
        for number, amount in enumerate(amounts, 1)
    ]
    if terms.deposit:
        day = terms.deposit_due or terms.first_due
        if day > terms.first_due:
            raise ScheduleImpossible("deposit_late", "deposit_due")
        rows.insert(0, Due(0, day, terms.deposit))
    return rows


def _amounts(terms: PlanTerms, currency: str) -> list[Decimal]:
    checked = {"amount": terms.amount, "deposit": terms.deposit, "each": terms.each or ZERO}
    for field, amount in checked.items():
        if amount < 0 or amount != quantise(amount, currency):
            raise ScheduleImpossible("not_money", field)
    if terms.amount <= 0:
        raise ScheduleImpossible("nothing", "amount")
    rest = terms.amount - terms.deposit
    if rest <= 0:
        raise ScheduleImpossible("deposit_all", "deposit")
    if terms.rhythm not in Rhythm.values:
        raise ScheduleImpossible("rhythm", "rhythm")
    if terms.each:
        number = int(rest // terms.each) + (rest % terms.each > 0)
        if number > MOST_INSTALMENTS:
            raise ScheduleImpossible("too_many", "each")
        return [terms.each] * (number - 1) + [rest - terms.each * (number - 1)]
    if not 1 <= terms.number <= MOST_INSTALMENTS:
        raise ScheduleImpossible("too_many", "number")
    coin = unit(currency)
    share = (rest / coin) // terms.number * coin
    if not share:
        raise ScheduleImpossible("too_small", "number")
    return [share] * (terms.number - 1) + [rest - share * (terms.number - 1)]


def months_of(rows: list[Due], begins: date) -> int:
    """How many months a schedule lasts from a day to its last, a month begun counts."""
    last = rows[-1].due_date
    months = (last.year - begins.year) * 12 + last.month - begins.month
    return max(months + (last.day > begins.day), 1)
