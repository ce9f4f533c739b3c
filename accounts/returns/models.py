"""Reasons, returns, retries, stops by means, and the files in which returns arrive."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import Account, LedgerEntry
from accounts.policies.models import DatedVersion, approved_by_another
from accounts.returns.enums import (
    TAKEN_IN,
    TO_DECIDE,
    ActionClass,
    Block,
    FileStatus,
    ReasonStatus,
    RetryStatus,
    ReturnFormat,
    RowFinding,
    Scheme,
    TaskFor,
)
from accounts.teams.enums import SEES_EVERY_ACCOUNT
from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.fields import ClockTimestamp, CurrencyField, MoneyField
from collections_app.core.models import StoredFile
from collections_app.core.said import Said, said


class ReturnReasonQuerySet(models.QuerySet):
    def in_force(self, day: date):
        """Of each scheme and code the newest approved version on a day; retired ones are left out."""
        newest = (
            self.model._base_manager.filter(
                status=ReasonStatus.APPROVED,
                valid_from__lte=day,
                scheme=models.OuterRef("scheme"),
                code=models.OuterRef("code"),
            )
            .order_by("-valid_from", "-id")
            .values("pk")[:1]
        )
        return self.filter(pk=models.Subquery(newest), is_active=True)


class ReturnReason(DatedVersion):
    """What one code of a scheme means from a day on, and what follows from it.

    A change is a new version that another person approves; a version is never edited. The amount of
    a fee is the dated policy `return_fee`; `charges_fee` says whether this reason lays it on the
    debtor. `is_verified` is false where only trade knowledge, no published source, stands behind it.
    """

    objects = ReturnReasonQuerySet.as_manager()

    scheme = models.CharField(_("scheme"), max_length=8, choices=Scheme)
    code = models.CharField(_("code"), max_length=24)
    label = models.CharField(_("meaning"), max_length=120)
    action_class = models.CharField(_("asks for"), max_length=12, choices=ActionClass)
    retry_days = models.PositiveSmallIntegerField(_("try again after, days"), null=True, blank=True)
    retry_limit = models.PositiveSmallIntegerField(_("at most so often"), default=0)
    retry_window_days = models.PositiveSmallIntegerField(
        _("within, days from the first payment"), null=True, blank=True
    )
    blocks = models.CharField(_("stops"), max_length=4, choices=Block, default=Block.NONE)
    task_kind = models.CharField(_("kind of task"), max_length=40, blank=True)
    task_for = models.CharField(_("task for"), max_length=10, choices=TaskFor, default=TaskFor.OFFICER)
    task_days = models.PositiveSmallIntegerField(_("due in, business days"), default=2)
    charges_fee = models.BooleanField(_("lays the return fee on the debtor"), default=False)
    is_verified = models.BooleanField(_("from a published source"), default=False)
    source = models.CharField(_("source"), max_length=200, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    note = models.CharField(_("why"), max_length=300, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=ReasonStatus, default=ReasonStatus.PROPOSED)

    class Meta:
        verbose_name = _("return reason")
        verbose_name_plural = _("return reasons")
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "code", "valid_from"],
                name="return_reason_one_a_day",
                condition=Q(status=ReasonStatus.APPROVED),
            ),
            approved_by_another("return_reason_two_people"),
            models.CheckConstraint(
                condition=Q(retry_limit=0) | Q(retry_days__isnull=False), name="return_reason_retry_days"
            ),
        ]
        indexes = [models.Index(fields=["scheme", "code", "-valid_from"], name="return_reason_lookup")]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.shown_code(), self.meaning()]))

    def said(self) -> Said:
        """As str() says it, to be kept: each reader has it in his own words."""
        code = self.shown_code()
        words = said(self.label)
        return said("%(code)s %(meaning)s", code=code, meaning=words) if code else words

    def shown_code(self) -> str:
        """The code, where the scheme's own papers bear it: banks return cheques with words."""
        return "" if self.scheme == Scheme.CHEQUE else self.code

    def meaning(self) -> str:
        """The label in the reader's language, where it is one of the product's own."""
        return gettext(self.label)

    def retries_in_words(self) -> str:
        """How often and when a payment is tried again; empty where it is not."""
        if not self.retry_limit:
            return ""
        words = gettext("%(n)s times, after %(days)s d") % {"n": self.retry_limit, "days": self.retry_days}
        if self.retry_window_days:
            words += gettext(", within %(days)s d") % {"days": self.retry_window_days}
        return words

    def stops_in_words(self) -> str:
        return "" if self.blocks == Block.NONE else str(self.get_blocks_display())

    def fee_in_words(self) -> str:
        return gettext("by policy") if self.charges_fee else ""

    def source_in_words(self) -> str:
        return gettext("published") if self.is_verified else gettext("not verified")


class PaymentReturnQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(account__in=Account.objects.visible_to(user))


class PaymentReturn(AppendOnlyModel):
    """A receipt that came back, whole or in part, on a day of its own, and what was posted for it.

    `amount` is what came back. Where it is less than the receipt, the receipt is reversed whole and
    `rest` is the part that stayed, paid in anew on the same day. `certificate` is the bank's paper
    about a part payment.
    """

    objects = PaymentReturnQuerySet.as_manager()

    account = models.ForeignKey(Account, models.PROTECT, related_name="payment_returns")
    entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="payment_return")
    scheme = models.CharField(_("scheme"), max_length=8, choices=Scheme)
    reason = models.ForeignKey(ReturnReason, models.PROTECT, related_name="returns")
    return_date = models.DateField(_("came back on"))
    amount = MoneyField(_("amount"))
    currency = CurrencyField(_("currency"))
    reversal = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="return_of_reversal")
    rest = models.OneToOneField(LedgerEntry, models.PROTECT, null=True, related_name="return_of_rest")
    fee = models.OneToOneField(LedgerEntry, models.PROTECT, null=True, related_name="return_of_fee")
    fee_note = models.CharField(max_length=200, blank=True)
    certificate = models.CharField(_("certificate"), max_length=60, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    attempt = models.PositiveSmallIntegerField(_("presented for the time"), default=1)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("returned payment")
        verbose_name_plural = _("returned payments")
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="return_positive")]
        indexes = [
            models.Index(fields=["return_date"], name="return_day"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.reason_id}"


class RetryQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(account__in=Account.objects.visible_to(user))

    def due(self, day: date):
        return self.filter(status=RetryStatus.PLANNED, planned_date__lte=day)


class Retry(models.Model):
    """A returned payment to be presented again on a day; `attempt` counts the first one as 1."""

    objects = RetryQuerySet.as_manager()

    payment_return = models.OneToOneField(PaymentReturn, models.PROTECT, related_name="retry")
    account = models.ForeignKey(Account, models.PROTECT, related_name="retries")
    scheme = models.CharField(_("scheme"), max_length=8, choices=Scheme)
    amount = MoneyField(_("amount"))
    currency = CurrencyField(_("currency"))
    planned_date = models.DateField(_("planned for"))
    attempt = models.PositiveSmallIntegerField(_("presented for the time"))
    status = models.CharField(_("status"), max_length=10, choices=RetryStatus, default=RetryStatus.PLANNED)
    entry = models.OneToOneField(
        LedgerEntry, models.PROTECT, null=True, blank=True, related_name="retry_of_entry"
    )
    ended_on = models.DateField(null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("retry")
        verbose_name_plural = _("retries")
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="retry_positive")]
        indexes = [
            models.Index(fields=["planned_date"], name="retry_due", condition=Q(status=RetryStatus.PLANNED)),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} on {self.planned_date}"


class MeansStopQuerySet(models.QuerySet):
    def in_force(self, day: date):
        return self.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=day), first_day__lte=day)


