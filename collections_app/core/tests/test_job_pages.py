"""The page that follows a job, and files that leave the product."""

import pytest
from django.urls import reverse

from collections_app.core import documents
from collections_app.core.enums import JobStatus, Role
from collections_app.core.models import AccessRecord, Job
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client):
    user = makers.user(role=Role.COLLECTION_OFFICER)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


def job(actor, **fields) -> Job:
    return Job.objects.create(runner="core.tidy_up", actor=actor, **fields)


def show(client, row: Job, **headers) -> str:
    return client.get(reverse("core:job_detail", args=[row.pk]), headers=headers).content.decode()


def test_a_running_job_asks_again_by_itself_and_a_finished_one_rests(client, officer):
    row = job(officer, status=JobStatus.RUNNING, done=50, total=200, message="Reading rows")
    page = show(client, row)
    assert 'hx-trigger="every 1s"' in page
    assert "25 %" in page
    assert "Reading rows" in page
    fragment = show(client, row, **{"HX-Request": "true", "HX-Target": "job"})
    assert fragment.lstrip().startswith('<div id="job"')
    Job.objects.filter(pk=row.pk).update(status=JobStatus.DONE)
    assert "hx-trigger" not in show(client, row).split('id="job"')[1]


def test_bad_rows_are_listed_and_the_result_is_a_file(client, officer):
    stored = documents.store(content=b"row;reason\n", filename="rejected.csv", kind="import", owner=officer)
    row = job(
        officer,
        status=JobStatus.DONE,
        errors=[{"row": 214, "message": "November has 30 days."}],
        result={"error_count": 1},
        result_file=stored,
    )
    page = show(client, row)
    assert "November has 30 days." in page
    assert "Download rejected.csv" in page
    assert reverse("core:file_download", args=[stored.token]) in page


def test_one_sees_ones_own_jobs_and_a_manager_all(client, officer):
    theirs = job(makers.user(role=Role.SUPERVISOR))
    assert client.get(reverse("core:job_detail", args=[theirs.pk])).status_code == 404
    client.force_login(makers.user(role=Role.MANAGER), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("core:job_detail", args=[theirs.pk])).status_code == 200


def test_a_waiting_job_is_cancelled_by_who_started_it(client, officer):
    row = job(officer)
    client.post(reverse("core:job_cancel", args=[row.pk]))
    row.refresh_from_db()
    assert row.status == JobStatus.CANCELLED


def test_a_file_is_saved_not_shown_and_each_time_is_written_down(client, officer):
    stored = documents.store(content=b"a;b\n", filename="my list.csv", kind="export", owner=officer)
    answer = client.get(reverse("core:file_download", args=[stored.token]))
    assert answer.content == b"a;b\n"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "my%20list.csv" in answer["Content-Disposition"]
    assert "sandbox" in answer["Content-Security-Policy"]
    assert AccessRecord.objects.filter(kind="downloaded", subject_id=stored.pk, user=officer).count() == 1


def test_the_file_of_somebody_else_does_not_exist(client, officer):
    stored = documents.store(
        content=b"a;b\n", filename="list.csv", kind="export", owner=makers.user(role=Role.MANAGER)
    )
    assert client.get(reverse("core:file_download", args=[stored.token])).status_code == 404
