"""Who may look into the outbox, stop it and decide what the machine cannot know."""

from datetime import timedelta

from django.utils.translation import gettext_lazy

from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare
from collections_app.core.refusal import Refused

SENIORS = {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER}

VIEW = declare("campaigns.view_message", gettext_lazy("See messages to debtors"), OFFICE)
RESOLVE = declare(
    "campaigns.resolve_message",
    gettext_lazy("Say whether an unknown message was sent, or try a failed one again"),
    SENIORS,
)
CANCEL = declare("campaigns.cancel_message", gettext_lazy("Cancel a waiting message"), SENIORS)
PRINT = declare("campaigns.print_letters", gettext_lazy("Print the waiting letters"), SENIORS)
PAUSE = declare(
    "campaigns.pause_sending",
    gettext_lazy("Pause and resume sending"),
    {Role.SUPERVISOR, Role.MANAGER},
)
SEND = declare(
    "campaigns.send_messages",
    gettext_lazy("Send what is due now"),
    {Role.SUPERVISOR, Role.MANAGER},
)

# The gate's next legal moment may lie this far ahead for a message to wait for it.
LONGEST_WAIT = timedelta(days=7)

# A gateway that does not answer is tried again after these seconds; then the message is parked.
BACK_OFF = (60, 300, 1_800, 7_200)
MAX_ATTEMPTS = len(BACK_OFF) + 1


class AlreadyPaused(Refused):
    """Sending is paused for this creditor."""


class NotUnknown(Refused):
    """Only a message whose fate is unknown is resolved by a person."""


class AlreadyReplaced(Refused):
    """What came back was followed by another message; both would reach the debtor."""


class NothingWaits(Refused):
    """All messages of the run have gone, or were taken out."""


class SignatureWrong(Refused):
    """A gateway's call without our secret is nobody's word."""


def back_off(attempt: int) -> int | None:
    """Seconds to wait after this attempt (1 is the first); None when it was the last."""
    return BACK_OFF[attempt - 1] if attempt < MAX_ATTEMPTS else None


class TooManyLines(Refused):
    """More letters at once than one entry takes."""


class ReturnStands(Refused):
    """A return that can't be undone, because something rests on it already."""


class PrintRefused(Refused):
    """The prints can't be marked or made again so."""
