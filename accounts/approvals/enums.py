from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class ApprovalStatus(StatusChoices):
    WAITING = "waiting", Tone.WAIT, "clock", _("Waiting")
    APPROVED = "approved", Tone.GOOD, "circle-check", _("Approved")
    REFUSED = "refused", Tone.STOP, "circle-x", _("Refused")
    WITHDRAWN = "withdrawn", Tone.NONE, "arrow-back-up", _("Withdrawn")
    LAPSED = "lapsed", Tone.NONE, "hourglass", _("Lapsed")


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
        Edge(ApprovalStatus.WAITING, ApprovalStatus.LAPSED, audit="approval.lapsed"),
    ],
)
