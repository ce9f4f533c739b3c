"""The steps a version walks from draft to retirement, and the channels a step may use."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class VersionStatus(StatusChoices):
    DRAFT = "draft", Tone.NONE, "edit", _("Draft")
    SUBMITTED = "submitted", Tone.WAIT, "clock", _("Waiting for approval")
    APPROVED = "approved", Tone.GOOD, "circle-check", _("Approved")
    RETIRED = "retired", Tone.NONE, "archive", _("Retired")
    REJECTED = "rejected", Tone.STOP, "ban", _("Rejected")


class StepKind(StatusChoices):
    """What a step does: a message leaves by itself, the others give somebody work."""

    MESSAGE = "message", Tone.NONE, "mail", _("Message")
    CALL = "call", Tone.NONE, "phone", _("Call task")
    VISIT = "visit", Tone.NONE, "walk", _("Visit task")
    STATEMENT = "statement", Tone.NONE, "files", _("Statement pack")
    ESCALATION = "escalation", Tone.NONE, "escalator-up", _("Escalation")


class Entry(models.TextChoices):
    """With which step an account begins that comes in late."""

    AT_DAY = "at_day", _("With the step of its day")
    FROM_START = "from_start", _("With the first step")


class Exit(models.TextChoices):
    CRITERIA = "criteria", _("When it no longer meets the criteria, or is cured")
    CURED = "cured", _("Only when it is cured")


class InFlight(models.TextChoices):
    """What becomes of accounts that are under way when a version comes into force."""

    MOVE = "move", _("Move to this version")
    STAY = "stay", _("Stay with the version they entered with")


class Risk(models.TextChoices):
    """By promises broken and payments returned in the last 180 days: none, one, more."""

    LOW = "low", _("Low: none")
    RAISED = "raised", _("Raised: one")
    HIGH = "high", _("High: two or more")


RISK_DAYS = 180
MESSAGE_CHANNELS = ("email", "sms", "letter")
# The channel a step of a kind takes when it sends nothing itself.
CHANNEL_OF_KIND = {StepKind.CALL: "call", StepKind.VISIT: "visit"}

FIRST_OFFSET, LAST_OFFSET = -60, 730
# The installed stages' names as they are stored: read in the reader's language where nobody renamed them.
STAGE_WORDS = {
    "Friendly": _("Friendly"),
    "Reminder": _("Reminder"),
    "Warning": _("Warning"),
    "Final": _("Final"),
    "Pre-legal": _("Pre-legal"),
}
STAGE_NAMES = dict(enumerate(STAGE_WORDS.values(), start=1))


def stage_words(name: str) -> str:
    """A stage's stored name for the reader; a name of the office's own as it is."""
    return str(STAGE_WORDS.get(name, name))


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
        Edge(
            VersionStatus.DRAFT,
            VersionStatus.RETIRED,
            verb=_("Discard draft"),
            permission=f"campaigns.edit_{noun}",
            audit=f"{noun}.discarded",
        ),
    ]


STRATEGY_VERSION = Lifecycle(
    "campaigns.strategyversion", initial=VersionStatus.DRAFT, edges=version_edges("strategy")
)
