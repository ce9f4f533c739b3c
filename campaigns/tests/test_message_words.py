"""Where a message stands, said on its page and in the list."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.compliance.models import Permit
from campaigns.sending import settling, wording
from campaigns.sending.enums import MessageStatus, Spared
from campaigns.sending.models import Message
from campaigns.sending.queries import last_refusal
from campaigns.tests import making
from campaigns.tests.test_treatment import DUE, at, owing
from campaigns.treatment.services import run_reminders
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


def manager() -> Client:
    client = Client()
    client.force_login(
        makers.user(role=Role.MANAGER), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def page(message: Message) -> str:
    return manager().get(reverse("campaigns:message_detail", args=[message.pk])).content.decode()


def test_a_reminder_queued_at_night_says_why_it_waits_and_until_when():
    owing(debtor=makers.reachable(time_zone="Europe/Lisbon", country="PT"))
    day = DUE + timedelta(days=1)
    run_reminders(as_of=day, now=at(day, 1), actor=makers.system())
    message = Message.objects.get()
    assert (message.status, message.reason) == (MessageStatus.DEFERRED, "contact_hours")
    said = page(message)
    assert "Outside contact hours. It waits for the next moment the contact rules allow." in said
    assert "in Lisbon" in said or "there and here" in said
    assert "contact_hours" not in said
    assert "attempts 10/7d" not in said
    listed = manager().get(reverse("campaigns:message_list")).content.decode()
    assert "Outside contact hours" in listed


def test_a_message_that_a_later_fact_stops_forgets_why_it_waited():
    message = making.message(
        account=makers.account(), status="deferred", reason="contact_hours"
    )
    withheld = settling.Withheld(message, Spared.PROMISE, clock.today())
    settling.withhold_many([withheld], actor=makers.system())
    message.refresh_from_db()
    assert message.reason == ""
    assert wording.why(message) == "The debtor has promised to pay, and the promise still runs."
    assert wording.what_next(message).startswith("Wait: if the promise is broken")


@pytest.mark.parametrize("spared", list(Spared))
def test_every_reason_to_withhold_has_a_sentence_and_a_next_step(spared):
    message = making.message(account=makers.account(), status="withheld", spared=spared)
    assert wording.why(message).endswith(".")
    assert wording.what_next(message).endswith(".")
    assert wording.short_reason(message)


def test_a_cap_that_is_used_up_is_named_with_its_number():
    account = makers.account()
    message = making.message(account=account, status="deferred", reason="cap")
    Permit.objects.create(
        debtor=account.debtor,
        creditor=account.creditor,
        account_ids=[account.pk],
        channel="email",
        moment=at(DUE),
        is_allowed=False,
        rule="cap",
        profile="office 2026-03-01",
        facts={"counts": {"email attempts 10/7d": 10, "call+email attempts 20/7d": 3}},
        actor=makers.system(),
    )
    said = page(message)
    assert "Tried often enough for now: 10 used of 10 attempts in 7 days." in said


def test_the_gateway_that_was_not_there_is_said_with_the_try():
    message = making.message(
        account=makers.account(), status="deferred", reason="connection refused", attempts=2
    )
    said = wording.why(message)
    assert said == "The gateway did not take it (try 2 of 5): connection refused"
    assert wording.short_reason(message) == "The gateway was not there"


def test_a_pause_is_the_first_thing_said():
    account = makers.account()
    message = making.message(account=account)
    making.sending_pause(creditor=account.creditor)
    assert "Sending is paused: books being checked" in page(message)


def test_the_tabs_count_the_states_of_one_run():
    account = makers.account()
    for status, run_id in (("sent", 7), ("sent", 8), ("withheld", 7), ("unknown", 7)):
        making.message(account=account, status=status, run_id=run_id)
    answer = manager().get(reverse("campaigns:message_list"), {"run": 7, "fragment": "totals"})
    assert answer.context_data["tab_counts"] == ["4", "3", "1", "0", "0", "1", "1"]
    page = manager().get(reverse("campaigns:message_list"), {"run": 7}).content.decode()
    assert "?status=sent&amp;run=7" in page


def test_letters_and_unknown_ones_tell_the_reader_what_to_do():
    account = makers.account()
    letter = making.message(account=account, channel="letter")
    lost = making.message(account=account, status="unknown", reason="The worker died while sending")
    assert wording.why(letter) == "It waits to be printed. It is judged again then."
    assert wording.why(lost).startswith("Nobody can tell whether it left")
    assert "Message-ID" in wording.what_next(lost)


def test_a_refusal_about_another_account_is_not_the_messages_own():
    account = owing()
    waits = making.message(account=account, status="deferred")
    fields = {
        "debtor": account.debtor,
        "creditor": account.creditor,
        "channel": "email",
        "is_allowed": False,
        "profile": "default",
        "actor": makers.system(),
    }
    own = Permit.objects.create(account_ids=[account.pk], moment=at(DUE), **fields)
    other = makers.account(debtor=account.debtor)
    Permit.objects.create(account_ids=[other.pk], moment=at(DUE + timedelta(days=1)), **fields)
    assert last_refusal(waits) == own
