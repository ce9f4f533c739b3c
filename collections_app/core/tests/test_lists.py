"""List pages, on the audit record: filters as chips, views as tabs, columns, totals, export."""

import io

import pytest
from django import forms
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_filters import RangeFilter
from openpyxl import load_workbook

from collections_app.core import audit, documents
from collections_app.core.enums import Role
from collections_app.core.jobs import run_job
from collections_app.core.models import AccessRecord, AuditRecord, Job, SavedView
from collections_app.core.web import list_files
from collections_app.core.web.filters import filter_query, fit_for_filters
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
URL = "/audit/"


@pytest.fixture
def manager(client):
    user = makers.user(role=Role.MANAGER, full_name="Samir Daher")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


def record(actor, code: str = "payment.posted", number: int = 1) -> None:
    for _row in range(number):
        audit.record(code, actor, actor=actor, reason="=cmd|' /C calc'!A0")


def text(answer) -> str:
    return answer.content.decode()


def test_an_empty_list_says_why_and_a_filtered_one_how_to_get_out(client, manager):
    assert "No row fits these filters." in text(client.get(URL, {"code": "nothing.like.it"}))
    assert 'href="?">Show all rows' in text(client.get(URL, {"code": "nothing.like.it"}))


def test_a_filter_is_a_chip_that_can_be_taken_off(client, manager):
    record(manager)
    record(manager, "promise.kept")
    page = text(client.get(URL, {"code": "promise", "sort": "-recorded_at"}))
    assert "What begins with: promise" in page
    assert 'href="?sort=-recorded_at"' in page
    assert "Promise kept" in page
    assert "Payment posted" not in page
    assert "Promise kept" in text(client.get(URL, {"code": "Promise ke"}))


def test_a_wrong_filter_selects_nothing_and_says_what_is_wrong(client, manager):
    record(manager)
    page = text(client.get(URL, {"since": "31.11.2026"}))
    assert "Payment posted" not in page
    assert "From: Enter a valid date." in page
    page = text(client.get(URL, {"since": "9999-12-31", "until": "0001-01-01"}))
    assert "From: The year 9999 cannot be meant." in page
    both = RangeFilter().field
    form = type("Asked", (forms.Form,), {"amount": both})({"amount_min": "sNaN", "amount_max": "sNaN"})
    fit_for_filters(form)
    assert form.errors == {"amount": ["Enter a number."]}


def test_a_page_costs_the_same_for_one_and_for_thirty_rows(client, manager):
    record(manager)
    client.get(URL)
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(URL)
    record(manager, number=29)
    with CaptureQueriesContext(connection) as thirty:
        client.get(URL)
    assert len(thirty) == len(one)
    assert len(one) <= 6


def test_the_next_page_goes_on_where_the_first_ended(client, manager):
    record(manager, number=60)
    count = AuditRecord.objects.count()
    first = client.get(URL)
    assert "1</bdi> to" in text(first)
    second = client.get(URL + first.context["next_url"])
    rows = [row.pk for row in first.context["rows_page"].rows] + [
        row.pk for row in second.context["rows_page"].rows
    ]
    assert len(rows) == len(set(rows)) == count
    assert second.context["previous_url"] == "" or second.context["rows_page"].first == 51


def test_counts_come_as_a_fragment_after_the_page(client, manager):
    record(manager, "promise.kept", number=3)
    page = client.get(URL, {"code": "promise"})
    answer = client.get(URL + page.context["totals_url"], headers={"HX-Request": "true"})
    assert '<b class="n">3</b> records' in text(answer)
    assert "Export 3 records" in text(answer)
    nothing = client.get(URL, {"code": "nothing.like.it"})
    counted = client.get(URL + nothing.context["totals_url"], headers={"HX-Request": "true"})
    assert "export-count" not in text(nothing) + text(counted)
    assert "export-count" in text(page)


def test_a_view_is_saved_as_a_tab_and_taken_away(client, manager):
    client.post(
        URL + "?code=promise&sort=-recorded_at", {"_verb": "save_view", "name": "Promises", "is_shared": "on"}
    )
    view = SavedView.objects.get(user=manager, list_name="core.audit")
    assert view.is_shared
    assert dict(QueryDict(view.query).items()) == {"code": "promise", "sort": "-recorded_at"}
    page = client.get(URL + f"?{view.query}")
    assert [tab.label for tab in page.context["tabs"] if tab.current] == ["Promises"]
    colleague = makers.user(role=Role.AUDITOR)
    client.force_login(colleague, backend="django.contrib.auth.backends.ModelBackend")
    assert "Promises" in text(client.get(URL))
    client.post(URL, {"_verb": "delete_view", "name": "Promises\0"})
    assert SavedView.objects.filter(pk=view.pk).exists(), "only its owner takes a view away"


