"""Keeping ways to reach somebody: a number of somebody else, taken back, added anew; why it is unpaid."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.contacts.callees import callable_points
from accounts.contacts.enums import Outcome
from accounts.contacts.open_calls import unended_call
from accounts.contacts.services import (
    CallNotAllowed,
    NotStoppedAsWrong,
    TakenBackWithoutReason,
    mark_wrong_party,
    open_call,
    save_outcome,
    take_back_wrong_party,
)
from accounts.parties.services import AlreadyKnown, add_contact_point
from collections_app.core.enums import Role
from collections_app.core.models import AuditRecord
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 23, 9, 42, 5, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
NUMBER = "+4930555017"


@pytest.fixture(autouse=True)
def monday_morning():
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.fixture
def shared_number():
    """One number on the records of two debtors of two creditors."""
    team = makers.team()
    points = []
    for name in ("One, Anna", "Two, Bert"):
        account = makers.account(debtor=makers.debtor(country="DE", name=name), team=team)
        makers.entry(account=account, amount="90.00", value_date=MONDAY, due_date=MONDAY)
        points.append(makers.contact_point(debtor=account.debtor, value=NUMBER))
    return makers.teammate(team=team, role=Role.COLLECTION_OFFICER), points


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def states(points) -> set[str]:
    for point in points:
        point.refresh_from_db()
    return {point.status for point in points}


def test_a_wrong_number_stops_everywhere_and_is_taken_back_everywhere_with_a_reason(shared_number):
    officer, (here, there) = shared_number
    mark_wrong_party(contact_point=here, actor=officer, as_of=MONDAY)
    assert states([here, there]) == {"wrong_party"}
    account = there.debtor.accounts.get()
    with pytest.raises(CallNotAllowed):
        open_call(account=account, contact_point=there, officer=officer, at=MORNING)
    with pytest.raises(TakenBackWithoutReason):
        take_back_wrong_party(contact_point=here, reason=" ", actor=officer, as_of=MONDAY)
    assert take_back_wrong_party(
        contact_point=here, reason="He called back himself", actor=officer, as_of=MONDAY
    ) == [here.pk, there.pk]
    assert states([here, there]) == {"unverified"}
    kept = AuditRecord.objects.filter(code="contact_point.wrong_party_taken_back").get()
    assert kept.reason == "He called back himself"
    assert open_call(account=account, contact_point=there, officer=officer, at=MORNING).permit.is_allowed
    with pytest.raises(NotStoppedAsWrong):
        take_back_wrong_party(contact_point=here, reason="Again", actor=officer, as_of=MONDAY)


def test_a_number_known_as_somebody_elses_is_stopped_on_every_later_record_too(shared_number):
    officer, (here, _there) = shared_number
    mark_wrong_party(contact_point=here, actor=officer, as_of=MONDAY)
    third = makers.debtor(country="DE")
    added = {"kind": "phone", "source": "Letter", "actor": officer, "as_of": MONDAY}
    point = add_contact_point(debtor=third, value="030 555017", is_primary=True, **added)
    assert (point.value, point.status, point.is_primary) == (NUMBER, "wrong_party", False)
    assert callable_points(third, MONDAY) == []
    with pytest.raises(AlreadyKnown):
        add_contact_point(debtor=here.debtor, value=NUMBER, **added)
    # brought in by a file, it is not dialled either
    brought = makers.contact_point(debtor=makers.debtor(country="DE"), value=NUMBER)
    assert callable_points(brought.debtor, MONDAY) == []


def test_the_page_takes_a_mark_back_only_to_a_state_of_use(shared_number):
    officer, (here, there) = shared_number
    mark_wrong_party(contact_point=here, actor=officer, as_of=MONDAY)
    page, url = signed_in(officer), reverse("accounts:contact_point_mark", args=[there.pk])
    assert "may be used again on all of them" in page.get(url).content.decode()
    page.post(url, {"status": "bad", "reason": "x"})
    assert states([here, there]) == {"wrong_party"}
    page.post(url, {"status": "good", "reason": "Spoke with her"})
    here.refresh_from_db()
    there.refresh_from_db()
    assert (here.status, there.status) == ("unverified", "good")


def test_who_corrects_a_wrong_party_is_led_to_the_number_it_stopped(shared_number):
    officer, (here, _there) = shared_number
    attempt = makers.attempt(
        account=here.debtor.accounts.get(),
        at=MORNING,
        outcome=Outcome.WRONG_PARTY,
        contact_point=here,
        officer=officer,
    )
    page = signed_in(officer)
    right = {"outcome": "no_answer", "at": f"{MORNING:%Y-%m-%dT%H:%M}"}
    answer = page.post(reverse("accounts:contact_correct", args=[attempt.pk]), right, follow=True)
    assert reverse("accounts:contact_point_mark", args=[here.pk]) in answer.content.decode()


@pytest.mark.parametrize(
    ("outcome", "person", "stored"),
    [
        ("call_back", "", "unknown"),
        ("reached", "representative", "unknown"),
        ("refuses", "", "unwilling"),
        ("no_answer", "", ""),
        ("wrong_party", "", ""),
    ],
)
def test_every_contact_with_the_debtor_stores_one_coded_reason(outcome, person, stored):
    account = makers.account()
    attempt = makers.attempt(account=account, at=MORNING, outcome=Outcome(outcome), person_reached=person)
    assert attempt.nonpayment_reason == stored


def test_an_open_call_is_shown_on_every_other_page_and_comes_before_the_next_account(shared_number):
    officer, (here, there) = shared_number
    account = here.debtor.accounts.get()
    page, address = signed_in(officer), reverse("accounts:account_detail", args=[account.pk])
    assert unended_call(officer) is None
    call = open_call(account=account, contact_point=here, officer=officer, at=MORNING)
    assert unended_call(officer).number == account.number
    banner = "has no outcome yet"
    assert banner in page.get(reverse("accounts:follow_up_list")).content.decode()
    assert banner not in page.get(address).content.decode()
    answer = page.get(reverse("campaigns:next_account"))
    assert answer.url == f"{address}?from=today"
    save_outcome(call=call, outcome="no_answer", officer=officer, at=MORNING + timedelta(minutes=1))
    assert unended_call(officer) is None
    assert banner not in page.get(reverse("accounts:follow_up_list")).content.decode()


def test_a_number_is_a_link_only_with_a_permit_given_just_now(shared_number):
    officer, (here, _there) = shared_number
    account = here.debtor.accounts.get()
    page, address = signed_in(officer), reverse("accounts:account_detail", args=[account.pk])
    link = f"tel:{NUMBER}"
    assert link not in page.get(address).content.decode()
    opening = reverse("accounts:call_open", args=[account.pk])
    page.post(opening, {"contact_point": here.pk})
    assert link in page.get(address).content.decode()
    with time_machine.travel(MORNING + timedelta(minutes=3), tick=False):
        assert link not in page.get(address).content.decode()
    call = officer.open_call
    save_outcome(call=call, outcome="no_answer", officer=officer, at=MORNING + timedelta(minutes=4))
    page.post(opening, {"contact_point": here.pk, "direction": "in"})
    answer = page.get(address).content.decode()
    assert "On call" in answer
    assert link not in answer


def test_the_options_sheet_is_one_key_away_before_the_call_and_after_the_check(shared_number):
    officer, (here, _there) = shared_number
    account = here.debtor.accounts.get()
    page, address = signed_in(officer), reverse("accounts:account_detail", args=[account.pk])
    sheet = reverse("accounts:plan_options", args=[account.pk])
    link = f'href="{sheet}" target="_blank" rel="noopener" data-key="w"'
    assert link in page.get(address).content.decode()
    page.post(reverse("accounts:call_open", args=[account.pk]), {"contact_point": here.pk})
    assert link not in page.get(address).content.decode()
    page.post(reverse("accounts:call_check", args=[account.pk]), {"items": ["name", "account_number"]})
    assert link in page.get(address).content.decode()
