from django.utils.translation import gettext_lazy as _

from accounts.holds.services import lapse_holds
from collections_app.core import clock
from collections_app.core.jobs import JobRunner


class LapseHolds(JobRunner):
    """Marks the holds that ended by their own date; runs every night."""

    name = "accounts.lapse_holds"
    title = _("End the holds whose day has passed")
    retries = 2

    def run(self, job, progress):
        return {"lapsed": len(lapse_holds(as_of=job.as_of or clock.today(), actor=job.actor))}
