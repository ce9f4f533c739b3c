"""Schemes, what a reason asks for, and the lifecycles of reasons, retries and files."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.ledger.enums import PaymentMethod
from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class Scheme(models.TextChoices):
    ACH = "ach", _("ACH (United States)")
    SEPA = "sepa", _("SEPA direct debit")
    BECS = "becs", _("BECS (Australia)")
    BACS = "bacs", _("Bacs (United Kingdom)")
    CHEQUE = "cheque", _("Cheque")
    CARD = "card", _("Card chargeback")


# By which means the money of a scheme came; the first is the usual one.
METHODS_OF: dict[str, tuple[str, ...]] = {
    Scheme.CHEQUE: (PaymentMethod.CHEQUE,),
    Scheme.CARD: (PaymentMethod.CARD,),
    **dict.fromkeys(
        (Scheme.ACH, Scheme.SEPA, Scheme.BECS, Scheme.BACS),
        (PaymentMethod.DIRECT_DEBIT, PaymentMethod.TRANSFER, PaymentMethod.OTHER),
    ),
}

# The means of payments that can come back; empty where none was noted.
COMES_BACK = {"", *(method for methods in METHODS_OF.values() for method in methods)}


class ActionClass(models.TextChoices):
    """What a reason asks of the office."""

    RETRY = "retry", _("Try again")
    FIX_DETAILS = "fix_details", _("Correct the bank details")
    NEW_MANDATE = "new_mandate", _("Get a new mandate")
    CALL = "call", _("Call the debtor")
    DISPUTE = "dispute", _("The debtor contests it")
    DECEASED = "deceased", _("Deceased")
    REPLACE = "replace", _("Ask for another cheque")
    LEGAL = "legal", _("Legal step")
    FRAUD = "fraud", _("Look for fraud")
    OWN_FAULT = "own_fault", _("Correct our own file")


class Block(models.TextChoices):
    """What a reason does to further collection by the same means."""

    NONE = "none", _("Nothing")
    FLAG = "flag", _("A warning")
    STOP = "stop", _("No further collection by this means")


class TaskFor(models.TextChoices):
    OFFICER = "officer", _("The account's officer")
    SENIOR = "senior", _("A senior officer")
    SUPERVISOR = "supervisor", _("A supervisor")


class ReasonStatus(StatusChoices):
    PROPOSED = "proposed", Tone.WAIT, "clock", _("Waiting for approval")
    APPROVED = "approved", Tone.GOOD, "circle-check", _("Approved")
    REJECTED = "rejected", Tone.STOP, "circle-x", _("Rejected")


REASON = Lifecycle(
    "accounts.returnreason",
    initial=ReasonStatus.PROPOSED,
    edges=[
        Edge(
            ReasonStatus.PROPOSED,
            ReasonStatus.APPROVED,
            verb=_("Approve"),
            permission="accounts.approve_policy",
            audit="return_reason.approved",
        ),
        Edge(
            ReasonStatus.PROPOSED,
            ReasonStatus.REJECTED,
            verb=_("Reject"),
            permission="accounts.propose_policy",
            audit="return_reason.rejected",
        ),
    ],
)


class RetryStatus(StatusChoices):
    PLANNED = "planned", Tone.WAIT, "clock", _("Planned")
    DONE = "done", Tone.GOOD, "circle-check", _("Presented again")
    GIVEN_UP = "given_up", Tone.NONE, "circle-x", _("Given up")


RETRY = Lifecycle(
    "accounts.retry",
    initial=RetryStatus.PLANNED,
    edges=[
        Edge(
            RetryStatus.PLANNED,
            RetryStatus.DONE,
            verb=_("Presented again"),
            permission="accounts.record_return",
            audit="retry.done",
        ),
        Edge(
            RetryStatus.PLANNED,
            RetryStatus.GIVEN_UP,
            verb=_("Give up"),
            permission="accounts.record_return",
            audit="retry.given_up",
        ),
    ],
)


class ReturnFormat(models.TextChoices):
    """How a file of returns is written."""

    NACHA = "nacha", _("ACH file (NACHA)")
    CAMT = "camt", _("camt.053 or camt.054")
    PAIN002 = "pain002", _("pain.002 status report")
    BECS = "becs", _("BECS returns (120 characters)")
    BACS = "bacs", _("Bacs ARUDD (XML)")
    CSV = "csv", _("CSV or XLSX")


class FileStatus(StatusChoices):
    PREVIEW = "preview", Tone.WAIT, "eye", _("To be checked")
    POSTING = "posting", Tone.WAIT, "progress", _("Being posted")
    POSTED = "posted", Tone.GOOD, "circle-check", _("Posted")
    DISCARDED = "discarded", Tone.NONE, "circle-x", _("Discarded")


# Files whose rows count: an overlapping file adds none of them again.
TAKEN_IN = (FileStatus.POSTING, FileStatus.POSTED)

RETURN_FILE = Lifecycle(
    "accounts.returnfile",
    initial=FileStatus.PREVIEW,
    edges=[
        Edge(
            FileStatus.PREVIEW,
            FileStatus.POSTED,
            verb=_("Post the returns"),
            permission="accounts.load_return_file",
            audit="return_file.posted",
        ),
        # in steps, by a job: what one step posted stays, and the next goes on from there
        Edge(
            FileStatus.PREVIEW,
            FileStatus.POSTING,
            permission="accounts.load_return_file",
            audit="return_file.posting",
        ),
        Edge(
            FileStatus.POSTING,
            FileStatus.POSTED,
            permission="accounts.load_return_file",
            audit="return_file.posted",
        ),
        Edge(
            FileStatus.PREVIEW,
            FileStatus.DISCARDED,
            verb=_("Discard"),
            permission="accounts.load_return_file",
            audit="return_file.discarded",
        ),
    ],
)


class RowFinding(StatusChoices):
    """What the product makes of one row of a file."""

    MATCHED = "matched", Tone.WAIT, "link", _("Receipt found")
    RETURNED = "returned", Tone.GOOD, "circle-check", _("Return posted")
    ALREADY = "already", Tone.NONE, "copy", _("Already there")
    SUCCESS = "success", Tone.NONE, "circle-dot", _("Success, nothing to do")
    UNKNOWN = "unknown", Tone.ATTENTION, "help-circle", _("Receipt not found")
    NO_REASON = "no_reason", Tone.ATTENTION, "alert-triangle", _("Code not known")
    DISMISSED = "dismissed", Tone.NONE, "circle-x", _("Set aside")


# The row of a posted file that a person must still decide.
TO_DECIDE = (RowFinding.UNKNOWN, RowFinding.NO_REASON)

ROW = Lifecycle(
    "accounts.returnrow",
    field="finding",
    edges=[
        Edge(
            (RowFinding.MATCHED, *TO_DECIDE),
            RowFinding.RETURNED,
            audit="return_row.posted",
        ),
        Edge(RowFinding.MATCHED, RowFinding.UNKNOWN, audit="return_row.unmatched"),
        Edge((RowFinding.MATCHED, *TO_DECIDE), RowFinding.ALREADY, audit="return_row.already"),
        Edge(
            TO_DECIDE,
            RowFinding.DISMISSED,
            verb=_("Set aside"),
            permission="accounts.load_return_file",
            audit="return_row.dismissed",
        ),
    ],
)
