from datetime import date, timedelta
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.holds.checklists import CHECKLISTS
from accounts.holds.enums import LEGAL_STOPS, HoldReason, HoldScope
from accounts.holds.models import Hold
from accounts.holds.panels import FACTS
from accounts.holds.queries import bindings, held
from accounts.holds.services import (
    HoldAlreadyThere,
    HoldEndsTooEarly,
    HoldNeedsOneSubject,
    HoldProtects,
    HoldStopsNothing,
    LegalFactAlreadyEnded,
    end_legal_fact,
    lapse_holds,
    lift_hold,
    place_hold,
    place_holds,
    record_legal_fact,
)
from accounts.holds.signals import holds_changed
from accounts.parties.enums import LegalFactKind
from accounts.parties.models import Identity
from accounts.tasks.models import Task
from accounts.tasks.services import complete_task
from accounts.tests.held_charges import held_charges
from collections_app.core.enums import Role
from collections_app.core.lifecycle import StatusHasMoved
from collections_app.core.models import AuditRecord
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.testing import makers

TODAY = date(2026, 3, 2)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
pytestmark = pytest.mark.django_db

# What each subject of a hold stops: (the account, its sister of the same debtor, the charge alone).
REACH = {
    "debtor": (True, True, False),
    "account": (True, False, False),
    "entry": (False, False, True),
}


def two_accounts():
    debtor = makers.debtor()
    account = makers.account(debtor=debtor)
    charge = makers.entry(account=account, amount="50.00", value_date=TODAY)
    return debtor, account, makers.account(debtor=debtor), charge


@pytest.mark.parametrize("scope, subject", list(product(HoldScope.values, REACH)))
def test_every_scope_on_every_subject(scope, subject):
    debtor, account, sister, charge = two_accounts()
    stranger = makers.account()
    on = {"debtor": debtor, "account": account, "entry": charge}[subject]
    makers.hold(scopes=[scope], as_of=TODAY, **{subject: on})
    on_account, on_sister, on_charge = REACH[subject]
    found = held([account.pk, sister.pk, stranger.pk], TODAY)
    assert found.get(account.pk, set()) == ({scope} if on_account else set())
    assert found.get(sister.pk, set()) == ({scope} if on_sister else set())
    assert stranger.pk not in found
    assert held_charges([account.pk], TODAY) == ({charge.pk: {scope}} if on_charge else {})


def test_scopes_of_several_holds_add_up_and_both_are_named():
    debtor, account, _sister, _charge = two_accounts()
    makers.hold(debtor=debtor, scopes=["contact"], as_of=TODAY)
    makers.hold(account=account, scopes=["fee", "demand"], reason="books", as_of=TODAY)
    assert held([account.pk], TODAY) == {account.pk: {"contact", "demand", "fee"}}
    assert {binding.reason for binding in bindings([account.pk], TODAY)[account.pk]} == {
        "requested",
        "books",
    }


def test_it_begins_and_ends_on_its_days():
    account = makers.account()
    makers.hold(account=account, as_of=TODAY, first_day=TODAY, last_day=TOMORROW)
    days = {
        YESTERDAY: False,
        TODAY: True,
        TOMORROW: True,
        TOMORROW + timedelta(days=1): False,
    }
    assert {day: account.pk in held([account.pk], day) for day in days} == days


def test_lifted_today_it_stops_nothing_from_today_on():
    officer, account = makers.user(), makers.account()
    hold = makers.hold(account=account, as_of=YESTERDAY)
    lift_hold(hold=hold, reason="He asked for it", actor=officer, as_of=TODAY)
    assert held([account.pk], YESTERDAY) == {account.pk: {"demand"}}
    assert held([account.pk], TODAY) == {}
    with pytest.raises(StatusHasMoved):
        lift_hold(hold=hold, reason="Again", actor=officer, as_of=TODAY)


def test_merged_records_share_a_persons_holds():
    debtor, account, _sister, _charge = two_accounts()
    twin = makers.debtor(creditor=debtor.creditor, merged_into=debtor)
    twins_account = makers.account(debtor=twin)
    makers.hold(debtor=twin, as_of=TODAY)
    assert set(held([account.pk, twins_account.pk], TODAY)) == {account.pk, twins_account.pk}


