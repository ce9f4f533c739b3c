from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import Account
from campaigns.escalation.enums import EscalationDecision, EscalationRule, EscalationStatus
from campaigns.escalation.wording import facts_text
from collections_app.core.fields import ClockTimestamp


class EscalationQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(account__in=Account.objects.visible_to(user))


class Escalation(models.Model):
    """A dated rule put this account before a senior, with the facts that fired (D19)."""

    objects = EscalationQuerySet.as_manager()

    account = models.ForeignKey(Account, models.PROTECT, related_name="escalations")
    rule = models.CharField(_("rule"), max_length=20, choices=EscalationRule)
    policy_version = models.BigIntegerField(null=True)
    facts = models.JSONField()
    fired_on = models.DateField()
    recorded_at = models.DateTimeField(db_default=ClockTimestamp())
    status = models.CharField(max_length=10, choices=EscalationStatus, default=EscalationStatus.OPEN)
    decision = models.CharField(_("decision"), max_length=12, choices=EscalationDecision, blank=True)
    decision_note = models.TextField(_("why"), blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("escalation")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "rule"], name="escalation_one_open", condition=Q(status="open")
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule} on {self.account_id}"

    def facts_in_words(self) -> str:
        return facts_text(self.facts, told_on=self.fired_on)
