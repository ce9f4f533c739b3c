from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle


class PolicyStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")


POLICY = Lifecycle(
    "accounts.policyversion",
    initial=PolicyStatus.DRAFT,
    edges=[
        Edge(
            PolicyStatus.DRAFT,
            PolicyStatus.SUBMITTED,
            verb=_("Ask for approval"),
            permission="accounts.propose_policy",
            audit="policy.submitted",
        ),
        Edge(
            PolicyStatus.SUBMITTED,
            PolicyStatus.APPROVED,
            verb=_("Approve"),
            permission="accounts.approve_policy",
            audit="policy.approved",
        ),
        Edge(
            [PolicyStatus.DRAFT, PolicyStatus.SUBMITTED],
            PolicyStatus.REJECTED,
            verb=_("Reject"),
            permission="accounts.propose_policy",
            audit="policy.rejected",
        ),
    ],
)
