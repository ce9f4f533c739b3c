"""Who may look after debtors and the ways to reach them."""

from django.utils.translation import gettext_lazy as _

from accounts.parties.models import DebtorMerge, LegalFact
from collections_app.core.audit import sealed
from collections_app.core.permissions import OFFICE, declare

MANAGE_CONTACT_POINT = declare(
    "accounts.manage_contact_point", _("Add and mark phone numbers and addresses"), OFFICE
)

sealed(LegalFact)
sealed(DebtorMerge)
