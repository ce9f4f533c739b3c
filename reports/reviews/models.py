"""The collector's report (D91)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import LedgerEntry
from accounts.teams.enums import SEES_EVERY_ACCOUNT
from accounts.teams.models import Team
from accounts.teams.queries import present_team_ids
from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.enums import Role
from collections_app.core.fields import ClockTimestamp
from collections_app.core.models import StoredFile
from reports.reviews.enums import ReviewStatus


class CollectorReportQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; a supervisor those of his teams; managers and auditors all."""
        if user.role in SEES_EVERY_ACCOUNT:
            return self
        if user.role == Role.SUPERVISOR:
            return self.filter(Q(officer=user) | Q(team_id__in=present_team_ids(user)))
        return self.filter(officer=user)


class CollectorReport(models.Model):
    """An officer's account of a period. Figures come from the ledger and can't be typed.

    `ties` is how ledger, page and files compared last (`reports.reviews.ties`).
    """

    objects = CollectorReportQuerySet.as_manager()

    officer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="collector_reports")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="collector_reports")
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("to"))
    known_at = models.DateTimeField(null=True, blank=True)
    figures = models.JSONField(default=dict)
    remarks = models.TextField(_("remarks"), blank=True)
    status = models.CharField(max_length=10, choices=ReviewStatus, default=ReviewStatus.DRAFT)
    prepared_at = models.DateTimeField(db_default=ClockTimestamp())
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    content_sha256 = models.CharField(max_length=64, blank=True)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    workbook = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")
    ties = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("collector's report")
        verbose_name_plural = _("collectors' reports")
        constraints = [
            models.UniqueConstraint(
                fields=["officer", "first_day", "last_day"], name="collector_report_once"
            ),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="collector_report_order"),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("officer")),
                name="collector_not_reviewer",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("officer")),
                name="collector_not_approver",
            ),
        ]

    def __str__(self) -> str:
        first, last = (date_format(day, "j M Y") for day in (self.first_day, self.last_day))
        return f"{self.officer}: {first} \u2013 {last}"


class ReportDocument(models.Model):
    """A document tied to the entry it proves."""

    report = models.ForeignKey(CollectorReport, models.CASCADE, related_name="documents")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    entry = models.ForeignKey(LedgerEntry, models.PROTECT, null=True, related_name="+")
    title = models.CharField(_("what it proves"), max_length=120)

    def __str__(self) -> str:
        return self.title


class ReportComment(AppendOnlyModel):
    report = models.ForeignKey(CollectorReport, models.PROTECT, related_name="comments")
    body = models.TextField(_("comment"))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("comment")

    def __str__(self) -> str:
        return self.body[:60]
