"""Building the monthly reports, on demand and on the first working day."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.jobs import JobRunner
from collections_app.core.models import Organisation, User
from reports.closing.enums import BuildStatus
from reports.closing.models import ReportBuild
from reports.closing.services import build_report, signed_build
from reports.closing.ties import check_ties, rebuild_and_compare
from reports.figures.enums import ReportKind
from reports.figures.month import Month
from reports.rendering.labels import month_name

DAYS_COMPARED = 400


class BuildReports(JobRunner):
    """Builds the reports named by `kinds` (all three by default) of the month in `params`, as known
    at `known_at` where it is given."""

    name = "reports.build_reports"
    title = _("Build monthly reports")
    permission = "reports.build_report"

    def result_url(self, job):
        kind = next((kind for kind in ReportKind.values if kind in job.result["builds"]), "")
        return reverse("reports:report_detail", args=[kind, job.result["month"]]) if kind else ""

    def run(self, job, progress):
        month = Month.parse(job.params["month"])
        kinds = job.params.get("kinds") or ReportKind.values
        progress.total(len(kinds))
        built = {}
        told = job.params.get("known_at")
        known_at = datetime.fromisoformat(told) if told else None
        for kind in kinds:
            progress.advance(0, str(ReportKind(kind).label))
            built[kind] = build_report(kind=kind, month=month, known_at=known_at, actor=job.actor).pk
            progress.advance(1, str(ReportKind(kind).label))
        return {"month": str(month), "builds": built}


class ProveBuild(JobRunner):
    """Computes a build anew from facts, compares hash and files, and every form with the ledger."""

    name = "reports.prove_build"
    title = _("Compare a report with the ledger")
    permission = "reports.view_report"

    def result_url(self, job):
        build = ReportBuild.objects.get(pk=job.params["build"])
        page = reverse("reports:report_detail", args=[build.kind, str(Month.of(build.month))])
        return f"{page}?build={build.pk}"

    def run(self, job, progress):
        build = ReportBuild.objects.select_related("dataset", "previous", "accounts_file").get(
            pk=job.params["build"]
        )
        progress.total(2)
        found = rebuild_and_compare(build, actor=job.actor)
        progress.advance(1, translate("Same hash.") if found["agrees"] else translate("The hash differs."))
        ties = check_ties(build, actor=job.actor)
        progress.advance(
            1, translate("All forms agree.") if ties["holds"] else translate("Something differs.")
        )
        return {**found, "ties": ties["holds"]}


class CheckTies(JobRunner):
    """Every night: compares the standing builds of the last months with the ledger, file by file."""

    name = "reports.check_ties"
    title = _("Compare the monthly reports with the ledger")
    retries = 1

    def run(self, job, progress):
        since = (job.as_of or clock.today()) - timedelta(days=DAYS_COMPARED)
        builds = (
            ReportBuild.objects.exclude(status=BuildStatus.REPLACED)
            .filter(month__gte=since)
            .select_related("dataset", "previous", "accounts_file")
            .order_by("-month", "kind", "-id")
        )
        progress.total(len(builds))
        differing = []
        for build in builds:
            if not check_ties(build, actor=job.actor)["holds"]:
                differing.append(str(build))
            progress.advance(1, str(build))
        return {"compared": len(builds), "differing": differing}


class BuildLastMonth(JobRunner):
    """From the first working day on: builds last month's reports once and mails managers once.

    Runs every morning, so a failed or missed day is made up for; what is built is not built again,
    what is mailed is not mailed again.
    """

    name = "reports.build_month"
    title = _("Build and mail last month's reports")
    retries = 3

    def run(self, job, progress):
        office = Organisation.objects.first()
        today = job.as_of or clock.today()
        month = Month.of(today).previous
        if office is None:
            return {"waits_for": "organisation"}
        calendar = clock.BusinessCalendar(office.country)
        first = clock.business_day_on_or_after(Month.of(today).first_day, calendar)
        if today < first:
            return {"waits_for": first.isoformat()}
        progress.total(len(ReportKind.values))
        builds = []
        for kind in ReportKind.values:
            known = signed_build(kind, month) or (
                ReportBuild.objects.filter(kind=kind, month=month.first_day).order_by("-id").first()
            )
            builds.append(known or build_report(kind=kind, month=month, actor=job.actor))
            progress.advance(1, str(ReportKind(kind).label))
        return {"month": str(month), "mailed": mail_once(builds, month)}


def mail_once(builds: list[ReportBuild], month: Month) -> int:
    """Tell the managers that the reports are there, once a month; how many were written to.

    The claim is committed before the mail leaves: a lost mail is better than a second one. The
    mail carries a link, not figures.
    """
    claimed = ReportBuild.objects.filter(
        pk=builds[0].pk, month=month.first_day, mailed_at__isnull=True
    ).update(mailed_at=clock.now())
    if (
        not claimed
        or ReportBuild.objects.filter(month=month.first_day, mailed_at__isnull=False)
        .exclude(pk=builds[0].pk)
        .exists()
    ):
        return 0
    addresses = [
        user.email for user in User.objects.filter(role=Role.MANAGER, is_active=True).exclude(email="")
    ]
    if not addresses:
        return 0
    base = getattr(settings, "PUBLIC_URL", "")
    EmailMessage(
        subject=translate("Monthly reports of %(month)s are ready") % {"month": month_name(month)},
        body=translate(
            "The Collection, Registration and Follow-up reports of %(month)s are built.\n"
            "See, download and sign them here: %(link)s"
        )
        % {"month": month_name(month), "link": f"{base}/reports/"},
        to=addresses,
    ).send()
    return len(addresses)
