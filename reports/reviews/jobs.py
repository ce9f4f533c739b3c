"""Comparing collectors' reports with the ledger."""

from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from collections_app.core import clock
from collections_app.core.jobs import JobRunner
from reports.reviews.models import CollectorReport
from reports.reviews.ties import check_ties

DAYS_COMPARED = 400


class CheckCollectorTies(JobRunner):
    """Every night: the reports of the last months against the ledger, files included; or only the
    one named by `report` in the parameters."""

    name = "reports.check_collector_ties"
    title = _("Compare collectors' reports with the ledger")
    retries = 1

    def result_url(self, job):
        pk = job.params.get("report")
        return reverse("reports:collector_detail", args=[pk]) if pk else ""

    def run(self, job, progress):
        reports = CollectorReport.objects.filter(known_at__isnull=False)
        if job.params.get("report"):
            reports = reports.filter(pk=job.params["report"])
        else:
            since = (job.as_of or clock.today()) - timedelta(days=DAYS_COMPARED)
            reports = reports.filter(last_day__gte=since)
        reports = reports.select_related("officer", "file", "workbook").order_by("pk")
        progress.total(len(reports))
        differing = []
        for report in reports:
            if not check_ties(report, actor=job.actor)["holds"]:
                differing.append(report.pk)
            progress.advance(1, str(report))
        return {"compared": len(reports), "differing": differing}
