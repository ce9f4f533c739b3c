"""How receipts, a cashier's day, paper slips and instructions go."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class ReceiptStatus(StatusChoices):
    ISSUED = "issued", Tone.GOOD, "receipt", _("Issued")
    VOID = "void", Tone.STOP, "circle-x", _("Void")


CASH_RECEIPT = Lifecycle(
    "accounts.cashreceipt",
    initial=ReceiptStatus.ISSUED,
    edges=[
        Edge(
            ReceiptStatus.ISSUED,
            ReceiptStatus.VOID,
            verb=_("Void receipt"),
            permission="accounts.void_receipt",
            audit="cash_receipt.voided",
        ),
    ],
)


class DayStatus(StatusChoices):
    OPEN = "open", Tone.WAIT, "cash-banknote", _("Open")
    COUNTED = "counted", Tone.ATTENTION, "clock", _("Counted, to be signed for")
    CLOSED = "closed", Tone.GOOD, "circle-check", _("Closed")


# Who counts and who signs depends on the day, which the services ask.
CASH_DAY = Lifecycle(
    "accounts.cashday",
    initial=DayStatus.OPEN,
    edges=[
        Edge(DayStatus.OPEN, DayStatus.COUNTED, audit="cash_day.counted"),
        Edge(DayStatus.OPEN, DayStatus.CLOSED, audit="cash_day.kept"),
        Edge(DayStatus.COUNTED, DayStatus.CLOSED, audit="cash_day.signed"),
        Edge(DayStatus.COUNTED, DayStatus.OPEN, audit="cash_day.count_again"),
    ],
)


class ChangeStatus(StatusChoices):
    HELD = "held", Tone.WAIT, "cash-banknote", _("Held")
    IN_TILL = "in_till", Tone.GOOD, "circle-check", _("In a till")
    HANDED_ON = "handed_on", Tone.NONE, "arrow-right", _("Handed on")
    GIVEN_BACK = "given_back", Tone.NONE, "circle-check", _("Given back")


# Who gives, takes over and takes out of use is the rule of `change`.
CHANGE_MONEY = Lifecycle(
    "accounts.changemoney",
    initial=ChangeStatus.HELD,
    edges=[
        Edge(ChangeStatus.HELD, ChangeStatus.IN_TILL, audit="change_money.in_till"),
        Edge(ChangeStatus.HELD, ChangeStatus.HANDED_ON, audit="change_money.handed_on"),
        Edge(ChangeStatus.HELD, ChangeStatus.GIVEN_BACK, audit="change_money.given_back"),
    ],
)


class ChangeOrigin(models.TextChoices):
    OFFICE = "office", _("Given out by the office")
    TILL = "till", _("Put aside at a day's close")
    HAND = "hand", _("Handed on")


class FoundAt(models.TextChoices):
    """Where a difference was found: in cash of receipts, or in change money that no deposit bears."""

    CLOSE = "close", _("At a day's close")
    SLIP = "slip", _("Making a deposit")
    OPENING = "opening", _("Opening a day")
    PUT_ASIDE = "put_aside", _("Putting change money aside")
    TAKEN_OVER = "taken_over", _("Taking change money over")


IN_CHANGE_MONEY = (FoundAt.OPENING, FoundAt.PUT_ASIDE, FoundAt.TAKEN_OVER)


class SlipStatus(StatusChoices):
    USED = "used", Tone.GOOD, "receipt", _("Used")
    VOID = "void", Tone.NONE, "circle-x", _("Spoilt")
    MISSING = "missing", Tone.STOP, "alert-triangle", _("Missing")


PAPER_SLIP = Lifecycle(
    "accounts.paperslip",
    initial=SlipStatus.MISSING,
    edges=[
        Edge(SlipStatus.MISSING, SlipStatus.USED, audit="paper_slip.found_used"),
        Edge(SlipStatus.MISSING, SlipStatus.VOID, audit="paper_slip.found_spoilt"),
    ],
)


class BookStatus(StatusChoices):
    ISSUED = "issued", Tone.WAIT, "notes", _("With the collector")
    RETURNED = "returned", Tone.GOOD, "circle-check", _("Given back, all accounted for")


RECEIPT_BOOK = Lifecycle(
    "accounts.receiptbook",
    initial=BookStatus.ISSUED,
    edges=[
        Edge(
            BookStatus.ISSUED,
            BookStatus.RETURNED,
            verb=_("Take back"),
            permission="accounts.issue_receipt_book",
            audit="receipt_book.returned",
        ),
    ],
)


class InstructionStatus(StatusChoices):
    WAITING = "waiting", Tone.WAIT, "clock", _("Waiting for approval")
    APPROVED = "approved", Tone.GOOD, "circle-check", _("Approved")
    REJECTED = "rejected", Tone.NONE, "circle-x", _("Refused")


DEPOSIT_INSTRUCTION = Lifecycle(
    "accounts.depositinstruction",
    initial=InstructionStatus.WAITING,
    edges=[
        Edge(
            InstructionStatus.WAITING,
            InstructionStatus.APPROVED,
            verb=_("Approve"),
            permission="accounts.approve_deposit_instruction",
            audit="deposit_instruction.approved",
        ),
        Edge(
            InstructionStatus.WAITING,
            InstructionStatus.REJECTED,
            verb=_("Refuse"),
            permission="accounts.approve_deposit_instruction",
            audit="deposit_instruction.rejected",
        ),
    ],
)


class DepositedBy(models.TextChoices):
    COLLECTOR = "collector", _("Whoever took the money")
    RECEIVER = "receiver", _("Whoever it is handed to at the day's close")
