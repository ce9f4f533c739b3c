"""The life of a message, why one is spared, and what gateways report."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class MessageStatus(StatusChoices):
    QUEUED = "queued", Tone.WAIT, "clock", _("Queued")
    DEFERRED = "deferred", Tone.WAIT, "clock", _("Deferred")
    SENDING = "sending", Tone.WAIT, "send", _("Being sent")
    SENT = "sent", Tone.GOOD, "circle-check", _("Sent")
    UNKNOWN = "unknown", Tone.ATTENTION, "alert-triangle", _("Unknown, a person must look")
    WITHHELD = "withheld", Tone.NONE, "point", _("Withheld")
    FAILED = "failed", Tone.STOP, "hand-stop", _("Failed")
    CANCELLED = "cancelled", Tone.NONE, "point", _("Cancelled")


class DeliveryStatus(models.TextChoices):
    NONE = "", _("No news")
    DELIVERED = "delivered", _("Delivered")
    BOUNCED = "bounced", _("Bounced")


class Spared(models.TextChoices):
    """Why a due step or a queued message did not reach the debtor."""

    PAID = "paid", _("Paid")
    CLOSED = "closed", _("Account closed")
    HOLD = "hold", _("On hold")
    OPTED_OUT = "opted_out", _("Opted out")
    PROMISE = "promise", _("Promise within its grace")
    PLAN = "plan", _("Payment plan in force")
    DISPUTED = "disputed", _("Disputed")
    SMALL = "small", _("Below the smallest amount chased")
    NO_CONTACT_POINT = "no_contact_point", _("No good address for this channel")
    NO_TEXT = "no_text", _("No approved text for this channel")
    NOT_RELEASED = "not_released", _("Creditor not released")
    GATE = "gate", _("Refused by the contact rules")
    FEED = "feed", _("Books not fed")
    LATER_STEP = "later_step", _("A later step is due")
    NOTICE = "notice", _("The time of the notice before it still runs")
    ANSWERED = "answered", _("The debtor was heard of")
    TOO_FIRM = "too_firm", _("In hardship, and the text is too firm")
    DAY_GONE = "day_gone", _("Its day has gone by")
    GIVEN = "given", _("This notice was given already")
    RETURNED = "returned", _("The notice came back")


# What the gate's rules are called in the run's figures; everything else is the gate itself.
SPARED_BY_RULE = {
    "opted_out": Spared.OPTED_OUT,
    "channel_not_wanted": Spared.OPTED_OUT,
    "no_point": Spared.NO_CONTACT_POINT,
    "point_bad": Spared.NO_CONTACT_POINT,
    "wrong_party": Spared.NO_CONTACT_POINT,
    "not_released": Spared.NOT_RELEASED,
    "hardship": Spared.HOLD,
    "claims_paid": Spared.HOLD,
    "dispute": Spared.HOLD,
    "hold": Spared.HOLD,
    "deceased": Spared.HOLD,
    "insolvent": Spared.HOLD,
    "minor": Spared.HOLD,
    "represented": Spared.HOLD,
}

# Why a message waits although the contact rules allow it: officers may look at it first.
FOREWARNED = "forewarned"

WAITING = (MessageStatus.QUEUED, MessageStatus.DEFERRED)

MESSAGE = Lifecycle(
    "campaigns.message",
    initial=MessageStatus.QUEUED,
    edges=[
        # the worker's own steps; no button
        Edge(WAITING, MessageStatus.SENDING, audit="message.claimed"),
        Edge((*WAITING, MessageStatus.SENDING), MessageStatus.WITHHELD, audit="message.withheld"),
        Edge(
            (MessageStatus.QUEUED, MessageStatus.SENDING),
            MessageStatus.DEFERRED,
            audit="message.deferred",
        ),
        Edge(
            (MessageStatus.SENDING, MessageStatus.UNKNOWN), MessageStatus.SENT, audit="message.sent"
        ),
        Edge((*WAITING, MessageStatus.SENDING), MessageStatus.FAILED, audit="message.failed"),
        Edge(MessageStatus.SENDING, MessageStatus.UNKNOWN, audit="message.lost"),
        # a letter's dead lease: nothing has left the house, so it waits again;
        # an unknown or failed one that a person has looked at
        Edge(
            (MessageStatus.SENDING, MessageStatus.UNKNOWN, MessageStatus.FAILED),
            MessageStatus.QUEUED,
            audit="message.queued_again",
        ),
        Edge(
            (*WAITING, MessageStatus.FAILED, MessageStatus.UNKNOWN),
            MessageStatus.CANCELLED,
            verb=_("Cancel"),
            permission="campaigns.cancel_message",
            audit="message.cancelled",
        ),
    ],
)


class PrintState(StatusChoices):
    """What became of one sheet of a letter: the first print, one printed again, or waste."""

    PRINTED = "printed", Tone.GOOD, "printer", _("Printed")
    REPRINTED = "reprinted", Tone.GOOD, "copy", _("Printed again")
    SPOILT = "spoilt", Tone.STOP, "ban", _("Spoilt")


class SpoiltReason(models.TextChoices):
    JAM = "jam", _("Paper jam")
    MISPRINT = "misprint", _("Misprint")
    DAMAGED = "damaged", _("Torn or stained")
    ENVELOPE = "envelope", _("Envelope spoilt")
    LOST = "lost", _("Lost before posting")
    OTHER = "other", _("Other")


LETTER_PRINT = Lifecycle(
    "campaigns.letterprint",
    initial=PrintState.PRINTED,
    edges=[
        Edge(
            (PrintState.PRINTED, PrintState.REPRINTED),
            PrintState.SPOILT,
            verb=_("Spoilt"),
            permission="campaigns.print_letters",
            audit="letter.spoilt",
        )
    ],
)
