"""Dated versions of every business rule that is not code."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.policies.enums import PolicyStatus


def approved_by_another(name: str) -> models.CheckConstraint:
    """Nobody approves his own version; what came with the installation was approved by the system."""
    return models.CheckConstraint(
        condition=Q(approved_by__isnull=True) | ~Q(approved_by=models.F("made_by")) | Q(note="installed"),
        name=name,
    )


class DatedVersion(models.Model):
    """What one person drafted and another approved, in force from a day on (`versions.py`)."""

    valid_from = models.DateField(_("in force from"))
    note = models.TextField(_("why"), blank=True)
    status = models.CharField(max_length=12, choices=PolicyStatus, default=PolicyStatus.DRAFT)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class PolicyVersion(DatedVersion):
    """Values of one kind of policy from a day on, for everyone, a creditor or a portfolio.

    `scope_type` is empty, "creditor" or "portfolio" and `scope_id` its key: policies stand on a
    lower floor than parties, so no foreign key points up. The catalogue of kinds, their fields and
    defaults is in `kinds.py`.
    """

    kind = models.CharField(_("kind"), max_length=40)
    scope_type = models.CharField(max_length=10, blank=True)
    scope_id = models.BigIntegerField(null=True, blank=True)
    values = models.JSONField()

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        indexes = [
            models.Index(fields=["kind", "scope_type", "scope_id", "-valid_from"], name="policy_lookup")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "scope_type", "scope_id", "valid_from"],
                name="policy_one_a_day",
                condition=Q(status="approved"),
                nulls_distinct=False,
            ),
            approved_by_another("policy_two_people"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} from {self.valid_from}"
