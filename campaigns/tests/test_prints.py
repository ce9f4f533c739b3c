"""The print queue: every sheet is good or waste, copies say so and are true, and a notice's clock stops."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from pypdf import PdfReader

from accounts.ledger.models import AccountParty
from campaigns.notices.enums import NoticeStatus
from campaigns.notices.models import FormalNotice
from campaigns.sending.enums import PrintState
from campaigns.sending.models import LetterPrint, Message
from campaigns.sending.printing import print_letters
from campaigns.sending.reprinting import Sheets, print_again, sheets_of, spoil_prints
from campaigns.sending.rules import PrintRefused
from campaigns.tests.test_treatment import DUE, at, owing, run
from collections_app.core import documents, pdf
from collections_app.core.enums import Role
from collections_app.testing import makers

DAY = DUE + timedelta(days=1)
pytestmark = pytest.mark.django_db


def text_of(file) -> str:
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(documents.read(file))).pages)


@pytest.fixture
def printed():
    """Three letters in a batch, and who prints."""
    clerk = makers.user(role=Role.MANAGER)
    for number in range(3):
        account = owing(due=DUE - timedelta(days=29), email=f"p{number}@example.com")
        makers.contact_point(debtor=account.debtor, kind="address", value=f"Ring {number}, 10115 Berlin")
    run(DAY)
    return print_letters(now=at(DAY, 12), actor=clerk), clerk


def test_sheets_are_good_or_waste_and_copies_are_marked(printed, client):
    batch, clerk = printed
    assert sheets_of(batch) == Sheets(3, 0, 0)
    first, second, third = batch.prints.order_by("message")
    with pytest.raises(PrintRefused, match="L999999999"):
        spoil_prints(batch=batch, lines=["L999999999"], reason="jam", actor=clerk, now=at(DAY))
    with pytest.raises(PrintRefused, match="waits"):
        print_again(batch=batch, actor=clerk, now=at(DAY))
    lines = [first.reference, second.reference.lower()]
    assert spoil_prints(batch=batch, lines=lines, reason="jam", note="Tray 2", actor=clerk, now=at(DAY)) == 2
    assert (sheets_of(batch).good, sheets_of(batch).waiting) == (1, 2)

    # one of them pays meanwhile: his letter is not true any more
    account = second.message.lines.get().account
    makers.entry(account=account, amount="100.00", value_date=DAY, kind="payment")
    copies = print_again(batch=batch, actor=clerk, now=at(DAY, 13))
    assert (copies.is_copy, copies.letters, copies.spared) == (True, 1, 1)
    assert sheets_of(batch) == Sheets(3, 2, 1)
    copy = copies.prints.get()
    assert (copy.message, copy.number, copy.status) == (first.message, 2, PrintState.REPRINTED)
    assert "COPY" in text_of(copy.document)
    assert "COPY" not in text_of(first.message.document)
    assert pdf.page_count(documents.read(copies.document)) == 1
    with pytest.raises(PrintRefused, match="changed"):
        print_again(batch=batch, actor=clerk, now=at(DAY, 13))

    # a copy can be spoilt and printed again too
    assert spoil_prints(batch=copies, lines=[], reason="misprint", actor=clerk, now=at(DAY)) == 1
    assert print_again(batch=copies, actor=clerk, now=at(DAY)).prints.get().number == 3
    assert LetterPrint.objects.latest().count() == 3

    # who is spoken for since is not written to again, though the sum still stands
    spoil_prints(batch=batch, lines=[third.reference], reason="jam", actor=clerk, now=at(DAY))
    lawyer = makers.debtor(creditor=third.message.creditor, name="Weber Law")
    AccountParty.objects.create(
        account=third.message.lines.get().account, debtor=lawyer, role="representative", valid_from=DAY
    )
    with pytest.raises(PrintRefused, match="changed"):
        print_again(batch=batch, actor=clerk, now=at(DAY, 13))

    client.force_login(clerk)
    page = client.get(reverse("campaigns:print_batch_detail", args=[batch.pk])).content.decode()
    for said in (first.reference, third.reference, "Paper jam, Tray 2", "Spoilt", "Printed"):
        assert said in page
    shown = client.get(reverse("campaigns:message_detail", args=[first.message_id])).content.decode()
    assert "Spoilt (Paper jam, Tray 2), Spoilt (Misprint), Printed again" in shown
    listed = client.get(reverse("campaigns:print_batch_list")).content.decode()
    assert "Copy" in listed
    auditor = makers.user(role=Role.COLLECTION_OFFICER)
    client.force_login(auditor)
    assert client.post(reverse("campaigns:prints_again", args=[batch.pk])).status_code in (403, 404)


def test_a_spoilt_notice_loses_its_clock_and_is_given_anew(printed):
    batch, clerk = printed
    message = Message.objects.order_by("pk").first()
    message.template_version.template.notice = "first"
    message.template_version.template.save()
    notice = FormalNotice.objects.create(
        debtor=message.debtor, creditor=message.creditor, kind="first", method="post", message=message,
        sent_on=DAY, served_on=DAY, next_step_from=DAY + timedelta(days=14), actor=clerk,
    )  # fmt: skip
    spoil_prints(batch=batch, lines=[], reason="damaged", actor=clerk, now=at(DAY))
    notice.refresh_from_db()
    assert notice.status == NoticeStatus.RETURNED
    assert sheets_of(batch) == Sheets(3, 3, 0, anew=3)
    assert sheets_of(batch).waiting == 0
    with pytest.raises(PrintRefused, match="give it anew"):
        print_again(batch=batch, actor=clerk, now=at(DAY))
