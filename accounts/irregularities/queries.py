"""What put a case right, and the papers with it."""


from django.db.models import QuerySet

from accounts.irregularities.models import Correction, Irregularity
from collections_app.core.models import StoredFile


def corrections_of(case: Irregularity) -> QuerySet[Correction]:
    """The entries that put a case right, oldest first."""
    return (
        Correction.objects.filter(irregularity=case)
        .select_related("entry__account__debtor", "actor")
        .order_by("id")
    )


def documents_of(case: Irregularity) -> QuerySet[StoredFile]:
    """The papers with a case, oldest first."""
    return StoredFile.objects.filter(subject_type=case._meta.label_lower, subject_id=case.pk).order_by("id")
