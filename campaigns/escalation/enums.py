from django.db import models
from django.utils.translation import gettext_lazy as _


class EscalationStatus(models.TextChoices):
    OPEN = "open", _("Waiting for a decision")
    DECIDED = "decided", _("Decided")
    LAPSED = "lapsed", _("No longer meets the rule")


class EscalationDecision(models.TextChoices):
    KEEP = "keep", _("Keep collecting")
    SENIOR = "senior", _("Give to a senior officer")
    LEGAL = "legal", _("Prepare for legal")
    HOLD = "hold", _("Put on hold")
    WRITE_OFF = "write_off", _("Propose write-off")
