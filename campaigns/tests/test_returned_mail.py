"""Letters that the post brings back, entered by the reference printed on them (D15)."""

import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from accounts.tasks.models import Task
from campaigns.sending import printing, rules
from campaigns.sending.models import Message, reference_of
from campaigns.sending.reprinting import spoil_prints
from campaigns.sending.returned_mail import (
    references_in,
    take_back_letters,
    undo_return,
)
from campaigns.tests.test_sending import DAY, NOON
from campaigns.tests.test_treatment import DUE, owing, run
from campaigns.treatment.enums import StepStatus
from campaigns.treatment.models import StepRecord
from collections_app.core import documents, pdf
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


def printed(number: int = 1):
    """A letter printed to a debtor who can be reached by text message too."""
    account = owing(due=DUE - timedelta(days=29), email=f"letter{number}@example.com")
    makers.contact_point(
        debtor=account.debtor, kind="address", value=f"Ring {number}, 10115 Berlin"
    )
    run(DAY)
    printing.print_letters(now=NOON, actor=makers.user(role=Role.SUPERVISOR))
    return account, Message.objects.get(debtor=account.debtor, channel="letter")


def test_a_scan_finds_the_letter_marks_the_address_and_takes_the_next_channel():
    account, message = printed()
    makers.contact_point(debtor=account.debtor)
    done = take_back_letters(
        lines=references_in(f"*l{message.pk}*\n\nL999999999\nrubbish\n"),
        reason="Moved",
        actor=makers.user(role=Role.MANAGER),
        now=NOON,
    )
    assert (done.taken, done.unknown) == ([message.pk], ["rubbish", "L999999999"])
    message.refresh_from_db()
    assert (message.delivery, message.reason, message.contact_point.status) == (
        "bounced",
        "Moved",
        "bad",
    )
    assert Task.objects.filter(kind="trace", status="open").count() == 1
    assert Message.objects.get(instead_of=message).channel != "letter"
    again = take_back_letters(
        lines=[reference_of(message.pk)],
        reason="Moved",
        actor=makers.user(role=Role.MANAGER),
        now=NOON,
    )
    assert (again.taken, again.again) == ([], [f"L{message.pk}"])
    assert Message.objects.filter(instead_of=message).count() == 1


def test_a_return_is_undone_until_something_went_out_instead():
    account, message = printed()
    makers.contact_point(debtor=account.debtor)
    boss = makers.user(role=Role.MANAGER)
    take_back_letters(lines=[f"L{message.pk}"], reason="Moved", actor=boss, now=NOON)
    undo_return(message=message, reason="Wrong pile", actor=boss, now=NOON)
    message.refresh_from_db()
    assert (message.delivery, message.contact_point.status) == ("", "unverified")
    assert Message.objects.get(instead_of=message).status == "cancelled"
    assert Task.objects.get(kind="trace").status == "cancelled"
    record = StepRecord.objects.get(account=account, message=message)
    assert record.status == StepStatus.DONE
    with pytest.raises(rules.ReturnStands):
        undo_return(message=message, reason="Twice", actor=boss, now=NOON)


def test_what_went_out_instead_keeps_the_return():
    account, message = printed()
    makers.contact_point(debtor=account.debtor)
    boss = makers.user(role=Role.MANAGER)
    take_back_letters(lines=[f"L{message.pk}"], reason="Moved", actor=boss, now=NOON)
    Message.objects.filter(instead_of=message).update(status="sent")
    with pytest.raises(rules.ReturnStands):
        undo_return(message=message, reason="Wrong pile", actor=boss, now=NOON)


def test_the_pages_enter_list_and_undo_and_an_officer_has_none_of_them(client: Client):
    _account, message = printed()
    client.force_login(makers.user(role=Role.MANAGER))
    answer = client.post(
        reverse("campaigns:letters_returned"),
        {"lines": f"L{message.pk}\nL0000999", "reason": "Moved"},
        follow=True,
    )
    said = answer.content.decode()
    assert "1 letter entered as returned." in said
    assert "No letter was sent with: L0000999." in said
    assert reverse("campaigns:letter_return_undo", args=[message.pk]) in said
    client.post(
        reverse("campaigns:letter_return_undo", args=[message.pk]), {"reason": "Wrong pile"}
    )
    message.refresh_from_db()
    assert message.delivery == ""
    # a print that was spoilt was never posted: nothing of it can come back
    boss = makers.user(role=Role.MANAGER)
    spoil_prints(batch=message.prints.get().batch, lines=[], reason="jam", actor=boss, now=NOON)
    answer = client.post(
        reverse("campaigns:letters_returned"), {"lines": f"L{message.pk}\nL0000999", "reason": "Moved"}
    )
    assert answer.status_code == 422
    assert f"Spoilt when printed, so never posted: L{message.pk}." in answer.content.decode()
    message.refresh_from_db()
    assert (message.delivery, message.contact_point.status) == ("", "unverified")
    client.force_login(makers.user(role=Role.FIELD_OFFICER))
    assert client.get(reverse("campaigns:letters_returned")).status_code == 403


def test_the_reference_that_is_scanned_stands_on_the_letter():
    _account, message = printed()
    words = pdf_words(documents.read(message.document))
    assert reference_of(message.pk) in words
    assert pdf.page_count(documents.read(message.document)) == 1


def pdf_words(content: bytes) -> str:

    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
