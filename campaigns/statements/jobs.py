"""The job that makes a run of statements, and what orders one by itself: a step of a strategy."""

from typing import ClassVar

from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns.statements import rules
from campaigns.statements.models import StatementRun
from campaigns.statements.packs import hand_over
from campaigns.statements.runs import build_run
from campaigns.strategies.enums import StepKind
from campaigns.treatment.signals import work_wanted
from collections_app.core import clock
from collections_app.core.jobs import JobRunner


class IssueStatements(JobRunner):
    """Makes the run in `params["run"]`; run again it goes on where it stopped."""

    name = "campaigns.issue_statements"
    title = _("Issue statements of account")
    permission = rules.RUN
    words: ClassVar = {"made": _("Made"), "left_out": _("Left out"), "queued": _("To send")}

    def run(self, job, progress):
        run = StatementRun.objects.select_related("creditor", "actor").get(pk=job.params["run"])

        def tell(done: int, total: int) -> None:
            progress.size = total
            progress.advance(done - progress.done)

        run = build_run(run, now=clock.now(), on_progress=tell)
        if run.document is not None:
            progress.attach(run.document)
        return run.counts

    def result_url(self, job):
        return reverse("campaigns:statement_run_detail", args=[job.params["run"]])


@receiver(work_wanted)
def hand_packs_over(sender, *, kind, works, steps, creditor, as_of, now, actor, **_kwargs):
    if kind != StepKind.STATEMENT:
        return {}
    tasks, runs = hand_over(
        works=works, steps=steps, creditor=creditor, as_of=as_of, now=now, actor=actor
    )
    for run in runs:
        IssueStatements.enqueue_once(scope=str(run.pk), params={"run": run.pk}, actor=actor)
    return tasks
