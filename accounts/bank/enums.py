"""Formats of bank files, and the lives of a file and of a line on a statement."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class BankFormat(models.TextChoices):
    CAMT = "camt", _("camt.052, camt.053 or camt.054")
    MT940 = "mt940", _("MT940 or MT942")
    BAI2 = "bai2", _("BAI2")
    CODA = "coda", _("CODA")
    OFX = "ofx", _("OFX or QFX")
    QIF = "qif", _("QIF")
    TABLE = "table", _("CSV or XLSX")
