"""The four steps over HTTP: what is asked, what is refused, what a worker does."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.imports.enums import ImportStatus
from accounts.imports.jobs import CheckImport, PostImport
from accounts.imports.models import ImportBatch, ImportMapping
from accounts.imports.services import CheckedAgainMeanwhile, fix_row, post_import
from accounts.ledger.models import Account
from accounts.tests.imports.making import ACCOUNTS, DAY, ENTRIES, bring, check, post, table
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    makers.system()
    return makers.user(role=Role.MANAGER)


@pytest.fixture
def client(manager):
    browser = Client()
    browser.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def upload(client, content, kind="entries", name="file.csv"):
    return client.post(
        reverse("accounts:import_new"),
        {"file": SimpleUploadedFile(name, content), "kind": kind, "mode": "complete"},
    )


def test_a_file_that_is_no_table_is_an_error_of_the_form(client):
    answer = upload(client, b"<html><table></table></html>", name="a.xls")
    assert answer.status_code == 422
    assert b"web page" in answer.content
    assert not ImportBatch.objects.exists()


def test_an_empty_file_is_said_to_be_empty(client):
    answer = upload(client, b"")
    assert answer.status_code == 422
    assert b"The file is empty" in answer.content


def test_a_header_without_rows_goes_no_further_than_its_reading(client):
    answer = upload(client, b"account_number,debtor_name\n", kind="accounts")
    batch = ImportBatch.objects.get()
    url = reverse("accounts:import_reading", args=[batch.pk])
    assert answer.url == url
    chosen = {"encoding": "utf-8", "delimiter": ",", "header_row": "1", "header_rows": "1"}
    answer = client.post(url, chosen)
    assert answer.status_code == 422
    assert "There is no row under the header in row 1." in answer.content.decode()
    assert client.post(url, chosen | {"look": "1"}).status_code == 302


def test_a_needed_column_that_is_missing_is_named_with_what_the_file_has(client):
    upload(client, b"Konto;Name;Saldo\n1;Rahman;5,00\n", kind="accounts")
    batch = ImportBatch.objects.get()
    url = reverse("accounts:import_columns", args=[batch.pk])
    answer = client.post(url, {"column_debtor_name": "Name"})
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert list(errors) == ["column_account_number"]
    assert "The file has: Konto, Name, Saldo." in str(errors["column_account_number"])
    mapping = '{"records": [{"kind": "accounts", "fields": {"debtor_name": "Name"}}]}'
    answer = client.post(url, {"mapping": mapping})
    assert answer.status_code == 422
    [words] = answer.context["form"].non_field_errors()
    assert "Account number («account_number»)" in words
    assert "The file has: Konto, Name, Saldo." in words


def test_a_code_page_is_offered_with_its_language(client):
    upload(client, "id,age,name\n1,39,Λεωνίδας\n2,23,Βλάσιος\n".encode("cp1253"), kind="accounts")
    batch = ImportBatch.objects.get()
    page = client.get(reverse("accounts:import_reading", args=[batch.pk])).content.decode()
    assert "cp1253, Greek" in page


def test_brackets_in_a_name_do_no_harm(client):
    upload(client, table(*ACCOUNTS), kind="accounts", name="fr_[table].csv")
    batch = ImportBatch.objects.get()
    assert batch.filename == "fr_[table].csv"
    assert client.get(reverse("accounts:import_detail", args=[batch.pk])).status_code == 200
    assert client.get(reverse("core:file_download", args=[batch.file.token])).status_code == 200


def test_days_that_prove_nothing_are_asked_at_their_field(client, manager):
    bring("accounts", table(*ACCOUNTS))
    upload(client, table(ENTRIES[0], "0001,X,charge,5.00,01/02/2026,03/04/2026"))
    batch = ImportBatch.objects.get(kind="entries")
    url = reverse("accounts:import_columns", args=[batch.pk])
    given = {f"column_{name}": name for name in ENTRIES[0].split(",")}
    answer = client.post(url, given)
    assert answer.status_code == 422
    assert "date_order" in answer.context["form"].errors
    client.post(url, {**given, "date_order": "mdy", "keep_as": "Power, monthly"})
    batch.refresh_from_db()
    assert batch.status == ImportStatus.CHECKED
    assert ImportMapping.objects.get().name == "Power, monthly"


def test_a_kept_mapping_is_taken_for_the_next_file_of_that_header(client, manager):
    mapping = {"records": [{"kind": "accounts", "fields": {"account_number": "Konto", "creditor": "Firma"}}]}
    batch = bring("accounts", b"Konto;Firma\n1;POWER\n")
    url = reverse("accounts:import_columns", args=[batch.pk])
    client.post(url, {"column_account_number": "Konto", "column_creditor": "Firma", "keep_as": "Konto"})
    assert bring("accounts", b"Konto;Firma\n2;POWER\n").mapping["records"] == mapping["records"]


def sent_by(page, address):
    """The fields of the form on a page that is sent to this address."""
    (form,) = re.findall(rf'<form method="post" action="{address}".*?</form>', page.content.decode(), re.S)
    return dict(re.findall(r'name="([a-z]+)" value="(.*?)"', form))


def test_what_was_changed_since_it_was_seen_is_not_posted(client, manager):
    batch = check("accounts", table(*ACCOUNTS))
    page, address = reverse("accounts:import_detail", args=[batch.pk]), f"/imports/{batch.pk}/post/"
    seen_before = sent_by(client.get(page), address)
    fix_row(
        batch=batch, row_number=2, column=ACCOUNTS[0].split(",")[0], value="77", actor=manager, as_of=DAY
    )
    from_page = {"HTTP_REFERER": f"http://testserver{page}"}
    answer = client.post(address, seen_before, follow=True, **from_page)
    assert "changed since you looked" in answer.content.decode()
    assert not Account.objects.exists()
    with pytest.raises(CheckedAgainMeanwhile):
        post_import(batch=batch, actor=manager, as_of=DAY, seen=seen_before["seen"])
    client.post(address, sent_by(client.get(page), address))
    assert Account.objects.filter(number="77").exists()


def test_the_button_for_amended_rows_does_what_it_says_however_often(client, manager):
    post("accounts", table(*ACCOUNTS))
    batch = check("accounts", table(*ACCOUNTS).replace(b"050 123 4567", b"050 765 4321"))
    assert batch.control["rows"]["amended"] == 1
    page, address = reverse("accounts:import_detail", args=[batch.pk]), f"/imports/{batch.pk}/amended/"
    confirms = sent_by(client.get(page), address)
    for _press in range(2):
        client.post(address, confirms)
        batch.refresh_from_db()
        assert batch.accepts_amended
    client.post(address, sent_by(client.get(page), address))
    batch.refresh_from_db()
    assert not batch.accepts_amended


def test_a_worker_checks_and_posts_and_may_run_again(manager):
    batch = bring("accounts", table(*ACCOUNTS))
    CheckImport.run_now(scope=str(batch.pk), actor=manager)
    batch.refresh_from_db()
    assert batch.status == ImportStatus.CHECKED
    job = PostImport.run_now(scope=str(batch.pk), actor=manager)
    assert job.result["accounts"] == 3
    PostImport.run_now(scope=str(batch.pk), actor=manager)
    assert Account.objects.count() == 3


def test_the_list_and_the_control_sheet_cost_the_same_for_one_and_for_many(
    client, django_assert_max_num_queries
):
    for number in range(3):
        makers.import_batch(creditor=makers.creditor(code=f"L{number}"))
    for name, args in (("import_list", []), ("import_detail", [ImportBatch.objects.first().pk])):
        client.get(reverse(f"accounts:{name}", args=args))
        with django_assert_max_num_queries(14):
            assert client.get(reverse(f"accounts:{name}", args=args)).status_code == 200


def test_an_import_is_taken_back_by_its_page(client, manager):
    batch = makers.import_batch(status="posted")
    url = reverse("accounts:import_reverse", args=[batch.pk])
    assert b"Accounts opened" in client.get(url).content
    client.post(url, {"reason": "wrong file"})
    batch.refresh_from_db()
    assert batch.status == ImportStatus.REVERSED
    assert Account.objects.get().status == "void"


def test_a_supervisor_of_another_team_does_not_find_it():
    batch = makers.import_batch()
    browser = Client()
    browser.force_login(
        makers.user(role=Role.SUPERVISOR), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert browser.get(reverse("accounts:import_detail", args=[batch.pk])).status_code == 404


def test_a_negative_amount_is_put_right_together_with_its_kind(client):
    """The minus taken away alone would make a debit of what is most likely a credit."""
    post("accounts", table(*ACCOUNTS))
    batch = check("entries", table(ENTRIES[0], "0001,INV-9,charge,-12.50,2026-01-05,"))
    page, address = reverse("accounts:import_detail", args=[batch.pk]), f"/imports/{batch.pk}/fix/"
    shown = client.get(page).content.decode()
    (form,) = re.findall(rf'<form method="post" action="{address}".*?</form>', shown, re.S)
    given = dict(re.findall(r'name="(\w+)" value="(.*?)"', form))
    assert given["value"] == "12.50"
    assert re.findall(r'option value="(\w+)"', form) == ["credit_note", "charge"]
    client.post(address, given | {"kind": "credit_note"})
    batch.refresh_from_db()
    assert batch.rows_rejected == 0
    assert batch.fixes == {"2": {"amount": "12.50", "kind": "credit_note"}}
