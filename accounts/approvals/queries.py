"""What was asked about a subject, and whether exactly this content was approved."""

from django.db import models
from django.db.models import QuerySet

from accounts.approvals.models import Approval


def approvals_of(subject: models.Model) -> QuerySet[Approval]:
    """Every request about a row, newest first."""
    return (
        Approval.objects.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk)
        .select_related("requested_by", "decided_by")
        .order_by("-id")
    )
