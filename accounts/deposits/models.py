"""Slips with what stands on them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.cashdesk.models import CashDifference, CashReceipt, NumberSeries
from accounts.cheques.models import Cheque
from accounts.deposits.enums import ANSWERED, AT_THE_BANK, DepositStatus
from accounts.payments.models import OwnBankAccount
from accounts.teams.enums import SEES_TEAM_ACCOUNTS
from accounts.teams.people import PersonQuerySet
from collections_app.core.fields import ClockTimestamp, CurrencyField, MoneyField


class DepositQuerySet(PersonQuerySet):
    people = ("depositor",)

    def visible_to(self, user):
        """One's own, and those of one's people to bank accounts whose name one may read."""
        found = super().visible_to(user)
        if user.role not in SEES_TEAM_ACCOUNTS:
            return found
        readable = OwnBankAccount.objects.visible_to(user)
        return found.filter(Q(depositor=user) | Q(bank_account__in=readable))

    def untied(self):
        """At the bank, and nobody tied a credit to it: what a bank statement may match."""
        return self.filter(Q(status=DepositStatus.DEPOSITED) | Q(by_cheques=True))


class Deposit(models.Model):
    """One slip: what is brought to one bank account in one currency, and the credit it became.

    `cash_amount` is what was counted, `cheque_amount` the sum of the cheques. `bank_line_id` names
    the line of a bank statement, which stands on a higher floor. `by_cheques`: the credit is what the
    bank answered to its cheques one by one, and no credit of the whole slip is tied;
    `returned_amount` is what of them came back then.
    """

    objects = DepositQuerySet.as_manager()

    series = models.ForeignKey(NumberSeries, models.PROTECT, related_name="deposits", db_index=False)
    number = models.PositiveIntegerField(_("number"))
    code = models.CharField(_("deposit"), max_length=30, unique=True)
    bank_account = models.ForeignKey(OwnBankAccount, models.PROTECT, related_name="deposits")
    currency = CurrencyField(_("currency"))
    depositor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="deposits")
    slip_date = models.DateField(_("prepared"))
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    cash_amount = MoneyField(_("cash"), default=0)
    cheque_amount = MoneyField(_("cheques"), default=0)
    total_amount = MoneyField(_("total"))
    note = models.CharField(_("note"), max_length=300, blank=True)
    status = models.CharField(
        _("status"), max_length=9, choices=DepositStatus, default=DepositStatus.PREPARED
    )
    deposited_on = models.DateField(_("brought to the bank"), null=True, blank=True)
    credited_amount = MoneyField(_("credited"), null=True, blank=True)
    credited_on = models.DateField(_("credited on"), null=True, blank=True)
    returned_amount = MoneyField(_("came back"), default=0)
    by_cheques = models.BooleanField(default=False)
    bank_reference = models.CharField(_("the bank's reference"), max_length=140, blank=True)
    bank_line_id = models.BigIntegerField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("deposit")
        verbose_name_plural = _("deposits")
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="deposit_number"),
            models.UniqueConstraint(fields=["id", "currency"], name="deposit_currency"),
            models.UniqueConstraint(
                fields=["bank_line_id"], name="deposit_one_credit", condition=Q(bank_line_id__isnull=False)
            ),
            models.CheckConstraint(
                condition=Q(total_amount=F("cash_amount") + F("cheque_amount"), total_amount__gt=0),
                name="deposit_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(cash_amount__gte=0, cheque_amount__gte=0), name="deposit_parts"
            ),
            models.CheckConstraint(
                condition=Q(status__in=AT_THE_BANK, deposited_on__isnull=False)
                | (~Q(status__in=AT_THE_BANK) & Q(deposited_on__isnull=True)),
                name="deposit_brought",
            ),
            models.CheckConstraint(
                condition=Q(status__in=ANSWERED, credited_amount__isnull=False, credited_on__isnull=False)
                | (~Q(status__in=ANSWERED) & Q(credited_amount__isnull=True, credited_on__isnull=True)),
                name="deposit_credited",
            ),
            models.CheckConstraint(
                condition=~Q(status=DepositStatus.CREDITED)
                | Q(total_amount=F("credited_amount") + F("returned_amount")),
                name="deposit_credited_in_full",
            ),
            models.CheckConstraint(
                condition=Q(by_cheques=False, returned_amount=0)
                | Q(status__in=ANSWERED, returned_amount__gte=0),
                name="deposit_by_cheques",
            ),
        ]
        indexes = [
            models.Index(fields=["-slip_date", "id"], name="deposit_day"),
            models.Index(fields=["bank_account", "status"], name="deposit_account"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def difference_amount(self):
        """What the bank credited too little (positive) or too much; None before it credited."""
        return None if self.credited_amount is None else self.left_amount

    @property
    def left_amount(self):
        """What of the slip no credit and no return of a cheque accounts for yet."""
        return self.total_amount - (self.credited_amount or 0) - self.returned_amount


class DepositPieces(models.Model):
    """How many notes or coins of one value are brought to the bank."""

    deposit = models.ForeignKey(Deposit, models.CASCADE, related_name="pieces", db_index=False)
    value = MoneyField(_("note or coin"))
    pieces = models.PositiveIntegerField(_("pieces"))
    currency = CurrencyField()

    class Meta:
        verbose_name = _("deposited pieces")
        constraints = [
            models.UniqueConstraint(fields=["deposit", "value"], name="deposited_value_once"),
            models.CheckConstraint(condition=Q(pieces__gt=0), name="deposited_pieces"),
        ]

    def __str__(self) -> str:
        return f"{self.pieces} x {self.value}"


class DepositItem(models.Model):
    """A receipt, a cheque or a difference that a slip takes along; live until the slip is cancelled
    or the cheque, having come back, goes on another one.

    `amount` is what it adds to the slip; missing money takes away.
    """

    deposit = models.ForeignKey(Deposit, models.PROTECT, related_name="items")
    receipt = models.ForeignKey(
        CashReceipt, models.PROTECT, null=True, blank=True, related_name="deposit_items"
    )
    cheque = models.ForeignKey(Cheque, models.PROTECT, null=True, blank=True, related_name="deposit_items")
    difference = models.ForeignKey(
        CashDifference, models.PROTECT, null=True, blank=True, related_name="deposit_items"
    )
    amount = MoneyField()
    currency = CurrencyField()
    is_live = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("what a deposit takes along")
        constraints = [
            models.UniqueConstraint(
                fields=["receipt"], name="receipt_in_one_deposit", condition=Q(is_live=True)
            ),
            models.UniqueConstraint(
                fields=["cheque"], name="cheque_in_one_deposit", condition=Q(is_live=True)
            ),
            models.UniqueConstraint(
                fields=["difference"], name="difference_in_one_deposit", condition=Q(is_live=True)
            ),
            models.CheckConstraint(
                condition=Q(receipt__isnull=False, cheque__isnull=True, difference__isnull=True, amount__gt=0)
                | Q(receipt__isnull=True, cheque__isnull=False, difference__isnull=True, amount__gt=0)
                | Q(receipt__isnull=True, cheque__isnull=True, difference__isnull=False),
                name="deposit_item_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
