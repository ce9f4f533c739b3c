"""The rule of payment promises (D25): one pure function over the facts of one account.

A promise counts payments with a value date from the day it was taken through its last day of grace.
One payment counts for one promise, the one that was due first; several payments may add up to keep
one. Credit notes, write-offs and other credits keep nothing: when they leave nothing owed, the
promise is cancelled. A payment that came back never counted, from the day of its return on. The
outcome depends on the facts alone and not on the order in which they became known.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from accounts.arrangements.enums import PromiseStatus

ZERO = Decimal(0)


@dataclass(frozen=True)
class PromiseFact:
    """A promise as it was given; `grace_until` is the last day on which money may come."""

    id: int
    amount: Decimal
    due_date: date
    grace_until: date
    taken_on: date


@dataclass(frozen=True)
class Credit:
    """A payment, by the day its money arrived."""

    id: int
    amount: Decimal
    value_date: date


@dataclass(frozen=True)
class Outcome:
    """What the rule says of a promise. `judged_on` is the day from which it says so; None if open."""

    status: str
    received: Decimal
    judged_on: date | None


@dataclass
class _Progress:
    received: Decimal = ZERO
    is_cancelled: bool = False


def _seen_from(
    day: date,
    promises: Sequence[PromiseFact],
    credits: Sequence[Credit],
    returns: Mapping[int, date],
    others: Sequence[tuple[date, Decimal]],
    opening: Decimal,
) -> dict[int, tuple[str, Decimal]]:
    """Status and received amount of each promise as they look at the end of a day."""
    kept_money = [
        credit
        for credit in credits
        if credit.value_date <= day and not (credit.id in returns and returns[credit.id] <= day)
    ]
    # Payments of one day and amount are alike but for their return, so no id decides their order.
    kept_money.sort(key=lambda c: (c.value_date, -c.amount, returns.get(c.id, date.max)))
    days = sorted(
        {credit.value_date for credit in kept_money}
        | {value_date for value_date, _amount in others if value_date <= day}
        | {promise.taken_on for promise in promises if promise.taken_on <= day}
    )
    progress = {promise.id: _Progress() for promise in promises}
    by_due = sorted(promises, key=lambda p: (p.due_date, p.taken_on, p.id))
    owed, paid_at, moved_at = opening, 0, 0
    moves = sorted(others)
    for today in days:
        while paid_at < len(kept_money) and kept_money[paid_at].value_date == today:
            credit = kept_money[paid_at]
            paid_at += 1
            owed -= credit.amount
            for promise in by_due:
                state = progress[promise.id]
                waits = state.received < promise.amount and not state.is_cancelled
                if waits and promise.taken_on <= today <= promise.grace_until:
                    state.received += credit.amount
                    break
        while moved_at < len(moves) and moves[moved_at][0] <= today:
            owed += moves[moved_at][1]
            moved_at += 1
        if owed <= 0:
            for promise in promises:
                state = progress[promise.id]
                if promise.taken_on <= today <= promise.grace_until and state.received < promise.amount:
                    state.is_cancelled = True
    return {
        promise.id: (_status(promise, progress[promise.id], day), progress[promise.id].received)
        for promise in promises
    }


def _status(promise: PromiseFact, state: _Progress, day: date) -> str:
    if state.received >= promise.amount:
        return PromiseStatus.KEPT
    if state.is_cancelled:
        return PromiseStatus.CANCELLED
    if day <= promise.grace_until:
        return PromiseStatus.OPEN
    return PromiseStatus.PARTLY_KEPT if state.received else PromiseStatus.BROKEN


def judge(
    promises: Iterable[PromiseFact],
    credits: Iterable[Credit],
    returns: Mapping[int, date],
    as_of: date,
    others: Iterable[tuple[date, Decimal]] = (),
    opening: Decimal = ZERO,
) -> dict[int, Outcome]:
    """The outcome of every promise of one account at the end of `as_of`, by promise id.

    `returns` has the value date of the return by credit id. `others` are all movements that are
    neither payments nor their returns, as (value date, amount; debits positive); `opening` is what
    they and the payments came to before the first of those given. Amounts are in one currency.
    """
    promises, credits, others = list(promises), list(credits), list(others)
    if not promises:
        return {}
    facts = (promises, credits, returns, others, opening)
    now = _seen_from(as_of, *facts)
    first = min(promise.taken_on for promise in promises)
    changes = (
        {credit.value_date for credit in credits}
        | set(returns.values())
        | {value_date for value_date, _amount in others}
        | {promise.grace_until + timedelta(days=1) for promise in promises}
        | {promise.taken_on for promise in promises}
    )
    days = sorted((day for day in changes if first <= day <= as_of), reverse=True)
    since = dict.fromkeys(now, as_of)
    unsettled = set(now)
    for day in days:
        if not unsettled:
            break
        then = _seen_from(day, *facts)
        for promise_id in list(unsettled):
            if then[promise_id][0] == now[promise_id][0]:
                since[promise_id] = day
            else:
                unsettled.discard(promise_id)
    return {
        promise_id: Outcome(status, received, None if status == PromiseStatus.OPEN else since[promise_id])
        for promise_id, (status, received) in now.items()
    }
