from django.utils.translation import gettext_lazy as _

from accounts.cheques.services import present_collected
from accounts.parties.models import Creditor
from collections_app.core import clock
from collections_app.core.jobs import JobRunner


class PresentCollectedCheques(JobRunner):
    """Notes that the bank presents what it has for collection, on the day it is at each creditor."""

    name = "accounts.present_cheques"
    title = _("Cheques that the bank has for collection")
    retries = 2

    def run(self, job, progress):
        presented = 0
        zones = Creditor.objects.order_by("time_zone").values_list("time_zone", flat=True).distinct()
        progress.total(len(zones))
        for zone in zones:
            creditors = Creditor.objects.filter(time_zone=zone).values("pk")
            as_of = job.as_of or clock.today(zone)
            presented += len(present_collected(as_of=as_of, creditor_ids=creditors, actor=job.actor))
            progress.advance(1)
        return {"presented": presented}
