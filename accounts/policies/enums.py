from datetime import date

from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone

# The first day of what was there before anything was approved.
FROM_THE_BEGINNING = date(1900, 1, 1)


class PolicyStatus(StatusChoices):
    DRAFT = "draft", Tone.NONE, "edit", _("Draft")
    SUBMITTED = "submitted", Tone.WAIT, "clock", _("Waiting for approval")
    APPROVED = "approved", Tone.GOOD, "circle-check", _("Approved")
    REJECTED = "rejected", Tone.STOP, "circle-x", _("Rejected")


def dated_lifecycle(name: str, *, audit: str) -> Lifecycle:
    """The table of a dated version: drafted, submitted, then approved or rejected by another."""
    return Lifecycle(
        name,
        initial=PolicyStatus.DRAFT,
        edges=[
            Edge(
                PolicyStatus.DRAFT,
                PolicyStatus.SUBMITTED,
                verb=_("Ask for approval"),
                permission="accounts.propose_policy",
                audit=f"{audit}.submitted",
            ),
            Edge(
                PolicyStatus.SUBMITTED,
                PolicyStatus.APPROVED,
                verb=_("Approve"),
                permission="accounts.approve_policy",
                audit=f"{audit}.approved",
            ),
            Edge(
                [PolicyStatus.DRAFT, PolicyStatus.SUBMITTED],
                PolicyStatus.REJECTED,
                verb=_("Reject"),
                permission="accounts.propose_policy",
                audit=f"{audit}.rejected",
            ),
        ],
    )


POLICY = dated_lifecycle("accounts.policyversion", audit="policy")
