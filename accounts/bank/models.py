"""Bank files, the statements in them, their lines, and the postings that lines became."""

from datetime import date

import pgtrigger
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.bank.enums import OPEN, WAITING, BankFormat, FileStatus, LineStatus, NotOurs, Rule
from accounts.cheques.models import ChequeReturn
from accounts.ledger.models import Account, LedgerEntry
from accounts.payments.models import OwnBankAccount
from accounts.returns.models import PaymentReturn
from accounts.teams.enums import SEES_EVERY_ACCOUNT
from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.fields import ClockTimestamp, CurrencyField, MoneyField
from collections_app.core.models import StoredFile


class BankFileQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Managers see every file; others those they brought: a file can name any creditor's account."""
        if user.role in SEES_EVERY_ACCOUNT:
            return self
        return self.filter(loaded_by=user)


class BankFile(models.Model):
    """A file from a bank as it came; the same bytes are taken once.

    `bank_account` is set where the format names no account and a person chose it; `options` are how
    it is read (order of days, mapping of a table), kept so that it is always read alike. A file that
    `is_large` is read by a worker, who keeps what its page shows in `look`; null while he reads.
    """

    objects = BankFileQuerySet.as_manager()

    file = models.OneToOneField(StoredFile, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(_("file"), max_length=200)
    format = models.CharField(_("format"), max_length=8, choices=BankFormat)
    bank_account = models.ForeignKey(OwnBankAccount, models.PROTECT, null=True, blank=True, related_name="+")
    options = models.JSONField(default=dict, blank=True)
    is_large = models.BooleanField(default=False)
    look = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)
    status = models.CharField(_("status"), max_length=10, choices=FileStatus, default=FileStatus.PREVIEW)
    lines_read = models.PositiveIntegerField(_("lines in the file"), default=0)
    lines_added = models.PositiveIntegerField(_("new lines"), default=0)
    lines_known = models.PositiveIntegerField(_("already there"), default=0)
    loaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    loaded_at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        verbose_name = _("bank file")
        verbose_name_plural = _("bank files")
        constraints = [
            models.UniqueConstraint(
                fields=["sha256"], name="bank_file_once", condition=~Q(status=FileStatus.DISCARDED)
            )
        ]

    def __str__(self) -> str:
        return self.name


class TableLayout(models.Model):
    """How the tables of one bank account are read: the mapping last used, offered for the next."""

    bank_account = models.OneToOneField(OwnBankAccount, models.PROTECT, related_name="table_layout")
    mapping = models.JSONField(default=dict)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("layout of a bank's tables")

    def __str__(self) -> str:
        return f"{self.bank_account_id}"


class OfBankAccountQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Of bank accounts in view: the office's own, and a creditor's for those who may read it."""
        return self.filter(bank_account__in=OwnBankAccount.objects.visible_to(user))


class BankStatement(AppendOnlyModel):
    """What a file says of one account over some days. `reference` is the bank's and never a key:
    banks repeat it. Balances are null where the format or the bank states none."""

    objects = OfBankAccountQuerySet.as_manager()

    bank_account = models.ForeignKey(OwnBankAccount, models.PROTECT, related_name="statements")
    bank_file = models.ForeignKey(BankFile, models.PROTECT, related_name="statements")
    reference = models.CharField(_("reference"), max_length=80, blank=True)
    number = models.CharField(_("number"), max_length=40, blank=True)
    currency = CurrencyField(_("currency"))
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("to"))
    opening = MoneyField(_("opening"), null=True)
    closing = MoneyField(_("closing"), null=True)
    credits = MoneyField(_("credits"), default=0)
    debits = MoneyField(_("debits"), default=0)
    lines_stated = models.PositiveIntegerField(_("lines"))
    lines_added = models.PositiveIntegerField(_("new lines"))

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        indexes = [models.Index(fields=["bank_account", "last_day", "id"], name="bank_statement_day")]

    def __str__(self) -> str:
        return self.reference


class BankLineQuerySet(OfBankAccountQuerySet):
    def to_decide(self):
        return self.filter(status__in=WAITING)

    def open(self):
        return self.filter(status__in=OPEN)


FACTS = [
    "bank_account", "statement", "booking_date", "value_date", "amount", "currency", "end_to_end_id",
    "structured_reference", "bank_reference", "counterparty_name", "counterparty_account", "text",
    "return_code", "is_reversal", "fingerprint", "occurrence", "balance_after", "recorded_at",
]  # fmt: skip


class BankLine(models.Model):
    """One payment on a statement. `amount` is signed as the bank account saw it: in above zero.

    `fingerprint` is of what makes the line this line, whatever file it comes in; `occurrence` counts
    equal ones, so that two genuine equal payments both stand. `balance_after` is the account's balance
    after it, where the statement states balances. The facts never change; `status` does.
    """

    objects = BankLineQuerySet.as_manager()

    bank_account = models.ForeignKey(OwnBankAccount, models.PROTECT, related_name="lines")
    statement = models.ForeignKey(BankStatement, models.PROTECT, related_name="lines")
    booking_date = models.DateField(_("booked on"))
    value_date = models.DateField(_("value date"))
    amount = MoneyField(_("amount"))
    currency = CurrencyField(_("currency"))
    end_to_end_id = models.CharField(_("end-to-end id"), max_length=80, blank=True)
    structured_reference = models.CharField(_("structured reference"), max_length=80, blank=True)
    bank_reference = models.CharField(_("bank's reference"), max_length=80, blank=True)
    counterparty_name = models.CharField(_("payer or payee"), max_length=140, blank=True)
    counterparty_account = models.CharField(_("their account number"), max_length=40, blank=True)
    text = models.CharField(_("text"), max_length=1000, blank=True)
    return_code = models.CharField(_("return code"), max_length=24, blank=True)
    is_reversal = models.BooleanField(_("reversal by the bank"), default=False)
    fingerprint = models.CharField(max_length=64)
    occurrence = models.PositiveIntegerField(default=1)
    balance_after = MoneyField(null=True)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp())

    status = models.CharField(_("status"), max_length=12, choices=LineStatus, default=LineStatus.UNMATCHED)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    rule = models.CharField(_("matched by"), max_length=12, choices=Rule, blank=True)
    not_ours = models.CharField(_("what it was"), max_length=12, choices=NotOurs, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    # Of money out: the return it was, recorded from this line or tied to it (then `rule` is LEDGER).
    payment_return = models.OneToOneField(
        PaymentReturn, models.PROTECT, null=True, blank=True, related_name="bank_line"
    )
    # Of money out that is a cheque: what the register says of its coming back.
    cheque_return = models.OneToOneField(
        ChequeReturn, models.PROTECT, null=True, blank=True, related_name="bank_line"
    )

    class Meta:
        verbose_name = _("bank line")
        verbose_name_plural = _("bank lines")
        constraints = [
            models.UniqueConstraint(
                fields=["bank_account", "fingerprint", "occurrence"], name="bank_line_once"
            ),
        ]
        indexes = [
            models.Index(fields=["bank_account", "booking_date", "id"], name="bank_line_day"),
            models.Index(
                fields=["booking_date", "id"], name="bank_line_waits", condition=Q(status__in=WAITING)
            ),
            models.Index(
                fields=["counterparty_account"], name="bank_line_payer", condition=~Q(counterparty_account="")
            ),
            models.Index(
                fields=["end_to_end_id"], name="bank_line_end_to_end", condition=~Q(end_to_end_id="")
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="facts_stay", fields=FACTS),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.booking_date}"

    @property
    def reference(self) -> str:
        """What a posting made of this line is called."""
        return self.end_to_end_id or self.structured_reference or self.bank_reference

    def posting_day(self, as_of: date) -> date:
        """The value date; a bank's value date ahead of us can't be posted, the booking day can."""
        return self.value_date if self.value_date <= as_of else self.booking_date

    @property
    def words(self) -> str:
        """What the payer wrote, in one line."""
        return " ".join(filter(None, [self.structured_reference, self.end_to_end_id, self.text]))


class BankPosting(models.Model):
    """A part of a line (or all of it) on a debtor's account. `undone` is the reversal with which a
    person took the match back; a receipt that came back by the bank leaves it standing.

    `is_linked`: the receipt was in the ledger already (by hand, from a feed); the line was tied to it
    and nothing was posted, so untying deletes the row and reverses nothing.
    """

    line = models.ForeignKey(BankLine, models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, models.PROTECT, related_name="bank_postings")
    entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="bank_posting")
    amount = MoneyField(_("amount"))
    currency = CurrencyField(_("currency"))
    rule = models.CharField(_("matched by"), max_length=12, choices=Rule)
    is_linked = models.BooleanField(default=False)
    undone = models.OneToOneField(LedgerEntry, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("posting of a bank line")
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="bank_posting_positive")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
