"""What was asked about a subject, and whether exactly this content was approved."""

from django.db import models
from django.db.models import QuerySet

from accounts.approvals.enums import ApprovalStatus
from accounts.approvals.models import Approval


def approvals_of(subject: models.Model) -> QuerySet[Approval]:
    """Every request about a row, newest first."""
    return (
        Approval.objects.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk)
        .select_related("requested_by", "decided_by")
        .order_by("-id")
    )


def is_approved(subject: models.Model, kind: str, content_sha256: str) -> bool:
    """Whether this very content of the subject was approved."""
    return (
        approvals_of(subject)
        .filter(kind=kind, status=ApprovalStatus.APPROVED, content_hash=content_sha256)
        .exists()
    )
