from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Side(models.TextChoices):
    LIVE = "live", _("In force")
    DRAFT = "draft", _("Draft")


class Outcome(models.TextChoices):
    """What would become of a due step."""

    TAKEN = "taken", pgettext_lazy("a step", "Taken")
    REFUSED = "refused", _("Refused by the contact rules")


LONGEST_DAYS = 120
QUARTER = 91
