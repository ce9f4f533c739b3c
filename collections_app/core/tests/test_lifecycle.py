"""A status walks an edge of its table, once, and leaves its traces."""

import threading
from datetime import date

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from collections_app.core import lifecycle as lifecycle_module
from collections_app.core import permissions
from collections_app.core.enums import Role
from collections_app.core.lifecycle import Edge, Lifecycle, StatusHasMoved
from collections_app.core.models import AuditRecord, Job, Transition
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.testing import makers
from collections_app.testing.hang import HANG_SECONDS

RUN = "core.run_trial"
DAY = date(2026, 11, 20)
pytestmark = pytest.mark.django_db


class TooSoon(Refused):
    pass


def not_while_busy(obj, *, actor, as_of):
    if obj.message == "busy":
        raise TooSoon("Wait until it is no longer busy.")


@pytest.fixture
def table(monkeypatch):
    monkeypatch.setattr(permissions, "_catalogue", dict(permissions._catalogue))
    monkeypatch.setattr(lifecycle_module, "_lifecycles", {})
    permissions.declare("core.run_trial", "Run a trial", {Role.SUPERVISOR})
    return Lifecycle(
        "core.job",
        initial="queued",
        edges=[
            Edge("queued", "running", verb="Start", permission=RUN, audit="trial.started"),
            Edge(["queued", "running"], "done", verb="Finish", permission=RUN, guard=not_while_busy),
            Edge("running", "failed"),
        ],
    )


@pytest.fixture
def boss():
    return makers.user(role=Role.SUPERVISOR)


def of_jobs(model):
    """The rows this test wrote; preparing a book leaves some of its own."""
    return model.objects.filter(subject_type="core.job")


def a_job(boss, scope="", **fields) -> Job:
    return Job.objects.create(runner="trial", scope=scope or str(makers.number()), actor=boss, **fields)


def test_a_step_writes_status_transition_and_audit(table, boss):
    job = a_job(boss)
    assert table.advance(job, to="running", actor=boss, as_of=DAY, reason="it is time", message="on") is job
    stored = Job.objects.get(pk=job.pk)
    assert (stored.status, stored.message) == (job.status, job.message) == ("running", "on")
    step = of_jobs(Transition).get()
    assert (step.subject_type, step.subject_id, step.from_status, step.to_status) == (
        "core.job", job.pk, "queued", "running",
    )  # fmt: skip
    assert (step.effective_date, step.actor, step.reason) == (DAY, boss, "it is time")
    trace = of_jobs(AuditRecord).get()
    assert trace.code == "trial.started"
    assert trace.before == {"status": "queued", "message": ""}
    assert trace.after == {"status": "running", "message": "on"}
    assert list(table.history(job)) == [step]


def test_the_row_decides_not_the_copy_in_hand(table, boss):
    job = a_job(boss)
    stale = Job.objects.get(pk=job.pk)
    table.advance(job, to="running", actor=boss, as_of=DAY)
    with pytest.raises(StatusHasMoved) as refusal:
        table.advance(stale, to="running", actor=boss, as_of=DAY)
    assert "Running" in refusal.value.message
    assert of_jobs(Transition).count() == 1


def test_a_step_needs_its_permission_and_its_guard(table, boss):
    job = a_job(boss, message="busy")
    with pytest.raises(NotAllowed):
        table.advance(job, to="running", actor=makers.user(), as_of=DAY)
    with pytest.raises(TooSoon):
        table.advance(job, to="done", actor=boss, as_of=DAY)
    assert Job.objects.get(pk=job.pk).status == "queued"
    assert not of_jobs(AuditRecord).exists()


def test_buttons_are_drawn_from_the_table(table, boss):
    job = a_job(boss)
    assert [edge.target for edge in table.next(job, boss)] == ["running", "done"]
    assert table.next(job, makers.user()) == []
    table.advance(job, to="running", actor=boss, as_of=DAY)
    assert [edge.target for edge in table.next(job, boss)] == ["done"]


def test_a_set_moves_in_the_same_queries_whatever_its_size(table, boss, django_assert_num_queries):
    small = [a_job(boss).pk for _ in range(2)]
    large = [a_job(boss).pk for _ in range(30)]
    stays = a_job(boss)
    table.advance(stays, to="done", actor=boss, as_of=DAY)
    for ids in (small, [*large, stays.pk]):
        with django_assert_num_queries(2):  # one statement, one record
            moved = table.advance_many(ids, to="running", actor=boss, as_of=DAY, message="all on")
        assert moved == [pk for pk in ids if pk != stays.pk]
    assert Job.objects.filter(status="running", message="all on").count() == 32
    assert of_jobs(Transition).filter(to_status="running").count() == 32
    trace = AuditRecord.objects.filter(code="trial.started").latest("id")
    assert (trace.rows, trace.after["count"]) == (30, 30)
    assert Job.objects.get(pk=stays.pk).status == "done"


def test_a_set_may_come_as_a_queryset_and_may_be_empty(table, boss):
    job = a_job(boss)
    assert table.advance_many(Job.objects.filter(pk=job.pk), to="running", actor=boss, as_of=DAY) == [job.pk]
    assert table.advance_many([], to="running", actor=boss, as_of=DAY) == []
    assert table.advance_many([job.pk], to="running", actor=boss, as_of=DAY) == []


def test_a_set_needs_the_permission_and_no_guard(table, boss):
    job = a_job(boss)
    with pytest.raises(NotAllowed):
        table.advance_many([job.pk], to="running", actor=makers.user(), as_of=DAY)
    with pytest.raises(ImproperlyConfigured, match="guard"):
        table.advance_many([job.pk], to="done", actor=boss, as_of=DAY)
    with pytest.raises(ImproperlyConfigured, match="no edge"):
        table.advance_many([job.pk], to="nowhere", actor=boss, as_of=DAY)


def test_the_first_status_has_a_transition_too(table, boss):
    jobs = [a_job(boss) for _ in range(3)]
    table.start(jobs[0], actor=boss, as_of=DAY)
    table.start_many([job.pk for job in jobs[1:]], actor=boss, as_of=DAY)
    steps = of_jobs(Transition).order_by("id").values_list("subject_id", "from_status", "to_status")
    assert list(steps) == [(job.pk, "", "queued") for job in jobs]


def test_a_table_names_each_step_once(table):
    with pytest.raises(ImproperlyConfigured, match="twice"):
        Lifecycle("core.job", edges=[Edge("queued", "running"), Edge(["queued"], "running")])
    assert table.statuses() == ["queued", "running", "done", "failed"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_once_one_is_told(table):
    boss = makers.user(role=Role.SUPERVISOR)
    job, start, told = a_job(boss), threading.Barrier(2), []

    def press():
        mine = Job.objects.get(pk=job.pk)
        start.wait(HANG_SECONDS)
        try:
            table.advance(mine, to="running", actor=boss, as_of=DAY)
            told.append("done")
        except StatusHasMoved:
            told.append("moved")
        finally:
            connection.close()

    pressing = [threading.Thread(target=press) for _ in range(2)]
    for thread in pressing:
        thread.start()
    for thread in pressing:
        thread.join(HANG_SECONDS)
    assert sorted(told) == ["done", "moved"]
    assert of_jobs(Transition).count() == 1
