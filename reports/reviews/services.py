"""The collector's report: prepared from the ledger, reviewed, approved, frozen (D91)."""

import hashlib
import json
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.ledger.enums import PaymentMethod
from accounts.ledger.models import LedgerEntry
from accounts.teams.models import TeamMembership
from collections_app.core import audit, clock, documents
from collections_app.core.enums import Retention
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused
from reports.figures.collector import collector_figures
from reports.rendering.collector import collector_pdf, collector_workbook
from reports.reviews.enums import COLLECTOR_REPORT, ReviewStatus
from reports.reviews.models import CollectorReport, ReportComment, ReportDocument
from reports.reviews.ties import LANGUAGE, tied

OPEN_TO_CHANGE = {ReviewStatus.DRAFT, ReviewStatus.RETURNED}
NEEDS_PROOF = {PaymentMethod.CASH, PaymentMethod.CHEQUE}


class ReportIsFixed(Refused):
    """The report was submitted; it can be changed only after it is returned."""


class ReportExists(Refused):
    """There is a report of that officer for these days."""


class PeriodNotOver(Refused):
    """The last day lies ahead or before the first."""


class ProofOfNothing(Refused):
    """The document is to prove a receipt that is not in the report."""


class ReportDiffers(Refused):
    """The ledger says something else than the report."""


class CommentMissing(Refused):
    """Returning a report needs a comment."""


def _check_open(report: CollectorReport) -> None:
    if report.status not in OPEN_TO_CHANGE:
        raise ReportIsFixed(_("The report was submitted. It can be changed when it comes back."))


@transaction.atomic
def prepare_report(*, officer, first_day: date, last_day: date, actor, as_of: date) -> CollectorReport:
    """Begin an officer's own report of a period with figures as they are known now.

    Raises PeriodNotOver, ReportExists.
    """
    require(actor, "reports.prepare_collector_report")
    if last_day < first_day or last_day > as_of:
        raise PeriodNotOver(_("The period ends before it begins, or has not ended yet."), field="last_day")
    if CollectorReport.objects.filter(officer=officer, first_day=first_day, last_day=last_day).exists():
        raise ReportExists(_("You have a report of these days already."), field="first_day")
    membership = TeamMembership.objects.on(as_of).filter(user=officer).order_by("-id").first()
    report = CollectorReport.objects.create(
        officer=officer,
        team=membership.team if membership else None,
        first_day=first_day,
        last_day=last_day,
    )
    COLLECTOR_REPORT.start(report, actor=actor, as_of=as_of)
    _compute(report)
    audit.record(
        "collector_report.prepared", report, actor=actor, after={"first": first_day, "last": last_day}
    )
    return report


def _compute(report: CollectorReport) -> None:
    report.known_at = clock.now()
    report.figures = collector_figures(
        officer_id=report.officer_id,
        first_day=report.first_day,
        last_day=report.last_day,
        known_at=report.known_at,
    )
    report.ties = tied(report)
    report.save(update_fields=["known_at", "figures", "ties"])


@transaction.atomic
def refresh_figures(*, report: CollectorReport, actor) -> CollectorReport:
    """Take the figures from the ledger again, while the report is open to change."""
    require(actor, "reports.prepare_collector_report")
    _check_open(report)
    _compute(report)
    audit.record("collector_report.refreshed", report, actor=actor)
    return report


@transaction.atomic
def write_remarks(*, report: CollectorReport, remarks: str, actor) -> CollectorReport:
    """Words beside the figures; the figures themselves can't be typed."""
    require(actor, "reports.prepare_collector_report")
    _check_open(report)
    report.remarks = remarks
    report.save(update_fields=["remarks"])
    audit.record("collector_report.remarks_written", report, actor=actor)
    return report