@pytest.mark.parametrize("kind", LegalFactKind.values)
def test_a_legal_fact_holds_for_every_creditor_and_no_ordinary_hold_does(kind):
    identity = Identity.objects.create()
    here, there = (makers.debtor(identity=identity) for _creditor in range(2))
    accounts = [makers.account(debtor=debtor) for debtor in (here, there)]
    makers.hold(debtor=here, scopes=["interest"], as_of=YESTERDAY)
    assert set(held([account.pk for account in accounts], TODAY)) == {accounts[0].pk}
    record_legal_fact(debtor=here, kind=kind, effective_date=TODAY, actor=makers.user(), as_of=TODAY)
    stops = {str(scope) for scope in LEGAL_STOPS[kind]}
    assert held([accounts[1].pk], TODAY) == {accounts[1].pk: stops}
    assert held([accounts[1].pk], YESTERDAY) == {}


def test_a_legal_fact_makes_the_identity_is_noted_once_and_ends_once():
    debtor, supervisor = makers.debtor(), makers.user(role=Role.SUPERVISOR)
    account = makers.account(debtor=debtor)
    fact, again = (
        record_legal_fact(
            debtor=debtor, kind="insolvent", effective_date=TODAY, actor=supervisor, as_of=TODAY
        )
        for _time in range(2)
    )
    assert fact == again
    ending = {"effective_date": TOMORROW, "source": "Court", "actor": supervisor, "as_of": TOMORROW}
    end_legal_fact(fact=fact, **ending)
    assert set(held([account.pk], TODAY)) == {account.pk}
    assert held([account.pk], TOMORROW) == {}
    with pytest.raises(LegalFactAlreadyEnded):
        end_legal_fact(fact=fact, **ending)
    with pytest.raises(NotAllowed):
        end_legal_fact(fact=fact, **{**ending, "actor": makers.user()})


@pytest.mark.parametrize("kind", LegalFactKind.values)
def test_a_legal_fact_begins_its_own_checklist_once_and_drops_what_is_open_with_it(kind):
    team, supervisor = makers.team(), makers.user(role=Role.SUPERVISOR)
    debtor = makers.account(team=team).debtor
    noted = {"debtor": debtor, "kind": kind, "actor": supervisor, "as_of": TODAY}
    fact = record_legal_fact(effective_date=TODAY, **noted)
    fact = record_legal_fact(effective_date=YESTERDAY, **noted)
    tasks = Task.objects.filter(subject_type="accounts.debtor", subject_id=debtor.pk)
    assert tasks.count() == len(CHECKLISTS[kind])
    assert {(task.team, task.role) for task in tasks} == {(team, Role.SENIOR_OFFICER)}
    with translation.override("ar"):
        assert all(not task.heading.isascii() for task in tasks)
    done = tasks.order_by("pk").first()
    complete_task(task=done, outcome="Seen", actor=makers.system(), as_of=TODAY)
    end_legal_fact(
        fact=fact, effective_date=TODAY, source="Another person", actor=supervisor, as_of=TODAY
    )
    assert set(tasks.values_list("status", flat=True)) == {"done", "cancelled"}


def test_a_legal_fact_known_from_an_earlier_day_on_begins_then():
    debtor, supervisor = makers.debtor(), makers.user(role=Role.SUPERVISOR)
    account = makers.account(debtor=debtor)
    died = {"debtor": debtor, "kind": "deceased", "actor": supervisor, "as_of": TOMORROW}
    record_legal_fact(effective_date=TODAY, source="A neighbour", **died)
    earlier = record_legal_fact(effective_date=YESTERDAY, source="Certificate", **died)
    assert record_legal_fact(effective_date=TODAY, **died) == earlier
    for day in (YESTERDAY, TODAY, TOMORROW):
        assert set(held([account.pk], day)) == {account.pk}
    params = {"ids": [account.pk], "as_of": TOMORROW}
    with connection.cursor() as cursor:
        cursor.execute(FACTS, params)
        told = cursor.fetchall()
    assert [(row[1], row[3]) for row in told] == [("deceased", "Certificate")]
    end_legal_fact(
        fact=earlier, effective_date=YESTERDAY, source="Somebody else", actor=supervisor, as_of=TOMORROW
    )
    assert held([account.pk], TODAY) == {}


