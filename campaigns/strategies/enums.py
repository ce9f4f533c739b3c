"""The steps a version walks from draft to retirement, and the channels a step may use."""

from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class VersionStatus(StatusChoices):
    DRAFT = "draft", Tone.NONE, "edit", _("Draft")
    SUBMITTED = "submitted", Tone.WAIT, "clock", _("Waiting for approval")
    APPROVED = "approved", Tone.GOOD, "circle-check", _("Approved")
    RETIRED = "retired", Tone.NONE, "archive", _("Retired")
    REJECTED = "rejected", Tone.STOP, "ban", _("Rejected")


# A step sends; calls and visits come from the worklist, which ranks them against everything else.
MESSAGE_CHANNELS = ("email", "sms", "letter")

FIRST_OFFSET, LAST_OFFSET = -60, 730
STAGE_NAMES = {
    1: _("Friendly"),
    2: _("Reminder"),
    3: _("Warning"),
    4: _("Final"),
    5: _("Pre-legal"),
}


def version_edges(noun: str) -> list[Edge]:
    """Strategies and templates walk the same edges; their services add the two-person rule."""
    return [
        Edge(
            VersionStatus.DRAFT,
            VersionStatus.SUBMITTED,
            verb=_("Submit for approval"),
            permission=f"campaigns.edit_{noun}",
            audit=f"{noun}.submitted",
        ),
        Edge(
            VersionStatus.SUBMITTED,
            VersionStatus.APPROVED,
            verb=_("Approve"),
            permission=f"campaigns.approve_{noun}",
            audit=f"{noun}.approved",
        ),
        Edge(
            VersionStatus.SUBMITTED,
            VersionStatus.REJECTED,
            verb=_("Reject"),
            permission=f"campaigns.approve_{noun}",
            audit=f"{noun}.rejected",
        ),
        Edge(
            VersionStatus.APPROVED,
            VersionStatus.RETIRED,
            verb=_("Retire"),
            permission=f"campaigns.approve_{noun}",
            audit=f"{noun}.retired",
        ),
    ]


STRATEGY_VERSION = Lifecycle(
    "campaigns.strategyversion", initial=VersionStatus.DRAFT, edges=version_edges("strategy")
)
