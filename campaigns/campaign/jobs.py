from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns.campaign.models import NoticeRound
from campaigns.campaign.notices import print_round
from collections_app.core.jobs import JobRunner


class PrintNotices(JobRunner):
    """Renders the notices of a round in route order; safe to run again."""

    name = "campaigns.print_notices"
    title = _("Print door-to-door notices")
    permission = "campaigns.print_notices"

    def run(self, job, progress):
        notice_round = NoticeRound.objects.select_related("campaign").get(pk=job.params["round"])
        progress.total(notice_round.notices.count())
        print_round(notice_round=notice_round, actor=job.actor, as_of=job.as_of, progress=progress)
        return {"notices": notice_round.notices.count()}

    def result_url(self, job) -> str:
        notice_round = NoticeRound.objects.get(pk=job.params["round"])
        return reverse("campaigns:campaign_detail", args=[notice_round.campaign_id]) + "?tab=notices"
