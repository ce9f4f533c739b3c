"""Strategies, their dated versions and their steps."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.parties.enums import Channel
from accounts.parties.models import Creditor, Portfolio
from accounts.parties.queries import sees_every_creditor
from accounts.teams.models import Department
from campaigns.strategies.enums import Entry, Exit, InFlight, StepKind, VersionStatus
from collections_app.core.fields import ClockTimestamp


class Strategy(models.Model):
    """Which accounts it treats: one creditor (or portfolio), optionally some payer types."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    creditor = models.ForeignKey(Creditor, models.PROTECT, null=True, blank=True, related_name="strategies")
    portfolio = models.ForeignKey(Portfolio, models.PROTECT, null=True, blank=True, related_name="strategies")
    segment = models.JSONField(default=dict, blank=True)
    priority = models.IntegerField(_("looked at first"), default=100)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("strategy")
        verbose_name_plural = _("strategies")

    def __str__(self) -> str:
        return self.name


class StrategyVersionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What holds for every creditor, and for those he works for."""
        if sees_every_creditor(user):
            return self
        return self.filter(
            models.Q(strategy__creditor=None)
            | models.Q(strategy__creditor__in=Creditor.objects.visible_to(user))
        )


class StrategyVersion(models.Model):
    """What a strategy does from a day on.

    `criteria` narrow whom it takes: {payer_types, products, risk: lists of words; amount_from,
    amount_below: amounts of the balance per currency}; a missing or empty one takes all (None: the
    payer types of the strategy, from before versions said it themselves). `reentry_days`: who falls
    behind again within so many days of his cure goes on where he stopped (0: begins anew).
    `catch_up_days`: steps that are late come one after another, so many days apart.
    `signed_result` is the what-if its approver has seen.
    """

    objects = StrategyVersionQuerySet.as_manager()

    strategy = models.ForeignKey(Strategy, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    valid_from = models.DateField(_("in force from"), null=True, blank=True)
    tolerances = models.JSONField(_("smallest amount chased, per currency"), default=dict, blank=True)
    criteria = models.JSONField(_("takes"), null=True, blank=True)
    entry = models.CharField(_("begins"), max_length=10, choices=Entry, default=Entry.AT_DAY)
    exit_rule = models.CharField(_("leaves"), max_length=10, choices=Exit, default=Exit.CRITERIA)
    reentry_days = models.PositiveSmallIntegerField(_("goes on within days of a cure"), default=0)
    catch_up_days = models.PositiveSmallIntegerField(_("days between late steps"), default=3)
    in_flight = models.CharField(
        _("accounts under way"), max_length=10, choices=InFlight, default=InFlight.MOVE
    )
    content_hash = models.CharField(max_length=64, blank=True)
    signed_result = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=10, choices=VersionStatus, default=VersionStatus.DRAFT)
    note = models.TextField(_("what changed and why"), blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        verbose_name = _("strategy version")
        constraints = [
            models.UniqueConstraint(fields=["strategy", "number"], name="strategy_version_number"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | ~Q(approved_by=models.F("made_by"))
                | Q(note="installed"),
                name="strategy_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.strategy} {self.number}"

    def replace_steps(self, steps: Iterable[Mapping[str, Any]]) -> None:
        """Write these steps in place of the draft's own; services decide whether that may be."""
        self.steps.all().delete()
        StrategyStep.objects.bulk_create(StrategyStep(version=self, **step) for step in steps)


class StrategyStep(models.Model):
    """So many days after (or before, negative) the first unpaid due date: a message by this channel,
    or work for somebody. With `silent_days` only where the debtor was not heard of for so long; a
    statement pack goes to `department`."""

    version = models.ForeignKey(StrategyVersion, models.CASCADE, related_name="steps")
    code = models.SlugField(max_length=30)
    title = models.CharField(_("title"), max_length=80)
    stage = models.PositiveSmallIntegerField(_("stage"), default=1)
    stage_name = models.CharField(_("stage name"), max_length=40, blank=True)
    day_offset = models.SmallIntegerField(_("days from the due date"))
    kind = models.CharField(_("what"), max_length=10, choices=StepKind, default=StepKind.MESSAGE)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, blank=True)
    template_code = models.CharField(_("template"), max_length=60, blank=True)
    pay_within_days = models.PositiveSmallIntegerField(_("days to pay"), default=14)
    silent_days = models.PositiveSmallIntegerField(
        _("only after days of silence"), null=True, blank=True
    )
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("step")
        constraints = [
            models.UniqueConstraint(fields=["version", "code"], name="strategy_step_code"),
            models.CheckConstraint(
                condition=~Q(kind=StepKind.MESSAGE) | ~Q(channel=""), name="strategy_step_channel"
            ),
        ]

    def __str__(self) -> str:
        return self.title
