"""Import batches, their staged rows, and which record came from which row."""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.imports.enums import (
    FEED_ALIVE,
    FeedAlarmStatus,
    ImportKind,
    ImportMode,
    ImportStatus,
    MissingStatus,
    RowState,
)
from accounts.ledger.models import Account, LedgerEntry
from accounts.parties.models import Creditor
from accounts.teams.enums import SEES_EVERY_ACCOUNT, SEES_TEAM_ACCOUNTS
from accounts.teams.queries import present_team_ids
from collections_app.core.fields import ClockTimestamp, CurrencyField, MoneyField
from collections_app.core.models import StoredFile


class ImportMapping(models.Model):
    """How the columns of one creditor's files map to the standard format."""

    creditor = models.ForeignKey(Creditor, models.CASCADE, null=True, blank=True, related_name="mappings")
    kind = models.CharField(max_length=12, choices=ImportKind)
    name = models.CharField(_("name"), max_length=80)
    mapping = models.JSONField()
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        verbose_name = _("mapping")
        constraints = [
            models.UniqueConstraint(
                fields=["creditor", "kind", "name"], name="mapping_name", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return self.name


class ImportBatchQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Managers, auditors and the system see every import; others their own and those of the
        creditors their teams work for."""
        if user.role in SEES_EVERY_ACCOUNT:
            return self
        theirs = Creditor.objects.filter(teams__in=present_team_ids(user)).values("pk")
        return self.filter(Q(uploaded_by=user) | Q(creditor__in=theirs))


class ImportBatch(models.Model):
    """One file on its way in: what was understood, what was found, what was posted, and its undo."""

    objects = ImportBatchQuerySet.as_manager()

    kind = models.CharField(_("kind"), max_length=12, choices=ImportKind)
    creditor = models.ForeignKey(Creditor, models.PROTECT, null=True, blank=True, related_name="imports")
    creditor_code = models.CharField(_("creditor code"), max_length=30, blank=True)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    filename = models.CharField(max_length=200)
    mode = models.CharField(max_length=10, choices=ImportMode, default=ImportMode.COMPLETE)
    is_cut_over = models.BooleanField(_("opening book at cut-over"), default=False)
    status = models.CharField(max_length=10, choices=ImportStatus, default=ImportStatus.UPLOADED)
    dialect = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict)
    control = models.JSONField(default=dict)
    fixes = models.JSONField(default=dict)
    accepts_amended = models.BooleanField(_("post amended documents"), default=False)
    rows_read = models.IntegerField(default=0)
    rows_rejected = models.IntegerField(default=0)
    rejected_file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    job_id = models.BigIntegerField(null=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(db_default=ClockTimestamp())
    posted_at = models.DateTimeField(null=True)
    reversed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return self.filename


class ImportRow(models.Model):
    """A row that needs a person: held back with what is wrong with it, or an amended document.

    Good rows are never kept twice: they are in the file and, once posted, in the books. `cells` are
    the file's by column name, `values` what is shown beside them (amount, currency).
    """

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows")
    row_number = models.IntegerField()
    cells = models.JSONField()
    values = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=RowState)
    errors = models.JSONField(default=list)

    class Meta:
        verbose_name = _("row")
        indexes = [models.Index(fields=["batch", "row_number"], name="import_row_number")]

    def __str__(self) -> str:
        return f"row {self.row_number}"


class ImportedRecord(models.Model):
    """Which record a row made, under the fingerprint that makes a second import add nothing.

    `fingerprint` says which document or account it is, `content` (a digest) what it said, so that a
    second file tells an unchanged one from an amended one.
    """

    # Written as a set beside the batch in one transaction and never pointed elsewhere: checking the
    # key half a million times at commit would prove nothing.
    batch = models.ForeignKey(
        ImportBatch, models.PROTECT, related_name="records", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=12)
    fingerprint = models.BinaryField(max_length=16)
    content = models.BinaryField(max_length=16, null=True)
    record_id = models.BigIntegerField()
    row_number = models.IntegerField()
    is_void = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("imported record")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "fingerprint"], name="imported_once", condition=Q(is_void=False)
            )
        ]
        # Batches are written one after the other, so the small kind of index finds theirs.
        indexes = [BrinIndex(fields=["batch"], name="imported_batch")]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id}"


class MissingItemQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(account__in=Account.objects.visible_to(user))


class MissingItem(models.Model):
    """An open document that the creditor's list of all open items of a day did not name."""

    objects = MissingItemQuerySet.as_manager()

    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="missing_items", db_index=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="missing_items")
    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+", db_index=False)
    open_amount = MoneyField(_("open"))
    currency = CurrencyField()
    snapshot_date = models.DateField(_("list of"))
    status = models.CharField(
        _("decision"), max_length=10, choices=MissingStatus, default=MissingStatus.WAITING
    )
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("missing item")
        verbose_name_plural = _("missing items")
        constraints = [models.UniqueConstraint(fields=["batch", "entry"], name="missing_once")]
        indexes = [
            models.Index(fields=["account", "entry"], name="missing_waiting", condition=Q(status="waiting"))
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.open_amount}"


class FeedAlarmQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Of creditors whose name the user may read; the office's own people see all."""
        if user.role not in SEES_TEAM_ACCOUNTS:
            return self
        return self.filter(creditor__in=Creditor.objects.visible_to(user))

    def alive(self):
        return self.filter(status__in=FEED_ALIVE)


class FeedAlarm(models.Model):
    """A creditor's books were not fed in time. `fed_until` is the last feed before it was raised.

    While it is late the creditor's reminders wait; released, they go until `released_until` though
    the books are old. It is over when a feed has arrived.
    """

    objects = FeedAlarmQuerySet.as_manager()

    creditor = models.ForeignKey(Creditor, models.PROTECT, related_name="feed_alarms")
    fed_until = models.DateTimeField(_("books fed until"))
    raised_at = models.DateTimeField(_("raised"), db_default=ClockTimestamp())
    status = models.CharField(
        _("status"), max_length=10, choices=FeedAlarmStatus, default=FeedAlarmStatus.LATE
    )
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    released_until = models.DateTimeField(_("released until"), null=True, blank=True)
    reason = models.CharField(_("why released"), max_length=300, blank=True)
    ended_at = models.DateTimeField(_("over since"), null=True, blank=True)

    class Meta:
        verbose_name = _("missed feed")
        verbose_name_plural = _("missed feeds")
        constraints = [
            models.UniqueConstraint(
                fields=["creditor"], name="feed_alarm_one_alive", condition=Q(status__in=FEED_ALIVE)
            )
        ]

    def __str__(self) -> str:
        return f"{self.creditor_id} {self.fed_until}"
