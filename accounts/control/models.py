"""What a creditor says of its book on a day, how the ledger compared, and what was handed back to it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import Account
from accounts.parties.models import Creditor
from accounts.teams.enums import SEES_TEAM_ACCOUNTS
from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.fields import CurrencyField, MoneyField


class OfCreditorQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Rows of creditors whose name `user` may read."""
        if user.role not in SEES_TEAM_ACCOUNTS:
            return self
        return self.filter(creditor__in=Creditor.objects.visible_to(user))


class ControlTotal(AppendOnlyModel):
    """The balance a creditor's own books show at the end of a day, in one currency.

    A wrong one is stated anew: the latest of a creditor, currency and day counts. `has_list` says
    that balances by account came with it; that list is kept as a document of the total.
    """

    objects = OfCreditorQuerySet.as_manager()

    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="control_totals")
    currency = CurrencyField(_("currency"))
    as_of = models.DateField(_("end of day"))
    stated_balance = MoneyField(_("their balance"))
    has_list = models.BooleanField(default=False)
    note = models.CharField(_("note"), max_length=200, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("control total")
        verbose_name_plural = _("control totals")
        indexes = [models.Index(fields=["creditor", "currency", "-as_of", "-id"], name="control_of_day")]

    def __str__(self) -> str:
        return f"{self.creditor} {self.as_of}"


class ControlLine(AppendOnlyModel):
    """One account of the list that came with a control total; `account` is empty where we know none."""

    total = models.ForeignKey(ControlTotal, models.PROTECT, related_name="lines", db_index=False)
    number = models.CharField(max_length=60)
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+", db_index=False)
    stated_balance = MoneyField()
    currency = CurrencyField()

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("line of a control total")
        constraints = [models.UniqueConstraint(fields=["total", "number"], name="control_line_once")]

    def __str__(self) -> str:
        return f"{self.number} {self.stated_balance}"


class ControlCheck(AppendOnlyModel):
    """One comparison: what the ledger said of that day, as known at a moment."""

    total = models.ForeignKey(ControlTotal, models.PROTECT, related_name="checks")
    ledger_balance = MoneyField()
    currency = CurrencyField()
    differing_accounts = models.IntegerField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("check of a control total")

    def __str__(self) -> str:
        return f"{self.total_id} {self.ledger_balance}"


class Journal(AppendOnlyModel):
    """The entries born here for one creditor, between two cut-offs: each stands in exactly one journal.

    `known_from` is the cut-off of the journal before (empty for the first), `known_until` its own.
    Its file is a document of the journal.
    """

    objects = OfCreditorQuerySet.as_manager()

    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="journals")
    number = models.PositiveIntegerField(_("number"))
    known_from = models.DateTimeField(null=True)
    known_until = models.DateTimeField(_("known until"))
    entries = models.IntegerField(_("entries"))
    sums = models.JSONField(default=dict)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("journal")
        verbose_name_plural = _("journals")
        constraints = [
            models.UniqueConstraint(fields=["creditor", "number"], name="journal_number"),
            models.CheckConstraint(
                condition=Q(known_from__isnull=True) | Q(known_until__gt=F("known_from")),
                name="journal_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.creditor} {self.number}"
