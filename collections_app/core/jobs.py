"""Long jobs: one Celery task, and a Job row that is the truth.

A slice writes a runner in its `jobs.py`:

    class SendDueReminders(JobRunner):
        name = "campaigns.send_due_reminders"
        title = _("Send due reminders")
        permission = "campaigns.send_reminders"

        def run(self, job, progress): ...

and starts it with `SendDueReminders.enqueue_once(as_of=day, actor=user)`. The queue carries the
row's id and nothing else. A worker claims the row by a conditional update and holds it by a lease
on the database's clock; when it dies, the sweeper puts the row back. So a runner must be safe to
run again: it does its work in claimed steps of its own and asks `progress.check()` between them.
"""

import logging
import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from celery import shared_task  # noqa: TID251 the one task of this product
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError

from collections_app.core import audit, clock
from collections_app.core.enums import JobStatus, Role
from collections_app.core.job_progress import LEASE_SECONDS, Cancelled, LeaseLost, Progress
from collections_app.core.models import Job, Organisation, User
from collections_app.core.permissions import has_permission, require
from collections_app.core.refusal import NotAllowed, Refused

__all__ = [
    "Cancelled", "JobRunner", "LeaseLost", "Progress", "Tick", "cancel", "is_registered", "may_cancel",
    "runner_of", "run_job", "runners", "sweep", "title_of",
]  # fmt: skip

logger = logging.getLogger(__name__)

TASK_NAME = "collections_app.core.run_job"
UNSENT_AFTER_SECONDS = 15
RESEND_AFTER_SECONDS = 300
SWEEPER_LOCK = 7_215_003  # not the ledger's


class AlreadyRunning(Refused):
    """The same work is going on; the person may follow it instead of starting it twice."""


_runners: dict[str, type["JobRunner"]] = {}
_ticks: dict[str, type["Tick"]] = {}


class JobRunner:
    """Base of the runners. A subclass with a `name` is registered by being imported.

    `permission` is who may start it (None: whoever the calling service lets). `retries` is how
    often a run that raised is tried again, after `backoff` seconds; `max_attempts` bounds the runs
    whose worker died. A Refused ends the job at once: trying again would not change a "no".
    `words` are what the keys of its result are called on the job's page.
    """

    name: ClassVar[str] = ""
    title: ClassVar[Any] = ""
    permission: ClassVar[str | None] = None
    retries: ClassVar[int] = 0
    backoff: ClassVar[tuple[int, ...]] = (30, 120, 600)
    max_attempts: ClassVar[int] = 5
    words: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls, **kwargs) -> None:
        super().__init_subclass__(**kwargs)
        if cls.name:
            _runners[cls.name] = cls

    def run(self, job: Job, progress: Progress) -> Mapping[str, Any] | None:
        """Do the work; what is returned is kept as the job's result."""
        raise NotImplementedError

    def result_url(self, job: Job) -> str:
        """Where the job's page leads when it is done; empty when its own page is all."""
        return ""

    @classmethod
    def enqueue_once(
        cls,
        *,
        scope: str = "",
        as_of: date | None = None,
        params: Mapping[str, Any] | None = None,
        actor: User,
    ) -> Job:
        """Queue the work when the transaction commits; the live job when it is queued already.

        The key is (runner, scope, as_of). Raises NotAllowed when the actor may not start it.
        """
        if cls.permission:
            require(actor, cls.permission)
        with transaction.atomic():
            job, is_new = cls._insert(scope, as_of, params, actor)
            if is_new:
                transaction.on_commit(lambda: send(job.pk))
        return job

    @classmethod
    def run_now(
        cls,
        *,
        scope: str = "",
        as_of: date | None = None,
        params: Mapping[str, Any] | None = None,
        actor: User,
    ) -> Job:
        """Do the work here and now, for commands and tests; what it raises comes through.

        Raises AlreadyRunning when a worker is at the same work.
        """
        if cls.permission:
            require(actor, cls.permission)
        job, _is_new = cls._insert(scope, as_of, params, actor)
        if not _work_on(job.pk, reraise=True):
            raise AlreadyRunning(_("This is being done already. Wait until it has finished."))
        job.refresh_from_db()
        return job

    @classmethod
    def _insert(cls, scope: str, as_of: date | None, params, actor: User) -> tuple[Job, bool]:
        key = {"runner": cls.name, "scope": scope, "as_of": as_of}
        # a live twin may end between the insert that met it and the look: then the next insert succeeds
        for _try in range(3):
            live = Job.objects.live().filter(**key).order_by("id").first()
            if live is not None:
                return live, False
            try:
                with transaction.atomic():
                    fresh = Job.objects.create(**key, params=audit.plain(params or {}), actor=actor)
            except IntegrityError:
                continue
            if actor.role != Role.SYSTEM:
                audit.record("job.queued", fresh, actor=actor, after={"runner": cls.name, "scope": scope})
            return fresh, True
        raise AlreadyRunning(_("This is being done already. Wait until it has finished."))


