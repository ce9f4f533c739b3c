from django.db import models
from django.utils.translation import gettext_lazy as _


class PaperKind(models.TextChoices):
    LETTER = "letter", _("Letter")
    COMPLAINT = "complaint", _("Complaint")
    EVIDENCE = "evidence", _("Evidence")
    AUTHORITY = "authority", _("Authority to act")
    COURT = "court", _("Paper of a court")
    OTHER = "other", _("Other paper")
