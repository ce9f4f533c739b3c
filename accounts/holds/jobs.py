from django.utils.translation import gettext_lazy as _

from accounts.holds.breathing_spaces import protect_what_came_back
from accounts.holds.services import lapse_holds
from collections_app.core import clock
from collections_app.core.jobs import JobRunner


class LapseHolds(JobRunner):
    """Marks the holds that ended by their own date, and protects under a breathing space in force what
    came back; runs every night."""

    name = "accounts.lapse_holds"
    title = _("End the holds whose day has passed")
    retries = 2

    def run(self, job, progress):
        as_of = job.as_of or clock.today()
        return {
            "protected": protect_what_came_back(as_of=as_of, actor=job.actor),
            "lapsed": len(lapse_holds(as_of=as_of, actor=job.actor)),
        }
