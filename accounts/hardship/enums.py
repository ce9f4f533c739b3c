from django.db import models
from django.utils.translation import gettext_lazy as _


class HardshipStatus(models.TextChoices):
    OPEN = "open", _("Waiting for a decision")
    GRANTED = "granted", _("Granted")
    DECLINED = "declined", _("Declined")
    ENDED = "ended", _("Ended")


class HardshipMarker(models.TextChoices):
    INCOME_LOST = "income_lost", _("Lost income")
    ILLNESS = "illness", _("Illness")
    BEREAVEMENT = "bereavement", _("Bereavement")
    SEPARATION = "separation", _("Separation")
    OVERCOMMITTED = "overcommitted", _("Too many debts")
    DISASTER = "disaster", _("Disaster")
    OTHER = "other", _("Other")
