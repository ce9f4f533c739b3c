from django.utils.translation import gettext_lazy as _

from accounts.parties.models import Creditor
from campaigns.why_not.rules import WORK_OUT
from campaigns.why_not.services import work_out_answers
from collections_app.core import clock
from collections_app.core.jobs import JobRunner


class WorkOutAnswers(JobRunner):
    """Why each overdue account is not contacted, creditor by creditor; its last end is the page's time."""

    name = "campaigns.work_out_why_not"
    title = _("Work out why accounts are not contacted")
    permission = WORK_OUT
    retries = 2

    def run(self, job, progress):
        creditors = list(Creditor.objects.filter(is_active=True).order_by("name"))
        progress.total(len(creditors))
        accounts = 0
        for creditor in creditors:
            accounts += work_out_answers(creditor, now=clock.now())
            progress.advance(1, creditor.name)
        return {"accounts": accounts}
