"""How an account at a bank is numbered."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class NumberKind(models.TextChoices):
    IBAN = "iban", _("IBAN")
    OTHER = "other", _("Account number")
