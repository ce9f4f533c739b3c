"""The job that makes a run of statements."""

from typing import ClassVar

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns.statements import rules
from campaigns.statements.models import StatementRun
from campaigns.statements.runs import build_run
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
