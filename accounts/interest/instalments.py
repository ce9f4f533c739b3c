"""Instalment plans: what is paid when, and what it bears. Pure; no schedule loses a cent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_DOWN, ROUND_UP, Decimal, localcontext

from accounts.arrangements.schedule import due_date
from accounts.interest.windows import Debt, Freeze, Rate, Terms, rounded, total, windows


@dataclass(frozen=True)
class PlanDebt:
    """One debt of a plan. `bears_interest` False leaves it out of the plan's interest; interest runs
    from the day the plan is reckoned on, or from `starts_on` if that is later."""

    key: str
    amount: Decimal
    bears_interest: bool = True
    starts_on: date | None = None


@dataclass(frozen=True)
class Instalment:
    """A part of the money of one due day: what it pays of which debt, and of the plan's interest.

    `number` counts lines: a day's money that ends one debt and begins the next is two lines.
    `balance` is the debt's before the line, `accrued` what that balance bore since the line before.
    """

    number: int
    due_date: date
    key: str
    balance: Decimal
    principal: Decimal
    interest: Decimal
    accrued: Decimal = Decimal(0)
    rate: Decimal = Decimal(0)

    @property
    def amount(self) -> Decimal:
        return self.principal + self.interest


@dataclass(frozen=True)
class Plan:
    """A schedule. `plan_interest` is what the debts bear while they are paid; `accrued_before` what
    they bore before the plan and is collected with it."""

    lines: tuple[Instalment, ...]
    plan_interest: Decimal
    accrued_before: Decimal

    @property
    def total_interest(self) -> Decimal:
        return self.plan_interest + self.accrued_before


def annuity(
    principal: Decimal, *, percent: Decimal, periods: int, decimals: int, per_year: int = 12
) -> Decimal:
    """The level instalment that repays a principal with interest, rounded up to the smallest coin."""
    coin = Decimal(1).scaleb(-decimals)
    with localcontext() as context:
        context.prec = 50
        rate = percent / (100 * per_year)
        level = principal / periods if not rate else principal * rate / (1 - (1 + rate) ** -periods)
        # a level that is a whole number of coins but for the last digits of the arithmetic is whole
        return level.quantize(Decimal("1e-20")).quantize(coin, rounding=ROUND_UP)


def amortise(
    principal: Decimal, *, percent: Decimal, periods: int, decimals: int, per_year: int = 12
) -> list[tuple[Decimal, Decimal, Decimal]]:
    """(interest, principal, balance after) of every period at the level instalment; the last pays
    the rest, so that the principals add up to what was lent."""
    level = annuity(principal, percent=percent, periods=periods, decimals=decimals, per_year=per_year)
    rows, left = [], principal
    for number in range(1, periods + 1):
        with localcontext() as context:
            context.prec = 50
            interest = rounded(left * percent / (100 * per_year), Terms(), decimals)
        part = left if number == periods else min(max(level - interest, Decimal(0)), left)
        left -= part
        rows.append((interest, part, left))
    return rows


def fixed_amount(
    debts: Sequence[PlanDebt],
    *,
    amount: Decimal,
    first_date: date,
    step: str,
    quote_date: date,
    rates: Sequence[Rate],
    terms: Terms,
    decimals: int,
    freezes: Sequence[Freeze] = (),
    accrued_before: Decimal = Decimal(0),
    initial: tuple[date, Decimal] | None = None,
    join_last: bool = False,
) -> Plan:
    """A plan of equal amounts until all is paid: first the debts in their order, the interest last.

    With `join_last` a last line smaller than the one before is paid together with it.
    """
    payments = _payments(debts, first_date, step, initial, lambda _rest: amount)
    lines = _lines(debts, payments, quote_date, rates, terms, decimals, freezes)
    interest = sum((line.accrued for line in lines), Decimal(0))
    left = interest + accrued_before
    # the plan's own days so far: a first payment on another day is not one of them
    number = sum(1 for day, _money in payments if initial is None or day != initial[0] or day == first_date)
    # what the last day's money does not need for the debts is the first of the interest
    last_day, last_money = payments[-1]
    spare = last_money - sum((line.principal for line in lines if line.due_date == last_day), Decimal(0))
    while left > 0:
        if spare > 0:
            part = min(spare, left)
            lines[-1] = replace(lines[-1], interest=lines[-1].interest + part)
        else:
            part = min(amount, left)
            lines.append(
                Instalment(
                    number=len(lines) + 1,
                    due_date=due_date(first_date, step, number),
                    key=lines[-1].key,
                    balance=Decimal(0),
                    principal=Decimal(0),
                    interest=part,
                )
            )
            number += 1
        left -= part
        spare = Decimal(0)
    if join_last and len(lines) > 1 and lines[-1].amount < lines[-2].amount:
        lines[-2:] = _joined(*lines[-2:])
    return Plan(tuple(lines), interest, accrued_before)


def fixed_duration(
    debts: Sequence[PlanDebt],
    *,
    periods: int,
    first_date: date,
    step: str,
    quote_date: date,
    rates: Sequence[Rate],
    terms: Terms,
    decimals: int,
    freezes: Sequence[Freeze] = (),
    accrued_before: Decimal = Decimal(0),
    initial: tuple[date, Decimal] | None = None,
) -> Plan:
    """A plan of so many instalments: an equal share of the debts and of the interest in each, cut
    off to the coin, and the rest of both in the last."""
    coin = Decimal(1).scaleb(-decimals)
    open_amount = sum((debt.amount for debt in debts), Decimal(0)) - (initial[1] if initial else 0)
    share = (open_amount / periods).quantize(coin, rounding=ROUND_DOWN)
    days = [due_date(first_date, step, number) for number in range(periods)]
    shares = [share] * (periods - 1) + [open_amount - share * (periods - 1)]
    payments = _with_initial(list(zip(days, shares, strict=True)), initial)
    lines = _lines(debts, payments, quote_date, rates, terms, decimals, freezes)
    interest = sum((line.accrued for line in lines), Decimal(0))
    every = interest + accrued_before
    part = (every / periods).quantize(coin, rounding=ROUND_DOWN)
    carried = Decimal(0)
    for position, day in enumerate(days):
        due = every - part * (periods - 1) if position == periods - 1 else part
        carried = _share_out(lines, day, due + carried, coin)
    return Plan(tuple(lines), interest, accrued_before)


def _joined(before: Instalment, last: Instalment) -> list[Instalment]:
    """The last line paid on the day of the one before; one line where both are of one debt."""
    if before.key != last.key:
        return [before, replace(last, due_date=before.due_date)]
    return [
        replace(
            before,
            principal=before.principal + last.principal,
            interest=before.interest + last.interest,
            accrued=before.accrued + last.accrued,
        )
    ]


def _share_out(lines: list[Instalment], day: date, due: Decimal, coin: Decimal) -> Decimal:
    """A day's interest over its lines by what each pays of the debts, the last line the rest; what is
    left for the next day because this one pays nothing of them."""
    here = [index for index, line in enumerate(lines) if line.due_date == day]
    paid = sum((lines[index].principal for index in here), Decimal(0))
    left = due
    for index in here:
        line = lines[index]
        part = left
        if index != here[-1]:
            part = (due * line.principal / paid).quantize(coin, rounding=ROUND_DOWN)
        lines[index] = replace(line, interest=part)
        left -= part
    return left


def _payments(debts, first_date, step, initial, amount_for) -> list[tuple[date, Decimal]]:
    """Days and money until the debts are paid; the last payment may be more than is left of them."""
    left = sum((debt.amount for debt in debts), Decimal(0)) - (initial[1] if initial else 0)
    payments, number = [], 0
    while left > 0:
        money = amount_for(left)
        payments.append((due_date(first_date, step, number), money))
        left -= money
        number += 1
    return _with_initial(payments, initial)


def _with_initial(payments, initial):
    if initial is None:
        return payments
    day, money = initial
    joined = [(when, amount + money if when == day else amount) for when, amount in payments]
    if all(when != day for when, _amount in payments):
        joined.append((day, money))
    return sorted(joined)


def _lines(debts, payments, quote_date, rates, terms, decimals, freezes) -> list[Instalment]:
    """The payments laid over the debts in their order, each line with what its debt bore since the
    one before."""
    lines: list[Instalment] = []
    left = [debt.amount for debt in debts]
    since: list[date | None] = [None] * len(debts)
    position = 0
    for day, payment in payments:
        money = payment
        while money > 0 and position < len(debts):
            debt, balance = debts[position], left[position]
            paid = min(money, balance)
            made = _accrual(debt, balance, since[position], day, quote_date, rates, terms, freezes)
            lines.append(
                Instalment(
                    number=len(lines) + 1,
                    due_date=day,
                    key=debt.key,
                    balance=balance,
                    principal=paid,
                    interest=Decimal(0),
                    accrued=total(made, terms, decimals),
                    rate=_rate(debt, made, rates, day),
                )
            )
            since[position] = day
            left[position] -= paid
            money -= paid
            if not left[position]:
                position += 1
    return lines


def _rate(debt, made, rates, day) -> Decimal:
    """The rate of a line: of its last window, or of its day where no day was counted."""
    if made or not debt.bears_interest:
        return made[-1].rate if made else Decimal(0)
    known = [rate for rate in rates if rate.valid_from <= day]
    return max(known, key=lambda rate: rate.valid_from).percent if known else Decimal(0)


def _accrual(debt, balance, since, day, quote_date, rates, terms, freezes):
    """What a balance bears from the day after the line before; from the first day of the plan on,
    that day included or not as the terms say."""
    if not debt.bears_interest:
        return []
    if since is None:
        begin = max(quote_date, debt.starts_on or quote_date)
    else:
        begin, terms = since, replace(terms, first_day=False)
    return windows(Debt(balance, begin), rates=rates, freezes=freezes, terms=terms, through=day)
