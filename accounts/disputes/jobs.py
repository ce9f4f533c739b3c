from django.utils.translation import gettext_lazy as _

from accounts.disputes.services import chase_late_answers
from collections_app.core import clock
from collections_app.core.jobs import JobRunner


class ChaseLateAnswers(JobRunner):
    """Asks supervisors to look after answers of departments that are late; runs every night."""

    name = "accounts.chase_late_answers"
    title = _("Ask for late answers to disputes")
    retries = 2

    def run(self, job, progress):
        return {"tasks": len(chase_late_answers(as_of=job.as_of or clock.today(), actor=job.actor))}
