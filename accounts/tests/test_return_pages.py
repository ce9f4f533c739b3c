"""The pages of payments, returns, retries, reasons, files and irregularities in use."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.imports.jobs import ReadReturnFile
from accounts.irregularities.models import Irregularity
from accounts.irregularities.services import open_irregularity
from accounts.ledger.models import LedgerEntry
from accounts.payments.services import post_payment
from accounts.returns.file_posting import post_return_file
from accounts.returns.files import load_return_file
from accounts.returns.formats import FoundReturn
from accounts.returns.models import PaymentReturn, Retry, ReturnFile, ReturnReason
from accounts.returns.services import record_return
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import Job
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return clock.today()


@pytest.fixture
def team():
    return makers.team()


def signed_in(client, team, role):
    person = makers.teammate(team=team, role=role)
    client.force_login(person)
    return person


def paid(team, today, reference="", **fields):
    account = makers.account(team=team, **fields)
    makers.entry(account=account, amount="100.00", value_date=today - timedelta(days=30))
    return post_payment(
        account=account,
        amount=Decimal("40.00"),
        value_date=today - timedelta(days=4),
        method="direct_debit",
        reference=reference,
        actor=makers.system(),
        as_of=today,
    )


def returned(team, today):
    return record_return(
        entry=paid(team, today),
        scheme="sepa",
        code="AM04",
        return_date=today - timedelta(days=1),
        actor=makers.system(),
        as_of=today,
    )


def case(team, today):
    return open_irregularity(
        kind="short",
        amount=Decimal("5.00"),
        currency="EUR",
        account=makers.account(team=team),
        note="Five are missing",
        actor=makers.system(),
        as_of=today,
    )


def waiting_row(team, today):
    """A posted file with one row whose receipt nobody knows."""
    chief = makers.teammate(team=team, role=Role.SUPERVISOR)
    number = makers.number()
    row = FoundReturn(1, "AM04", Decimal(4), "EUR", today, reference=f"gone-{number}")
    file = load_return_file(
        content=f"{number}".encode(),
        filename="r.txt",
        scheme="sepa",
        format="camt",
        found=[row],
        actor=chief,
        as_of=today,
    )
    return post_return_file(return_file=file, actor=chief, as_of=today)


@pytest.mark.parametrize(
    "name, make",
    [
        ("payment_list", paid),
        ("return_list", returned),
        ("retry_list", returned),
        ("irregularity_list", case),
        ("return_file_list", waiting_row),
        ("return_row_list", waiting_row),
    ],
)
def test_a_list_costs_the_same_for_one_and_thirty_rows(client, team, today, name, make):
    client.force_login(makers.user(role=Role.MANAGER))
    make(team, today)
    url = reverse(f"accounts:{name}")

    def cost():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    cost()
    one = cost()
    for _ in range(5):
        make(team, today)
    assert cost() == one
    assert one <= 6
    totals = client.get(url, {"fragment": "totals"})
    assert "6" in totals.content.decode()


def test_it_came_back_is_said_on_the_payments_page(client, team, today):
    entry = paid(team, today, "E2E-1")
    signed_in(client, team, Role.COLLECTION_OFFICER)
    page = client.get(reverse("accounts:entry_detail", args=[entry.pk])).content.decode()
    assert "It came back" in page
    assert "Posted by mistake" not in page
    url = reverse("accounts:return_new", args=[entry.pk])
    form = client.get(url).content.decode()
    assert "AM04 Insufficient funds" in form
    assert "R29 Company says it was not authorised (not verified)" in form
    assert "signature_differs" not in form
    sent = {"reason": "sepa:AM04", "return_date": today.isoformat(), "amount": "40.00"}
    wrong = client.post(url, {**sent, "return_date": (today - timedelta(days=9)).isoformat()})
    assert wrong.status_code == 422
    assert "before it was paid" in wrong.content.decode()
    answer = client.post(url, sent)
    back = PaymentReturn.objects.get()
    assert answer.url == reverse("accounts:return_detail", args=[back.pk])
    page = client.get(answer.url).content.decode()
    assert "Insufficient funds" in page
    assert "to be presented again" not in page
    assert client.get(url).status_code == 404
    entry_page = client.get(reverse("accounts:entry_detail", args=[entry.pk])).content.decode()
    assert "AM04 Insufficient funds" in entry_page
    listed = client.get(reverse("accounts:payment_list"), {"came_back": "true"}).content.decode()
    assert "Came back: AM04" in listed
    since = {"paid_after": today.isoformat()}
    assert entry.account.number not in client.get(reverse("accounts:payment_list"), since).content.decode()
    timeline = client.get(reverse("accounts:account_detail", args=[entry.account_id])).content.decode()
    assert "Came back: AM04 Insufficient funds" in timeline
    cash = makers.entry(
        account=entry.account, amount="5.00", kind="payment", method="cash", value_date=today, as_of=today
    )
    assert "It came back" not in client.get(reverse("accounts:entry_detail", args=[cash.pk])).content.decode()


def test_a_retry_is_presented_from_its_page(client, team, today):
    back = returned(team, today)
    signed_in(client, team, Role.SENIOR_OFFICER)
    listed = client.get(reverse("accounts:retry_list"), {"status": "planned"}).content.decode()
    assert back.account.number in listed
    url = reverse("accounts:retry_present", args=[back.retry.pk])
    paid = {"amount": "40.00", "value_date": today.isoformat()}
    assert "It is planned for" in client.post(url, paid).content.decode()
    Retry.objects.update(planned_date=today)
    answer = client.post(url, paid)
    assert answer.status_code == 302
    retry = Retry.objects.get()
    assert retry.status == "done"
    assert "Paid" in client.get(answer.url).content.decode()


def test_a_file_goes_from_the_desk_to_the_ledger(client, team, today):
    entry = paid(team, today, "E2E-1")
    supervisor = signed_in(client, team, Role.SUPERVISOR)
    rows = (
        "Code;Amount;End to end id;Day\n"
        "AM04;40,00;E2E-1;{day}\nAM04;9,00;E2E-7;{day}\n0000;1,00;E2E-8;{day}\n"
    )
    content = rows.format(day=today.isoformat()).encode()

    def bring(scheme):
        file = SimpleUploadedFile("back.csv", content)
        return client.post(reverse("accounts:return_file_new"), {"file": file, "scheme": scheme})

    assert "Say of which scheme" in bring("").content.decode()
    answer = bring("sepa")
    file = ReturnFile.objects.get(loaded_by=supervisor)
    assert answer.url == reverse("accounts:return_file_detail", args=[file.pk])
    columns = {"code": "Code", "amount": "Amount", "reference": "End to end id", "return_date": "Day"}
    answer = client.post(reverse("accounts:return_file_columns", args=[file.pk]), columns)
    assert answer.status_code == 302, answer.content.decode()
    assert list(file.rows.order_by("number").values_list("finding", flat=True)) == [
        "matched",
        "unknown",
        "success",
    ]
    assert file.rows.get(number=1).return_date == today
    assert bring("sepa").url == reverse("accounts:return_file_detail", args=[file.pk])
    page = client.get(reverse("accounts:return_file_detail", args=[file.pk])).content.decode()
    assert "Receipt found" in page
    assert client.post(reverse("accounts:return_file_post", args=[file.pk])).status_code == 302
    assert LedgerEntry.objects.get(reverses=entry).value_date == today
    queue = client.get(reverse("accounts:return_row_list")).content.decode()
    assert "E2E-7" in queue
    assert "E2E-8" not in queue
    other = paid(team, today, debtor=makers.debtor(creditor=entry.account.creditor, name="Zoe Unmatched"))
    waiting = file.rows.get(number=2)
    file.rows.filter(pk=waiting.pk).update(amount=Decimal("40.00"))
    url = reverse("accounts:return_row_detail", args=[waiting.pk])
    assert "Zoe Unmatched" in client.get(url).content.decode()
    answer = client.post(url, {"entry": other.pk, "reason": "sepa:MS03"})
    assert answer.status_code == 302, answer.content.decode()
    assert PaymentReturn.objects.get(entry=other).reason.code == "MS03"
    assert client.get(reverse("accounts:return_row_list")).content.decode().count("E2E-7") == 0


def test_a_file_that_cannot_be_read_says_why(client, team):
    signed_in(client, team, Role.SUPERVISOR)
    for content, says in (
        (b"<x/>", "no camt.053"),
        (b"<Document>camt.054", "damaged"),
        (b"101 " + b" " * 90 + b"\n5" + b" " * 93 + b"\n6" + b"x" * 93, "no amount"),
    ):
        file = SimpleUploadedFile("back.xml", content)
        answer = client.post(reverse("accounts:return_file_new"), {"file": file})
        assert answer.status_code == 422
        assert says in answer.content.decode()
    assert not ReturnFile.objects.exists()


def test_a_reason_is_changed_by_two(client, team, today):
    reason = ReturnReason.objects.in_force(today).get(scheme="becs", code="6")
    signed_in(client, team, Role.SUPERVISOR)
    url = reverse("accounts:return_reason_change", args=[reason.pk])
    assert (
        "not verified"
        in client.get(reverse("accounts:return_reason_detail", args=[reason.pk])).content.decode()
    )
    answer = client.post(
        url,
        {
            "label": "Refer to customer",
            "action_class": "call",
            "retry_limit": "0",
            "blocks": "flag",
            "task_for": "officer",
            "task_days": "1",
            "is_active": "on",
            "valid_from": today.isoformat(),
            "note": "Our bank calls",
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    assert client.post(f"{answer.url}approve/").status_code == 403
    signed_in(client, team, Role.MANAGER)
    assert client.post(f"{answer.url}approve/").status_code == 302
    assert ReturnReason.objects.in_force(today).get(scheme="becs", code="6").action_class == "call"


def test_an_irregularity_from_report_to_correction(client, team, today):
    account = makers.account(team=team)
    officer = signed_in(client, team, Role.COLLECTION_OFFICER)
    url = reverse("accounts:account_irregularity_new", args=[account.pk])
    answer = client.post(
        url, {"kind": "duplicate", "amount": "12.00", "note": "Posted twice", "owner": officer.pk}
    )
    assert answer.status_code == 302, answer.content.decode()
    made = Irregularity.objects.get()
    assert (made.currency, made.account, made.owner) == ("EUR", account, officer)
    assert (
        "Posted twice" in client.get(reverse("accounts:account_detail", args=[account.pk])).content.decode()
    )
    client.post(reverse("accounts:irregularity_take", args=[made.pk]))
    paper = SimpleUploadedFile("slip.txt", b"twelve twice")
    client.post(reverse("accounts:irregularity_document", args=[made.pk]), {"file": paper})
    correction = makers.entry(account=account, amount="12.00", value_date=today)
    closing = reverse("accounts:irregularity_close", args=[made.pk])
    assert client.post(closing, {"entries": [correction.pk]}).status_code == 422
    answer = client.post(closing, {"entries": [correction.pk], "note": "Reversed one"})
    page = client.get(answer.url).content.decode()
    for words in ("Reversed one", "slip.txt", account.number, "Corrected"):
        assert words in page
    wrong = paid(team, today, "REF-7")
    right = paid(team, today, "REF-7", debtor=makers.debtor(creditor=wrong.account.creditor))
    beside = makers.entry(
        account=makers.account(debtor=wrong.account.debtor, team=team), amount="1.00", value_date=today
    )
    moved = open_irregularity(
        kind="wrong_account", amount=wrong.amount, currency="EUR", account=wrong.account, note="Another's",
        owner=officer, subject=wrong, actor=makers.system(), as_of=today,
    )  # fmt: skip
    offered = client.get(reverse("accounts:irregularity_close", args=[moved.pk])).content.decode()
    for entry in (right, beside):
        assert f'value="{entry.pk}"' in offered
        assert entry.account.number in offered
    mine = client.get(reverse("accounts:irregularity_list"), {"mine": "true", "under_way": "true"})
    assert "Posted twice" not in mine.content.decode()
    assert client.get(reverse("accounts:irregularity_list"), {"late": "true"}).status_code == 200
    export = client.post(reverse("accounts:irregularity_list"), {"_verb": "export", "format": "csv"})
    assert "Five are missing" not in b"".join(export).decode()
    export.close()


def test_a_large_file_is_read_by_a_worker(client, team, today, monkeypatch):
    monkeypatch.setattr("accounts.imports.returned_files.READ_AT_ONCE", 50)
    monkeypatch.setattr("accounts.web.returns.bringing.READ_AT_ONCE", 50)
    supervisor = signed_in(client, team, Role.SUPERVISOR)
    entry = paid(team, today, "E2E-7")
    day = today.isoformat()
    table = f"Wann;Grund;Wieviel;Was\n{day};AM04;40,00;E2E-7\n{day};AM04;1,00;E2E-8\n"

    def bring(content, scheme="sepa"):
        upload = SimpleUploadedFile("back.csv", content.encode())
        return client.post(reverse("accounts:return_file_new"), {"file": upload, "scheme": scheme})

    def read(file):
        Job.objects.filter(runner="accounts.read_return_file").delete()
        job = ReadReturnFile.run_now(scope=str(file.pk), actor=supervisor)
        file.refresh_from_db()
        return job

    answer = bring(table)
    file = ReturnFile.objects.get()
    assert answer.url == reverse("core:job_detail", args=[Job.objects.get().pk])
    address = reverse("accounts:return_file_detail", args=[file.pk])
    assert "A worker reads the file" in client.get(address).content.decode()
    assert client.get(reverse("accounts:return_file_post", args=[file.pk])).status_code == 404
    Job.objects.all().delete()
    assert client.post(reverse("accounts:return_file_read", args=[file.pk])).status_code == 302
    assert read(file).result == {"rows": 0}
    assert "Say first which column" in client.get(address).content.decode()
    columns = {"code": "Grund", "amount": "Wieviel", "reference": "Was", "return_date": "Wann"}
    told = client.post(reverse("accounts:return_file_columns", args=[file.pk]), columns)
    assert told.url == reverse("core:job_detail", args=[Job.objects.latest("pk").pk])
    assert read(file).result == {"rows": 2}
    assert list(file.rows.order_by("number").values_list("finding", "entry")) == [
        ("matched", entry.pk),
        ("unknown", None),
    ]
    bring("<Document xmlns='camt.054'><Ntry><Amt>1</Amt>" + " " * 99)
    broken = ReturnFile.objects.latest("pk")
    read(broken)
    assert "damaged" in broken.fault
    page = client.get(reverse("accounts:return_file_detail", args=[broken.pk])).content.decode()
    assert "damaged" in page
    assert "Post the returns" not in page
