"""Who may take in money, who may say that it came back, and who sets up where it arrives."""

from django.utils.translation import gettext_lazy as _

from accounts.ledger.enums import EntryKind
from accounts.ledger.models import LedgerEntry
from accounts.parties.models import Debtor, DebtorBankDetails
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare, has_permission

declare("accounts.post_payment", _("Post payments"), OFFICE)
declare(
    "accounts.reverse_payment",
    _("Reverse payments that came back"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
declare(
    "accounts.view_bank_account",
    _("See the bank accounts on which money arrives"),
    {*OFFICE, Role.ADMINISTRATOR},
)
# One who posts payments does not also say where money arrives.
declare("accounts.manage_bank_account", _("Set up bank accounts"), {Role.ADMINISTRATOR})

SENIORS = {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER}
VIEW_BANK_DETAILS = declare(
    "accounts.view_bank_details", _("See from which account debtors pay, masked"), OFFICE
)
REVEAL_BANK_DETAILS = declare(
    "accounts.reveal_bank_details",
    _("Read a debtor's full account number; each reading is recorded"),
    SENIORS,
)
PROPOSE_BANK_DETAILS = declare(
    "accounts.propose_bank_details",
    _("Propose other bank details of a debtor whose payments one does not take"),
    {Role.COLLECTION_OFFICER, *SENIORS},
)
APPROVE_BANK_DETAILS = declare(
    "accounts.approve_bank_details",
    _("Approve bank details that another proposed, of a debtor whose payments one does not take"),
    SENIORS,
)


def takes_payments_of(user, debtor: Debtor) -> bool:
    """Whether this person has posted a payment of the debtor, or of a record merged with his."""
    records = Debtor.objects.filter(pk=debtor.pk) | Debtor.objects.filter(merged_into=debtor.pk)
    return LedgerEntry.objects.filter(
        account__debtor__in=records, kind=EntryKind.PAYMENT, actor=user
    ).exists()


def may_approve_bank_details(user, details: DebtorBankDetails) -> bool:
    """A senior who did not propose them and does not take this debtor's payments."""
    return (
        has_permission(user, APPROVE_BANK_DETAILS)
        and details.proposed_by_id != user.pk
        and not takes_payments_of(user, details.debtor)
    )
