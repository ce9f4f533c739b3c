"""Built monthly reports and the balances each month was signed with."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import Account
from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.fields import ClockTimestamp, CurrencyField, MoneyField
from collections_app.core.models import StoredFile
from reports.closing.enums import BuildStatus
from reports.figures.enums import ReportKind


class ReportBuild(models.Model):
    """One build of one monthly report at one knowledge cut-off, with its hash and its files.

    The dataset is canonical JSON with labels frozen in; rebuilding recomputes from facts and must
    give the same `content_sha256`. `drawn` is what the files depend on besides it: language, time
    zone, who prepared and signed. `accounts_file` has what the report said of each account, `ties`
    how ledger, screen, workbook and PDF compared last (`reports.closing.ties`).
    """

    kind = models.CharField(max_length=12, choices=ReportKind)
    month = models.DateField(_("month"))
    scope = models.CharField(max_length=60, blank=True)
    as_of = models.DateField()
    known_at = models.DateTimeField()
    dataset = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    content_sha256 = models.CharField(max_length=64)
    renderer = models.CharField(max_length=200, blank=True)
    files = models.ManyToManyField(StoredFile, through="ReportFile", related_name="+")
    status = models.CharField(max_length=10, choices=BuildStatus, default=BuildStatus.BUILT)
    built_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    built_at = models.DateTimeField(db_default=ClockTimestamp())
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    signed_at = models.DateTimeField(null=True, blank=True)
    drawn = models.JSONField(default=dict)
    ties = models.JSONField(default=dict)
    accounts_file = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")
    seal_hash = models.CharField(max_length=64, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    previous = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="next_builds")

    class Meta:
        verbose_name = _("monthly report")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "month", "scope"],
                name="report_one_signed",
                condition=Q(status="signed"),
            )
        ]
        indexes = [models.Index(fields=["kind", "-month", "-id"], name="report_recent")]

    def __str__(self) -> str:
        return f"{self.kind} {self.month:%Y-%m}"


class ReportFile(models.Model):
    build = models.ForeignKey(ReportBuild, models.CASCADE, related_name="report_files")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    format = models.CharField(max_length=5)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["build", "format"], name="report_file_format")]

    def __str__(self) -> str:
        return f"{self.build_id}.{self.format}"


class SignedBalance(AppendOnlyModel):
    """The closing of an account as a signed month showed it; next month opens with it."""

    build = models.ForeignKey(ReportBuild, models.PROTECT, related_name="balances")
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    currency = CurrencyField()
    balance = MoneyField()
    team_id = models.BigIntegerField(null=True)
    officer_id = models.BigIntegerField(null=True)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("signed balance")
        constraints = [models.UniqueConstraint(fields=["build", "account"], name="signed_once")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.balance}"
