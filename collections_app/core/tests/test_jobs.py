"""Long jobs: claimed once, followed while they run, put back when their worker dies."""

import threading
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from collections_app import celery
from collections_app.core import clock, documents, jobs
from collections_app.core.enums import JobStatus, Role
from collections_app.core.jobs import JobRunner, Tick
from collections_app.core.models import AuditRecord, Job, Organisation
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.core.tests import trial_runners
from collections_app.testing import makers
from collections_app.testing.hang import HANG_SECONDS
from collections_app.testing.workers import wait_until

DAY = date(2026, 11, 20)


class Count(JobRunner):
    """Counts to ten; `params` say what goes wrong on the way."""

    name = "trial.count"
    title = "Count to ten"
    permission = "core.manage_user"
    retries = 2

    def run(self, job, progress):
        progress.total(10)
        for number in range(10):
            if job.params.get("refuse_at") == number:
                raise Refused("Seven is not available today.")
            if job.params.get("break_at") == number:
                raise ZeroDivisionError
            if job.params.get("cancel_at") == number:
                Job.objects.filter(pk=job.pk).update(cancel_requested=True)
                progress._is_cancelled = True
            if number % 4 == 0:
                progress.error(number, "not liked")
            progress.advance(message=f"at {number}")
        return {"counted": 10, "day": job.as_of}


class TellTheDay(JobRunner):
    name = "trial.tell_the_day"
    title = "Tell the day"

    def run(self, job, progress):
        progress.attach(
            documents.store(
                content=b"day,%d\n" % job.as_of.day, filename="day.csv", kind="export", owner=job.actor
            )
        )
        return {"today": clock.today()}


class Mark(Tick):
    name = "trial.mark"
    done = 0

    def run(self):
        Mark.done += 1


@pytest.fixture
def boss(db):
    return makers.user(role=Role.ADMINISTRATOR)


def test_a_run_ends_with_result_progress_and_errors(boss):
    job = Count.run_now(scope="a", as_of=DAY, actor=boss)
    assert (job.status, job.done, job.total, job.percent) == (JobStatus.DONE, 10, 10, 100)
    assert job.result == {"counted": 10, "day": "2026-11-20", "error_count": 3}
    assert job.errors[0] == {"row": 0, "message": "not liked"}
    assert (job.message, job.lease, job.attempts) == ("at 9", None, 1)
    assert job.finished_at >= job.started_at
    assert AuditRecord.objects.get(code="job.queued").actor == boss


def test_a_result_file_hangs_on_the_job(boss):
    job = TellTheDay.run_now(as_of=DAY, actor=boss)
    assert bytes(job.result_file.content.data) == b"day,20\n"


def test_the_same_live_work_is_queued_once(boss):
    first = Count.enqueue_once(scope="a", as_of=DAY, actor=boss)
    assert Count.enqueue_once(scope="a", as_of=DAY, actor=boss) == first
    assert Count.enqueue_once(scope="b", as_of=DAY, actor=boss) != first
    assert Count.enqueue_once(scope="a", actor=boss) == Count.enqueue_once(scope="a", actor=boss)
    Job.objects.filter(pk=first.pk).update(status=JobStatus.DONE)
    assert Count.enqueue_once(scope="a", as_of=DAY, actor=boss) != first
    assert AuditRecord.objects.filter(code="job.queued").count() == 4


def test_starting_needs_the_runners_permission(boss):
    with pytest.raises(NotAllowed):
        Count.enqueue_once(actor=makers.user())
    with pytest.raises(NotAllowed):
        Count.run_now(actor=makers.user())
    assert TellTheDay.enqueue_once(as_of=DAY, actor=makers.user()).status == JobStatus.QUEUED


