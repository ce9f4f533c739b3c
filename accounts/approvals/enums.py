from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle


class ApprovalStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


# Who may decide depends on the request itself, so `rules.may_decide` stands in for a permission.
APPROVAL = Lifecycle(
    "accounts.approval",
    initial=ApprovalStatus.WAITING,
    edges=[
        Edge(
            ApprovalStatus.WAITING,
            ApprovalStatus.APPROVED,
            verb=_("Approve"),
            audit="approval.approved",
        ),
        Edge(
            ApprovalStatus.WAITING,
            ApprovalStatus.REFUSED,
            verb=_("Refuse"),
            audit="approval.refused",
        ),
        Edge(
            ApprovalStatus.WAITING,
            ApprovalStatus.WITHDRAWN,
            verb=_("Take back"),
            audit="approval.withdrawn",
        ),
    ],
)
