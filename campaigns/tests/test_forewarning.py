"""Officers see what goes out before it goes and hold it with one click; a run is stopped for good."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.holds.models import Hold
from campaigns.sending import rules, stopping
from campaigns.sending.enums import MessageStatus, Spared
from campaigns.sending.gateways import Answer
from campaigns.sending.models import Message
from campaigns.tests import making
from campaigns.tests.test_message_pages import signed_in
from campaigns.tests.test_sending import DAY, NOON, send
from campaigns.tests.test_treatment import at, owing, run
from campaigns.treatment.models import ReminderRun
from collections_app.core.enums import Role
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
PAGE = "campaigns:going_out"


def officer_with(number: int = 1):
    """An officer, his team, and accounts of his with a reminder waiting."""
    team = makers.team()
    officer = makers.teammate(team=team)
    owed_to = makers.creditor(teams=[team])
    for _place in range(number):
        owing(debtor=makers.reachable(creditor=owed_to), team=team, officer=officer)
    run(DAY)
    return officer, team


def client_of(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_an_officer_holds_a_reminder_with_one_click_before_it_goes():
    officer, _team = officer_with()
    message, client = Message.objects.get(), client_of(officer)
    page = client.get(reverse(PAGE)).content.decode()
    assert message.debtor.name in page
    done = client.post(reverse("campaigns:message_hold", args=[message.pk]))
    assert done.status_code == 302
    message.refresh_from_db()
    assert (message.status, message.spared) == (MessageStatus.WITHHELD, Spared.HOLD)
    hold = Hold.objects.get()
    assert (hold.debtor, hold.scopes, hold.placed_by) == (message.debtor, ["demand"], officer)
    assert (hold.last_day - hold.first_day).days == 6
    # once more changes nothing, and nothing leaves
    client.post(reverse("campaigns:message_hold", args=[message.pk]))
    assert Hold.objects.count() == 1
    assert send(Answer("sent"))[0] == {}
    making.sending_pause(creditor=message.creditor)
    assert "Sending is paused: books being checked" in client.get(reverse(PAGE)).content.decode()


def test_nobody_holds_what_is_not_in_his_view():
    _officer, _team = officer_with()
    message = Message.objects.get()
    stranger = client_of(makers.teammate(team=makers.team()))
    assert stranger.post(reverse("campaigns:message_hold", args=[message.pk])).status_code == 404
    auditor = signed_in(Role.AUDITOR)
    assert message.debtor.name in auditor.get(reverse(PAGE)).content.decode()
    assert auditor.post(reverse("campaigns:message_hold", args=[message.pk])).status_code == 403
    assert not Hold.objects.exists()


def test_an_officer_sees_his_own_first_and_all_in_view_if_he_asks():
    officer, team = officer_with()
    other = owing(
        debtor=makers.reachable(creditor=Message.objects.get().creditor, name="Somebody Else"), team=team
    )
    run(DAY)
    client = client_of(officer)
    assert other.debtor.name not in client.get(reverse(PAGE)).content.decode()
    assert other.debtor.name in client.get(reverse(PAGE) + "?all").content.decode()


def test_the_list_costs_the_same_for_one_and_many():
    officer, team = officer_with()
    client, costs = client_of(officer), []
    for more in (0, 8):
        owed_to = Message.objects.first().creditor
        for _place in range(more):
            owing(debtor=makers.reachable(creditor=owed_to), team=team, officer=officer)
        run(DAY)
        client.get(reverse(PAGE))
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse(PAGE))
        costs.append(len(captured))
    assert costs[0] == costs[1]


def test_reminders_of_a_run_wait_as_long_as_officers_may_look():
    makers.policy("sending", {"forewarning_minutes": 90})
    owing()
    run(DAY)
    message = Message.objects.get()
    assert (message.status, message.reason) == (MessageStatus.DEFERRED, "forewarned")
    assert message.not_before == at(DAY) + timedelta(minutes=90)
    assert send(Answer("sent"), now=at(DAY) + timedelta(minutes=89))[0] == {}
    assert send(Answer("sent"), now=at(DAY) + timedelta(minutes=91))[0] == {"sent": 1}


def test_a_run_is_stopped_for_good_by_who_may_pause():
    owed_to = makers.creditor()
    for _place in range(3):
        owing(debtor=makers.reachable(creditor=owed_to))
    run(DAY)
    the_run = ReminderRun.objects.get()
    with pytest.raises(NotAllowed):
        stopping.stop_run(run_id=the_run.pk, reason="x", actor=makers.user(), as_of=DAY)
    url = reverse("campaigns:reminder_run_stop", args=[the_run.pk])
    assert signed_in(Role.SENIOR_OFFICER).get(url).status_code == 403
    done = signed_in(Role.MANAGER).post(url, {"reason": "Wrong prices in the file"})
    assert done.status_code == 302
    assert set(Message.objects.values_list("status", flat=True)) == {MessageStatus.CANCELLED}
    assert send(Answer("sent"), now=NOON)[0] == {}
    with pytest.raises(rules.NothingWaits):
        stopping.stop_run(
            run_id=the_run.pk, reason="x", actor=makers.user(role=Role.MANAGER), as_of=DAY
        )