@pytest.mark.parametrize("reason", HoldReason.values)
def test_an_officer_does_not_lift_what_protects_a_person(reason):
    protects = reason in {
        "opt_out",
        "deceased",
        "insolvent",
        "represented",
        "hardship",
        "breathing_space",
    }
    hold = makers.hold(reason=reason, as_of=YESTERDAY)
    lifting = {"hold": hold, "reason": "No longer", "as_of": TODAY}
    if protects:
        with pytest.raises(HoldProtects):
            lift_hold(actor=makers.user(), **lifting)
        lift_hold(actor=makers.user(role=Role.SENIOR_OFFICER), **lifting)
    else:
        lift_hold(actor=makers.user(), **lifting)
    assert Hold.objects.get(pk=hold.pk).status == "lifted"


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR, Role.DEPARTMENT_USER])
def test_who_may_not_place(role):
    with pytest.raises(NotAllowed):
        makers.hold(actor=makers.user(role=role))


def test_what_is_refused():
    account, other = makers.account(), makers.account()
    debtor = account.debtor
    charge = makers.entry(account=other, amount="5.00", value_date=TODAY)
    base = {
        "scopes": ["demand"],
        "reason": "other",
        "first_day": TODAY,
        "actor": makers.user(),
        "as_of": TODAY,
    }
    for wrong, refusal in (
        ({"account": account, "scopes": []}, HoldStopsNothing),
        ({"account": account, "scopes": ["everything"]}, HoldStopsNothing),
        ({}, HoldNeedsOneSubject),
        ({"account": account, "debtor": debtor}, HoldNeedsOneSubject),
        ({"account": account, "entry": charge}, HoldNeedsOneSubject),
        ({"account": account, "last_day": YESTERDAY}, HoldEndsTooEarly),
        (
            {"account": account, "first_day": YESTERDAY - timedelta(days=9), "last_day": YESTERDAY},
            HoldEndsTooEarly,
        ),
    ):
        with pytest.raises(refusal):
            place_hold(**{**base, **wrong})
    hold = place_hold(**base, account=account)
    with pytest.raises(HoldAlreadyThere):
        place_hold(**base, account=account)
    with pytest.raises(Refused):
        lift_hold(hold=hold, reason="  ", actor=makers.user(), as_of=TODAY)


def test_lapsing_takes_only_what_ended_and_tells_its_accounts():
    debtor, account, sister, _charge = two_accounts()
    ended = makers.hold(debtor=debtor, as_of=YESTERDAY, last_day=YESTERDAY)
    makers.hold(account=account, as_of=YESTERDAY, last_day=TODAY)
    heard = []

    def hear(sender, account_ids, **kwargs):
        heard.append(account_ids)

    holds_changed.connect(hear)
    assert lapse_holds(as_of=TODAY, actor=makers.system()) == [ended.pk]
    assert lapse_holds(as_of=TODAY, actor=makers.system()) == []
    holds_changed.disconnect(hear)
    assert heard == [sorted([account.pk, sister.pk])]
    assert AuditRecord.objects.filter(code="hold.lapsed").count() == 1


def test_many_at_once_in_the_same_statements_for_two_and_for_twenty():
    senior = makers.user(role=Role.SENIOR_OFFICER)
    accounts = [makers.account() for _number in range(22)]
    counts = []
    for some in (accounts[:2], accounts[2:]):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            made = place_holds(
                account_ids=[account.pk for account in some],
                scopes=["contact", "demand"],
                reason="creditor",
                first_day=TODAY,
                last_day=TOMORROW,
                actor=senior,
                as_of=TODAY,
            )
        assert len(made) == len(some)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert set(held([account.pk for account in accounts], TODAY)) == {a.pk for a in accounts}
    with pytest.raises(NotAllowed):
        place_holds(
            account_ids=[],
            scopes=["contact"],
            reason="creditor",
            first_day=TODAY,
            last_day=None,
            actor=makers.user(),
            as_of=TODAY,
        )


def test_one_statement_for_any_number_of_accounts(django_assert_num_queries):
    ids = [makers.hold(as_of=TODAY).account_id for _number in range(5)]
    with django_assert_num_queries(1):
        assert len(held(ids, TODAY)) == 5
