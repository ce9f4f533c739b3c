from django.db import models
from django.utils.translation import gettext_lazy as _


class StepStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    DONE = "done", _("Done")
    SPARED = "spared", _("Spared")
    MISSED = "missed", _("Passed by")


class SparedReason(models.TextChoices):
    """Why a due step did not reach the debtor."""

    PAID = "paid", _("Paid")
    HOLD = "hold", _("On hold")
    OPTED_OUT = "opted_out", _("Opted out")
    PROMISE = "promise", _("Promise within its grace")
    DISPUTED = "disputed", _("Disputed")
    SMALL = "small", _("Below the smallest amount chased")
    NO_CONTACT_POINT = "no_contact_point", _("No good address for this channel")
    NOT_RELEASED = "not_released", _("Creditor not released")
    GATE = "gate", _("Refused by the contact rules")
    FEED = "feed", _("Books not fed")
    LATER_STEP = "later_step", _("A later step is due")
