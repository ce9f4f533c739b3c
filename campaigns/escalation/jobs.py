from django.utils.translation import gettext_lazy as _

from campaigns.escalation.services import review_escalations
from collections_app.core import clock
from collections_app.core.jobs import JobRunner


class ReviewEscalations(JobRunner):
    """Brings the escalation list to the day; safe to run again."""

    name = "campaigns.review_escalations"
    title = _("Review the escalation list")

    def run(self, job, progress):
        return review_escalations(as_of=job.as_of or clock.today(), actor=job.actor)
