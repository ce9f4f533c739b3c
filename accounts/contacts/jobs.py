from django.utils.translation import gettext_lazy as _

from accounts.contacts.services.left_calls import report_left_calls
from collections_app.core import clock
from collections_app.core.jobs import JobRunner


class ReportLeftCalls(JobRunner):
    """Tells supervisors of calls that were opened and left without an outcome."""

    name = "accounts.report_left_calls"
    title = _("Report calls left without an outcome")
    retries = 2

    def run(self, job, progress):
        raised = report_left_calls(at=clock.now(), as_of=job.as_of or clock.today(), actor=job.actor)
        return {"tasks": len(raised)}