@transaction.atomic
def attach_document(
    *,
    report: CollectorReport,
    content: bytes,
    filename: str,
    title: str,
    actor,
    entry: LedgerEntry | None = None,
) -> ReportDocument:
    """Tie a document to what it proves: one receipt of the report, or the report as a whole.

    Raises ProofOfNothing.
    """
    require(actor, "reports.prepare_collector_report")
    _check_open(report)
    if entry is not None and entry.pk not in {row["entry"] for row in report.figures["receipts"]}:
        raise ProofOfNothing(_("That receipt is not in this report."), field="entry")
    file = documents.store(
        content=content, filename=filename, kind="proof", owner=actor, subject=report,
        retention=Retention.EVIDENCE,
    )  # fmt: skip
    row = ReportDocument.objects.create(report=report, file=file, entry=entry, title=title)
    audit.record("collector_report.document_attached", report, actor=actor, after={"file": file.pk})
    return row


def missing_proofs(report: CollectorReport) -> list[dict]:
    """Receipts of cash and cheques that no document proves yet."""
    proved = set(report.documents.exclude(entry=None).values_list("entry_id", flat=True))
    return [
        row for row in report.figures.get("receipts", [])
        if row["method"] in NEEDS_PROOF and row["entry"] not in proved
    ]  # fmt: skip


@transaction.atomic
def submit_report(*, report: CollectorReport, actor, as_of: date) -> CollectorReport:
    """Hand the report to its reviewer, figures fixed as of now."""
    _check_open(report)
    _compute(report)
    return COLLECTOR_REPORT.advance(report, to=ReviewStatus.SUBMITTED, actor=actor, as_of=as_of)


@transaction.atomic
def return_report(*, report: CollectorReport, comment: str, actor, as_of: date) -> CollectorReport:
    """Send it back with a comment; what is wrong stays readable. Raises CommentMissing."""
    if not comment.strip():
        raise CommentMissing(_("Say what must be put right."), field="reason")
    COLLECTOR_REPORT.advance(report, to=ReviewStatus.RETURNED, actor=actor, as_of=as_of, reason=comment)
    ReportComment.objects.create(report=report, body=comment, author=actor)
    return report


@transaction.atomic
def review_report(*, report: CollectorReport, actor, as_of: date) -> CollectorReport:
    """Found right: passed on to whoever approves."""
    return COLLECTOR_REPORT.advance(
        report,
        to=ReviewStatus.REVIEWED,
        actor=actor,
        as_of=as_of,
        reviewed_by=actor,
        reviewed_at=clock.now(),
    )


@transaction.atomic
def approve_report(*, report: CollectorReport, actor, as_of: date) -> CollectorReport:
    """Approve and freeze: PDF and workbook are kept under a hash of figures and proofs, and read back.

    Raises ReportDiffers where the ledger says something else than the report.
    """
    if not tied(report)["holds"]:
        raise ReportDiffers(
            _("The report does not say what the ledger says. Return it, so that its figures are taken again.")
        )
    COLLECTOR_REPORT.advance(
        report,
        to=ReviewStatus.APPROVED,
        actor=actor,
        as_of=as_of,
        approved_by=actor,
        approved_at=clock.now(),
    )
    proofs = [
        {"title": row.title, "sha256": row.file.sha256, "entry": row.entry_id}
        for row in report.documents.select_related("file").order_by("pk")
    ]
    content = {
        "officer": report.officer.full_name,
        "first_day": report.first_day.isoformat(),
        "last_day": report.last_day.isoformat(),
        "known_at": report.known_at.isoformat(),
        "figures": report.figures,
        "remarks": report.remarks,
        "documents": proofs,
        "signers": [report.officer_id, report.reviewed_by_id, report.approved_by_id],
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    report.content_sha256 = hashlib.sha256(text.encode()).hexdigest()
    drawn = {
        "pdf": collector_pdf(report=report, proofs=proofs, missing=missing_proofs(report), language=LANGUAGE),
        "xlsx": collector_workbook(report=report, proofs=proofs),
    }
    report.file, report.workbook = (
        documents.store(
            content=content,
            filename=f"collector-{report.officer.username}-{report.first_day}-{report.last_day}.{form}",
            kind="collector_report", owner=actor, subject=report, retention=Retention.REPORT,
        )
        for form, content in drawn.items()
    )  # fmt: skip
    report.ties = tied(report)
    report.save(update_fields=["content_sha256", "file", "workbook", "ties"])
    audit.record("collector_report.frozen", report, actor=actor, after={"sha256": report.content_sha256})
    return report
