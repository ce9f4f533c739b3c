import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.approvals.enums import ApprovalStatus
from accounts.teams.models import Team
from collections_app.core.fields import ClockTimestamp, CurrencyField, MoneyField


class Approval(models.Model):
    """A request for a second person's decision on exactly the content that has this hash.

    `roles` narrows who may decide to those whose authority reaches the amount; empty is every holder
    of `permission`. What was asked is never changed: the database refuses it.
    """

    kind = models.CharField(_("kind"), max_length=40)
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    summary = models.CharField(_("what is asked"), max_length=300)
    content = models.JSONField(default=dict)
    content_hash = models.CharField(max_length=64)
    amount = MoneyField(null=True, blank=True)
    currency = CurrencyField(blank=True)
    permission = models.CharField(max_length=60)
    roles = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="approvals")
    status = models.CharField(max_length=12, choices=ApprovalStatus, default=ApprovalStatus.WAITING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(db_default=ClockTimestamp())
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    comment = models.TextField(_("comment"), blank=True)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        triggers = [
            pgtrigger.Protect(
                name="asked_is_fixed",
                operation=pgtrigger.UpdateOf(
                    "kind",
                    "subject_type",
                    "subject_id",
                    "content",
                    "content_hash",
                    "amount",
                    "currency",
                    "permission",
                    "roles",
                    "requested_by_id",
                )
                | pgtrigger.Delete,
            )
        ]
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="approval_subject")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_type", "subject_id"],
                name="approval_one_waiting",
                condition=Q(status="waiting"),
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | ~Q(decided_by=models.F("requested_by"))
                | Q(status="withdrawn"),
                name="approval_two_people",
            ),
        ]

    def __str__(self) -> str:
        return self.summary
