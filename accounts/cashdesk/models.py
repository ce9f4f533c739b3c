"""Receipts and their numbers, the cashier's day with its counts, paper books, where money goes."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.cashdesk.books import DepositInstruction, PaperSlip
from accounts.cashdesk.enums import (
    DayStatus,
    FoundAt,
    ReceiptStatus,
)
from accounts.irregularities.models import Irregularity
from accounts.ledger.models import Account, LedgerEntry
from accounts.parties.models import Creditor, Debtor
from accounts.teams.enums import SEES_EVERY_ACCOUNT, SEES_TEAM_ACCOUNTS
from accounts.teams.people import PersonQuerySet
from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.fields import ClockTimestamp, CurrencyField, MoneyField
from collections_app.core.money import format_amount


class NumberSeries(models.Model):
    """A run of numbers without gaps: one a cashier, one of the office, one for deposit slips.

    `last_number` is drawn by an UPDATE in the transaction that uses it, so a number that was
    refused or rolled back is drawn again.
    """

    code = models.CharField(_("code"), max_length=12, unique=True)
    cashier = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="receipt_series"
    )
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("series of numbers")
        verbose_name_plural = _("series of numbers")

    def __str__(self) -> str:
        return self.code


class CashDayQuerySet(PersonQuerySet):
    people = ("cashier", "receiver")

    def unfinished(self):
        return self.exclude(status=DayStatus.CLOSED)


class CashDay(models.Model):
    """One person's till or bag on one day: what he began with, took, counted and gave to whom."""

    objects = CashDayQuerySet.as_manager()

    cashier = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="cash_days")
    day = models.DateField(_("day"))
    shift = models.PositiveSmallIntegerField(_("shift"), default=1)
    status = models.CharField(_("status"), max_length=8, choices=DayStatus, default=DayStatus.OPEN)
    opened_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    receiver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="cash_received"
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    change_goes_along = models.BooleanField(_("the receiver takes the change money"), default=False)
    closed_on = models.DateField(_("closed"), null=True, blank=True)
    signed_at = models.DateTimeField(_("signed"), null=True, blank=True)

    class Meta:
        verbose_name = _("cash day")
        verbose_name_plural = _("cash days")
        constraints = [
            models.UniqueConstraint(fields=["cashier", "day", "shift"], name="cash_day_once"),
            models.UniqueConstraint(
                fields=["cashier"], name="cash_day_one_open", condition=~Q(status=DayStatus.CLOSED)
            ),
            models.CheckConstraint(
                condition=Q(receiver__isnull=True) | ~Q(receiver=F("cashier")), name="cash_day_two_people"
            ),
            models.CheckConstraint(
                condition=(Q(status=DayStatus.CLOSED) & Q(closed_on__isnull=False))
                | (~Q(status=DayStatus.CLOSED) & Q(closed_on__isnull=True)),
                name="cash_day_closed",
            ),
        ]
        indexes = [models.Index(fields=["-day"], name="cash_day_day")]

    def __str__(self) -> str:
        return f"{self.cashier}, {self.day}"

    def counted_text(self) -> str:
        """What was counted, by currency; nothing while the day is open, a count taken back included."""
        if self.status == DayStatus.OPEN:
            return ""
        return ", ".join(
            format_amount(count.counted_amount, count.currency, with_currency=True)
            for count in self.counts.all()
        )

    def difference_text(self) -> str:
        """What was missing (with a minus) or too much, by currency; empty where nothing was."""
        if self.status == DayStatus.OPEN:
            return ""
        return ", ".join(
            format_amount(-count.difference_amount, count.currency, with_currency=True)
            for count in self.counts.all()
            if count.difference_amount
        )


