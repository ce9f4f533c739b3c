"""Reckoning and posting of runs, and the monthly start; all safe to run again."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.interest.enums import RunStatus
from accounts.interest.models import InterestRun
from accounts.interest.rules import RUN_INTEREST
from accounts.interest.services import RunRefused, creditors_due, post_run, prepare_run, reckon_run
from accounts.parties.models import Creditor
from collections_app.core import clock
from collections_app.core.jobs import JobRunner


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
