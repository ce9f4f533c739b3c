from django.db import models
from django.utils.translation import gettext_lazy as _


class DisputeStatus(models.TextChoices):
    OPEN = "open", _("With the department")
    UPHELD = "upheld", _("Upheld")
    PARTLY_UPHELD = "partly_upheld", _("Partly upheld")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class DisputeReason(models.TextChoices):
    ALREADY_PAID = "already_paid", _("Says it is paid")
    AMOUNT = "amount", _("Wrong amount")
    NOT_DELIVERED = "not_delivered", _("Not delivered or not done")
    QUALITY = "quality", _("Quality")
    NOT_MINE = "not_mine", _("Not his debt")
    DUPLICATE = "duplicate", _("Billed twice")
    CONTRACT = "contract", _("Contract or price")
    OTHER = "other", _("Other")
