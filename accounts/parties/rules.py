"""Who may look after debtors and the ways to reach them."""

from django.utils.translation import gettext_lazy as _

from accounts.parties.models import DebtorMerge, LegalFact
from collections_app.core.audit import sealed
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare

declare(
    "accounts.view_creditor",
    _("See creditors, portfolios and calendars"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR},
)
declare(
    "accounts.manage_creditor",
    _("Set up creditors, portfolios and calendars"),
    {Role.MANAGER, Role.ADMINISTRATOR},
)
declare(
    "accounts.merge_debtors",
    _("Merge debtor records and take a merge back"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)

MANAGE_CONTACT_POINT = declare(
    "accounts.manage_contact_point", _("Add and mark phone numbers and addresses"), OFFICE
)

sealed(LegalFact)
sealed(DebtorMerge)
