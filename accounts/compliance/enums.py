from django.db import models
from django.utils.translation import gettext_lazy as _


class Purpose(models.TextChoices):
    DEMAND = "demand", _("Demand or reminder")
    SERVICE = "service", _("Answer, confirmation or thanks")
    LEGAL_NOTICE = "legal_notice", _("Notice the law demands")
    REQUESTED = "requested", _("Asked for by the debtor")


class Judgement(models.TextChoices):
    """What the gate says of a contact that happened: with a permit, or judged afterwards."""

    PERMITTED = "permitted", _("Permitted")
    LAWFUL = "lawful", _("Without permit, within the rules")
    BREACH = "breach", _("Breach")
    NOT_JUDGED = "not_judged", _("Not judged (inbound)")