class Tick:
    """Small work done every few seconds, without a row and without a person: sealing, sweeping."""

    name: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs) -> None:
        super().__init_subclass__(**kwargs)
        if cls.name:
            _ticks[cls.name] = cls

    def run(self) -> None:
        raise NotImplementedError


def runners() -> dict[str, type[JobRunner]]:
    """Every runner by name."""
    return dict(_runners)


def ticks() -> dict[str, type[Tick]]:
    """Every tick by name."""
    return dict(_ticks)


def is_registered(name: str) -> bool:
    return name in _runners or name in _ticks


def runner_of(job: Job) -> JobRunner:
    """The runner of a job; a KeyError when the code that knew it is gone."""
    return _runners[job.runner]()


def title_of(job: Job) -> str:
    """What the job is called on a page, also when its runner is gone."""
    runner = _runners.get(job.runner)
    return str(runner.title) if runner else job.runner


@shared_task(name=TASK_NAME)
def run_job(job_id: int | None = None, *, runner: str = "") -> None:
    """The one task. A job's id works on that row. The schedule names a runner instead: it is queued
    for today as the system's work; a tick has no row and is done at once."""
    if job_id is not None:
        _work_on(job_id)
    elif runner in _ticks:
        _ticks[runner]().run()
    else:
        with _office_time():
            _runners[runner].enqueue_once(as_of=clock.today(), actor=User.objects.system())


def send(job_id: int) -> bool:
    """Put a job's id into the queue. A broker that is away is no error: the sweeper sends again."""
    try:
        run_job.delay(job_id)
    except (OSError, BrokerError):
        logger.warning("Job %s could not be sent to the queue; the sweeper will try again.", job_id)
        return False
    Job.objects.filter(pk=job_id, status=JobStatus.QUEUED).update(sent_at=Now())
    return True


def _office_time():
    """The office's own time zone, in which `clock.today()` answers."""
    office = Organisation.objects.first()
    return timezone.override(office.time_zone if office else "UTC")


def _claim(job_id: int) -> Job | None:
    """Take the row if it waits and is due, or if its worker is dead; None when it is not for us."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_job SET status = 'running', lease = %s, attempts = attempts + 1,"
            " started_at = coalesce(started_at, clock_timestamp()), heartbeat_at = clock_timestamp()"
            " WHERE id = %s AND (status = 'queued' AND coalesce(run_at <= clock_timestamp(), true)"
            " OR status = 'running' AND heartbeat_at < clock_timestamp() - make_interval(secs => %s))",
            [uuid.uuid4(), job_id, LEASE_SECONDS],
        )
        if cursor.rowcount != 1:
            return None
    return Job.objects.select_related("actor").get(pk=job_id)


def _work_on(job_id: int, *, reraise: bool = False) -> bool:
    """Claim a job and run it to one of its ends; False when it was not ours to claim."""
    job = _claim(job_id)
    if job is None:
        return False
    mark = audit.request_id.set(f"job-{job.pk}")
    progress = Progress(job)
    try:
        with _office_time(), translation.override(job.actor.language), progress.reporting():
            result = dict(runner_of(job).run(job, progress) or {})
    except Cancelled:
        _finish(job, progress, JobStatus.CANCELLED, message=_("Cancelled"))
    except LeaseLost:
        logger.warning("Job %s was taken over by another worker; this one stops.", job.pk)
    except Refused as refusal:
        _finish(job, progress, JobStatus.FAILED, message=refusal.message)
        if reraise:
            raise
    except Exception:
        logger.exception("Job %s (%s) failed in attempt %s.", job.pk, job.runner, job.attempts)
        _retry_or_fail(job, progress)
        if reraise:
            raise
    else:
        _finish(job, progress, JobStatus.DONE, message=progress.message, result=result)
    finally:
        audit.request_id.reset(mark)
    return True


def _finish(job: Job, progress: Progress, status: str, *, message: str, result: dict | None = None) -> None:
    """Write the end of a run, if the row is still ours."""
    facts = audit.plain(result or {})
    if progress.error_count:
        facts["error_count"] = progress.error_count
    ended = Job.objects.filter(pk=job.pk, lease=job.lease, status=JobStatus.RUNNING).update(
        status=status,
        lease=None,
        done=progress.done,
        total=progress.size,
        message=message[:300],
        errors=progress.errors,
        result=facts,
        result_file=progress.result_file,
        finished_at=Now(),
    )
    if not ended:
        logger.warning("Job %s ended as %s, but another worker has it now.", job.pk, status)


def _retry_or_fail(job: Job, progress: Progress) -> None:
    runner = runner_of(job)
    if job.attempts > runner.retries:
        message = _("Stopped by an error of the program. The operator finds it in the log as job %(id)s.")
        _finish(job, progress, JobStatus.FAILED, message=message % {"id": job.pk})
        return
    wait = runner.backoff[min(job.attempts, len(runner.backoff)) - 1]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_job SET status = 'queued', lease = NULL, sent_at = NULL, message = %s,"
            " run_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE id = %s AND lease = %s AND status = 'running'",
            [_("Stopped by an error; it is tried again by itself."), wait, job.pk, job.lease],
        )


def may_cancel(user: User, job: Job) -> bool:
    """One's own live jobs; those of others with `core.cancel_job`."""
    return job.is_live and (job.actor_id == user.pk or has_permission(user, "core.cancel_job"))


