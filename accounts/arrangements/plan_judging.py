"""The rule of payment plans (D26): one pure function over the facts of one plan.

Payments on the accounts of a plan with a value date from its first day in force pay its instalments
in their order. An instalment is missed from the day after its grace on, until the money that has come
and stayed reaches it, less the tolerance. A plan with as many missed instalments as break
it is broken from that day on and stays so. One whose instalments are all paid is completed; one
whose accounts owe nothing any more for another reason is cleared; both are in force again when a
payment comes back. The outcome depends on the facts alone, not on the order in which they became
known.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from accounts.arrangements.enums import PlanStatus
from accounts.arrangements.judging import Credit

ZERO = Decimal(0)
ONE_DAY = timedelta(days=1)
# Here the day itself is still one of the plan's: the money of the day ended it.
ENDED_BY_MONEY = (PlanStatus.COMPLETED, PlanStatus.CLEARED)


@dataclass(frozen=True)
class InstalmentFact:
    """An instalment as it was agreed; `grace_until` is the last day on which its money may come."""

    id: int
    due_date: date
    grace_until: date
    amount: Decimal


@dataclass(frozen=True)
class PlanFact:
    """A plan as it was agreed. `instalments` are in the order in which they are paid."""

    id: int
    starts_on: date
    instalments: tuple[InstalmentFact, ...]
    tolerance: Decimal = ZERO
    breaks_at: int = 1


@dataclass(frozen=True)
class Span:
    """Days in force, both included; no last day: it still is."""

    first: date
    last: date | None


@dataclass(frozen=True)
class PlanOutcome:
    """What the rule says at the end of a day. `since` is the first day of `status`; `received` and
    `paid_on` are by instalment, `missed` counts those past their grace and not paid."""

    status: str
    since: date
    received: Mapping[int, Decimal]
    paid_on: Mapping[int, date | None]
    missed: int
    spans: tuple[Span, ...]


def judge_plan(
    plan: PlanFact,
    credits: Iterable[Credit],
    returns: Mapping[int, date],
    as_of: date,
    others: Iterable[tuple[date, Decimal]] = (),
    opening: Decimal = ZERO,
) -> PlanOutcome:
    """The outcome of a plan at the end of `as_of`; arguments as `judging.judge`, of all its accounts."""
    paid_by_day, owed_by_day = _moves(plan, credits, returns, others)
    days = sorted(
        day
        for day in {plan.starts_on, *paid_by_day, *owed_by_day}
        | {row.grace_until + ONE_DAY for row in plan.instalments}
        if plan.starts_on <= day <= as_of
    )
    wanted = _running([row.amount for row in plan.instalments])
    status, since = str(PlanStatus.IN_FORCE), plan.starts_on
    spans = [Span(plan.starts_on, None)]
    paid, owed, missed = ZERO, opening, 0
    paid_on: dict[int, date | None] = {row.id: None for row in plan.instalments}
    for day in days:
        before = paid
        paid += paid_by_day.get(day, ZERO)
        owed += owed_by_day.get(day, ZERO)
        missed = 0
        for row, upto in zip(plan.instalments, wanted, strict=True):
            needed = upto - plan.tolerance
            if paid < needed:
                paid_on[row.id] = None
            elif paid_on[row.id] is None:
                paid_on[row.id] = day
            # money of the day after grace comes too late for it
            came = min(before, paid) if row.grace_until + ONE_DAY == day else paid
            missed += row.grace_until < day and came < needed
        if status == PlanStatus.BROKEN:
            continue
        new = _status(paid, owed, wanted[-1] - plan.tolerance, missed, plan.breaks_at)
        if new != status:
            spans = _respanned(spans, new, day, was=status)
            status, since = new, day
    return PlanOutcome(
        status=status,
        since=since,
        received=_laid_over(plan.instalments, paid),
        paid_on=paid_on,
        missed=missed,
        spans=tuple(span for span in spans if span.last is None or span.last >= span.first),
    )


def _moves(plan, credits, returns, others) -> tuple[dict[date, Decimal], dict[date, Decimal]]:
    """What came for the plan, and how what is owed moved, day by day."""
    paid: dict[date, Decimal] = {}
    owed: dict[date, Decimal] = {}
    for credit in credits:
        if credit.value_date < plan.starts_on:
            continue
        moves = [(credit.value_date, credit.amount)]
        if credit.id in returns:
            moves.append((max(returns[credit.id], credit.value_date), -credit.amount))
        for day, amount in moves:
            paid[day] = paid.get(day, ZERO) + amount
            owed[day] = owed.get(day, ZERO) - amount
    for day, amount in others:
        owed[day] = owed.get(day, ZERO) + amount
    return paid, owed


def _running(amounts: Sequence[Decimal]) -> list[Decimal]:
    sums, total = [], ZERO
    for amount in amounts:
        total += amount
        sums.append(total)
    return sums


def _status(paid: Decimal, owed: Decimal, needed: Decimal, missed: int, breaks_at: int) -> str:
    if paid >= needed:
        return PlanStatus.COMPLETED
    if owed <= 0:
        return PlanStatus.CLEARED
    return PlanStatus.BROKEN if missed >= breaks_at else PlanStatus.IN_FORCE


def _respanned(spans: list[Span], new: str, day: date, *, was: str) -> list[Span]:
    """The days in force after a step to a status on a day."""
    if new == PlanStatus.IN_FORCE:
        last = spans[-1]
        if last.last is not None and last.last >= day - ONE_DAY:
            return [*spans[:-1], Span(last.first, None)]
        return [*spans, Span(day, None)]
    if was == PlanStatus.IN_FORCE:
        end = day if new in ENDED_BY_MONEY else day - ONE_DAY
        return [*spans[:-1], Span(spans[-1].first, end)]
    return spans


def _laid_over(rows: Sequence[InstalmentFact], paid: Decimal) -> dict[int, Decimal]:
    """The money over the instalments in their order."""
    left, found = paid, {}
    for row in rows:
        found[row.id] = max(min(left, row.amount), ZERO)
        left -= found[row.id]
    return found
