"""The standard format: which columns each kind of file has, and what each may hold.

The clerk's guide is docs/import-format.md; a test holds the two against each other.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.contacts.enums import ContactDirection, Outcome
from accounts.imports.enums import ImportKind
from accounts.ledger.enums import Direction, EntryKind, PartyRole, PaymentMethod, Receiver
from accounts.parties.enums import Channel, DebtorKind, PayerType

TEXT, KEY, NOTE, DAY, MOMENT, AMOUNT, CHOICE = (
    "text",
    "key",
    "note",
    "day",
    "moment",
    "amount",
    "choice",
)


@dataclass(frozen=True)
class Field:
    """One column of the standard format. `synonyms` are values of other programs for a choice."""

    name: str
    label: object
    type: str = TEXT
    length: int = 200
    is_required: bool = False
    choices: Any = ()
    synonyms: tuple[tuple[str, str], ...] = ()

    @cached_property
    def values(self) -> dict[str, str]:
        """Every accepted spelling of a choice, lower case with underscores, to its value."""
        choices = getattr(self.choices, "values", self.choices)
        spelled = {str(value): str(value) for value in choices}
        return {**dict(self.synonyms), **spelled}


NUMBER = Field("account_number", _("Account number"), KEY, 60, is_required=True)
CREDITOR = Field("creditor", _("Creditor"), KEY, 30)

ACCOUNTS = [
    NUMBER,
    CREDITOR,
    Field("debtor_reference", _("Debtor reference"), KEY, 60),
    Field("debtor_name", _("Debtor's name"), TEXT, 200),
    Field(
        "debtor_type",
        _("Debtor's type"),
        CHOICE,
        choices=tuple([*DebtorKind.values, *PayerType.values]),
        synonyms=(
            ("individual", "person"),
            ("natural_person", "person"),
            ("private", "person"),
            ("company", "organisation"),
            ("organization", "organisation"),
            ("business", "corporate"),
            ("firm", "organisation"),
        ),
    ),
    Field(
        "party_role",
        _("Role"),
        CHOICE,
        choices=PartyRole,
        synonyms=(("main_debtor", "debtor"), ("co_debtor", "joint_debtor")),
    ),
    Field("external_id", _("External id"), KEY, 80),
    Field("email", _("E-mail"), TEXT, 254),
    Field("phone", _("Phone"), TEXT, 60),
    Field("phone_2", _("Second phone"), TEXT, 60),
    Field("address", _("Street address"), TEXT, 200),
    Field("building", _("Building"), TEXT, 80),
    Field("unit", _("Flat or unit"), TEXT, 30),
    Field("area", _("Area"), TEXT, 80),
    Field("city", _("City"), TEXT, 80),
    Field("postcode", _("Postcode"), TEXT, 20),
    Field("country", _("Country"), KEY, 2),
    Field("language", _("Language"), KEY, 10),
    Field("time_zone", _("Time zone"), KEY, 50),
    Field("currency", _("Currency"), KEY, 3),
    Field("opened_date", _("Opened"), DAY),
    Field("product", _("Product"), TEXT, 60),
    Field("team", _("Team"), TEXT, 80),
    Field("officer", _("Officer"), KEY, 60),
    Field("portfolio", _("Portfolio"), KEY, 30),
]

ENTRIES = [
    NUMBER,
    CREDITOR,
    Field("entry_reference", _("Reference"), KEY, 80),
    Field(
        "kind",
        _("Kind"),
        CHOICE,
        is_required=True,
        choices=EntryKind,
        synonyms=(
            ("invoice", "charge"),
            ("debit_note", "charge"),
            ("opening", "opening_balance"),
            ("receipt", "payment"),
            ("creditnote", "credit_note"),
            ("writeoff", "write_off"),
            ("settlement_discount", "discount"),
        ),
    ),
    Field(
        "direction",
        _("Direction"),
        CHOICE,
        choices=Direction,
        synonyms=(("d", "debit"), ("dr", "debit"), ("c", "credit"), ("cr", "credit")),
    ),
    Field("reverses", _("Reverses"), KEY, 80),
    Field("amount", _("Amount"), AMOUNT, is_required=True),
    Field("tax_amount", _("Tax"), AMOUNT),
    Field("tax_code", _("Tax code"), KEY, 20),
    Field("value_date", _("Value date"), DAY, is_required=True),
    Field("due_date", _("Due date"), DAY),
    Field("description", _("Description"), NOTE, 200),
    Field("currency", _("Currency"), KEY, 3),
    Field("method", _("Paid by"), CHOICE, choices=PaymentMethod, synonyms=(("bank", "transfer"),)),
    Field("receiver", _("Received by"), CHOICE, choices=Receiver),
]

CONTACTS = [
    NUMBER,
    CREDITOR,
    Field("contacted_at", _("When"), MOMENT, is_required=True),
    Field(
        "channel",
        _("Channel"),
        CHOICE,
        is_required=True,
        choices=Channel,
        synonyms=(
            ("phone", "call"),
            ("telephone", "call"),
            ("e_mail", "email"),
            ("mail", "letter"),
            ("post", "letter"),
            ("text", "sms"),
            ("field_visit", "visit"),
        ),
    ),
    Field(
        "direction",
        _("Direction"),
        CHOICE,
        choices=ContactDirection,
        synonyms=(("outbound", "out"), ("outgoing", "out"), ("inbound", "in"), ("incoming", "in")),
    ),
    Field("outcome", _("Outcome"), CHOICE, choices=Outcome),
    Field("note", _("Note"), NOTE, 4000),
    Field("officer", _("Officer"), KEY, 60),
]

PROTECTION_KINDS = (
    "opt_out",
    "deceased",
    "insolvent",
    "represented",
    "dispute",
    "hold",
    "hardship",
)
PROTECTIONS = [
    Field("account_number", _("Account number"), KEY, 60),
    CREDITOR,
    Field("debtor_reference", _("Debtor reference"), KEY, 60),
    Field(
        "kind",
        _("Kind"),
        CHOICE,
        is_required=True,
        choices=PROTECTION_KINDS,
        synonyms=(("bankrupt", "insolvent"), ("disputed", "dispute"), ("optout", "opt_out")),
    ),
    Field("from", _("From"), DAY),
    Field("to", _("To"), DAY),
    Field("detail", _("Detail"), NOTE, 4000),
    Field("amount", _("Amount in dispute"), AMOUNT),
    Field("entry_reference", _("Disputed document"), KEY, 80),
]

FORMATS: dict[str, list[Field]] = {
    ImportKind.ACCOUNTS: ACCOUNTS,
    ImportKind.ENTRIES: ENTRIES,
    ImportKind.CONTACTS: CONTACTS,
    ImportKind.PROTECTIONS: PROTECTIONS,
}
# Accounts first, so that the other records of a row find them.
ORDER = [ImportKind.ACCOUNTS, ImportKind.ENTRIES, ImportKind.CONTACTS, ImportKind.PROTECTIONS]


def field_of(kind: str, name: str) -> Field | None:
    return next((field for field in FORMATS[kind] if field.name == name), None)


def known_names(kind: str) -> frozenset[str]:
    return frozenset(field.name for field in FORMATS[kind])
