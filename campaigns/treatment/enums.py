from django.db import models
from django.utils.translation import gettext_lazy as _


class StepStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    DONE = "done", _("Done")
    SPARED = "spared", _("Spared")
    MISSED = "missed", _("Passed by")
