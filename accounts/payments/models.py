"""Where money arrives: the accounts that the office, or a creditor, keeps at banks."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.parties.models import Creditor
from accounts.payments.enums import NumberKind
from accounts.teams.enums import SEES_TEAM_ACCOUNTS
from collections_app.core.fields import CurrencyField


class OwnBankAccountQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The office's own accounts, and those of creditors whose name `user` may read."""
        if user.role not in SEES_TEAM_ACCOUNTS:
            return self
        return self.filter(Q(creditor__isnull=True) | Q(creditor__in=Creditor.objects.visible_to(user)))

    def in_use(self):
        return self.filter(is_active=True)


class OwnBankAccount(models.Model):
    """An account at a bank on which debtors' money arrives, in one currency.

    `creditor` is set where the money arrives at the creditor directly; empty, the office's own.
    `number` is kept without spaces and in capitals, as bank files write it.
    """

    objects = OwnBankAccountQuerySet.as_manager()

    name = models.CharField(_("name"), max_length=80, unique=True)
    bank_name = models.CharField(_("bank"), max_length=80)
    number_kind = models.CharField(
        _("numbered by"), max_length=5, choices=NumberKind, default=NumberKind.IBAN
    )
    number = models.CharField(_("number"), max_length=40)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    currency = CurrencyField(_("currency"))
    creditor = models.ForeignKey(
        Creditor, models.PROTECT, null=True, blank=True, related_name="bank_accounts"
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        constraints = [models.UniqueConstraint(fields=["number", "currency"], name="own_bank_account_number")]

    def __str__(self) -> str:
        return self.name
