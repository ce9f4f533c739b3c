"""Who takes cash, who signs for it, who voids and who says where it goes; what is sealed."""

from django.utils.translation import gettext_lazy as _

from accounts.cashdesk.models import CashDifference, CashReceipt, ReceiptLine, ReceiptPrint
from collections_app.core import documents
from collections_app.core.audit import sealed
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare, has_permission

SENIORS = {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER}

VIEW_RECEIPT = declare("accounts.view_cash_receipt", _("See receipts for cash, and print them"), OFFICE)
VIEW_DAY = declare("accounts.view_cash_day", _("See cashiers' days and their counts"), OFFICE)
# Whoever takes cash does not also sign for it as its receiver on the same day: `days` sees to that.
TAKE_CASH = declare(
    "accounts.take_cash",
    _("Take cash and issue receipts"),
    {Role.COLLECTION_OFFICER, Role.FIELD_OFFICER, Role.SENIOR_OFFICER},
)
PRINT_RECEIPT = declare("accounts.print_cash_receipt", _("Print receipts"), OFFICE)
VOID_RECEIPT = declare("accounts.void_receipt", _("Void receipts that a colleague issued"), SENIORS)
RECEIVE_CASH = declare(
    "accounts.receive_cash", _("Sign for the cash of a cashier's day, and count in his place"), SENIORS
)
GIVE_CHANGE = declare(
    "accounts.give_change_money", _("Give out change money, take it over and take it out of use"), SENIORS
)
VIEW_BOOK = declare("accounts.view_receipt_book", _("See paper receipt books"), OFFICE)
ISSUE_BOOK = declare(
    "accounts.issue_receipt_book",
    _("Give out paper receipt books and take them back"),
    {Role.SUPERVISOR, Role.MANAGER},
)
VIEW_INSTRUCTION = declare(
    "accounts.view_deposit_instruction", _("See where cash is to be deposited"), OFFICE
)
PROPOSE_INSTRUCTION = declare(
    "accounts.propose_deposit_instruction",
    _("Propose where cash is to be deposited"),
    {Role.SUPERVISOR, Role.MANAGER},
)
APPROVE_INSTRUCTION = declare(
    "accounts.approve_deposit_instruction", _("Approve where cash is to be deposited"), {Role.MANAGER}
)

for evidence in (ReceiptLine, ReceiptPrint, CashDifference):
    sealed(evidence)


def _may_read_documents(user, file) -> bool:
    return (
        has_permission(user, VIEW_RECEIPT)
        and CashReceipt.objects.visible_to(user).filter(pk=file.subject_id).exists()
    )


documents.register_reader("accounts.cashreceipt", _may_read_documents)