class MeansStop(models.Model):
    """No further collection from an account by one scheme, or a warning, since a return said so."""

    objects = MeansStopQuerySet.as_manager()

    account = models.ForeignKey(Account, models.PROTECT, related_name="means_stops")
    scheme = models.CharField(_("scheme"), max_length=8, choices=Scheme)
    strength = models.CharField(max_length=4, choices=Block)
    payment_return = models.OneToOneField(PaymentReturn, models.PROTECT, related_name="means_stop")
    first_day = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    end_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("stop of a means of payment")
        indexes = [
            models.Index(fields=["account"], name="means_stop_open", condition=Q(ended_on__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.scheme} on {self.account_id}"


class ReturnFileQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Managers see every file; others those they loaded: rows name payers of any creditor."""
        if user.role in SEES_EVERY_ACCOUNT:
            return self
        return self.filter(loaded_by=user)

    def with_counts(self):
        """How many rows each has (`rows_total`), and how many somebody must decide (`rows_open`)."""
        rows = (
            ReturnRow.objects.filter(return_file=models.OuterRef("pk"))
            .order_by()
            .values("return_file")
            .annotate(n=models.Count("id"))
            .values("n")
        )
        return self.annotate(
            rows_total=models.Subquery(rows, output_field=models.IntegerField()),
            rows_open=models.Subquery(rows.filter(finding__in=TO_DECIDE), output_field=models.IntegerField()),
        )


class ReturnFile(models.Model):
    """A file of returns as it came; the same bytes are taken once.

    `is_read` is false while a worker has it to read; `fault` is why it can't be read, in words.
    `was_there` is said of one that was brought again.
    """

    objects = ReturnFileQuerySet.as_manager()
    was_there = False

    file = models.OneToOneField(StoredFile, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(_("file"), max_length=200)
    scheme = models.CharField(_("scheme"), max_length=8, choices=Scheme)
    format = models.CharField(_("format"), max_length=8, choices=ReturnFormat)
    mapping = models.JSONField(default=dict, blank=True)
    is_read = models.BooleanField(default=True)
    fault = models.CharField(max_length=300, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=FileStatus, default=FileStatus.PREVIEW)
    loaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    loaded_at = models.DateTimeField(db_default=ClockTimestamp())
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    posted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("return file")
        verbose_name_plural = _("return files")
        constraints = [
            models.UniqueConstraint(
                fields=["sha256"], name="return_file_once", condition=~Q(status=FileStatus.DISCARDED)
            )
        ]

    def __str__(self) -> str:
        return self.name


class ReturnRowQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(return_file__in=ReturnFile.objects.visible_to(user))

    def to_decide(self):
        return self.filter(finding__in=TO_DECIDE, return_file__status__in=TAKEN_IN)


class ReturnRow(models.Model):
    """One row of a return file. `key` is its fingerprint and occurrence number within the file, so
    that an overlapping file adds nothing and two genuine equal rows both count."""

    objects = ReturnRowQuerySet.as_manager()

    return_file = models.ForeignKey(ReturnFile, models.PROTECT, related_name="rows")
    number = models.PositiveIntegerField(_("row"))
    key = models.CharField(max_length=80)
    code = models.CharField(_("code"), max_length=24, blank=True)
    amount = MoneyField(_("amount"))
    currency = CurrencyField(_("currency"))
    return_date = models.DateField(_("came back on"))
    payment_date = models.DateField(_("paid on"), null=True, blank=True)
    reference = models.CharField(_("reference"), max_length=80, blank=True)
    trace = models.CharField(_("trace"), max_length=80, blank=True)
    payer = models.CharField(_("payer"), max_length=140, blank=True)
    number_end = models.CharField(_("account ends in"), max_length=4, blank=True)
    detail = models.CharField(_("detail"), max_length=200, blank=True)
    finding = models.CharField(_("finding"), max_length=10, choices=RowFinding)
    entry = models.ForeignKey(LedgerEntry, models.PROTECT, null=True, blank=True, related_name="+")
    payment_return = models.ForeignKey(
        PaymentReturn, models.PROTECT, null=True, blank=True, related_name="file_rows"
    )
    # A paper that came back before it was a receipt (a cheque); it stands on a higher floor.
    instrument_id = models.BigIntegerField(null=True, blank=True, editable=False)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("row of a return file")
        verbose_name_plural = _("rows of return files")
        constraints = [
            models.UniqueConstraint(fields=["return_file", "number"], name="return_row_number"),
        ]
        indexes = [
            models.Index(fields=["key"], name="return_row_key"),
            models.Index(fields=["return_date"], name="return_row_open", condition=Q(finding__in=TO_DECIDE)),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.amount} {self.currency}"

    @property
    def meant(self) -> str:
        """The account whose receipt it means, or the paper."""
        if self.entry is not None:
            return self.entry.account.number
        return self.note if self.instrument_id else ""
