"""Runs, what each charges to an account, and the windows behind every amount."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.interest.enums import LIVE_RUNS, ChargeKind, RunStatus
from accounts.ledger.enums import EntryKind
from accounts.ledger.models import Account, LedgerEntry
from accounts.parties.models import Creditor, Portfolio
from accounts.policies.models import PolicyVersion
from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.fields import CurrencyField, MoneyField


class InterestRunQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Runs of the creditors this user works for."""
        return self.filter(creditor__in=Creditor.objects.visible_to(user))


class InterestRun(models.Model):
    """Interest, late fees or penalties of one creditor through the last day of a month.

    `first_day` is the first day no earlier run had reckoned; what was learned later about days
    before it is in the run too, as corrections. `known_at` is the moment up to which facts counted.
    `value_date` is the day all of it is posted with.
    """

    objects = InterestRunQuerySet.as_manager()

    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="interest_runs")
    kind = models.CharField(_("what"), max_length=10, choices=ChargeKind)
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("through"))
    value_date = models.DateField(_("value date"))
    status = models.CharField(_("status"), max_length=10, choices=RunStatus, default=RunStatus.PREPARING)
    terms = models.ForeignKey(PolicyVersion, models.PROTECT, null=True, related_name="+")
    known_at = models.DateTimeField(null=True)
    accounts = models.PositiveIntegerField(_("accounts"), default=0)
    corrections = models.PositiveIntegerField(_("corrections"), default=0)
    totals = models.JSONField(default=dict)
    note = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    posted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("interest run")
        verbose_name_plural = _("interest runs")
        constraints = [
            models.UniqueConstraint(
                fields=["creditor", "kind", "last_day"],
                name="interest_run_once",
                condition=Q(status__in=[status.value for status in LIVE_RUNS]),
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=models.F("first_day")), name="interest_run_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.last_day:%Y-%m}"


class InterestPosting(models.Model):
    """What a run charges to an account: a month's interest, or one fee on one item.

    `period` is the first day of the month, `item` and `step` (days past due) say which fee. The
    amount may be zero where only an earlier posting is taken back (`replaces`). `entry` and
    `reversal` are null until the run is posted. What a person waived stays waived: a later run
    does not charge it anew.
    """

    run = models.ForeignKey(InterestRun, models.PROTECT, related_name="postings", db_index=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="interest_postings", db_index=False)
    kind = models.CharField(max_length=10, choices=ChargeKind)
    period = models.DateField()
    item = models.ForeignKey(
        LedgerEntry, models.PROTECT, null=True, related_name="fees_on_it", db_index=False
    )
    step = models.PositiveSmallIntegerField(default=0)
    day = models.DateField(null=True)
    base = MoneyField(null=True)
    percent = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    amount = MoneyField()
    currency = CurrencyField()
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    entry = models.OneToOneField(LedgerEntry, models.PROTECT, null=True, related_name="interest_posting")
    reversal = models.OneToOneField(
        LedgerEntry, models.PROTECT, null=True, related_name="interest_correction"
    )
    is_live = models.BooleanField(default=False)
    waived_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    waived_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("interest posted")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "period", "item", "step"],
                name="interest_posted_once",
                condition=Q(is_live=True),
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="interest_posting_amount"),
        ]
        indexes = [models.Index(fields=["run", "account", "period"], name="interest_posting_run")]

    def about(self) -> str:
        """For what it is: a month, or how late an item was."""
        if self.item_id:
            return _("%(n)s days past due") % {"n": self.step}
        return date_format(self.period, "F Y")

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} for {self.period:%Y-%m}"


class InterestWindow(AppendOnlyModel):
    """A calculation window behind a posting: what a court multiplies again.

    Interest is exact to eight decimals; `frozen` holds the codes of the reasons for days without.
    """

    posting = models.ForeignKey(InterestPosting, models.PROTECT, related_name="windows", db_index=False)
    item = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+", db_index=False)
    first = models.DateField()
    last = models.DateField()
    days = models.PositiveIntegerField()
    base = MoneyField()
    currency = CurrencyField()
    rate = models.DecimalField(max_digits=12, decimal_places=6)
    year_days = models.PositiveSmallIntegerField()
    interest = models.DecimalField(max_digits=24, decimal_places=8)
    frozen = models.CharField(max_length=200, blank=True)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("calculation window")
        indexes = [
            models.Index(fields=["posting", "first"], name="interest_window_posting"),
            models.Index(fields=["item", "last"], name="interest_window_item"),
        ]

    def __str__(self) -> str:
        return f"{self.days} d of {self.base} at {self.rate} %"


class AccrualBook(models.Model):
    """Which days of a creditor's interest are kept, and what was known when they were reckoned.

    Every day from `first_day` through `last_day` is kept, in `AccruedInterest`; a day without rows bore
    nothing. `terms` are the terms they were reckoned by. Days from `stale_from` on are to be reckoned
    anew, because of what was recorded after `known_at`. All of it can be thrown away: it is derived.
    """

    creditor = models.OneToOneField(Creditor, models.PROTECT, related_name="accrual_book")
    first_day = models.DateField()
    last_day = models.DateField()
    known_at = models.DateTimeField()
    stale_from = models.DateField(null=True)
    terms = models.JSONField(default=list)

    class Meta:
        verbose_name = _("days of interest kept")
        verbose_name_plural = _("days of interest kept")

    def __str__(self) -> str:
        return f"{self.first_day} to {self.last_day}"


class AccruedInterestQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What accrued for the creditors this user works for."""
        return self.filter(creditor__in=Creditor.objects.visible_to(user))


class AccruedInterest(models.Model):
    """What the items of one kind bore on one day, by creditor, portfolio and currency.

    Exact to eight decimals, before any rounding to money. `items` are those that bore something. The
    accounts behind it are asked of the entries: a day of a million accounts would be as many rows.
    """

    objects = AccruedInterestQuerySet.as_manager()

    creditor = models.ForeignKey(
        Creditor, models.PROTECT, related_name="accrued_interest", db_index=False, verbose_name=_("creditor")
    )
    day = models.DateField(_("day"))
    portfolio = models.ForeignKey(
        Portfolio, models.PROTECT, null=True, related_name="+", verbose_name=_("portfolio")
    )
    currency = CurrencyField()
    kind = models.CharField(_("kind of item"), max_length=20, choices=EntryKind)
    items = models.PositiveIntegerField(_("items"))
    interest = models.DecimalField(_("interest"), max_digits=24, decimal_places=8)

    class Meta:
        verbose_name = _("interest of a day")
        verbose_name_plural = _("interest day by day")
        constraints = [
            models.UniqueConstraint(
                fields=["creditor", "day", "portfolio", "currency", "kind"],
                name="accrued_interest_once",
                nulls_distinct=False,
            )
        ]
        indexes = [models.Index(fields=["day"], name="accrued_interest_day")]

    def __str__(self) -> str:
        return f"{self.interest} {self.currency} on {self.day}"
