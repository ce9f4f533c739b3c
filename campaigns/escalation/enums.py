from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle


class EscalationStatus(models.TextChoices):
    OPEN = "open", _("Waiting for a decision")
    DECIDED = "decided", _("Decided")
    LAPSED = "lapsed", _("No longer meets the rule")


class EscalationDecision(models.TextChoices):
    KEEP = "keep", _("Keep collecting")
    SENIOR = "senior", _("Give to a senior officer")
    LEGAL = "legal", _("Prepare for legal")
    HOLD = "hold", _("Put on hold")
    WRITE_OFF = "write_off", _("Propose write-off")


class EscalationRule(models.TextChoices):
    """The parts of the dated policy that can fire; each lists the account once."""

    OLD = "old", _("Old and high")
    BROKEN_PROMISES = "broken_promises", _("Promises broken again")
    BROKEN_PLANS = "broken_plans", _("Payment plan broken")
    SILENT = "silent", _("No contact for long")
    STRATEGY = "strategy", _("A step of its strategy")


ESCALATION = Lifecycle(
    "campaigns.escalation",
    initial=EscalationStatus.OPEN,
    edges=[
        Edge(
            EscalationStatus.OPEN,
            EscalationStatus.DECIDED,
            verb=_("Decide"),
            permission="campaigns.decide_escalation",
            audit="escalation.decided",
            url_name="campaigns:escalation_decide",
        ),
        Edge(EscalationStatus.OPEN, EscalationStatus.LAPSED, audit="escalation.lapsed"),
    ],
)
