"""Building the monthly reports, on demand and on the first working day."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from collections_app.core import audit, clock
from collections_app.core.enums import Role
from collections_app.core.jobs import JobRunner
from collections_app.core.models import Organisation, User
from reports.closing.models import ReportBuild
from reports.closing.services import build_report, signed_build, verify_build
from reports.figures.enums import ReportKind
from reports.figures.month import Month
from reports.rendering.labels import month_name


class BuildReports(JobRunner):
    """Builds the reports named by `kinds` (all three by default) of the month in `params`."""

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
        for kind in kinds:
            progress.advance(0, str(ReportKind(kind).label))
            built[kind] = build_report(kind=kind, month=month, actor=job.actor).pk
            progress.advance(1, str(ReportKind(kind).label))
        return {"month": str(month), "builds": built}


class ProveBuild(JobRunner):
    """Computes a build anew from facts and says whether it meets its hash."""

    name = "reports.prove_build"
    title = _("Rebuild a report and compare its hash")
    permission = "reports.view_report"

    def run(self, job, progress):
        build = ReportBuild.objects.get(pk=job.params["build"])
        progress.total(1)
        agrees, fresh = verify_build(build)
        verdict = translate("Same hash.") if agrees else translate("The hash differs.")
        progress.advance(1, verdict)
        audit.record("report.proved", build, actor=job.actor, after={"agrees": agrees, "sha256": fresh})
        return {"agrees": agrees, "stored": build.content_sha256, "fresh": fresh}


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
