"""Entry kinds, their direction and their one line of the Collection Report."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from collections_app.core.lifecycle import Edge, Lifecycle


class AccountStatus(models.TextChoices):
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")
    VOID = "void", _("Void")


ACCOUNT = Lifecycle(
    "accounts.account",
    initial=AccountStatus.OPEN,
    edges=[
        Edge(
            AccountStatus.OPEN,
            AccountStatus.CLOSED,
            verb=_("Close account"),
            permission="accounts.close_account",
            audit="account.closed",
        ),
        Edge(
            AccountStatus.CLOSED,
            AccountStatus.OPEN,
            verb=_("Reopen account"),
            permission="accounts.reopen_account",
            audit="account.reopened",
        ),
        Edge([AccountStatus.OPEN, AccountStatus.CLOSED], AccountStatus.VOID, audit="account.voided"),
        Edge(AccountStatus.VOID, AccountStatus.OPEN, audit="account.restored"),
    ],
)


class PartyRole(models.TextChoices):
    DEBTOR = "debtor", _("Debtor")
    JOINT_DEBTOR = "joint_debtor", _("Joint debtor")
    GUARANTOR = "guarantor", _("Guarantor")
    OWNER = "owner", pgettext_lazy("of a property", "Owner")
    TENANT = "tenant", _("Tenant")
    AUTHORISED_CONTACT = "authorised_contact", _("Authorised contact")
    REPRESENTATIVE = "representative", _("Representative")
    PAYER = "payer", _("Payer")


class Direction(models.TextChoices):
    DEBIT = "debit", _("Debit")
    CREDIT = "credit", _("Credit")


class EntryKind(models.TextChoices):
    OPENING_BALANCE = "opening_balance", _("Opening balance")
    CHARGE = "charge", _("Charge")
    FEE = "fee", _("Fee")
    INTEREST = "interest", _("Interest")
    PENALTY = "penalty", _("Penalty")
    REFUND = "refund", _("Refund")
    PAYMENT = "payment", _("Payment")
    CREDIT_NOTE = "credit_note", _("Credit note")
    DISCOUNT = "discount", _("Settlement discount")
    WRITE_OFF = "write_off", _("Write-off")
    ADJUSTMENT = "adjustment", _("Adjustment")
    REVERSAL = "reversal", _("Reversal")


class ReportLine(models.TextChoices):
    """The line of the Collection Report an entry falls into; exactly one each."""

    OPENING = "opening", _("Opening (migrated)")
    CHARGES = "charges", _("Charges")
    FEES = "fees", _("Fees")
    INTEREST = "interest", _("Interest")
    PENALTIES = "penalties", _("Penalties")
    REFUNDS = "refunds", _("Refunds")
    PAYMENTS_RETURNED = "payments_returned", _("Payments returned")
    DEBIT_ADJUSTMENTS = "debit_adjustments", _("Debit adjustments")
    WRITE_OFFS_REVERSED = "write_offs_reversed", _("Write-offs reversed")
    CHARGES_REVERSED = "charges_reversed", _("Charges reversed")
    CREDIT_NOTES = "credit_notes", _("Credit notes")
    COLLECTED = "collected", _("Collected")
    CREDIT_ADJUSTMENTS = "credit_adjustments", _("Credit adjustments")
    DISCOUNTS = "discounts", _("Discounts")
    WRITTEN_OFF = "written_off", _("Written off")


# kind -> (direction or None where the entry states it, line by direction)
KIND_DIRECTION: dict[str, str | None] = {
    EntryKind.OPENING_BALANCE: Direction.DEBIT,
    EntryKind.CHARGE: Direction.DEBIT,
    EntryKind.FEE: Direction.DEBIT,
    EntryKind.INTEREST: Direction.DEBIT,
    EntryKind.PENALTY: Direction.DEBIT,
    EntryKind.REFUND: Direction.DEBIT,
    EntryKind.PAYMENT: Direction.CREDIT,
    EntryKind.CREDIT_NOTE: Direction.CREDIT,
    EntryKind.DISCOUNT: Direction.CREDIT,
    EntryKind.WRITE_OFF: Direction.CREDIT,
    EntryKind.ADJUSTMENT: None,
    EntryKind.REVERSAL: None,
}


class PaymentMethod(models.TextChoices):
    TRANSFER = "transfer", _("Bank transfer")
    CASH = "cash", _("Cash")
    CARD = "card", _("Card")
    CHEQUE = "cheque", _("Cheque")
    DIRECT_DEBIT = "direct_debit", _("Direct debit")
    OTHER = "other", _("Other")


class Receiver(models.TextChoices):
    OFFICE = "office", _("Received here")
    CREDITOR = "creditor", _("Paid direct to the creditor")


class EntrySource(models.TextChoices):
    MANUAL = "manual", _("Entered by hand")
    IMPORT = "import", _("Imported")
    RULE = "rule", _("Posted by rule")
    DISPUTE = "dispute", _("Dispute decided")


class GroupKind(models.TextChoices):
    """Why entries belong together: whoever takes one back takes back all."""

    SPLIT = "split", _("One payment over several accounts")
    MOVE = "move", _("Credit moved to another account")
    RECOVERY = "recovery", _("Recovery after write-off")


DEBIT_LINES = {
    ReportLine.OPENING,
    ReportLine.CHARGES,
    ReportLine.FEES,
    ReportLine.INTEREST,
    ReportLine.PENALTIES,
    ReportLine.REFUNDS,
    ReportLine.PAYMENTS_RETURNED,
    ReportLine.DEBIT_ADJUSTMENTS,
    ReportLine.WRITE_OFFS_REVERSED,
}

LINE_OF_KIND: dict[str, str] = {
    EntryKind.OPENING_BALANCE: ReportLine.OPENING,
    EntryKind.CHARGE: ReportLine.CHARGES,
    EntryKind.FEE: ReportLine.FEES,
    EntryKind.INTEREST: ReportLine.INTEREST,
    EntryKind.PENALTY: ReportLine.PENALTIES,
    EntryKind.REFUND: ReportLine.REFUNDS,
    EntryKind.PAYMENT: ReportLine.COLLECTED,
    EntryKind.CREDIT_NOTE: ReportLine.CREDIT_NOTES,
    EntryKind.DISCOUNT: ReportLine.DISCOUNTS,
    EntryKind.WRITE_OFF: ReportLine.WRITTEN_OFF,
}

# A reversal has a line of its own for money and bills; elsewhere it counts against its kind's line.
LINE_OF_REVERSAL: dict[str, str] = {
    EntryKind.PAYMENT: ReportLine.PAYMENTS_RETURNED,
    EntryKind.OPENING_BALANCE: ReportLine.CHARGES_REVERSED,
    EntryKind.CHARGE: ReportLine.CHARGES_REVERSED,
    EntryKind.FEE: ReportLine.CHARGES_REVERSED,
    EntryKind.INTEREST: ReportLine.CHARGES_REVERSED,
    EntryKind.PENALTY: ReportLine.CHARGES_REVERSED,
    EntryKind.WRITE_OFF: ReportLine.WRITE_OFFS_REVERSED,
}


def line_of(kind: str, direction: str, reversed_kind: str = "", reversed_line: str = "") -> str:
    """The one line of the Collection Report an entry falls into.

    Against the side of its line an entry counts negative (a credit note taken back lowers the
    credit notes). Raises KeyError for a kind without a line.
    """
    if kind == EntryKind.REVERSAL:
        return LINE_OF_REVERSAL.get(reversed_kind) or reversed_line or LINE_OF_KIND[reversed_kind]
    if kind == EntryKind.ADJUSTMENT:
        if direction == Direction.DEBIT:
            return ReportLine.DEBIT_ADJUSTMENTS
        return ReportLine.CREDIT_ADJUSTMENTS
    return LINE_OF_KIND[kind]
