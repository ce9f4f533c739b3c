"""Interest on one debt, window by window. Pure arithmetic: no clock, no database.

A window is a run of days with one base, one rate and one length of year. Its interest is

    base x rate x days / (100 x length of the year)

cut off after the eighth decimal, then rounded as the terms say: each window for itself, or the sum.
Whoever has the windows and the terms can do every multiplication again by hand.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal, localcontext

ONE_DAY = timedelta(days=1)
PLACES = 8
ROUNDING = {"down": ROUND_DOWN, "half_up": ROUND_HALF_UP, "up": ROUND_UP}


@dataclass(frozen=True)
class Terms:
    """How days and money are counted. Amounts are in the debt's currency, rates in percent a year.

    `year` is `365`, `360`, or `actual`: 366 for the days of a leap year, and a window never lies in
    two years of which one is leap. `first_day` and `last_day` say whether the day from which interest
    runs, and the day on which money came, bear interest. `free_days` put the beginning off; within
    `grace_days` of it, what is paid bears nothing, what is not bears interest from the beginning.
    Debts under `minimum_debt` bear none. `cap` and `cap_percent` (of the debt) limit all interest on
    one debt, `account_cap` that on all debts of an account.
    """

    year: str = "365"
    first_day: bool = False
    last_day: bool = True
    rounding: str = "half_up"
    round_each: str = "total"
    free_days: int = 0
    grace_days: int = 0
    minimum_debt: Decimal = Decimal(0)
    cap: Decimal | None = None
    cap_percent: Decimal | None = None
    account_cap: Decimal | None = None
    by_month: bool = False

    def limit(self, amount: Decimal) -> Decimal | None:
        """The most a debt of this amount may ever bear; None without a cap."""
        limits = [self.cap] if self.cap is not None else []
        if self.cap_percent is not None:
            limits.append(exact(amount * self.cap_percent, 100))
        return min(limits) if limits else None


@dataclass(frozen=True)
class Rate:
    """Percent a year from a day on, until the next rate begins."""

    valid_from: date
    percent: Decimal


@dataclass(frozen=True)
class Freeze:
    """Days, both included, on which no interest runs, and why. No last day: until further notice."""

    first_day: date
    last_day: date | None
    reason: str = ""

    def covers(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True)
class Debt:
    """One debt and what was open of it: `steps` are (day, open amount at the end of that day).

    `starts_on` is the day from which interest runs, usually the due date. The first step may lie
    before it; without a step by that day the whole amount is open.
    """

    amount: Decimal
    starts_on: date
    steps: tuple[tuple[date, Decimal], ...] = ()
    key: int = 0


@dataclass(frozen=True)
class Window:
    """Some days of one debt. `interest` is exact to eight decimals; `first` is the day the window
    begins, which is not counted in `days` where the terms leave a debt's first day out."""

    first: date
    last: date
    days: int
    base: Decimal
    rate: Decimal
    year_days: int
    interest: Decimal
    frozen: str = ""
    key: int = 0


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def exact(numerator: Decimal, divisor: int) -> Decimal:
    """A quotient cut off after eight decimals: never rounded twice."""
    with localcontext() as context:
        context.prec = 60
        return ((numerator * 10**PLACES) // divisor).scaleb(-PLACES)


def interest_of(base: Decimal, rate: Decimal, days: int, year_days: int) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        return exact(base * rate * days, 100 * year_days)


def rounded(amount: Decimal, terms: Terms, decimals: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUNDING[terms.rounding])


def total(windows: Iterable[Window], terms: Terms, decimals: int) -> Decimal:
    """The interest of some windows in money, rounded as the terms say."""
    if terms.round_each == "window":
        return sum((rounded(w.interest, terms, decimals) for w in windows), Decimal(0))
    return rounded(sum((w.interest for w in windows), Decimal(0)), terms, decimals)


def slices(debt: Debt) -> list[tuple[Debt, date | None]]:
    """The debt cut by its payments: each paid part with the day it was paid, and last what is left.

    Each part then bears interest by itself, which matters where each window is rounded. A part that
    was open again after a return is not known here: give such debts by their steps.
    """
    parts: list[tuple[Debt, date | None]] = []
    before = debt.amount
    for day, still_open in debt.steps:
        if still_open < before:
            parts.append((replace(debt, amount=before - still_open, steps=()), day))
            before = still_open
    if before:
        parts.append((replace(debt, amount=before, steps=()), None))
    return parts


def windows(
    debt: Debt,
    *,
    rates: Sequence[Rate],
    freezes: Sequence[Freeze],
    terms: Terms,
    through: date,
) -> list[Window]:
    """Every window of a debt from its first day of interest to `through`, oldest first.

    Days without any rate yet, and days on which nothing was open, make no window. Frozen days make
    windows without interest that carry the reason. Raises nothing; an empty list means no interest.
    """
    start = debt.starts_on + terms.free_days * ONE_DAY
    grace_end = start + terms.grace_days * ONE_DAY
    if debt.amount < terms.minimum_debt or start > through:
        return []
    if terms.grace_days and grace_end >= through:
        return []
    made = []
    for first, last in _spans(debt, rates, freezes, terms, start, through):
        day = last
        rate = rate_on(rates, day)
        base = _base_on(debt, day, terms, start)
        if terms.grace_days and day <= grace_end:
            base = min(base, _open_on(debt, grace_end))  # who pays on the last day has paid within them
        if rate is None or not base:
            continue
        days = (last - first).days + 1
        if first == start and not terms.first_day:
            days -= 1
        frozen = "; ".join(f.reason for f in freezes if f.covers(day))
        stopped = any(f.covers(day) for f in freezes)
        percent = Decimal(0) if stopped else rate
        year_days = days_of_year(terms, day)
        made.append(
            Window(
                first=first,
                last=last,
                days=days,
                base=base,
                rate=percent,
                year_days=year_days,
                interest=interest_of(base, percent, days, year_days),
                frozen=frozen,
                key=debt.key,
            )
        )
    return capped(made, terms.limit(debt.amount))


def capped(made: Sequence[Window], limit: Decimal | None) -> list[Window]:
    """The same windows, the interest of the last ones cut so that all of it stays within the limit."""
    if limit is None:
        return list(made)
    kept, left = [], limit
    for window in made:
        kept.append(replace(window, interest=min(window.interest, left)))
        left -= kept[-1].interest
    return kept


def _spans(debt, rates, freezes, terms, start: date, through: date) -> list[tuple[date, date]]:
    """The days from start to through, cut wherever base, rate, freeze, year or month change."""
    begins = {start}
    begins.update(rate.valid_from for rate in rates)
    for freeze in freezes:
        begins.add(freeze.first_day)
        if freeze.last_day is not None:
            begins.add(freeze.last_day + ONE_DAY)
    before = debt.amount
    for day, still_open in debt.steps:
        if day > start and still_open != before:
            # money that came on a day that still counts changes the base of the day after
            begins.add(day + ONE_DAY if terms.last_day else day)
        before = still_open
    if terms.grace_days:
        begins.add(start + (terms.grace_days + 1) * ONE_DAY)
    if terms.year == "actual":
        for year in range(start.year + 1, through.year + 1):
            if is_leap(year) != is_leap(year - 1):
                begins.add(date(year, 1, 1))
    if terms.by_month:
        day = start.replace(day=1)
        while day <= through:
            begins.add(day)
            day = (day + 31 * ONE_DAY).replace(day=1)
    inside = sorted(day for day in begins if start <= day <= through)
    after = [*inside[1:], through + ONE_DAY]
    return [(first, following - ONE_DAY) for first, following in zip(inside, after, strict=True)]


def rate_on(rates: Sequence[Rate], day: date) -> Decimal | None:
    known = [rate for rate in rates if rate.valid_from <= day]
    return max(known, key=lambda rate: rate.valid_from).percent if known else None


def _base_on(debt: Debt, day: date, terms: Terms, start: date) -> Decimal:
    """What bears interest on a day: what was open at its end, or the evening before where the day on
    which money came still counts. Money that came by the first day leaves only the rest."""
    return _open_on(debt, max(day - ONE_DAY, start) if terms.last_day else day)


def _open_on(debt: Debt, day: date) -> Decimal:
    """What was open of it at the end of a day."""
    still = debt.amount
    for when, still_open in debt.steps:
        if when > day:
            break
        still = still_open
    return still


def days_of_year(terms: Terms, day: date) -> int:
    if terms.year == "actual":
        return 366 if is_leap(day.year) else 365
    return int(terms.year)


def merged(freezes: Iterable[Freeze]) -> list[Freeze]:
    """Freezes that overlap or touch as one, for terms under which a second one changes nothing."""
    joined: list[Freeze] = []
    for freeze in sorted(freezes, key=lambda one: one.first_day):
        last = joined[-1] if joined else None
        if last is None or (last.last_day is not None and freeze.first_day > last.last_day + ONE_DAY):
            joined.append(freeze)
        elif last.last_day is not None:
            end = None if freeze.last_day is None else max(last.last_day, freeze.last_day)
            joined[-1] = replace(last, last_day=end)
    return joined
