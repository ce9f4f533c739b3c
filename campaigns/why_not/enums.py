"""The answers: what was done or is to be done today, and every reason why nothing is."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.compliance.enums import Rule
from accounts.holds.enums import HoldReason
from accounts.parties.enums import LegalFactKind


class AnswerState(models.TextChoices):
    CONTACTED = "contacted", _("Already contacted today")
    LISTED = "listed", _("On a list for today")
    STOPPED = "stopped", _("Not contacted")


class DayReason(models.TextChoices):
    """The product's own reasons. Those of holds and of the contact rules come on top, see `reasons`."""

    CONTACTED = "contacted", _("Contacted today")
    WORKLIST = "worklist", _("To be worked today")
    MESSAGE = "message", _("A message goes out today")
    NOT_RELEASED = "not_released", _("The creditor is not released for contact yet")
    FEED = "feed", _("Books not fed: reminders wait")
    PLAN = "plan", _("Payment plan in force")
    PROMISE = "promise", _("Open promise in its grace")
    DISPUTED = "disputed", _("All of it disputed")
    ANSWERED = "answered", _("Dispute answered, time to pay runs")
    SMALL = "small", _("Under the smallest amount chased")
    UNKNOWN = "unknown", _("Nobody knows whether the last message went out")
    PAUSED = "paused", _("Sending is paused")
    MESSAGE_LATER = "message_later", _("A message waits for its permitted moment")
    NEXT_STEP_LATER = "next_step_later", _("Next step on a later day")
    NOBODY = "nobody", _("On nobody's list")
    NO_RULE = "no_rule", _("No rule says why")


# Codes of reasons that come from below carry where they come from, so that none means two things.
HELD = "hold_"
GATE = "gate_"
# A rule of the gate that closes the way meant for good, while another way is or will be open.
WAY = "way_"


def reason_label(code: str) -> str:
    """The reason in words, whichever slice it is from."""
    if code.startswith(HELD):
        return str(_("Hold: %(reason)s") % {"reason": _held_label(code.removeprefix(HELD))})
    if code.startswith(GATE):
        return str(Rule(code.removeprefix(GATE)).label)
    if code.startswith(WAY):
        return str(_("Another way only: %(reason)s") % {"reason": Rule(code.removeprefix(WAY)).label})
    return str(DayReason(code).label)


def _held_label(code: str) -> str:
    kinds = (*HoldReason, *LegalFactKind)
    return next(str(kind.label) for kind in kinds if kind.value == code)
