"""An address that does not work: a trace task, and the next channel takes the message's place (D15)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.contacts.models import ContactAttempt
from accounts.tasks.models import Task
from campaigns.sending import decisions, receipts, rules
from campaigns.sending.enums import MessageStatus
from campaigns.sending.gateways import Answer, Gateways
from campaigns.sending.models import Message
from campaigns.sending.queries import run_figures
from campaigns.sending.services import send_due
from campaigns.tests.test_sending import NOON, Silent, queued
from campaigns.treatment.enums import StepStatus
from campaigns.treatment.models import ReminderRun, StepRecord
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
BOUNCE = Answer("refused", "550 no such user", is_bounce=True)


def bounce(now=NOON):
    """Every e-mail comes back, every text message arrives."""
    texts = Silent(Answer("sent"))
    send_due(
        now=now,
        limit=50,
        actor=makers.system(),
        gateways=Gateways(email=Silent(BOUNCE), sms=texts),
    )
    return texts


def test_a_bounce_is_followed_by_the_next_channel_and_a_trace():
    account, message = queued()
    phone = makers.contact_point(debtor=account.debtor)
    bounce()
    message.refresh_from_db()
    assert (message.status, message.delivery) == (MessageStatus.FAILED, "bounced")
    instead = Message.objects.get(instead_of=message)
    assert (instead.channel, instead.contact_point) == ("sms", phone)
    assert instead.template_version.template.code == message.template_version.template.code
    assert [line.demanded for line in instead.lines.all()] == [
        line.demanded for line in message.lines.all()
    ]
    task = Task.objects.get(kind="trace")
    assert account.debtor.name in task.title
    record = StepRecord.objects.get(account=account)
    assert (record.message_id, record.status) == (instead.pk, StepStatus.QUEUED)


def test_the_replacement_is_judged_and_sent_like_any_other():
    account, message = queued()
    makers.contact_point(debtor=account.debtor)
    bounce()
    texts = bounce(NOON + timedelta(minutes=1))
    assert len(texts.parcels) == 1
    assert Message.objects.get(instead_of=message).status == MessageStatus.SENT
    assert StepRecord.objects.get(account=account).status == StepStatus.DONE
    assert sorted(ContactAttempt.objects.values_list("outcome", flat=True)) == ["bounced", "sent"]


def test_another_address_of_the_same_kind_goes_before_another_channel():
    account, message = queued()
    makers.contact_point(debtor=account.debtor)
    second = makers.contact_point(debtor=account.debtor, kind="email", value="second@example.com")
    bounce()
    assert Message.objects.get(instead_of=message).contact_point == second


def test_without_another_way_only_the_trace_is_left():
    _account, message = queued()
    bounce()
    assert not Message.objects.filter(instead_of=message).exists()
    assert Task.objects.filter(kind="trace").count() == 1


def test_a_channel_the_debtor_refused_is_not_tried():
    account, message = queued()
    makers.contact_point(debtor=account.debtor)
    account.debtor.allowed_channels = ["email"]
    account.debtor.save(update_fields=["allowed_channels"])
    bounce()
    assert not Message.objects.filter(instead_of=message).exists()


def test_a_run_of_dead_addresses_comes_to_an_end():
    account, _message = queued()
    for place in range(6):
        makers.contact_point(debtor=account.debtor, kind="email", value=f"dead{place}@example.com")
    for minute in range(6):
        bounce(NOON + timedelta(minutes=minute))
    assert Message.objects.count() == 3
    assert Task.objects.filter(kind="trace").count() == 1


def test_the_figures_of_the_run_still_add_up():
    account, _message = queued()
    makers.contact_point(debtor=account.debtor)
    bounce()
    run = ReminderRun.objects.get()
    figures = run_figures(run.pk, run.counts["messages"])
    assert figures.adds_up
    assert figures.failed == 1


def test_a_receipt_that_says_failed_twice_is_followed_once():
    account, message = queued()
    makers.contact_point(debtor=account.debtor, kind="address", value="Ring 1, 10115 Berlin")
    send_due(
        now=NOON,
        limit=5,
        actor=makers.system(),
        gateways=Gateways(email=Silent(Answer("sent")), sms=Silent(Answer("sent"))),
    )
    for event in ("a", "b"):
        receipts.take_event(
            event={
                "event_id": event,
                "event": "receipt",
                "idempotency_key": message.key,
                "status": "failed",
            },
            now=NOON + timedelta(hours=1),
        )
    assert Message.objects.filter(instead_of=message).count() == 1


def test_what_was_replaced_is_not_tried_again():
    account, message = queued()
    makers.contact_point(debtor=account.debtor)
    bounce()
    with pytest.raises(rules.AlreadyReplaced):
        decisions.retry_failed(message=message, note="x", actor=makers.system(), now=clock.now())


def test_both_pages_lead_to_each_other():
    account, message = queued()
    makers.contact_point(debtor=account.debtor)
    bounce()
    instead = Message.objects.get(instead_of=message)
    client = Client()
    client.force_login(
        makers.user(role=Role.MANAGER), backend="django.contrib.auth.backends.ModelBackend"
    )
    for one, other in ((message, instead), (instead, message)):
        page = client.get(reverse("campaigns:message_detail", args=[one.pk])).content.decode()
        assert reverse("campaigns:message_detail", args=[other.pk]) in page
