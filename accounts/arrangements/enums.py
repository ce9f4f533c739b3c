"""The lifecycle of a promise: judged by rule, over and over, as money comes and goes back."""

from itertools import permutations

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
