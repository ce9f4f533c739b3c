"""What a run posts, and how a run goes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone

RUN = "accounts.run_interest"


class ChargeKind(models.TextChoices):
    """What a run charges; each is a kind of policy and a kind of entry."""

    INTEREST = "interest", _("Interest")
    LATE_FEE = "late_fee", _("Late fees")
    PENALTY = "penalty", _("Penalties")


ENTRY_KIND = {
    ChargeKind.INTEREST: "interest",
    ChargeKind.LATE_FEE: "fee",
    ChargeKind.PENALTY: "penalty",
}


class RunStatus(StatusChoices):
    PREPARING = "preparing", Tone.WAIT, "progress", _("Being reckoned")
    PREPARED = "prepared", Tone.WAIT, "clock", _("Not yet posted")
    APPROVED = "approved", Tone.WAIT, "check", _("Approved, being posted")
    POSTED = "posted", Tone.GOOD, "circle-check", _("Posted")
    DISCARDED = "discarded", Tone.NONE, "circle-x", _("Discarded")
    REVERSED = "reversed", Tone.STOP, "arrow-back-up", _("Taken back")


LIVE_RUNS = (RunStatus.PREPARING, RunStatus.PREPARED, RunStatus.APPROVED, RunStatus.POSTED)

INTEREST_RUN = Lifecycle(
    "accounts.interestrun",
    initial=RunStatus.PREPARING,
    edges=[
        Edge(RunStatus.PREPARING, RunStatus.PREPARED, audit="interest_run.prepared"),
        Edge(
            RunStatus.PREPARED,
            RunStatus.APPROVED,
            verb=_("Post"),
            permission=RUN,
            audit="interest_run.approved",
        ),
        Edge(RunStatus.APPROVED, RunStatus.POSTED, audit="interest_run.posted"),
        # the books were closed over its value date before it was posted: somebody looks again
        Edge(RunStatus.APPROVED, RunStatus.PREPARED, audit="interest_run.given_back"),
        Edge(
            # approved too: what a job could not post is discarded and prepared anew
            [RunStatus.PREPARING, RunStatus.PREPARED, RunStatus.APPROVED],
            RunStatus.DISCARDED,
            verb=_("Discard"),
            permission=RUN,
            audit="interest_run.discarded",
        ),
        Edge(
            RunStatus.POSTED,
            RunStatus.REVERSED,
            verb=_("Take back"),
            permission=RUN,
            audit="interest_run.reversed",
        ),
    ],
)
