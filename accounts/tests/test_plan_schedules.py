"""The schedule and the rule of payment plans: no cent is lost, and days in force are exactly those."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.arrangements.judging import Credit
from accounts.arrangements.plan_judging import InstalmentFact, PlanFact, judge_plan
from accounts.arrangements.plan_spans import first_difference
from accounts.arrangements.schedule import (
    PlanTerms,
    ScheduleImpossible,
    due_date,
    instalments_of,
    months_of,
)
from collections_app.core.money import decimals, unit

D = Decimal
START = date(2026, 1, 31)
CURRENCIES = st.sampled_from(["JPY", "EUR", "KWD", "AED", "BHD"])


def day(number):
    return START + timedelta(days=number)


@given(
    currency=CURRENCIES,
    units=st.integers(1, 10**9),
    number=st.integers(1, 120),
    deposit=st.integers(0, 10**6),
    rhythm=st.sampled_from(["weekly", "two_weekly", "monthly", "quarterly"]),
    month_day=st.none() | st.integers(1, 31),
)
@settings(max_examples=150, deadline=None)
def test_no_schedule_loses_a_coin(currency, units, number, deposit, rhythm, month_day):
    coin = unit(currency)
    amount, deposit = units * coin, deposit * coin
    terms = PlanTerms(amount, rhythm, START, number=number, deposit=deposit, month_day=month_day)
    try:
        rows = instalments_of(terms, currency)
    except ScheduleImpossible:
        assert deposit >= amount or number > units - deposit / coin
        return
    assert sum(row.amount for row in rows) == amount
    assert all(row.amount > 0 and -row.amount.as_tuple().exponent <= decimals(currency) for row in rows)
    regular = [row for row in rows if row.number]
    assert len(regular) == number
    assert len({row.amount for row in regular[:-1]}) <= 1
    assert 0 <= regular[-1].amount - regular[0].amount < number * coin
    days = [row.due_date for row in regular]
    assert days == sorted(set(days))
    assert rows[0].due_date >= START


@given(currency=CURRENCIES, units=st.integers(1, 10**6), each=st.integers(1, 10**6))
@settings(max_examples=100, deadline=None)
def test_equal_amounts_until_all_is_paid(currency, units, each):
    coin = unit(currency)
    try:
        rows = instalments_of(PlanTerms(units * coin, "weekly", START, each=each * coin), currency)
    except ScheduleImpossible:
        assert units / each > 600
        return
    assert sum(row.amount for row in rows) == units * coin
    assert {row.amount for row in rows[:-1]} <= {each * coin}
    assert 0 < rows[-1].amount <= each * coin


@pytest.mark.parametrize(
    "first, month_day, found",
    [
        (date(2026, 1, 31), None, [(1, 31), (2, 28), (3, 31), (4, 30)]),
        (date(2026, 1, 15), 31, [(1, 15), (2, 28), (3, 31), (4, 30)]),
        (date(2026, 1, 30), None, [(1, 30), (2, 28), (3, 30), (4, 30)]),
        (date(2027, 12, 29), None, [(12, 29), (1, 29), (2, 29), (3, 29)]),
    ],
)
def test_a_month_without_the_day_takes_its_last(first, month_day, found):
    days = [due_date(first, "monthly", number, month_day=month_day) for number in range(4)]
    assert [(each.month, each.day) for each in days] == found


@pytest.mark.parametrize(
    "terms, field",
    [
        ({"amount": D(0)}, "amount"),
        ({"amount": D("9.999")}, "amount"),
        ({"deposit": D(300)}, "deposit"),
        ({"deposit": D(10), "deposit_due": day(1)}, "deposit_due"),
        ({"number": 0}, "number"),
        ({"number": 601}, "number"),
        ({"each": D("0.01")}, "each"),
        ({"rhythm": "daily"}, "rhythm"),
    ],
)
def test_terms_that_give_no_schedule(terms, field):
    given_terms = {"amount": D(300), "rhythm": "weekly", "number": 3, "first_due": START, **terms}
    with pytest.raises(ScheduleImpossible) as refused:
        instalments_of(PlanTerms(**given_terms), "EUR")
    assert refused.value.field == field


def test_length_in_months_begun():
    rows = instalments_of(PlanTerms(D(300), "monthly", date(2026, 2, 15), number=3), "EUR")
    assert months_of(rows, date(2026, 2, 15)) == 2
    assert months_of(rows, date(2026, 2, 1)) == 3


def plan_of(amounts=(100, 100, 100), every=30, grace=5, **fields):
    rows = tuple(
        InstalmentFact(n, day(every * n), day(every * n + grace), D(amount))
        for n, amount in enumerate(amounts)
    )
    return PlanFact(1, START, rows, **fields)


def money(*moves):
    return [Credit(n, D(amount), day(when)) for n, (when, amount) in enumerate(moves)]


def seen(plan, moves, at, returns=None, opening=1000, others=()):
    return judge_plan(plan, money(*moves), returns or {}, day(at), others, D(opening))


class TestJudging:
    def test_on_time_is_completed_on_the_day_of_the_last_payment(self):
        outcome = seen(plan_of(), [(0, 100), (30, 100), (62, 100)], 200)
        assert (outcome.status, outcome.since) == ("completed", day(62))
        assert [(span.first, span.last) for span in outcome.spans] == [(START, day(62))]
        assert outcome.paid_on == {0: START, 1: day(30), 2: day(62)}

    def test_broken_on_the_day_after_grace_and_no_day_longer_in_force(self):
        outcome = seen(plan_of(), [(0, 100), (36, 100)], 200)
        assert (outcome.status, outcome.since) == ("broken", day(36))
        assert [(span.first, span.last) for span in outcome.spans] == [(START, day(35))]
        assert outcome.received == {0: 100, 1: 100, 2: 0}

    def test_in_force_through_the_last_day_of_grace(self):
        assert seen(plan_of(), [(0, 100)], 35).status == "in_force"
        assert seen(plan_of(), [(0, 100)], 36).status == "broken"

    def test_tolerance_and_missed_instalments_that_break(self):
        assert seen(plan_of(tolerance=D(1)), [(0, 99)], 35).status == "in_force"
        lenient = plan_of(breaks_at=2)
        outcome = seen(lenient, [(0, 100)], 40)
        assert (outcome.status, outcome.missed) == ("in_force", 1)
        assert seen(lenient, [(0, 100)], 66).status == "broken"

    def test_one_large_payment_pays_ahead(self):
        outcome = seen(plan_of(), [(0, 250)], 64)
        assert (outcome.status, outcome.received) == ("in_force", {0: 100, 1: 100, 2: 50})

    def test_a_return_opens_a_completed_plan_again_or_breaks_it(self):
        moves = [(0, 100), (10, 200)]
        assert seen(plan_of(), moves, 20).status == "completed"
        again = seen(plan_of(), moves, 20, returns={1: day(15)})
        assert (again.status, again.since) == ("in_force", day(15))
        assert [(s.first, s.last) for s in again.spans] == [(START, day(10)), (day(15), None)]
        late = seen(plan_of(), moves, 80, returns={1: day(75)})
        assert (late.status, late.since) == ("broken", day(75))
        assert [(s.first, s.last) for s in late.spans] == [(START, day(10))]

    def test_nothing_owed_any_more_clears_it(self):
        outcome = seen(plan_of(), [(0, 100)], 90, opening=300, others=[(day(12), D(-200))])
        assert (outcome.status, outcome.since) == ("cleared", day(12))
        assert [(s.first, s.last) for s in outcome.spans] == [(START, day(12))]


MOVES = st.lists(st.tuples(st.integers(0, 100), st.integers(1, 150)), max_size=6)


@given(moves=MOVES, back=st.dictionaries(st.integers(0, 5), st.integers(0, 110), max_size=3), data=st.data())
@settings(max_examples=40, deadline=None)
def test_days_in_force_are_the_days_on_which_the_rule_says_so(moves, back, data):
    """Day by day the rule is asked anew with what happened by then; its spans say the same. The day
    on which money ended it is a day of the plan still."""
    plan = plan_of(breaks_at=data.draw(st.integers(1, 2)))
    returns = {n: max(day(at), day(moves[n][0])) for n, at in back.items() if n < len(moves)}
    credits = money(*moves)
    outcome = judge_plan(plan, credits, returns, day(120), (), D(10**6))
    shuffled = data.draw(st.permutations(credits))
    assert judge_plan(plan, shuffled, returns, day(120), (), D(10**6)) == outcome
    for n in range(121):
        then = judge_plan(
            plan,
            [credit for credit in credits if credit.value_date <= day(n)],
            {pk: when for pk, when in returns.items() if when <= day(n)},
            day(n),
            (),
            D(10**6),
        )
        inside = any(s.first <= day(n) and (s.last is None or day(n) <= s.last) for s in outcome.spans)
        ended_today = then.status == "completed" and then.since == day(n)
        was_in_force = n == 0 or any(
            s.first <= day(n - 1) and (s.last is None or day(n - 1) <= s.last) for s in outcome.spans
        )
        assert inside == (then.status == "in_force" or (ended_today and was_in_force))


DAYS = st.lists(st.integers(0, 40), unique=True, max_size=6).map(sorted)


@given(DAYS, DAYS)
@settings(max_examples=150, deadline=None)
def test_the_first_day_on_which_two_lists_of_days_differ(one, two):
    def spans(marks):
        pairs = [(day(a), day(b)) for a, b in zip(marks[::2], marks[1::2], strict=False) if b > a + 1]
        found, last = [], None
        for first, end in pairs:
            if last is None or first > last + timedelta(days=1):
                found.append((first, end))
                last = end
        return found + ([(day(60), None)] if len(marks) % 2 else [])

    def days(rows):
        return {
            START + timedelta(days=n)
            for n in range(80)
            if any(first <= day(n) and (end is None or day(n) <= end) for first, end in rows)
        }

    left, right = spans(one), spans(two)
    assert first_difference(left, right) == min(days(left) ^ days(right), default=None)
