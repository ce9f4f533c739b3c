from django.db import models
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.statuses import StatusChoices, Tone


class CreditorKind(models.TextChoices):
    OWN = "own", _("Own book")
    THIRD_PARTY = "third_party", _("Third party")


class ItemMode(models.TextChoices):
    """Is an invoice a charge on the customer's account, or an account of its own?"""

    CHARGE = "charge", _("A charge on the customer's account")
    ACCOUNT = "account", _("An account of its own")


class DebtorKind(models.TextChoices):
    PERSON = "person", _("Person")
    ORGANISATION = "organisation", _("Organisation")


class PayerType(models.TextChoices):
    CONSUMER = "consumer", _("Consumer")
    CORPORATE = "corporate", _("Corporate")
    INSURER = "insurer", _("Insurer")
    BANK = "bank", _("Bank")
    GOVERNMENT = "government", _("Government")


class ContactPointKind(models.TextChoices):
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")
    ADDRESS = "address", _("Address")


class ContactPointStatus(models.TextChoices):
    GOOD = "good", _("Good")
    UNVERIFIED = "unverified", _("Not verified")
    BAD = "bad", _("Bad")
    WRONG_PARTY = "wrong_party", _("Wrong party")
    OPTED_OUT = "opted_out", _("Opted out")


class Channel(StatusChoices):
    CALL = "call", Tone.NONE, "phone", _("Call")
    EMAIL = "email", Tone.NONE, "mail", _("E-mail")
    SMS = "sms", Tone.NONE, "message", _("Text message")
    LETTER = "letter", Tone.NONE, "file-text", _("Letter")
    VISIT = "visit", Tone.NONE, "walk", _("Visit")


class LegalFactKind(models.TextChoices):
    """Facts about a person that hold for every creditor."""

    DECEASED = "deceased", _("Deceased")
    INSOLVENT = "insolvent", _("Insolvent")
    MINOR = "minor", _("Minor")


class NumberKind(models.TextChoices):
    """How an account at a bank is numbered."""

    IBAN = "iban", _("IBAN")
    OTHER = "other", _("Account number")


class BankDetailsStatus(StatusChoices):
    PROPOSED = "proposed", Tone.WAIT, "clock", _("Waiting for a second person")
    APPROVED = "approved", Tone.GOOD, "circle-check", _("Approved")
    REFUSED = "refused", Tone.STOP, "circle-x", _("Refused")


# Who may decide depends on who takes the debtor's payments: `payments.rules` says it.
BANK_DETAILS = Lifecycle(
    "accounts.debtorbankdetails",
    initial=BankDetailsStatus.PROPOSED,
    edges=[
        Edge(BankDetailsStatus.PROPOSED, BankDetailsStatus.APPROVED, audit="bank_details.approved"),
        Edge(BankDetailsStatus.PROPOSED, BankDetailsStatus.REFUSED, audit="bank_details.refused"),
    ],
)
