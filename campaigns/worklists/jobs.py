from django.utils.translation import gettext_lazy as _

from campaigns.worklists.services import refresh_worklist
from collections_app.core.jobs import JobRunner


class RefreshWorklist(JobRunner):
    """The nightly pass: what a new day alone has changed, for every account."""

    name = "campaigns.refresh_worklist"
    title = _("Rank the worklists")
    permission = "campaigns.refresh_worklist"
    retries = 2

    def run(self, job, progress):
        changed = refresh_worklist(as_of=job.as_of)
        return {"changed": changed}
