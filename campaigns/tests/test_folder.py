"""The correspondence folder: everything both ways, sorted, searched, and only what one may see (D80)."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.arrangements.jobs import KeepPlanPaper
from campaigns.folder.models import FiledPaper
from campaigns.folder.queries import folder
from campaigns.folder.rules import PaperRefused
from campaigns.folder.services import file_paper
from campaigns.sending.models import Message
from campaigns.sending.replies import file_reply
from campaigns.tests import making
from collections_app.core import clock, documents
from collections_app.core.enums import Role
from collections_app.core.models import Job
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer <<>>\n%%EOF\n"


def full():
    """An account whose debtor was written to, wrote back and sent a paper."""
    account = makers.account()
    now = clock.now()
    sent = making.message(account=account, status="sent", subject="A word", body="About the meter reading")
    Message.objects.filter(pk=sent.pk).update(sent_at=now - timedelta(days=2))
    making.message(account=account, status="queued", body="Not gone yet")
    sent.refresh_from_db()
    file_reply(
        message=sent,
        address="",
        channel="email",
        text="The reading is wrong",
        now=now - timedelta(days=1),
        as_of=clock.today(),
        actor=makers.system(),
    )
    paper = file_paper(
        debtor=account.debtor,
        kind="complaint",
        received_on=clock.today(),
        title="Complaint about the bailiff",
        content=PDF,
        filename="scan.pdf",
        actor=makers.user(role=Role.MANAGER),
        as_of=clock.today(),
    )
    return account, paper


def test_the_folder_holds_what_left_and_what_came_and_finds_words():
    account, _paper = full()
    boss = makers.user(role=Role.MANAGER)
    rows = folder(debtor=account.debtor, user=boss)
    assert sorted((row.kind, row.direction) for row in rows) == [
        ("email", "in"),
        ("email", "out"),
        ("paper", "in"),
    ]
    assert [row.at for row in rows] == sorted((row.at for row in rows), reverse=True)

    def found(words):
        return sorted(row.title for row in folder(debtor=account.debtor, user=boss, words=words))

    assert found("reading") == ["A word", "The reading is wrong"]
    assert found("reading -meter") == ["The reading is wrong"]
    assert found("bailiff") == ["Complaint about the bailiff"]
    assert found("'; drop") == []


def test_another_team_sees_neither_the_folder_nor_its_papers(client: Client):
    account, paper = full()
    stranger = makers.user(role=Role.COLLECTION_OFFICER)
    assert not documents.may_read(stranger, paper.document)
    assert documents.may_read(makers.user(role=Role.MANAGER), paper.document)
    client.force_login(stranger)
    for name, pk in (
        ("debtor_folder", account.debtor_id),
        ("account_folder", account.pk),
        ("paper_file", account.debtor_id),
    ):
        assert client.get(reverse(f"campaigns:{name}", args=[pk])).status_code == 404


def test_a_paper_has_arrived_by_today():
    account = makers.account()
    with pytest.raises(PaperRefused):
        file_paper(
            debtor=account.debtor,
            kind="letter",
            received_on=clock.today() + timedelta(days=2),
            title="Tomorrow",
            content=PDF,
            filename="scan.pdf",
            actor=makers.user(role=Role.MANAGER),
            as_of=clock.today(),
        )


def test_a_scan_is_filed_and_the_folder_sorts_and_narrows_in_the_browser(client: Client):
    account, _paper = full()
    client.force_login(makers.user(role=Role.MANAGER))
    url = reverse("campaigns:debtor_folder", args=[account.debtor_id])
    answer = client.get(reverse("campaigns:account_folder", args=[account.pk]), follow=True)
    assert answer.redirect_chain[-1][0] == url
    client.post(
        reverse("campaigns:paper_file", args=[account.debtor_id]),
        {
            "file": SimpleUploadedFile("letter.pdf", PDF),
            "kind": "letter",
            "received_on": clock.today().isoformat(),
            "title": "Please wait",
        },
    )
    assert FiledPaper.objects.filter(title="Please wait").exists()
    page = client.get(url, {"kind": "paper", "sort": "kind_label"}).content.decode()
    assert "Please wait" in page
    assert "A word" not in page
    page = client.get(url, {"q": "meter"}).content.decode()
    assert "A word" in page
    assert "Please wait" not in page
    assert url in client.get(reverse("accounts:debtor_detail", args=[account.debtor_id])).content.decode()


def test_the_paper_of_a_plan_is_kept_once_and_filed():
    """D32: what the debtor agreed on stays, whatever is changed later."""
    today = clock.today()
    account = makers.account()
    makers.entry(account=account, amount="600.00", value_date=today - timedelta(days=30))
    plan = makers.payment_plan(account=account, amount="600.00", as_of=today)
    assert Job.objects.get(runner=KeepPlanPaper.name).params == {"plan": plan.pk}
    for _again in range(2):
        KeepPlanPaper.run_now(params={"plan": plan.pk}, actor=makers.system())
    (row,) = folder(debtor=account.debtor, user=makers.user(role=Role.MANAGER))
    assert (row.kind, row.direction, row.title) == ("plan", "out", "600.00\u00a0EUR")
    client = Client()
    client.force_login(makers.user(role=Role.MANAGER))
    got = client.get(reverse("core:file_download", args=[row.file]))
    assert got.status_code == 200
    assert got["Content-Type"] == "application/pdf"
    client.force_login(makers.user())
    assert client.get(reverse("core:file_download", args=[row.file])).status_code == 404
