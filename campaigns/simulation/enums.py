from django.db import models
from django.utils.translation import gettext_lazy as _


class Side(models.TextChoices):
    LIVE = "live", _("In force")
    DRAFT = "draft", _("Draft")


class Outcome(models.TextChoices):
    """What would become of a due step."""

    TAKEN = "taken", _("Taken")
    REFUSED = "refused", _("Refused by the contact rules")


LONGEST_DAYS = 120
QUARTER = 91