@transaction.atomic
def cancel(*, job: Job, actor: User) -> Job:
    """Stop a job: at once while it waits, at its next step while it runs; ended jobs stay."""
    locked = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if not locked.is_live:
        raise Refused(_("This has ended already."))
    if not may_cancel(actor, locked):
        raise NotAllowed(_("Only who started this may cancel it, or a manager."))
    if locked.status == JobStatus.QUEUED:
        Job.objects.filter(pk=job.pk).update(
            status=JobStatus.CANCELLED, finished_at=Now(), message=_("Cancelled")
        )
    else:
        Job.objects.filter(pk=job.pk).update(cancel_requested=True)
    audit.record("job.cancelled", locked, actor=actor)
    job.refresh_from_db()
    return job


def sweep() -> tuple[int, int]:
    """Put back what dead workers held and send what the queue does not have; returns both counts."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SWEEPER_LOCK])
        if not cursor.fetchone()[0]:
            return 0, 0
        cursor.execute(
            "SELECT id, runner, attempts FROM core_job WHERE status = 'running'"
            " AND heartbeat_at < clock_timestamp() - make_interval(secs => %s)"
            " ORDER BY id FOR UPDATE SKIP LOCKED",
            [LEASE_SECONDS],
        )
        dead = cursor.fetchall()
        lost = [pk for pk, name, attempts in dead if attempts >= _attempts_of(name)]
        back = [pk for pk, _name, _attempts in dead if pk not in set(lost)]
        Job.objects.filter(pk__in=lost).update(
            status=JobStatus.FAILED, lease=None, finished_at=Now(), message=_("Its worker died too often.")
        )
        Job.objects.filter(pk__in=back).update(status=JobStatus.QUEUED, lease=None, sent_at=None)
        cursor.execute(
            "SELECT id FROM core_job WHERE status = 'queued'"
            " AND coalesce(run_at <= clock_timestamp(), true)"
            " AND CASE WHEN sent_at IS NULL"
            " THEN attempts > 0 OR queued_at < clock_timestamp() - make_interval(secs => %s)"
            " ELSE sent_at < clock_timestamp() - make_interval(secs => %s) END ORDER BY id",
            [UNSENT_AFTER_SECONDS, RESEND_AFTER_SECONDS],
        )
        unsent = [pk for (pk,) in cursor.fetchall()]
    return len(dead), sum(send(pk) for pk in unsent)


def _attempts_of(name: str) -> int:
    runner = _runners.get(name)
    return runner.max_attempts if runner else 1


class SweepTick(Tick):
    name = "core.sweep_jobs"

    def run(self) -> None:
        put_back, sent = sweep()
        if put_back:
            logger.warning("%s jobs of dead workers were put back, %s sent.", put_back, sent)


class SealTick(Tick):
    name = "core.seal_audit"

    def run(self) -> None:
        audit.seal()
