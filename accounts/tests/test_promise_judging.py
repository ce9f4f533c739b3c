"""The rule alone, without a database."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from accounts.arrangements.enums import JUDGED
from accounts.arrangements.judging import Credit, PromiseFact, judge

MONDAY = date(2026, 3, 2)


def day(number):
    return MONDAY + timedelta(days=number)


def promise(amount="100", due=10, grace=2, taken=0, id=1):
    return PromiseFact(id, Decimal(amount), day(due), day(due + grace), day(taken))


def paid(on, amount="100", id=1):
    return Credit(id, Decimal(amount), day(on))


def outcome(promises, credits=(), returns=None, on=13, others=(), owed="1000"):
    if isinstance(promises, PromiseFact):
        promises = [promises]
    found = judge(
        promises,
        credits,
        {pk: day(back) for pk, back in (returns or {}).items()},
        day(on),
        [(day(when), Decimal(amount)) for when, amount in others],
        Decimal(owed),
    )
    return [(str(found[p.id].status), int(found[p.id].received), found[p.id].judged_on) for p in promises]


def test_open_until_the_last_day_of_grace_and_broken_after():
    assert outcome(promise(), on=12) == [("open", 0, None)]
    assert outcome(promise(), on=13) == [("broken", 0, day(13))]
    assert outcome(promise(), on=40) == [("broken", 0, day(13))]


def test_money_counts_from_the_day_it_was_taken_through_grace():
    assert outcome(promise(taken=3), [paid(2)]) == [("broken", 0, day(13))]
    assert outcome(promise(taken=3), [paid(3)]) == [("kept", 100, day(3))]
    assert outcome(promise(), [paid(12)]) == [("kept", 100, day(12))]
    assert outcome(promise(), [paid(13)]) == [("broken", 0, day(13))]


def test_part_of_it_and_several_parts():
    assert outcome(promise(), [paid(5, "40")], on=12) == [("open", 40, None)]
    assert outcome(promise(), [paid(5, "40")]) == [("partly_kept", 40, day(13))]
    both = [paid(5, "40", 1), paid(9, "60", 2)]
    assert outcome(promise(), both) == [("kept", 100, day(9))]


def test_one_payment_keeps_one_promise_the_oldest_due_first():
    first, second = promise(due=5, id=1), promise(due=10, id=2)
    assert outcome([second, first], [paid(4, "200")]) == [("broken", 0, day(13)), ("kept", 200, day(4))]
    assert outcome([second, first], [paid(4), paid(6, id=2)]) == [
        ("kept", 100, day(6)),
        ("kept", 100, day(4)),
    ]


def test_after_the_grace_of_the_first_it_counts_for_the_second():
    assert outcome([promise(due=2, grace=0), promise(due=10, id=2)], [paid(3)]) == [
        ("broken", 0, day(3)),
        ("kept", 100, day(3)),
    ]


def test_a_return_breaks_it_on_the_day_of_the_return():
    assert outcome(promise(), [paid(5)], {1: 20}, on=19) == [("kept", 100, day(5))]
    assert outcome(promise(), [paid(5)], {1: 20}, on=20) == [("broken", 0, day(20))]
    assert outcome(promise(), [paid(5)], {1: 7}, on=8) == [("open", 0, None)]


def test_a_return_gives_the_next_payment_to_the_older_promise():
    two = [promise(due=5, id=1), promise(due=10, id=2)]
    money = [paid(4), paid(5, id=2)]
    assert outcome(two, money, {1: 6}) == [("kept", 100, day(4)), ("broken", 0, day(13))]


def test_nothing_owed_any_more_cancels_and_keeps_nothing():
    assert outcome(promise(), others=[(4, "-100")], owed="100") == [("cancelled", 0, day(4))]
    assert outcome(promise(), others=[(4, "-99")], owed="100") == [("broken", 0, day(13))]
    assert outcome(promise(), [paid(4)], others=[(4, "-1")], owed="100") == [("kept", 100, day(4))]
    assert outcome(promise(), others=[(13, "-100")], owed="100") == [("broken", 0, day(13))]


def test_a_payment_that_came_back_cancels_nothing():
    assert outcome(promise(), [paid(4)], {1: 6}, owed="100") == [("broken", 0, day(13))]
    assert outcome(promise(), [paid(4, "50")], {1: 6}, on=7, others=[(5, "-50")], owed="100") == [
        ("open", 0, None)
    ]


def test_nothing_promised_nothing_judged():
    assert judge([], [paid(1)], {}, MONDAY) == {}


days = st.integers(0, 30)
amounts = st.sampled_from(["10", "40", "60", "100", "100", "200"])
promises_drawn = st.lists(
    st.tuples(amounts, days, st.integers(0, 3), st.integers(0, 10)), min_size=1, max_size=4
).map(
    lambda rows: [
        promise(amount, taken + due, grace, taken, number)
        for number, (amount, due, grace, taken) in enumerate(rows)
    ]
)
payments_drawn = st.lists(st.tuples(days, amounts, st.none() | st.integers(0, 20)), max_size=6)
others_drawn = st.lists(
    st.tuples(days.map(day), st.sampled_from([Decimal(-100), Decimal(-30), Decimal(50)])), max_size=3
)


@given(promises_drawn, payments_drawn, others_drawn, st.integers(0, 60), st.randoms())
def test_the_order_of_arrival_changes_nothing(promises, payments, others, on, random):
    def judged(rows, moves):
        """As if the rows had been recorded in this order: ids follow it."""
        credits = [paid(when, amount, id) for id, (when, amount, _back) in enumerate(rows)]
        returns = {id: day(when + back) for id, (when, _amount, back) in enumerate(rows) if back is not None}
        return judge(promises, credits, returns, day(on), moves, Decimal(300))

    shuffled, moved = payments[:], others[:]
    random.shuffle(shuffled)
    random.shuffle(moved)
    again = promises[:]
    random.shuffle(again)
    first = judged(payments, others)
    assert first == judged(shuffled, moved)
    promises = again
    assert first == judged(shuffled, moved)


@given(promises_drawn, payments_drawn, others_drawn, st.integers(0, 60))
def test_every_promise_has_one_outcome_and_no_payment_counts_twice(promises, payments, others, on):
    credits = [paid(when, amount, id) for id, (when, amount, _back) in enumerate(payments)]
    returns = {id: day(when + back) for id, (when, _amount, back) in enumerate(payments) if back is not None}
    found = judge(promises, credits, returns, day(on), others, Decimal(300))
    assert set(found) == {p.id for p in promises}
    arrived = sum(
        c.amount
        for c in credits
        if c.value_date <= day(on) and not (c.id in returns and returns[c.id] <= day(on))
    )
    assert sum(o.received for o in found.values()) <= arrived
    for fact in promises:
        result = found[fact.id]
        assert result.status in JUDGED
        assert (result.status == "kept") == (result.received >= fact.amount)
        assert (result.judged_on is None) == (result.status == "open")
        if result.status == "open":
            assert day(on) <= fact.grace_until
        if result.status in {"broken", "partly_kept"}:
            assert day(on) > fact.grace_until
            assert (result.status == "partly_kept") == (result.received > 0)
        if result.judged_on is not None:
            assert result.judged_on <= day(on)


@given(promises_drawn, payments_drawn, others_drawn, st.integers(0, 60))
def test_the_day_of_the_outcome_is_the_day_it_was_first_so(promises, payments, others, on):
    credits = [paid(when, amount, id) for id, (when, amount, _back) in enumerate(payments)]
    facts = (promises, credits, {})
    now = judge(*facts, day(on), others, Decimal(300))
    for fact in promises:
        if (since := now[fact.id].judged_on) is None or since < min(p.taken_on for p in promises):
            continue
        assert judge(*facts, since, others, Decimal(300))[fact.id].status == now[fact.id].status
