"""Breathing spaces: what they protect, from when until when, and that the gate knows."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.compliance.queries import Asked, known_for
from accounts.holds.breathing_spaces import (
    BreathingSpaceDays,
    BreathingSpaceOver,
    BreathingSpaceThere,
    BreathingSpaceTooSoon,
    NothingToProtect,
    a_year_before,
    end_breathing_space,
    end_treatment,
    extend_breathing_space,
    grant_breathing_space,
    protect_what_came_back,
    undo_breathing_space,
)
from accounts.holds.enums import HoldScope
from accounts.holds.models import Hold
from accounts.holds.queries import bindings, covered_accounts, held
from accounts.holds.services import lapse_holds
from accounts.interest.queries import accrued
from accounts.ledger.services import reverse_entry
from accounts.parties.models import Identity
from accounts.position.queries import chaseable_items, positions
from accounts.tests.held_charges import held_charges
from collections_app.core.enums import Role
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

TODAY = date(2026, 3, 2)
START = TODAY - timedelta(days=5)
LAST = START + timedelta(days=59)
pytestmark = pytest.mark.django_db


def day(n: int) -> date:
    return TODAY + timedelta(days=n)


def owing(debtor=None, *, value=-60, due=-30, amount="100.00"):
    account = makers.account(debtor=debtor, opened_date=date(2025, 1, 1))
    return account, bill(account, value=value, due=due, amount=amount)


def bill(account, *, value, due, amount="40.00"):
    return makers.entry(account=account, amount=amount, value_date=day(value), due_date=day(due))


def granted(debtor, **fields):
    return grant_breathing_space(
        **{
            "debtor": debtor,
            "kind": "standard",
            "reference": "BS-1",
            "first_day": START,
            "told_on": TODAY,
            "actor": makers.user(),
            "as_of": TODAY,
        }
        | fields
    )


def senior():
    return makers.user(role=Role.SENIOR_OFFICER)


def test_it_protects_the_debts_at_its_start_and_no_later_bill():
    account, old = owing()
    space = granted(account.debtor)
    assert (space.last_day, (space.last_day - space.first_day).days) == (LAST, 59)
    assert held_charges([account.pk], TODAY) == {old.pk: set(HoldScope.values)}
    assert held([account.pk], TODAY) == {account.pk: {"contact", "demand", "fee", "legal"}}
    assert [row.reason for row in bindings([account.pk], TODAY)[account.pk]] == ["breathing_space"]
    later = bill(account, value=0, due=10)
    assert held([account.pk], day(10)) != {}
    assert held([account.pk], day(11)) == {}
    assert [item.entry_id for item in chaseable_items([account.pk], as_of=day(11))[account.pk]] == [later.pk]
    position = positions([account.pk], as_of=day(11))[account.pk]
    assert (position.overdue, position.chaseable) == (140, 40)


def test_it_begins_and_ends_by_itself():
    account, _old = owing()
    space = granted(account.debtor)
    days = {START - timedelta(days=1): False, START: True, LAST: True, LAST + timedelta(days=1): False}
    assert {on: account.pk in held([account.pk], on) for on in days} == days
    assert lapse_holds(as_of=LAST, actor=makers.system()) == []
    assert lapse_holds(as_of=LAST + timedelta(days=1), actor=makers.system()) == [space.holds.get().pk]


def test_what_is_owed_together_and_elsewhere_is_protected_too():
    person = Identity.objects.create()
    here, there = (makers.debtor(identity=person) for _creditor in range(2))
    accounts = [owing(debtor)[0] for debtor in (here, there)]
    joint, _charge = owing()
    joint.parties.create(debtor=here, role="joint_debtor", valid_from=date(2025, 1, 1))
    stranger, _charge = owing()
    granted(here)
    ids = [*(account.pk for account in accounts), joint.pk]
    assert set(held([*ids, stranger.pk], TODAY)) == set(ids)


def test_a_returned_payment_and_interest_since_come_under_it():
    account, old = owing()
    paid = makers.entry(account=account, kind="payment", amount="100.00", value_date=day(-20))
    _other = bill(account, value=-10, due=-8)
    granted(account.debtor)
    assert old.pk not in held_charges([account.pk], TODAY)
    reverse_entry(entry=paid, value_date=day(1), reason="no funds", actor=makers.system(), as_of=day(1))
    late = makers.entry(account=account, kind="interest", amount="1.00", value_date=day(1), due_date=day(1))
    assert protect_what_came_back(as_of=day(2), actor=makers.system()) == 2
    assert protect_what_came_back(as_of=day(2), actor=makers.system()) == 0
    assert {old.pk, late.pk} <= set(held_charges([account.pk], day(2)))
    assert account.pk in held([account.pk], day(2))


def test_a_crisis_has_no_end_until_its_treatment_has():
    account, _old = owing()
    space = granted(account.debtor, kind="crisis")
    assert space.last_day is None
    assert account.pk in held([account.pk], day(2000))
    end_treatment(space=space, ended_on=day(3), reason="letter", actor=senior(), as_of=day(4))
    days = {day(33): True, day(34): False}
    assert {on: account.pk in held([account.pk], on) for on in days} == days


def test_told_long_after_the_treatment_ended_the_days_since_are_free_again():
    account, _old = owing()
    space = granted(account.debtor, kind="crisis")
    end_treatment(space=space, ended_on=day(3), reason="letter", actor=senior(), as_of=day(90))
    days = {day(33): True, day(34): False, day(90): False}
    assert {on: account.pk in held([account.pk], on) for on in days} == days


def test_one_standard_in_twelve_months_and_any_number_for_a_crisis():
    account, _old = owing(value=-60)
    end_breathing_space(
        space=granted(account.debtor), free_from=TODAY, reason="adviser", actor=senior(), as_of=TODAY
    )
    for first in (TODAY, a_year_before(START) + timedelta(days=365 + 364)):
        with pytest.raises(BreathingSpaceTooSoon):
            granted(account.debtor, first_day=first, told_on=first, as_of=first)
    crisis = granted(account.debtor, kind="crisis", first_day=TODAY)
    with pytest.raises(BreathingSpaceThere):
        granted(account.debtor, kind="crisis", first_day=TODAY)
    undo_breathing_space(space=crisis, reason="wrong person", actor=senior(), as_of=TODAY)
    next_year = date(START.year + 1, START.month, START.day)
    assert granted(account.debtor, first_day=next_year, told_on=next_year, as_of=next_year)


def test_extending_ending_and_undoing_need_somebody_senior_and_a_reason():
    account, _old = owing()
    space = granted(account.debtor)
    verbs = {
        extend_breathing_space: {"last_day": LAST + timedelta(days=9)},
        end_breathing_space: {"free_from": TODAY},
        undo_breathing_space: {},
    }
    for verb, fields in verbs.items():
        with pytest.raises(NotAllowed):
            verb(space=space, reason="x", actor=makers.user(), as_of=TODAY, **fields)
    extend_breathing_space(
        space=space, last_day=LAST + timedelta(days=9), reason="court", actor=senior(), as_of=TODAY
    )
    assert account.pk in held([account.pk], LAST + timedelta(days=9))
    with pytest.raises(BreathingSpaceDays):
        extend_breathing_space(space=space, last_day=LAST, reason="court", actor=senior(), as_of=TODAY)
    undo_breathing_space(space=space, reason="wrong person", actor=senior(), as_of=TODAY)
    assert held([account.pk], TODAY) == {} == held([account.pk], START)
    assert granted(account.debtor, reference="BS-2")
    with pytest.raises(BreathingSpaceOver):
        undo_breathing_space(space=space, reason="again", actor=senior(), as_of=TODAY)


def test_what_is_refused():
    account, _old = owing()
    for wrong in ({"told_on": day(1)}, {"first_day": day(1)}, {"first_day": day(-60), "told_on": day(-60)}):
        with pytest.raises(BreathingSpaceDays):
            granted(account.debtor, **wrong)
    with pytest.raises(NothingToProtect):
        granted(makers.account().debtor)
    with pytest.raises(NotAllowed):
        granted(account.debtor, actor=makers.user(role=Role.AUDITOR))
    assert not Hold.objects.exists()


def test_the_gate_lets_nobody_call_about_protected_debts_but_about_a_later_bill():
    account, _old = owing()
    other, _later = owing(account.debtor, value=-2, due=-1)
    granted(account.debtor)
    bill(account, value=0, due=3)

    def rules(on, about):
        moment = datetime(on.year, on.month, on.day, 10, tzinfo=UTC)
        [known] = known_for([Asked(about.debtor_id, (about.pk,), "call", moment)])
        return [hold.reason for hold in known.facts.holds]

    assert rules(TODAY, account) == ["breathing_space"]
    assert rules(TODAY, other) == []
    assert rules(day(4), account) == []
    [known] = known_for(
        [Asked(account.debtor_id, (account.pk,), "call", datetime(2026, 3, 2, 10, tzinfo=UTC))]
    )
    assert known.verdict().rule == "breathing_space"
    assert (known.facts.holds[0].first_day, known.facts.holds[0].last_day) == (START, LAST)


def test_interest_of_protected_charges_alone_stops_for_exactly_its_days():
    """Told late: the days back to its first day are without interest too."""
    account, old = owing(value=-60, due=-60)
    makers.policy(
        "interest",
        {"rates": {"2025-01-01": "10"}},
        scope_type="creditor",
        scope_id=account.creditor_id,
    )
    granted(account.debtor)
    later = bill(account, value=0, due=0)
    frozen: dict[int, set[date]] = {}
    borne: dict[int, set[date]] = {}
    for window in accrued([account.pk], as_of=day(80))[account.pk].windows:
        days = {window.first + timedelta(days=n) for n in range((window.last - window.first).days + 1)}
        (frozen if window.frozen else borne).setdefault(window.key, set()).update(days)
    protected = {START + timedelta(days=n) for n in range(60)}
    assert frozen == {old.pk: protected}
    assert not borne[old.pk] & protected
    assert LAST + timedelta(days=1) in borne[old.pk]
    assert borne[later.pk] & protected


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    bills=st.lists(st.tuples(st.integers(-40, 20), st.integers(0, 40)), min_size=1, max_size=4),
    on=st.integers(-8, 70),
)
def test_held_exactly_while_nothing_unprotected_is_overdue(bills, on):
    """Against the definition, told in Python: any bills, any day."""
    account = makers.account(opened_date=date(2025, 1, 1))
    made = [bill(account, value=value, due=value + term) for value, term in bills]
    protected = {row.pk for row in made if row.value_date <= START}
    if not protected:
        with pytest.raises(NothingToProtect):
            granted(account.debtor)
        return
    granted(account.debtor)
    at = day(on)
    there = [row for row in made if row.value_date <= at]
    free_overdue = [row for row in there if row.due_date < at and row.pk not in protected]
    expected = START <= at <= LAST and not free_overdue
    assert ("contact" in held([account.pk], at).get(account.pk, set())) is expected
    assert [row.account_id for row in covered_accounts([account.pk], at)] == [account.pk] * expected
    asked = chaseable_items([account.pk], as_of=at)[account.pk]
    if START <= at <= LAST:
        assert {item.entry_id for item in asked} == {row.pk for row in free_overdue}