def test_columns_and_density_are_remembered_for_the_user(client, manager):
    record(manager)
    client.post(URL, {"_verb": "columns", "columns": ["recorded_at", "code"], "density": "tight"})
    page = client.get(URL)
    assert page.context["drawn"].names == ["recorded_at", "code"]
    assert page.context["drawn"].css == "t tight"


def test_an_export_holds_exactly_what_is_filtered_and_is_written_down(client, manager):
    record(manager, "promise.kept", number=4)
    record(manager, "payment.posted", number=2)
    answer = client.post(URL + "?code=promise", {"_verb": "export", "format": "xlsx"})
    workbook = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    sheet, control = workbook.worksheets
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[1] for row in rows[1:]] == ["promise.kept"] * 4
    assert "What begins with: promise" in [row[1] for row in control.iter_rows(values_only=True)]
    seen = AccessRecord.objects.latest("pk")
    assert (seen.kind, seen.rows, seen.user_id) == ("export", 4, manager.pk)
    assert seen.detail["filters"] == ["What begins with: promise"]


def test_a_csv_is_the_same_rows_without_formulas(client, manager):
    record(manager, "promise.kept", number=2)
    answer = client.post(URL + "?code=promise", {"_verb": "export", "format": "csv"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert ",=cmd" not in lines[1]
    assert "'=cmd" in lines[1]


def test_a_large_file_is_made_by_a_job_for_who_ordered_it(client, manager, monkeypatch):
    monkeypatch.setattr(list_files, "IN_REQUEST_ROWS", 3)
    record(manager, "promise.kept", number=4)
    record(manager, "payment.posted", number=2)
    order = {"_verb": "export", "format": "xlsx"}
    first, again = (client.post(URL + "?code=promise", order) for _try in range(2))
    other = client.post(URL + "?code=p", order)
    assert first["Location"] == again["Location"] != other["Location"]
    small = client.post(URL + "?code=payment", order)
    assert b"".join(small.streaming_content).startswith(b"PK"), "a small one comes at once"
    job, later = Job.objects.filter(runner="core.make_list_file").order_by("pk")
    assert first["Location"] == reverse("core:job_detail", args=[job.pk])
    taken = AccessRecord.objects.filter(kind="export").count()
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done, job.total, job.result) == ("done", 8, 8, {"rows": 4})
    rows = load_workbook(io.BytesIO(documents.read(job.result_file))).worksheets[0]
    assert [row[1] for row in rows.iter_rows(values_only=True)][1:] == ["promise.kept"] * 4
    assert AccessRecord.objects.filter(kind="export").count() == taken + 1
    assert job.result_file.filename in text(client.get(first["Location"]))
    supervisor = makers.user(role=Role.SUPERVISOR)
    assert not documents.may_read(supervisor, job.result_file)

    manager.role = Role.AUDITOR
    manager.save(update_fields=["role"])
    run_job(later.pk)
    later.refresh_from_db()
    assert (later.status, later.result_file) == ("failed", None)
    assert "may not take lists out" in later.message


def test_more_rows_than_the_role_may_take_are_refused_in_words(client, manager):
    record(manager, number=3)
    makers.policy("export_limit", {"table": {"manager": 2}})
    answer = client.post(URL, {"_verb": "export", "format": "csv"}, follow=True)
    assert "your role may take out 2 at a time" in text(answer)
    assert not AccessRecord.objects.filter(kind="export").exists()


def test_the_auditor_reads_the_list_but_takes_no_file(client):
    auditor = makers.user(role=Role.AUDITOR)
    client.force_login(auditor, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(URL).status_code == 200
    assert client.post(URL, {"_verb": "export", "format": "csv"}).status_code == 403


def test_two_spellings_of_one_selection_are_one_view():
    assert filter_query(QueryDict("b=2&a=1&sort=-x&after=zz&c=")) == filter_query(QueryDict("a=1&b=2"))


def test_history_shows_only_rows_one_may_see(client, manager):
    team, other = makers.team(), makers.team()
    officer = makers.teammate(team=team)
    stranger = makers.teammate(team=other)
    account = makers.account(team=team, officer=officer)
    audit.record("account.noted", account, actor=officer, reason="Asked for a statement")
    url = reverse("core:history", args=["accounts.account", account.pk])
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    assert "Asked for a statement" in text(client.get(url))
    client.force_login(stranger, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(url).status_code == 404
