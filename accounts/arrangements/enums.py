"""The lifecycles of promises and payment plans: judged by rule, over and over, as money comes and
goes back."""

from itertools import permutations

from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class PromiseStatus(StatusChoices):
    OPEN = "open", Tone.WAIT, "hourglass", _("Open")
    KEPT = "kept", Tone.GOOD, "circle-check", _("Kept")
    PARTLY_KEPT = "partly_kept", Tone.ATTENTION, "circle-dot", _("Partly kept")
    BROKEN = "broken", Tone.STOP, "heart-broken", _("Broken")
    REPLACED = "replaced", Tone.NONE, "repeat", _("Replaced")
    CANCELLED = "cancelled", Tone.NONE, "circle-x", _("Cancelled")


# What counts in the kept rate.
MATURED = (PromiseStatus.KEPT, PromiseStatus.PARTLY_KEPT, PromiseStatus.BROKEN)

# Between these the rule alone moves a promise, in any direction: a payment that is recorded late
# mends a broken one, a payment that comes back breaks a kept one.
JUDGED = (PromiseStatus.OPEN, *MATURED, PromiseStatus.CANCELLED)

PROMISE = Lifecycle(
    "accounts.promise",
    initial=PromiseStatus.OPEN,
    edges=[
        *(Edge(old, new, audit=f"promise.{new}") for old, new in permutations(JUDGED, 2)),
        Edge(PromiseStatus.OPEN, PromiseStatus.REPLACED, audit="promise.replaced"),
    ],
)


class Rhythm(models.TextChoices):
    """How far apart the instalments of a plan are."""

    WEEKLY = "weekly", _("Every week")
    TWO_WEEKLY = "two_weekly", _("Every two weeks")
    MONTHLY = "monthly", _("Every month")
    QUARTERLY = "quarterly", _("Every quarter")


class PlanStatus(StatusChoices):
    OFFERED = "offered", Tone.WAIT, "mail", _("Offered")
    WAITING = "waiting", Tone.WAIT, "clock", _("Waiting for approval")
    IN_FORCE = "in_force", Tone.WAIT, "progress", _("In force")
    COMPLETED = "completed", Tone.GOOD, "circle-check", _("Completed")
    CLEARED = "cleared", Tone.GOOD, "check", _("Cleared otherwise")
    BROKEN = "broken", Tone.STOP, "heart-broken", _("Broken")
    REPLACED = "replaced", Tone.NONE, "repeat", _("Replaced")
    REFUSED = "refused", Tone.STOP, "circle-x", _("Refused")
    CANCELLED = "cancelled", Tone.NONE, "circle-x", _("Cancelled")


# Between these the rule alone moves a plan, as with promises.
PLAN_JUDGED = (PlanStatus.IN_FORCE, PlanStatus.COMPLETED, PlanStatus.CLEARED, PlanStatus.BROKEN)
# Not yet in force: what was written down, and can still be taken back.
PLAN_DRAFTED = (PlanStatus.OFFERED, PlanStatus.WAITING)

PLAN = Lifecycle(
    "accounts.paymentplan",
    initial=PlanStatus.OFFERED,
    edges=[
        Edge(PlanStatus.WAITING, PlanStatus.OFFERED, audit="plan.approved"),
        Edge(PlanStatus.WAITING, PlanStatus.REFUSED, audit="plan.refused"),
        Edge(PLAN_DRAFTED, PlanStatus.IN_FORCE, audit="plan.in_force"),
        *(Edge(old, new, audit=f"plan.{new}") for old, new in permutations(PLAN_JUDGED, 2)),
        Edge(PlanStatus.IN_FORCE, PlanStatus.REPLACED, audit="plan.replaced"),
        Edge([*PLAN_DRAFTED, PlanStatus.IN_FORCE], PlanStatus.CANCELLED, audit="plan.cancelled"),
    ],
)
