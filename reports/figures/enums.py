from django.db import models
from django.utils.translation import gettext_lazy as _


class ReportKind(models.TextChoices):
    COLLECTION = "collection", _("Collection Report")
    REGISTRATION = "registration", _("Registration Report")
    FOLLOW_UP = "followup", _("Follow-up Report")
