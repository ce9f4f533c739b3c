"""The states of a cheque and of a hand-over, and the steps between them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class ChequeStatus(StatusChoices):
    RECEIVED = "received", Tone.WAIT, "inbox", _("Received")
    IN_HAND = "in_hand", Tone.WAIT, "clock", _("In hand")
    IN_BATCH = "in_batch", Tone.WAIT, "list-check", _("In deposit batch")
    SUBMITTED = "submitted", Tone.WAIT, "building-bank", _("Submitted")
    CLEARED = "cleared", Tone.GOOD, "circle-check", _("Cleared")
    PART_PAID = "part_paid", Tone.ATTENTION, "circle-dot", _("Paid in part")
    RETURNED = "returned", Tone.STOP, "arrow-back-up", _("Returned")
    REPRESENTED = "represented", Tone.WAIT, "building-bank", _("Presented again")
    REPLACED = "replaced", Tone.NONE, "copy", _("Replaced")
    SETTLED = "settled", Tone.GOOD, "cash", _("Settled in cash")
    LEGAL = "legal", Tone.STOP, "scale", _("To legal")
    HANDED_BACK = "handed_back", Tone.NONE, "mail-forward", _("Handed back")
    VOID = "void", Tone.NONE, "circle-x", _("Entered by mistake")


S = ChequeStatus
# Not yet with the bank for an answer.
BEFORE_BANK = (S.RECEIVED, S.IN_HAND, S.IN_BATCH)
AT_BANK = (S.SUBMITTED, S.REPRESENTED)
PAID = (S.CLEARED, S.PART_PAID)
# A cheque in one of these stands for money still to come.
COVERING = (*BEFORE_BANK, *AT_BANK)
# Somebody decides what becomes of a cheque that the bank did not pay, or not whole.
UNPAID = (S.RETURNED, S.PART_PAID)
# What can be put on a slip.
DEPOSITABLE = (S.IN_HAND, S.RETURNED)


class Place(models.TextChoices):
    """Where the paper is."""

    OFFICE = "office", _("In the office")
    BANK = "bank", _("With the bank")
    DEBTOR = "debtor", _("Given to the debtor")
    LEGAL = "legal", _("With the lawyers")


class Missing(models.TextChoices):
    """What a cheque lacks before a bank would take it."""

    DATE = "date", _("Date")
    SIGNATURE = "signature", _("Signature")
    WORDS = "words", _("Amount in words")
    PAYEE = "payee", _("Payee")


def _step(source, target, verb, audit) -> Edge:
    """A step that a service takes under its own permission."""
    return Edge(source, target, verb=verb, audit=f"cheque.{audit}")


CHEQUE = Lifecycle(
    "accounts.cheque",
    initial=S.RECEIVED,
    edges=[
        _step(S.RECEIVED, S.IN_HAND, _("Take in hand"), "taken"),
        _step(S.RECEIVED, S.VOID, _("Entered by mistake"), "voided"),
        _step(DEPOSITABLE, S.IN_BATCH, _("Put in a deposit"), "batched"),
        _step(S.IN_BATCH, S.IN_HAND, _("Take out of the deposit"), "unbatched"),
        _step(S.IN_BATCH, S.RETURNED, _("Take out of the deposit"), "unbatched"),
        _step((S.IN_HAND, S.IN_BATCH), S.SUBMITTED, _("Submit"), "submitted"),
        _step((S.IN_BATCH, S.RETURNED), S.REPRESENTED, _("Present again"), "represented"),
        _step((*AT_BANK, S.CLEARED), S.PART_PAID, _("Paid in part"), "part_paid"),
        _step(AT_BANK, S.CLEARED, _("Cleared"), "cleared"),
        _step((*AT_BANK, *PAID), S.RETURNED, _("Returned"), "returned"),
        # its payment was taken back as a mistake: the bank has not answered
        _step(PAID, S.SUBMITTED, _("Payment taken back"), "payment_taken_back"),
        _step((S.RECEIVED, S.IN_HAND, *UNPAID), S.REPLACED, _("Replace"), "replaced"),
        _step((S.RECEIVED, S.IN_HAND, *UNPAID), S.SETTLED, _("Settle in cash"), "settled"),
        # the money paid in its place was taken back: it is what it was before
        *(
            _step(S.SETTLED, before, _("Settlement taken back"), "settlement_taken_back")
            for before in (S.RECEIVED, S.IN_HAND, *UNPAID)
        ),
        _step(UNPAID, S.LEGAL, _("To legal"), "to_legal"),
        _step((S.RECEIVED, S.IN_HAND, S.RETURNED), S.HANDED_BACK, _("Hand back"), "handed_back"),
    ],
)


class HandOverStatus(StatusChoices):
    OFFERED = "offered", Tone.WAIT, "clock", _("To be signed")
    SIGNED = "signed", Tone.GOOD, "circle-check", _("Signed")
    DECLINED = "declined", Tone.STOP, "circle-x", _("Declined")
    WITHDRAWN = "withdrawn", Tone.NONE, "arrow-back-up", _("Taken back")


HAND_OVER = Lifecycle(
    "accounts.chequehandover",
    initial=HandOverStatus.OFFERED,
    edges=[
        Edge(HandOverStatus.OFFERED, HandOverStatus.SIGNED, verb=_("Sign"), audit="hand_over.signed"),
        Edge(HandOverStatus.OFFERED, HandOverStatus.DECLINED, verb=_("Decline"), audit="hand_over.declined"),
        Edge(
            HandOverStatus.OFFERED, HandOverStatus.WITHDRAWN, verb=_("Take back"), audit="hand_over.withdrawn"
        ),
    ],
)


class CustodyKind(models.TextChoices):
    """Why the paper moved."""

    LODGED = "lodged", _("Taken from the debtor")
    HANDED_OVER = "handed_over", _("Handed over")
    TO_BANK = "to_bank", _("Given to the bank")
    FROM_BANK = "from_bank", _("Back from the bank")
    TO_DEBTOR = "to_debtor", _("Given to the debtor")
    TO_LEGAL = "to_legal", _("Given to the lawyers")


class CountStatus(StatusChoices):
    OPEN = "open", Tone.WAIT, "clock", _("Being counted")
    CLOSED = "closed", Tone.GOOD, "circle-check", _("Counted")


COUNT = Lifecycle(
    "accounts.chequecount",
    initial=CountStatus.OPEN,
    edges=[
        Edge(
            CountStatus.OPEN,
            CountStatus.CLOSED,
            verb=_("Close count"),
            permission="accounts.count_cheques",
            audit="cheque_count.closed",
        )
    ],
)


class DayList(models.TextChoices):
    """The lists of a day; each is a tab."""

    MATURE = "mature", _("Mature today, tomorrow")
    TO_SUBMIT = "to_submit", _("To submit")
    LATE = "late", _("Submitted late")
    NO_ANSWER = "no_answer", _("Deposited, no answer")
    RETURNED = "returned", _("Returned to collect")
    PAST = "past", _("Past its date")
    CLEARED = "cleared", _("Paid, by item")
    REPLACED = "replaced", _("Replaced")
    AHEAD = "ahead", _("Next days by bank")
