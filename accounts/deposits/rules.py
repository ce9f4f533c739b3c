"""Who brings money to the bank, and who says what the bank made of it."""

from django.utils.translation import gettext_lazy as _

from accounts.deposits.models import Deposit
from collections_app.core import documents
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare, has_permission

VIEW_DEPOSIT = declare("accounts.view_deposit", _("See deposits and the cash that is held"), OFFICE)
MAKE_DEPOSIT = declare(
    "accounts.make_deposit",
    _("Make deposit slips for cash one holds, and bring it to the bank"),
    OFFICE,
)
# Who brought the money does not also say that it arrived: `services.tie` sees to that.
TIE_DEPOSIT = declare(
    "accounts.tie_deposit",
    _("Say what the bank credited for a deposit"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)


def _may_read_documents(user, file) -> bool:
    return (
        has_permission(user, VIEW_DEPOSIT)
        and Deposit.objects.visible_to(user).filter(pk=file.subject_id).exists()
    )


documents.register_reader("accounts.deposit", _may_read_documents)
