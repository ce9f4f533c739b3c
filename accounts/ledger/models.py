"""Accounts, entries, allocation facts and the cached standing."""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.approvals.models import Approval
from accounts.ledger.account_key import ENTRY_HAS_ACCOUNT
from accounts.ledger.accounts import Account, AccountAssignment, AccountParty, AccountQuerySet
from accounts.ledger.day_ends import DayEnd, DayEndAge, DayEndBalance
from accounts.ledger.enums import (
    Direction,
    EntryKind,
    EntrySource,
    GroupKind,
    PaymentMethod,
    Receiver,
    ReportLine,
)
from accounts.parties.models import Creditor
from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.fields import CurrencyField, MoneyField

__all__ = [
    "Account",
    "AccountAssignment",
    "AccountParty",
    "AccountQuerySet",
    "ApprovedEntry",
    "ClosedPeriod",
    "ContestedAmount",
    "DayEnd",
    "DayEndAge",
    "DayEndBalance",
    "EntryGroup",
    "GroupedEntry",
    "LatePosting",
    "LatePostingQuerySet",
    "LedgerEntry",
    "NamedAllocation",
    "RolledDay",
    "Standing",
    "WriteOffSet",
]


class LedgerEntry(AppendOnlyModel):
    """One movement on an account. Amounts are positive; `direction` says which way.

    `value_date` is a day in the creditor's business zone; `recorded_at` when the product knew.
    Never edited: `kind=reversal` with `reverses` and a reason takes an entry back.
    """

    # `account_key` holds this reference, together with the currency.
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    currency = CurrencyField()
    kind = models.CharField(max_length=16, choices=EntryKind)
    direction = models.CharField(max_length=6, choices=Direction)
    line = models.CharField(max_length=20, choices=ReportLine)
    amount = MoneyField()
    tax_amount = MoneyField(default=0)
    tax_code = models.CharField(max_length=20, blank=True)
    value_date = models.DateField()
    due_date = models.DateField(null=True, blank=True)
    is_due_date_assumed = models.BooleanField(default=False)
    reference = models.CharField(max_length=80, blank=True)
    description = models.CharField(max_length=200, blank=True)
    # Its own unique index, of all rows, is taken away by a migration: `entry_reversed_once` is it.
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by", db_constraint=False
    )
    reason = models.CharField(max_length=300, blank=True)
    method = models.CharField(max_length=12, choices=PaymentMethod, blank=True)
    receiver = models.CharField(max_length=10, choices=Receiver, blank=True)
    source = models.CharField(max_length=10, choices=EntrySource, default=EntrySource.MANUAL)
    import_batch_id = models.BigIntegerField(null=True, editable=False)
    # The audit record that every posting leaves holds the key to its actor: once, not per entry.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        triggers = [*AppendOnlyModel.Meta.triggers, ENTRY_HAS_ACCOUNT]
        constraints = [
            # Of the few that reverse: one entry in the other index costs every row.
            models.UniqueConstraint(
                fields=["reverses"],
                name="entry_reversed_once",
                include=["account", "value_date"],
                condition=Q(reverses__isnull=False),
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="entry_amount_positive"),
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False)
                | (~Q(kind="reversal") & Q(reverses__isnull=True)),
                name="entry_reversal_names_entry",
            ),
            models.CheckConstraint(
                condition=Q(direction="credit") | Q(due_date__isnull=False) | Q(kind__in=["reversal"]),
                name="entry_debit_has_due_date",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "due_date", "id"],
                name="entry_cover",
                include=["kind", "direction", "value_date", "amount", "recorded_at"],
            ),
            models.Index(fields=["value_date"], name="entry_value_date"),
            # Few rows; the worklist asks every account for its latest one.
            models.Index(
                fields=["account", "value_date", "id"],
                name="entry_returned",
                include=["amount"],
                condition=Q(kind="reversal", line="payments_returned"),
            ),
            models.Index(fields=["recorded_at"], name="entry_recorded"),
            # Few rows; their stock is summed over the whole book.
            models.Index(
                fields=["account", "value_date"],
                name="entry_written_off",
                condition=Q(line__in=["written_off", "write_offs_reversed"]),
            ),
            # What a file may tell again: payments that came from elsewhere.
            models.Index(
                fields=["value_date"],
                name="entry_own_payment",
                include=["id", "account", "amount"],
                condition=Q(kind="payment") & ~Q(source="import"),
            ),
            # Asked when an import is taken back, once and for many: the small kind of index does.
            BrinIndex(fields=["import_batch_id"], name="entry_batch", autosummarize=True),
            models.Index(
                fields=["reference"],
                name="entry_reference",
                opclasses=["varchar_pattern_ops"],
                condition=~Q(reference=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} {self.currency}"


class NamedAllocation(AppendOnlyModel):
    """A credit that names the debit it pays. All other allocation is derived, never stored."""

    credit = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="named_allocations")
    debit = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="named_credits")
    amount = MoneyField()
    currency = CurrencyField()
    effective_date = models.DateField()
    undoes = models.OneToOneField("self", models.PROTECT, null=True, related_name="undone_by")
    reason = models.CharField(max_length=300, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("named allocation")
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="named_positive")]

    def __str__(self) -> str:
        return f"{self.credit_id} pays {self.amount} of {self.debit_id}"