def test_the_row_is_sent_when_the_transaction_commits(boss, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        job = Count.enqueue_once(as_of=DAY, actor=boss)
        assert Job.objects.get(pk=job.pk).status == JobStatus.QUEUED
    job.refresh_from_db()
    assert len(callbacks) == 1
    assert job.status == JobStatus.DONE


def test_a_business_no_ends_the_job_with_its_sentence(boss):
    with pytest.raises(Refused, match="Seven"):
        Count.run_now(params={"refuse_at": 7}, actor=boss)
    job = Job.objects.get()
    assert (job.status, job.message, job.done) == (JobStatus.FAILED, "Seven is not available today.", 7)


def test_an_error_is_tried_again_later_and_then_given_up(boss, caplog):
    job = Count.enqueue_once(params={"break_at": 2}, actor=boss)
    for attempt in (1, 2):
        Job.objects.update(run_at=None)
        assert jobs._work_on(job.pk)
        job.refresh_from_db()
        assert (job.status, job.attempts, job.lease) == (JobStatus.QUEUED, attempt, None)
        assert job.run_at > timezone.now() + timedelta(seconds=20)  # noqa: TID251 compared with the database's clock
        assert not jobs._work_on(job.pk), "it is not due yet"
    Job.objects.update(run_at=None)
    jobs._work_on(job.pk)
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    assert str(job.pk) in job.message
    assert "ZeroDivisionError" in caplog.text


def test_a_running_job_is_cancelled_at_its_next_step(boss):
    job = Count.run_now(params={"cancel_at": 4}, actor=boss)
    assert (job.status, job.done) == (JobStatus.CANCELLED, 5)


def test_who_may_cancel_and_when(boss):
    job = TellTheDay.enqueue_once(as_of=DAY, actor=makers.user())
    with pytest.raises(NotAllowed):
        jobs.cancel(job=job, actor=makers.user(role=Role.SUPERVISOR))
    assert jobs.cancel(job=job, actor=boss).status == JobStatus.CANCELLED
    assert not jobs.may_cancel(boss, job)
    with pytest.raises(Refused):
        jobs.cancel(job=job, actor=boss)
    running = TellTheDay.enqueue_once(actor=boss)
    Job.objects.filter(pk=running.pk).update(status=JobStatus.RUNNING)
    assert jobs.cancel(job=running, actor=boss).cancel_requested


def test_a_claimed_job_is_not_claimed_again_while_its_worker_lives(boss):
    job = Count.enqueue_once(actor=boss)
    assert jobs._claim(job.pk).attempts == 1
    assert jobs._claim(job.pk) is None
    die(job)
    assert jobs._claim(job.pk).attempts == 2


def die(job):
    """Make the job look as a killed worker leaves it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_job SET heartbeat_at = clock_timestamp() - interval '31 s' WHERE id = %s", [job.pk]
        )


def test_the_sweeper_puts_back_what_the_dead_held_but_not_for_ever(boss):
    job = Count.enqueue_once(actor=boss)
    jobs._claim(job.pk)
    assert jobs.sweep() == (0, 0)
    die(job)
    assert jobs.sweep() == (1, 1)
    job.refresh_from_db()
    assert job.status == JobStatus.DONE, "sent at once, and done here since tests are eager"
    poison = Count.enqueue_once(scope="poison", actor=boss)
    Job.objects.filter(pk=poison.pk).update(attempts=Count.max_attempts - 1)
    jobs._claim(poison.pk)
    die(poison)
    jobs.sweep()
    poison.refresh_from_db()
    assert poison.status == JobStatus.FAILED


def test_the_sweeper_sends_what_the_queue_never_got(boss):
    job = Count.enqueue_once(actor=boss)
    assert jobs.sweep() == (0, 0), "it was queued a moment ago"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_job SET queued_at = queued_at - interval '16 s'")
    assert jobs.sweep() == (0, 1)
    job.refresh_from_db()
    assert job.status == JobStatus.DONE


def test_a_queue_that_is_away_loses_nothing(boss, monkeypatch, caplog):
    job = Count.enqueue_once(actor=boss)

    def unreachable(_job_id):
        raise BrokerError("Connection refused")

    monkeypatch.setattr(jobs.run_job, "delay", unreachable)
    assert not jobs.send(job.pk)
    assert "sweeper" in caplog.text
    assert Job.objects.get(pk=job.pk).sent_at is None


def test_a_worker_that_lost_its_lease_writes_nothing(boss):
    class Slow(JobRunner):
        name = "trial.slow"

        def run(self, job, progress):
            Job.objects.filter(pk=job.pk).update(lease=uuid4())
            return {"wrote": True}

    job = Slow.run_now(actor=boss)
    assert (job.status, job.result) == (JobStatus.RUNNING, {})
    del jobs._runners["trial.slow"]


def test_the_schedule_queues_for_the_offices_day_as_the_system(boss, django_capture_on_commit_callbacks):
    Organisation.objects.all().delete()
    Organisation.objects.create(name="O", country="NZ", currency="NZD", time_zone="Pacific/Auckland")
    with django_capture_on_commit_callbacks(execute=True):
        jobs.run_job(runner="trial.tell_the_day")
    job = Job.objects.get()
    assert job.as_of == clock.today("Pacific/Auckland")
    assert job.result == {"today": clock.today("Pacific/Auckland").isoformat()}
    assert job.actor.username == "system"
    assert not AuditRecord.objects.filter(code="job.queued").exists()


def test_a_tick_leaves_no_row(db):
    before = Mark.done
    jobs.run_job(runner="trial.mark")
    assert Mark.done == before + 1
    assert not Job.objects.exists()


def test_an_unknown_name_in_the_schedule_is_an_error(db):
    with pytest.raises(KeyError):
        jobs.run_job(runner="trial.nothing")


def test_one_sees_ones_own_jobs_and_a_manager_all(boss):
    officer = makers.user()
    TellTheDay.enqueue_once(as_of=DAY, actor=officer)
    Count.enqueue_once(actor=boss)
    assert Job.objects.visible_to(officer).count() == 1
    assert Job.objects.visible_to(makers.user(role=Role.SUPERVISOR)).count() == 0
    for role in (Role.MANAGER, Role.AUDITOR):
        assert Job.objects.visible_to(makers.user(role=role)).count() == 2


def test_a_title_outlives_its_runner(boss):
    assert jobs.title_of(Job(runner="trial.count")) == "Count to ten"
    assert jobs.title_of(Job(runner="gone.for_good")) == "gone.for_good"


def test_celery_knows_one_task():
    own = [name for name in celery.app.tasks if not name.startswith("celery.")]
    assert own == [jobs.TASK_NAME]


def test_progress_and_heartbeat_are_seen_while_the_runner_is_inside_its_transaction(transactional_db):
    boss = makers.user(role=Role.ADMINISTRATOR)
    seen = []

    class Inside(JobRunner):
        name = "trial.inside"

        def run(self, job, progress):
            progress.total(4)
            progress.advance(3, "three of four")
            told = wait_until(lambda: Job.objects.get(pk=job.pk).done == 3)
            Job.objects.filter(pk=job.pk).update(cancel_requested=True)
            progress.advance(0, "told" if told else "not told")
            wait_until(lambda: seen.append(1) or progress._is_cancelled)
            progress.check()

    job = Inside.run_now(actor=boss)
    del jobs._runners["trial.inside"]
    assert (job.status, job.message, job.done) == (JobStatus.CANCELLED, "Cancelled", 3)


def test_a_job_survives_the_sigkill_of_its_worker(workers):
    """A real worker dies in the middle; the sweeper finds the row and another worker ends it."""
    boss = makers.user(role=Role.ADMINISTRATOR)
    (first,) = workers.start(1, include=trial_runners.__name__)
    job = trial_runners.HoldOnce.enqueue_once(actor=boss)
    assert wait_until(lambda: Job.objects.get(pk=job.pk).message == "holding"), workers.logs()
    workers.kill(first)
    job.refresh_from_db()
    assert job.status == JobStatus.RUNNING
    assert jobs.sweep() == (0, 0), "its lease still runs"
    die(job)
    workers.start(1, include=trial_runners.__name__)
    assert jobs.sweep() == (1, 1)
    assert wait_until(lambda: Job.objects.get(pk=job.pk).status == JobStatus.DONE), workers.logs()
    job.refresh_from_db()
    assert (job.attempts, job.result) == (2, {"attempt": 2})


@pytest.mark.django_db(transaction=True)
def test_two_who_start_the_same_work_at_once_get_one_row():
    boss = makers.user(role=Role.ADMINISTRATOR)
    start, got = threading.Barrier(4), []

    def press():
        start.wait(HANG_SECONDS)
        with transaction.atomic():
            got.append(TellTheDay._insert("", DAY, None, boss)[0].pk)
        connection.close()

    pressing = [threading.Thread(target=press) for _ in range(4)]
    for thread in pressing:
        thread.start()
    for thread in pressing:
        thread.join(HANG_SECONDS)
    assert len(got) == 4
    assert set(got) == {Job.objects.get().pk}
