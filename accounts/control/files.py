"""The file that stands behind a control total or a journal."""

from django.db import models

from collections_app.core.models import StoredFile


def file_of(subject: models.Model) -> StoredFile | None:
    """The one document of a control total or a journal."""
    return StoredFile.objects.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk).first()
