"""Reckoning and posting of runs, the monthly start, and the days that are kept; all safe to run again."""

from datetime import date, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.interest.accrual_check import check_month
from accounts.interest.accruing import accrue, mark_stale, not_yet_kept
from accounts.interest.enums import RunStatus
from accounts.interest.models import InterestRun
from accounts.interest.rules import RUN_INTEREST, VIEW_ACCRUED
from accounts.interest.services import RunRefused, creditors_due, post_run, prepare_run, reckon_run
from accounts.parties.models import Creditor
from collections_app.core import clock
from collections_app.core.enums import JobStatus
from collections_app.core.jobs import JobRunner
from collections_app.core.models import Job


class _RunJob(JobRunner):
    """`scope` is the run's number."""

    permission = RUN_INTEREST

    def result_url(self, job) -> str:
        return reverse("accounts:interest_run_detail", args=[int(job.scope)])


class ReckonInterest(_RunJob):
    name = "accounts.reckon_interest"
    title = gettext_lazy("Reckon interest or fees")

    def run(self, job, progress):
        run = InterestRun.objects.get(pk=int(job.scope))
        progress.total(run.creditor.accounts.count())
        run = reckon_run(run=run, actor=job.actor, as_of=clock.today())
        progress.advance(progress.size, _("Reckoned"))
        return {"accounts": run.accounts, "corrections": run.corrections}


class PostInterest(_RunJob):
    name = "accounts.post_interest"
    title = gettext_lazy("Post interest or fees")

    def run(self, job, progress):
        run = InterestRun.objects.get(pk=int(job.scope))
        progress.total(run.postings.count())
        run = post_run(run=run, actor=job.actor, as_of=clock.today())
        if run.status == RunStatus.PREPARED:
            progress.error(0, _("The month was signed meanwhile, so nothing was posted. See the new day."))
            return {"accounts": 0}
        progress.advance(progress.size, _("Posted"))
        return {"accounts": run.accounts}


class BeginMonthlyRuns(JobRunner):
    """Prepares last month's runs where the terms say monthly; a person sees and posts them."""

    name = "accounts.begin_interest_runs"
    title = gettext_lazy("Prepare the month's interest and fees")
    permission = RUN_INTEREST

    def run(self, job, progress):
        today = clock.today()
        begun = []
        due = creditors_due(today)
        creditors = Creditor.objects.in_bulk({creditor_id for creditor_id, _kind, _day in due})
        progress.total(len(due))
        for creditor_id, kind, last_day in due:
            creditor = creditors[creditor_id]
            try:
                run = prepare_run(
                    creditor=creditor, kind=kind, last_day=last_day, actor=job.actor, as_of=today
                )
            except RunRefused:
                # posted already, or somebody is at it: the month is not begun twice
                progress.advance(1)
                continue
            begun.append(reckon_run(run=run, actor=job.actor, as_of=today).pk)
            progress.advance(1, creditor.name)
        waiting = InterestRun.objects.filter(status=RunStatus.PREPARED).count()
        return {"begun": len(begun), "waiting": waiting}


def ended_days() -> dict[int, date]:
    """The last day that has ended, by creditor that has accounts, each in its own time zone."""
    rows = Creditor.objects.filter(accounts__isnull=False).order_by().distinct()
    return {pk: clock.today(zone) - timedelta(days=1) for pk, zone in rows.values_list("pk", "time_zone")}


class AccrueInterest(JobRunner):
    """Keeps the interest of the days that ended; marks the kept days that were learned about since.

    Each hour a day ends in some creditor's zone: with that day its stale days are reckoned anew. With a
    creditor (`scope`) its days are reckoned now, with `since` in the parameters all from that day on.
    """

    name = "accounts.accrue_interest"
    title = gettext_lazy("Reckon the interest of the days that ended")
    permission = RUN_INTEREST
    words = {"creditors": gettext_lazy("Creditors"), "days": gettext_lazy("Days"),
             "stale": gettext_lazy("With days to be reckoned anew")}  # fmt: skip

    def run(self, job, progress):
        through = ended_days()
        if job.scope:
            through = {pk: day for pk, day in through.items() if pk == int(job.scope)}
            due = through
        else:
            due = not_yet_kept(through)
        since = job.params.get("since")
        done = accrue(
            through=due,
            since=date.fromisoformat(since) if since else None,
            begin=progress.total,
            advance=progress.advance,
        )
        return {**done, "stale": mark_stale(through=through)}

    def result_url(self, job) -> str:
        address = reverse("accounts:interest_accrued")
        return f"{address}?creditor={job.scope}" if job.scope else address


class CheckAccrual(JobRunner):
    """Holds the kept days of a creditor's month against what a run of that month reckons.

    `scope` is the creditor's number and the month's first day.
    """

    name = "accounts.check_accrual"
    title = gettext_lazy("Hold the days of interest against the month")
    permission = VIEW_ACCRUED
    words = {"items": gettext_lazy("Items and days"), "differing": gettext_lazy("Differing")}

    def run(self, job, progress):
        creditor_id, month = job.scope.split(":")
        result = check_month(
            int(creditor_id),
            date.fromisoformat(month),
            begin=progress.total,
            advance=progress.advance,
        )
        return {**result, "at": clock.now().isoformat()}

    def result_url(self, job) -> str:
        creditor_id, month = job.scope.split(":")
        return f"{reverse('accounts:interest_accrued')}?creditor={creditor_id}&month={month[:7]}"


def last_checks() -> dict[str, Job]:
    """The newest finished check of each creditor's month, by its scope."""
    done = Job.objects.filter(runner=CheckAccrual.name, status=JobStatus.DONE)
    return {job.scope: job for job in done.order_by("scope", "-id").distinct("scope")}
