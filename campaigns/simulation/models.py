"""A what-if, each step it foretells, and the accounts that would be treated differently."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import Account
from accounts.parties.models import Creditor
from accounts.parties.queries import sees_every_creditor
from campaigns.simulation.enums import Outcome, Side
from campaigns.strategies.enums import InFlight, StepKind
from campaigns.strategies.models import StrategyVersion
from collections_app.core.fields import ClockTimestamp


class WhatIfQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Of strategies of creditors he works for; of every creditor's for those who see all."""
        if sees_every_creditor(user):
            return self
        return self.filter(
            models.Q(version__strategy__creditor=None)
            | models.Q(version__strategy__creditor__in=Creditor.objects.visible_to(user))
        )


class WhatIf(models.Model):
    """A draft against what is in force, over days ahead or past ones.

    `content_hash` is of the version as it stood; `result` holds all figures as counts and texts, and
    the digest of its rows; `result_hash` is the sha256 of `result`, which the approver signs.
    """

    objects = WhatIfQuerySet.as_manager()

    version = models.ForeignKey(StrategyVersion, models.CASCADE, related_name="what_ifs")
    content_hash = models.CharField(max_length=64)
    as_of = models.DateField(_("made on"))
    first_day = models.DateField(_("from"))
    days = models.PositiveSmallIntegerField(_("days"))
    in_flight = models.CharField(
        _("accounts under way"), max_length=10, choices=InFlight, default=InFlight.MOVE
    )
    result = models.JSONField(default=dict)
    result_hash = models.CharField(max_length=64, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=ClockTimestamp())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("what-if")

    @property
    def is_ahead(self) -> bool:
        """Whether it looks ahead, not back over days gone by."""
        return self.first_day >= self.as_of

    def __str__(self) -> str:
        return f"{self.version} from {self.first_day}"


class ForetoldStep(models.Model):
    """A step of an account on a day, on one side. Steps of one contact have its number."""

    # Written by the hundred thousand: a key would prove every row again.
    what_if = models.ForeignKey(
        WhatIf, models.CASCADE, related_name="steps", db_constraint=False, db_index=False
    )
    side = models.CharField(max_length=5, choices=Side)
    contact = models.IntegerField()
    day = models.DateField()
    contact_day = models.DateField(null=True)
    account = models.ForeignKey(
        Account, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    debtor_id = models.BigIntegerField()
    officer_id = models.BigIntegerField(null=True)
    step_id = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=StepKind)
    channel = models.CharField(max_length=10, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome)
    rule = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name = _("foretold step")
        indexes = [models.Index(fields=["what_if", "side", "account"], name="foretold_account")]

    def __str__(self) -> str:
        return f"{self.step_id} on {self.day}"


class ChangedAccount(models.Model):
    """An account that the draft treats differently: what it would get on each side, in order."""

    what_if = models.ForeignKey(
        WhatIf, models.CASCADE, related_name="changed", db_constraint=False, db_index=False
    )
    account = models.ForeignKey(
        Account, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    live = models.CharField(_("in force"), max_length=400, blank=True)
    draft = models.CharField(_("draft"), max_length=400, blank=True)
    live_contacts = models.IntegerField(_("contacts now"), default=0)
    draft_contacts = models.IntegerField(_("contacts then"), default=0)
    in_hardship = models.BooleanField(_("hardship"), default=False)

    class Meta:
        verbose_name = _("account treated differently")
        indexes = [models.Index(fields=["what_if", "account"], name="changed_account")]

    def __str__(self) -> str:
        return f"{self.account_id}"
