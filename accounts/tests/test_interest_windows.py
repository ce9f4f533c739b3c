"""The pure arithmetic of interest and instalments: days, freezes, caps, rounding, nothing lost."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.interest.instalments import (
    PlanDebt,
    amortise,
    annuity,
    due_date,
    fixed_amount,
    fixed_duration,
)
from accounts.interest.windows import (
    Debt,
    Freeze,
    Rate,
    Terms,
    interest_of,
    merged,
    rounded,
    slices,
    total,
    windows,
)
from accounts.tests.plain_interest import account_windows

D = Decimal
TEN = [Rate(date(2020, 1, 1), D(10))]
YEAR = date(2025, 1, 1)


def spans(made):
    return [(w.first.isoformat(), w.last.isoformat(), w.days, w.base, w.rate, w.frozen) for w in made]


def reckon(debt, terms=None, rates=TEN, freezes=(), through=date(2025, 1, 31)):
    return windows(debt, rates=rates, freezes=freezes, terms=terms or Terms(), through=through)


@pytest.mark.parametrize(
    ("first", "last", "days"), [(False, True, 10), (True, True, 11), (False, False, 9), (True, False, 10)]
)
def test_first_and_last_day_count_as_the_terms_say(first, last, days):
    debt = Debt(D(1000), YEAR, ((date(2025, 1, 11), D(0)),))
    made = reckon(debt, Terms(first_day=first, last_day=last))
    assert sum(w.days for w in made) == days
    assert sum(w.interest for w in made) == interest_of(D(1000), D(10), days, 365)


@pytest.mark.parametrize(("year", "divisors"), [("365", [365]), ("360", [360]), ("actual", [366, 365])])
def test_the_year_has_the_length_the_terms_say(year, divisors):
    made = reckon(Debt(D(1000), date(2024, 12, 1)), Terms(year=year))
    assert [w.year_days for w in made] == divisors
    assert sum(w.days for w in made) == 61


def test_a_rate_change_a_part_payment_and_a_freeze_each_split():
    rates = [*TEN, Rate(date(2025, 1, 10), D(12))]
    debt = Debt(D(1000), YEAR, ((date(2025, 1, 20), D(400)),))
    freeze = Freeze(date(2025, 1, 14), date(2025, 1, 16), "moratorium")
    assert spans(reckon(debt, rates=rates, freezes=[freeze])) == [
        ("2025-01-01", "2025-01-09", 8, D(1000), D(10), ""),
        ("2025-01-10", "2025-01-13", 4, D(1000), D(12), ""),
        ("2025-01-14", "2025-01-16", 3, D(1000), D(0), "moratorium"),
        ("2025-01-17", "2025-01-20", 4, D(1000), D(12), ""),
        ("2025-01-21", "2025-01-31", 11, D(400), D(12), ""),
    ]


def test_months_may_split_and_a_month_without_rate_makes_no_window():
    made = reckon(Debt(D(100), date(2019, 12, 20)), Terms(by_month=True), through=date(2020, 2, 10))
    assert spans(made) == [
        ("2020-01-01", "2020-01-31", 31, D(100), D(10), ""),
        ("2020-02-01", "2020-02-10", 10, D(100), D(10), ""),
    ]


def test_free_days_grace_and_least_debt():
    debt = Debt(D(1000), YEAR, ((date(2025, 1, 5), D(600)),))
    assert reckon(debt, Terms(minimum_debt=D("1000.01"))) == []
    assert reckon(debt, Terms(free_days=31)) == []
    assert sum(w.days for w in reckon(debt, Terms(free_days=10))) == 20
    within = Terms(grace_days=14)
    assert reckon(debt, within, through=date(2025, 1, 15)) == []
    # what was paid within the grace bears nothing, the rest from the first day
    assert {w.base for w in reckon(debt, within)} == {D(600)}
    assert sum(w.days for w in reckon(debt, within)) == 30
    # who pays on the last day of grace has paid within it, whether or not that day would bear
    for last_day in (True, False):
        kind = Terms(grace_days=14, last_day=last_day)
        in_time = Debt(D(1000), YEAR, ((YEAR + timedelta(days=14), D(0)),))
        late = Debt(D(1000), YEAR, ((YEAR + timedelta(days=15), D(0)),))
        assert reckon(in_time, kind) == []
        assert sum(w.days for w in reckon(late, kind)) == 14 + last_day


def test_caps_cut_the_last_windows_of_a_debt_and_of_the_account():
    debts = [Debt(D(36500), YEAR, key=1), Debt(D(36500), date(2025, 1, 11), key=2)]
    made = reckon(debts[0], Terms(cap=D(205)))
    assert total(made, Terms(), 2) == D("205.00")
    assert total(reckon(debts[0], Terms(cap_percent=D("0.1"))), Terms(), 2) == D("36.50")
    both = account_windows(
        debts, rates=TEN, freezes={}, terms=Terms(account_cap=D(450)), through=date(2025, 1, 31)
    )
    assert sum(w.interest for w in both) == D(450)
    assert [w.key for w in both] == [1, 2]
    free = account_windows(debts, rates=TEN, freezes={}, terms=Terms(), through=date(2025, 1, 31))
    assert sum(w.interest for w in free) == D(500)


def test_slices_bear_what_the_steps_bear():
    debt = Debt(D(1000), YEAR, ((date(2025, 1, 8), D(700)), (date(2025, 1, 9), D(300))))
    parts = [reckon(part, through=paid or date(2025, 1, 31)) for part, paid in slices(debt)]
    assert [sum(w.days for w in part) for part in parts] == [7, 8, 30]
    apart = sum(w.interest for part in parts for w in part)
    together = sum(w.interest for w in reckon(debt))
    assert abs(apart - together) < D("0.00000010")


def test_freezes_that_touch_are_one():
    first, second = Freeze(date(2025, 1, 2), date(2025, 1, 5)), Freeze(date(2025, 1, 6), date(2025, 1, 9))
    assert merged([second, first]) == [Freeze(date(2025, 1, 2), date(2025, 1, 9))]
    apart = Freeze(date(2025, 1, 11), None)
    assert merged([apart, first, second]) == [Freeze(date(2025, 1, 2), date(2025, 1, 9)), apart]
    assert merged([apart, Freeze(date(2025, 2, 1), date(2025, 2, 2))]) == [apart]


days_of_year = st.dates(date(2023, 6, 1), date(2025, 6, 30))


@st.composite
def histories(draw):
    amount = draw(st.integers(1, 10**7)).__int__() * D("0.001")
    start = draw(st.dates(date(2023, 6, 1), date(2024, 6, 1)))
    steps = {
        day: (amount * share / 10).quantize(D("0.001"))
        for day, share in draw(st.dictionaries(days_of_year, st.integers(0, 10), max_size=5)).items()
    }
    freezes = [
        Freeze(first, None if length > 200 else first + timedelta(days=length), f"f{length}")
        for first, length in draw(st.lists(st.tuples(days_of_year, st.integers(0, 220)), max_size=3))
    ]
    rates = [
        Rate(day, D(percent) / 100)
        for day, percent in draw(st.dictionaries(days_of_year, st.integers(0, 3000), max_size=4)).items()
    ]
    terms = Terms(
        year=draw(st.sampled_from(["365", "360", "actual"])),
        first_day=draw(st.booleans()),
        last_day=draw(st.booleans()),
        free_days=draw(st.sampled_from([0, 0, 14])),
        by_month=draw(st.booleans()),
    )
    return Debt(amount, start, tuple(sorted(steps.items()))), rates, freezes, terms


@given(histories(), days_of_year)
def test_windows_are_the_sum_of_their_days(history, through):
    """Day by day, from the definitions: the same days, bases and rates, however they were cut."""
    debt, rates, freezes, terms = history
    start = debt.starts_on + timedelta(days=terms.free_days)
    daily: dict = {}
    day = start if terms.first_day else start + timedelta(days=1)
    while day <= through:
        seen = max(day - timedelta(days=1), start) if terms.last_day else day
        base = ([debt.amount] + [left for when, left in debt.steps if when <= seen])[-1]
        known = sorted((r for r in rates if r.valid_from <= day), key=lambda r: r.valid_from)
        percent = known[-1].percent if known else None
        frozen = any(freeze.covers(day) for freeze in freezes)
        if base and percent is not None:
            daily[day] = (base, D(0) if frozen else percent)
        day += timedelta(days=1)
    made = windows(debt, rates=rates, freezes=freezes, terms=terms, through=through)
    found = {}
    for window in made:
        first = window.last - timedelta(days=window.days - 1)
        for number in range(window.days):
            assert first + timedelta(days=number) not in found
            found[first + timedelta(days=number)] = (window.base, window.rate)
        assert window.interest == interest_of(window.base, window.rate, window.days, window.year_days)
    assert found == daily


@given(
    st.lists(st.integers(1, 10**6), min_size=1, max_size=4),
    st.integers(1, 36),
    st.integers(0, 10**4),
    st.integers(0, 3),
    st.one_of(st.none(), st.tuples(st.integers(0, 40), st.integers(1, 99))),
)
def test_no_plan_loses_a_cent(amounts, periods, before, decimals, initial):
    coin = D(1).scaleb(-decimals)
    debts = [PlanDebt(str(n), coin * amount, n % 2 == 0) for n, amount in enumerate(amounts)]
    owed = sum((debt.amount for debt in debts), D(0))
    common = {
        "first_date": date(2025, 1, 31),
        "step": "monthly",
        "quote_date": date(2025, 1, 1),
        "rates": TEN,
        "terms": Terms(rounding="down", round_each="window"),
        "decimals": decimals,
        "accrued_before": coin * before,
    }
    if initial and (first := rounded(owed * initial[1] / 100, Terms(), decimals)) and first < owed:
        common["initial"] = (date(2025, 1, 1) + timedelta(days=initial[0]), first)
    level = max(coin, (owed / periods).quantize(coin))
    for plan in (
        fixed_duration(debts, periods=periods, **common),
        fixed_amount(debts, amount=level, **common),
        fixed_amount(debts, amount=level, join_last=True, **common),
    ):
        assert sum(line.principal for line in plan.lines) == owed
        assert sum(line.interest for line in plan.lines) == plan.total_interest
        assert all(line.amount == rounded(line.amount, Terms(), decimals) for line in plan.lines)
        assert [line.due_date for line in plan.lines] == sorted(line.due_date for line in plan.lines)
        for debt in debts:
            assert sum(line.principal for line in plan.lines if line.key == debt.key) == debt.amount


@given(st.integers(100, 10**9), st.integers(0, 4000), st.integers(1, 120), st.sampled_from([0, 2, 3]))
def test_a_loan_is_repaid_to_the_coin(principal, percent, periods, decimals):
    lent, rate = D(principal).scaleb(-decimals), D(percent) / 100
    rows = amortise(lent, percent=rate, periods=periods, decimals=decimals)
    level = annuity(lent, percent=rate, periods=periods, decimals=decimals)
    assert sum(part for _interest, part, _left in rows) == lent
    assert rows[-1][2] == 0
    assert all(interest + part <= level for interest, part, _left in rows[:-1])


def test_a_month_step_keeps_the_day_and_clips_to_the_months_end():
    assert [due_date(date(2024, 1, 31), "monthly", n).isoformat() for n in (0, 1, 2, 12)] == [
        "2024-01-31",
        "2024-02-29",
        "2024-03-31",
        "2025-01-31",
    ]
    assert due_date(date(2024, 2, 29), "yearly", 1) == date(2025, 2, 28)
    assert due_date(date(2024, 2, 29), "two_weekly", 1) == date(2024, 3, 14)
