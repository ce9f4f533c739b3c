"""Whose number is calling: any spelling, several records, another team's, nobody's."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.arrangements.services import take_promise
from accounts.contacts.incoming import points_with, who_calls
from accounts.contacts.models import ContactAttempt, OpenCall, UnknownCall
from accounts.contacts.services import AlreadyTied, NumberTooShort, log_unknown_call, tie_call
from accounts.parties.models import ContactPoint
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 23, 9, 42, 5, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
NUMBER = "+971505550142"


@pytest.fixture(autouse=True)
def monday_morning():
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def officer(team):
    return makers.teammate(team=team, role=Role.COLLECTION_OFFICER)


def owing(team, number=NUMBER, name="Rahman, Layla", **point):
    account = makers.account(debtor=makers.debtor(country="AE", name=name), team=team)
    makers.entry(account=account, amount="90.00", value_date=MONDAY, due_date=date(2026, 11, 1))
    makers.contact_point(debtor=account.debtor, value=number, **point)
    return account


def page_of(user, number):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client, client.get(reverse("accounts:incoming_call"), {"number": number})


@pytest.mark.parametrize(
    "spelling", [NUMBER, "00971505550142", "050 555 0142", "971-50-555-0142", "505550142", " 971505550142"]
)
def test_a_number_is_found_in_any_spelling(team, spelling):
    account = owing(team)
    owing(team, number="+971505550143", name="Another")
    assert [point.debtor_id for point in points_with(spelling)] == [account.debtor_id]


def test_the_whole_number_goes_before_one_with_the_same_end(team):
    here, there = owing(team), owing(team, number="+966505550142", name="Elsewhere")
    assert [point.debtor_id for point in points_with(NUMBER)] == [here.debtor_id]
    both = {point.debtor_id for point in points_with("0505550142")}
    assert both == {here.debtor_id, there.debtor_id}
    assert points_with("0142") == []


def test_the_page_asks_which_of_several_and_answers_by_post(team, officer):
    first, second = owing(team), owing(team, name="Rahman, Tariq", status="wrong_party")
    take_promise(
        account=first, amount=Decimal("40.00"), due_date=date(2026, 11, 30), actor=officer, as_of=MONDAY
    )
    client, answer = page_of(officer, NUMBER)
    text = answer.content.decode()
    assert text.index("Rahman, Layla") < text.index("Rahman, Tariq")
    assert "Promise: " in text
    assert "Marked wrong party" in text
    assert not OpenCall.objects.exists()
    point = ContactPoint.objects.get(debtor=second.debtor)
    client.post(
        reverse("accounts:call_open", args=[second.pk]), {"direction": "in", "contact_point": point.pk}
    )
    call = OpenCall.objects.get()
    assert (call.account, call.direction, call.contact_point, call.permit) == (second, "in", point, None)


def test_a_debtor_of_another_team_is_named_by_his_team_alone(officer):
    account = owing(makers.team(name="Team North"))
    _client, answer = page_of(officer, NUMBER)
    text = answer.content.decode()
    assert "Team North" in text
    assert "Rahman" not in text
    assert account.number not in text


def test_one_and_many_records_cost_the_same(team, officer):
    owing(team)

    def cost():
        with CaptureQueriesContext(connection) as captured:
            who_calls(NUMBER, officer, as_of=MONDAY)
        return len(captured)

    cost()
    one = cost()
    for n in range(12):
        owing(team, name=f"Person {n}")
    assert cost() == one <= 6


def test_an_unknown_number_is_logged_and_tied_when_it_is_known_whose(team, officer):
    client, answer = page_of(officer, "+4915155501")
    assert "stands on no record" in answer.content.decode()
    client.post(
        reverse("accounts:unknown_call_new"), {"number": "+49 151 555 01 77", "note": "Says he paid"}
    )
    call = UnknownCall.objects.get()
    assert call.officer == officer
    assert "+49 151 555 01 77" in client.get(reverse("accounts:unknown_call_list")).content.decode()
    account = owing(team)
    hidden = owing(makers.team(), name="Hidden")
    tie = reverse("accounts:unknown_call_tie", args=[call.pk])
    client.post(tie, {"account": hidden.number})
    assert not ContactAttempt.objects.exists()
    client.post(tie, {"account": account.number, "keep_number": "on"})
    attempt = ContactAttempt.objects.get()
    assert (attempt.at, attempt.direction, attempt.note) == (MORNING, "in", "Says he paid")
    assert (attempt.contact_point.value, attempt.contact_point.source) == ("+491515550177", "called us")
    assert attempt.contact_point.status == "unverified"
    call.refresh_from_db()
    with pytest.raises(AlreadyTied):
        tie_call(call=call, account=account, keep_number=False, actor=officer)
    assert list(UnknownCall.objects.untied()) == []


def test_a_few_digits_are_no_number(officer):
    with pytest.raises(NumberTooShort):
        log_unknown_call(number="0142", at=MORNING, officer=officer)


def test_a_call_taken_beside_a_colleague_stays_an_incoming_one(team, officer):
    account = owing(team)
    makers.attempt(account=account, at=MORNING, officer=makers.user())
    client, _answer = page_of(officer, NUMBER)
    opening = reverse("accounts:call_open", args=[account.pk])
    asked = client.post(opening, {"direction": "in"}).content.decode()
    assert 'name="direction" value="in"' in asked
    assert "Take the call all the same" in asked