class ApprovedEntry(AppendOnlyModel):
    """An entry that was posted because a second person approved exactly it.

    The database lets one approval post each of its entries once, whatever else goes wrong.
    """

    entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="approved")
    approval = models.ForeignKey(Approval, models.PROTECT, related_name="entries")
    position = models.PositiveSmallIntegerField()

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("approved entry")
        constraints = [
            models.UniqueConstraint(fields=["approval", "position"], name="approved_entry_posted_once")
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} by approval {self.approval_id}"


class WriteOffSet(AppendOnlyModel):
    """Small balances proposed to be written off together; one approval decides about the set."""

    reason = models.CharField(max_length=300)
    account_count = models.PositiveIntegerField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("set of write-offs")

    def __str__(self) -> str:
        return f"{self.account_count}: {self.reason}"


class ContestedAmount(AppendOnlyModel):
    """How much of a debit is in dispute from a day on; the latest row of a day wins, 0 ends it.

    Written by `disputes`; allocation skips the contested part (domain: one dispute, one part).
    """

    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="contested")
    account = models.ForeignKey(Account, models.PROTECT, related_name="contested")
    amount = MoneyField()
    currency = CurrencyField()
    effective_date = models.DateField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("contested amount")
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="contested_not_negative")]

    def __str__(self) -> str:
        return f"{self.amount} of {self.entry_id} from {self.effective_date}"


class EntryGroup(AppendOnlyModel):
    """Entries that stand or fall together: when one is reversed, all are, on the same day.

    But a recovery may be taken back alone, its payment never without it.
    """

    kind = models.CharField(max_length=10, choices=GroupKind)
    reason = models.CharField(max_length=300, blank=True)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("entries that belong together")

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class GroupedEntry(AppendOnlyModel):
    """One entry of a group; of a recovery, the payment stands at position 0 and takes the rest along."""

    group = models.ForeignKey(EntryGroup, models.PROTECT, related_name="members")
    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="groups")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("entry of a group")
        constraints = [models.UniqueConstraint(fields=["group", "entry"], name="grouped_entry_once")]

    def __str__(self) -> str:
        return f"{self.entry_id} in {self.group_id}"


