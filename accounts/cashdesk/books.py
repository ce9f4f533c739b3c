"""Paper receipt books with their leaves, and the standing orders of where cash goes."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.cashdesk.enums import BookStatus, DepositedBy, InstructionStatus, SlipStatus
from accounts.parties.models import Creditor
from accounts.payments.models import OwnBankAccount
from accounts.teams.enums import SEES_TEAM_ACCOUNTS
from accounts.teams.people import PersonQuerySet
from collections_app.core.fields import ClockTimestamp, CurrencyField


class ReceiptBookQuerySet(PersonQuerySet):
    people = ("holder",)


class ReceiptBook(models.Model):
    """A printed book of numbered receipts that a collector carries, from one number to another."""

    objects = ReceiptBookQuerySet.as_manager()

    prefix = models.CharField(_("printed before the number"), max_length=10)
    first_number = models.PositiveIntegerField(_("first number"))
    last_number = models.PositiveIntegerField(_("last number"))
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="receipt_books")
    issued_on = models.DateField(_("issued"))
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    status = models.CharField(_("status"), max_length=8, choices=BookStatus, default=BookStatus.ISSUED)
    returned_on = models.DateField(_("given back"), null=True, blank=True)

    class Meta:
        verbose_name = _("receipt book")
        verbose_name_plural = _("receipt books")
        constraints = [
            models.CheckConstraint(
                condition=Q(first_number__gte=1, last_number__gte=F("first_number")), name="book_range"
            ),
            models.UniqueConstraint(fields=["prefix", "first_number"], name="book_first"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}{self.first_number}-{self.last_number}"

    @property
    def size(self) -> int:
        return self.last_number - self.first_number + 1

    def code_of(self, number: int) -> str:
        """A slip's number as it is printed."""
        return f"{self.prefix}{number:0{len(str(self.last_number))}d}"


class PaperSlip(models.Model):
    """One numbered leaf of a book that was used, spoilt or is missing; no row: still blank."""

    book = models.ForeignKey(ReceiptBook, models.PROTECT, related_name="slips", db_index=False)
    number = models.PositiveIntegerField(_("number"))
    status = models.CharField(_("status"), max_length=7, choices=SlipStatus)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    said_on = models.DateField(_("entered"))
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("paper receipt")
        constraints = [models.UniqueConstraint(fields=["book", "number"], name="paper_slip_once")]
        indexes = [models.Index(fields=["book"], name="paper_slip_missing", condition=Q(status="missing"))]

    def __str__(self) -> str:
        return self.book.code_of(self.number)


class DepositInstructionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Everybody's instructions, and those of creditors whose name `user` may read."""
        if user.role not in SEES_TEAM_ACCOUNTS:
            return self
        return self.filter(Q(creditor__isnull=True) | Q(creditor__in=Creditor.objects.visible_to(user)))

    def approved(self, day):
        return self.filter(status=InstructionStatus.APPROVED, valid_from__lte=day)


class DepositInstruction(models.Model):
    """To which of our bank accounts money of a currency goes, by when, by whom; from a day on.

    A creditor's own instruction goes before the one for all. Of several the one with the latest
    first day holds.
    """

    objects = DepositInstructionQuerySet.as_manager()

    creditor = models.ForeignKey(
        Creditor, models.PROTECT, null=True, blank=True, related_name="deposit_instructions"
    )
    currency = CurrencyField(_("currency"))
    bank_account = models.ForeignKey(OwnBankAccount, models.PROTECT, related_name="deposit_instructions")
    within_days = models.PositiveSmallIntegerField(_("within business days"))
    deposited_by = models.CharField(_("brought to the bank by"), max_length=10, choices=DepositedBy)
    valid_from = models.DateField(_("from"))
    status = models.CharField(
        _("status"), max_length=8, choices=InstructionStatus, default=InstructionStatus.WAITING
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("deposit instruction")
        verbose_name_plural = _("deposit instructions")
        constraints = [
            models.CheckConstraint(condition=Q(within_days__lte=60), name="deposit_instruction_days"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("made_by")),
                name="deposit_instruction_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.currency}: {self.bank_account_id}"