class CashFloat(models.Model):
    """Change money a day began with, a currency: as counted, and as the cashier held it before.

    `held_amount` is empty where the day was opened before change money had a holder.
    """

    cash_day = models.ForeignKey(CashDay, models.PROTECT, related_name="floats")
    currency = CurrencyField(_("currency"))
    amount = MoneyField(_("float"))
    held_amount = MoneyField(_("held before"), null=True, blank=True)

    class Meta:
        verbose_name = _("float")
        constraints = [
            models.UniqueConstraint(fields=["cash_day", "currency"], name="cash_float_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="cash_float_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class CashCount(models.Model):
    """The count at a day's close, a currency: expected = counted + difference.

    `deposited_amount` left the till for the bank before the count. A positive difference is missing.
    `kept_amount` of what was counted is put aside as change money; empty in counts before it was asked.
    """

    cash_day = models.ForeignKey(CashDay, models.PROTECT, related_name="counts")
    currency = CurrencyField(_("currency"))
    float_amount = MoneyField(_("float"))
    taken_amount = MoneyField(_("taken"))
    deposited_amount = MoneyField(_("brought to the bank"))
    expected_amount = MoneyField(_("expected"))
    counted_amount = MoneyField(_("counted"))
    difference_amount = MoneyField(_("difference"))
    kept_amount = MoneyField(_("put aside as change money"), null=True, blank=True)

    class Meta:
        verbose_name = _("count")
        constraints = [
            models.UniqueConstraint(fields=["cash_day", "currency"], name="cash_count_once"),
            models.UniqueConstraint(fields=["id", "currency"], name="cash_count_currency"),
            models.CheckConstraint(
                condition=Q(expected_amount=F("float_amount") + F("taken_amount") - F("deposited_amount")),
                name="cash_count_expected",
            ),
            models.CheckConstraint(
                condition=Q(expected_amount=F("counted_amount") + F("difference_amount")),
                name="cash_count_adds_up",
            ),
            models.CheckConstraint(condition=Q(counted_amount__gte=0), name="cash_count_counted"),
            models.CheckConstraint(
                condition=Q(kept_amount__isnull=True)
                | Q(kept_amount__gte=0, kept_amount__lte=F("counted_amount")),
                name="cash_count_kept",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.counted_amount} {self.currency}"


class CountedPieces(models.Model):
    """How many notes or coins of one value were counted."""

    count = models.ForeignKey(CashCount, models.CASCADE, related_name="pieces")
    value = MoneyField(_("note or coin"))
    pieces = models.PositiveIntegerField(_("pieces"))
    currency = CurrencyField()

    class Meta:
        verbose_name = _("counted pieces")
        constraints = [models.UniqueConstraint(fields=["count", "value"], name="counted_value_once")]

    def __str__(self) -> str:
        return f"{self.pieces} x {self.value}"


class CashDifferenceQuerySet(PersonQuerySet):
    people = ("holder",)


class CashDifference(AppendOnlyModel):
    """Cash that was missing (positive) or too much (negative) when somebody counted it."""

    objects = CashDifferenceQuerySet.as_manager()

    cash_day = models.ForeignKey(CashDay, models.PROTECT, null=True, blank=True, related_name="differences")
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="cash_differences")
    currency = CurrencyField(_("currency"))
    amount = MoneyField(_("missing"))
    found_on = models.DateField(_("found"))
    found_at = models.CharField(_("found"), max_length=10, choices=FoundAt, default=FoundAt.CLOSE)
    irregularity = models.OneToOneField(Irregularity, models.PROTECT, related_name="cash_difference")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("cash difference")
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="cash_difference_is_one"),
            models.UniqueConstraint(
                fields=["cash_day", "currency", "found_at"],
                name="cash_difference_once",
                condition=Q(cash_day__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class CashReceiptQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Receipts one took, those of accounts in view; managers and auditors see all."""
        if user.role in SEES_EVERY_ACCOUNT:
            return self
        if user.role not in SEES_TEAM_ACCOUNTS:
            return self.none()
        in_view = ReceiptLine.objects.filter(
            receipt=models.OuterRef("pk"), account__in=Account.objects.visible_to(user)
        )
        return self.filter(Q(cashier=user) | models.Exists(in_view))

    def issued(self):
        return self.filter(status=ReceiptStatus.ISSUED)

    def held(self):
        """Money that is still with somebody of the office."""
        return self.filter(status=ReceiptStatus.ISSUED, banked_on__isnull=True)

    def late(self, day):
        """Held after the day by which it was to be at the bank."""
        return self.held().filter(deposit_by__lt=day)


class CashReceipt(models.Model):
    """Cash that somebody handed over for one debtor's accounts of one currency, and its number.

    Numbered in a series or by the leaf of a paper book. What was received never changes; a void
    receipt keeps its number. `holder` has the money until a deposit takes it to the bank, by
    `deposit_by` as the instruction of that day says (empty where there was none).
    """

    objects = CashReceiptQuerySet.as_manager()

    series = models.ForeignKey(
        NumberSeries, models.PROTECT, null=True, blank=True, related_name="receipts", db_index=False
    )
    slip = models.OneToOneField(PaperSlip, models.PROTECT, null=True, blank=True, related_name="receipt")
    number = models.PositiveIntegerField(_("number"))
    code = models.CharField(_("receipt"), max_length=30, unique=True)
    cash_day = models.ForeignKey(CashDay, models.PROTECT, related_name="receipts")
    cashier = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="cash_receipts")
    debtor = models.ForeignKey(Debtor, models.PROTECT, related_name="cash_receipts")
    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="cash_receipts")
    currency = CurrencyField(_("currency"))
    amount = MoneyField(_("amount"))
    received_date = models.DateField(_("received"))
    payer_name = models.CharField(_("handed over by"), max_length=120, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    issued_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    status = models.CharField(_("status"), max_length=6, choices=ReceiptStatus, default=ReceiptStatus.ISSUED)
    voided_on = models.DateField(_("voided"), null=True, blank=True)
    void_reason = models.CharField(_("why void"), max_length=300, blank=True)
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="cash_held")
    instruction = models.ForeignKey(
        DepositInstruction, models.PROTECT, null=True, blank=True, related_name="+"
    )
    deposit_by = models.DateField(_("to the bank by"), null=True, blank=True)
    # Written by `deposits` alone: the live slip it stands on, and the day it went to the bank.
    deposit_code = models.CharField(_("deposit"), max_length=30, blank=True)
    banked_on = models.DateField(_("brought to the bank"), null=True, blank=True)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        triggers = [
            pgtrigger.ReadOnly(
                name="cash_receipt_fixed",
                fields=[
                    "series", "slip", "number", "code", "cash_day", "cashier", "debtor", "creditor",
                    "currency", "amount", "received_date",
                ],
            ),
            pgtrigger.Protect(name="cash_receipt_stays", operation=pgtrigger.Delete),
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="receipt_number"),
            models.UniqueConstraint(fields=["id", "currency"], name="receipt_currency"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="receipt_positive"),
            models.CheckConstraint(
                condition=Q(series__isnull=True, slip__isnull=False)
                | Q(series__isnull=False, slip__isnull=True),
                name="receipt_numbered_once",
            ),
            models.CheckConstraint(
                condition=Q(status=ReceiptStatus.ISSUED) | Q(deposit_code="", banked_on__isnull=True),
                name="receipt_void_not_banked",
            ),
            models.CheckConstraint(
                condition=Q(status=ReceiptStatus.VOID, voided_on__isnull=False)
                | Q(status=ReceiptStatus.ISSUED, voided_on__isnull=True),
                name="receipt_void",
            ),
        ]
        indexes = [
            models.Index(fields=["received_date", "id"], name="receipt_day"),
            models.Index(
                fields=["holder", "currency", "received_date"],
                name="receipt_held",
                condition=Q(status=ReceiptStatus.ISSUED, banked_on__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ReceiptLine(AppendOnlyModel):
    """What of a receipt went to one account, what it paid, and the balance it left.

    `paid` is what was printed: `[{"text", "due_date", "amount"}]`, with `billed`, `tax_amount`
    and `tax_code` where an item has tax in it; what lies beyond is credit.
    """

    receipt = models.ForeignKey(CashReceipt, models.PROTECT, related_name="lines")
    account = models.ForeignKey(Account, models.PROTECT, related_name="receipt_lines")
    entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="receipt_line")
    currency = CurrencyField()
    amount = MoneyField(_("amount"))
    balance_after = MoneyField(_("balance after"))
    paid = models.JSONField(default=list)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("line of a receipt")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="receipt_line_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class ReceiptPrint(AppendOnlyModel):
    """A receipt was printed; every print after the first is marked as a duplicate."""

    receipt = models.ForeignKey(CashReceipt, models.PROTECT, related_name="prints", db_index=False)
    number = models.PositiveSmallIntegerField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("print of a receipt")
        constraints = [models.UniqueConstraint(fields=["receipt", "number"], name="receipt_print_once")]

    def __str__(self) -> str:
        return f"{self.number} of {self.receipt_id}"
