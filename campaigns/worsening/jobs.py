from django.utils.translation import gettext_lazy as _

from accounts.parties.models import Creditor
from campaigns.worsening.services import spot_worsening
from collections_app.core import clock
from collections_app.core.jobs import JobRunner


class SpotWorsening(JobRunner):
    """Who pays worse than he used to, creditor by creditor, each by its own day."""

    name = "campaigns.spot_worsening"
    title = _("Look for payers who get worse")
    retries = 2

    def run(self, job, progress):
        creditors = list(Creditor.objects.filter(is_active=True).order_by("name"))
        progress.total(len(creditors))
        found = 0
        for creditor in creditors:
            found += spot_worsening(creditor, as_of=clock.today(creditor.time_zone))
            progress.advance(1, creditor.name)
        return {"accounts": found}
