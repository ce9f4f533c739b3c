from django.db import models
from django.utils.translation import gettext_lazy as _


class HoldScope(models.TextChoices):
    CONTACT = "contact", _("Contact")
    DEMAND = "demand", _("Demand")
    INTEREST = "interest", _("Interest")
    FEE = "fee", _("Fees")
    LEGAL = "legal", _("Legal steps")


class HoldReason(models.TextChoices):
    REQUESTED = "requested", _("Asked for by the debtor")
    CREDITOR = "creditor", _("Asked for by the creditor")
    OPT_OUT = "opt_out", _("Opted out of contact")
    DECEASED = "deceased", _("Deceased")
    INSOLVENT = "insolvent", _("Insolvent")
    REPRESENTED = "represented", _("Represented")
    HARDSHIP = "hardship", _("Hardship")
    BREATHING_SPACE = "breathing_space", _("Breathing space")
    DISPUTE = "dispute", _("Dispute")
    CLAIMS_PAID = "claims_paid", _("Says it is paid")
    BOOKS = "books", _("Books being checked")
    OTHER = "other", _("Other")


class HoldStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    LIFTED = "lifted", _("Lifted")
    LAPSED = "lapsed", _("Lapsed")
