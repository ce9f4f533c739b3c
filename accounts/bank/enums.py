"""Formats of bank files, and the lives of a file and of a line on a statement."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class BankFormat(models.TextChoices):
    CAMT = "camt", _("camt.052, camt.053 or camt.054")
    MT940 = "mt940", _("MT940 or MT942")
    BAI2 = "bai2", _("BAI2")
    CODA = "coda", _("CODA")
    OFX = "ofx", _("OFX or QFX")
    QIF = "qif", _("QIF")
    TABLE = "table", _("CSV or XLSX")


class FileStatus(StatusChoices):
    PREVIEW = "preview", Tone.WAIT, "eye", _("To be checked")
    TAKEN = "taken", Tone.GOOD, "circle-check", _("Taken in")
    DISCARDED = "discarded", Tone.NONE, "circle-x", _("Discarded")


BANK_FILE = Lifecycle(
    "accounts.bankfile",
    initial=FileStatus.PREVIEW,
    edges=[
        Edge(
            FileStatus.PREVIEW,
            FileStatus.TAKEN,
            verb=_("Take in"),
            permission="accounts.load_bank_file",
            audit="bank_file.taken",
        ),
        Edge(
            FileStatus.PREVIEW,
            FileStatus.DISCARDED,
            verb=_("Discard"),
            permission="accounts.load_bank_file",
            audit="bank_file.discarded",
        ),
    ],
)


class LineStatus(StatusChoices):
    UNMATCHED = "unmatched", Tone.WAIT, "clock", _("To be matched")
    UNIDENTIFIED = "unidentified", Tone.ATTENTION, "help-circle", _("Unidentified")
    POSTED = "posted", Tone.GOOD, "circle-check", _("Posted")
    DEPOSIT = "deposit", Tone.GOOD, "building-bank", _("Credit of a deposit")
    TO_REFUND = "to_refund", Tone.WAIT, "receipt-refund", _("To be refunded")
    REFUNDED = "refunded", Tone.NONE, "receipt-refund", _("Refunded")
    REJECTED = "rejected", Tone.NONE, "circle-x", _("Sent back by the bank")
    RETURNED = "returned", Tone.NONE, "repeat", _("Return recorded")
    NOT_OURS = "not_ours", Tone.NONE, "circle-dot", _("Not a debtor's money")


# What somebody must still decide; these wait in the queue, with their age.
OPEN = (LineStatus.UNMATCHED, LineStatus.UNIDENTIFIED)
WAITING = (*OPEN, LineStatus.TO_REFUND)
MATCH = "accounts.match_bank_line"

LINE = Lifecycle(
    "accounts.bankline",
    initial=LineStatus.UNMATCHED,
    edges=[
        Edge(OPEN, LineStatus.POSTED, permission=MATCH, audit="bank_line.posted"),
        Edge(OPEN, LineStatus.DEPOSIT, permission=MATCH, audit="bank_line.deposit"),
        Edge(OPEN, LineStatus.RETURNED, permission=MATCH, audit="bank_line.returned"),
        Edge(LineStatus.UNMATCHED, LineStatus.UNIDENTIFIED, permission=MATCH, audit="bank_line.unidentified"),
        Edge(OPEN, LineStatus.TO_REFUND, permission=MATCH, audit="bank_line.to_refund"),
        Edge(LineStatus.TO_REFUND, LineStatus.REFUNDED, permission=MATCH, audit="bank_line.refunded"),
        Edge(LineStatus.TO_REFUND, LineStatus.REJECTED, permission=MATCH, audit="bank_line.rejected"),
        Edge(OPEN, LineStatus.NOT_OURS, permission=MATCH, audit="bank_line.not_ours"),
        Edge(
            (
                LineStatus.POSTED,
                LineStatus.DEPOSIT,
                LineStatus.TO_REFUND,
                LineStatus.NOT_OURS,
                LineStatus.RETURNED,
            ),
            LineStatus.UNMATCHED,
            permission=MATCH,
            audit="bank_line.unmatched",
        ),
    ],
)


class Rule(models.TextChoices):
    """What speaks for an account, the strongest first."""

    STRUCTURED = "structured", _("structured reference")
    END_TO_END = "end_to_end", _("end-to-end id")
    TEXT = "text", _("account or invoice number in the text")
    PAYER = "payer", _("payer's account number, from earlier payments")
    AMOUNT_NAME = "amount_name", _("exact amount and name")
    CHEQUE = "cheque", _("cheque in the register")
    HAND = "hand", _("by hand")
    LEDGER = "ledger", _("receipt in the ledger already")


class NotOurs(models.TextChoices):
    """What money is that no debtor paid."""

    TRANSFER = "transfer", _("Transfer between own accounts")
    CHARGE = "charge", _("Bank charge or interest")
    REFUND_PAID = "refund_paid", _("A refund we paid out")
    TO_CREDITOR = "to_creditor", _("Money passed on to a creditor")
    OTHER = "other", _("Something else")