class ClosedPeriod(AppendOnlyModel):
    """Every value date up to `last_day` is in a signed month, from `closed_on` on.

    Written down here by whoever signs the month; without a creditor it holds for the whole house.
    """

    creditor = models.ForeignKey(
        Creditor, models.PROTECT, null=True, blank=True, related_name="closed_periods"
    )
    first_day = models.DateField()
    last_day = models.DateField()
    closed_on = models.DateField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("closed period")
        constraints = [
            models.UniqueConstraint(
                fields=["creditor", "last_day"], name="closed_period_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(first_day__lte=F("last_day")), name="closed_period_order"),
        ]

    def __str__(self) -> str:
        return f"until {self.last_day}"


ALLOCATION_CHANGED = _("Allocation changed")


class LatePostingQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(account__in=Account.objects.visible_to(user))


class LatePosting(AppendOnlyModel):
    """An entry, or a named allocation, dated into a month that was signed already, and why.

    `effect` is what it does to the balance, in the account's currency: nothing, where only the items
    change that money pays. `month` is its month's first day.
    """

    objects = LatePostingQuerySet.as_manager()

    entry = models.OneToOneField(LedgerEntry, models.PROTECT, null=True, related_name="late_posting")
    allocation = models.OneToOneField(
        NamedAllocation, models.PROTECT, null=True, related_name="late_posting"
    )
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    currency = CurrencyField()
    effect = MoneyField()
    month = models.DateField(_("closed month"))
    reason = models.CharField(max_length=300, blank=True)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("posting into a closed month")
        indexes = [models.Index(fields=["month", "id"], name="late_posting_month")]
        constraints = [
            models.CheckConstraint(
                condition=Q(entry__isnull=True) ^ Q(allocation__isnull=True), name="late_posting_of_one"
            )
        ]

    def __str__(self) -> str:
        what = self.entry_id or f"allocation {self.allocation_id}"
        return f"{what} into {self.month:%Y-%m}"

    def kind_label(self) -> str:
        return self.entry.get_kind_display() if self.entry_id else str(ALLOCATION_CHANGED)

    def source_label(self) -> str:
        return self.entry.get_source_display() if self.entry_id else EntrySource.MANUAL.label


class RolledDay(models.Model):
    """The day it is for a creditor: the one the roll has brought its accounts' standings to.

    Whoever works in another time zone is at most a day before it or after it.
    """

    creditor = models.OneToOneField(
        Creditor, models.CASCADE, primary_key=True, related_name="rolled_day"
    )
    day = models.DateField()

    class Meta:
        verbose_name = _("rolled day")

    def __str__(self) -> str:
        return f"{self.creditor_id}: {self.day}"


class Standing(models.Model):
    """Where an account stands on `standing_as_of`; written by `refresh_standing` alone.

    `overdue` is what is due and unpaid, disputed parts included; `contested` the disputed part of
    what is open; `credit` the money beyond all items (a positive number). `next_change_date` is the
    first day on which time alone changes the row: an item falls overdue, a later entry counts.
    """

    # The composite key (account, currency) of a migration holds this reference.
    account = models.OneToOneField(
        Account, models.CASCADE, primary_key=True, related_name="standing", db_constraint=False
    )
    currency = CurrencyField()
    balance = MoneyField(default=0)
    overdue = MoneyField(default=0)
    not_due = MoneyField(default=0)
    contested = MoneyField(default=0)
    credit = MoneyField(default=0)
    written_off = MoneyField(default=0)
    oldest_due_date = models.DateField(null=True)
    next_due_date = models.DateField(null=True)
    next_change_date = models.DateField(null=True)
    last_payment_date = models.DateField(null=True)
    last_payment_amount = MoneyField(null=True)
    standing_as_of = models.DateField()

    class Meta:
        verbose_name = _("standing")
        indexes = [
            # None on the day of the next change, which one pass a night asks for: every posting would pay.
            # The account list's own order: oldest first, then by account.
            models.Index(fields=["oldest_due_date", "account"], name="standing_oldest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(balance=F("overdue") + F("not_due") - F("credit")),
                name="standing_adds_up",
            )
        ]

    def __str__(self) -> str:
        return f"{self.balance} {self.currency} on {self.standing_as_of}"
