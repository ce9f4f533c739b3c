"""Who may change accounts and the ledger, and what of the ledger is sealed."""

from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import (
    AccountAssignment,
    ApprovedEntry,
    ClosedPeriod,
    ContestedAmount,
    EntryGroup,
    GroupedEntry,
    LatePosting,
    LedgerEntry,
    NamedAllocation,
    WriteOffSet,
)
from collections_app.core.audit import sealed
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare

SENIORS = {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER}

declare("accounts.view_account", _("See accounts, their entries and their history"), OFFICE)
declare("accounts.open_account", _("Register accounts"), {Role.SUPERVISOR, Role.MANAGER})
declare("accounts.post_entry", _("Post charges, fees and adjustments"), SENIORS)
declare("accounts.reverse_entry", _("Reverse entries"), SENIORS)
# How much each of them writes off alone is the policy "authority"; above it a second person decides.
declare("accounts.write_off", _("Write off"), SENIORS)
declare("accounts.name_allocation", _("Name which item a payment pays"), SENIORS)
# Who dates a posting into a signed month answers for it by name; everybody else is refused.
declare(
    "accounts.post_into_closed_period",
    _("Post into months that are signed, with a reason"),
    {Role.SUPERVISOR, Role.MANAGER},
)
declare(
    "accounts.view_late_posting",
    _("See what was posted into closed months"),
    SENIORS,
)
declare(
    "accounts.assign_account",
    _("Give accounts to an officer or a team"),
    {Role.SUPERVISOR, Role.MANAGER},
)
ADD_PARTY = declare("accounts.add_party", _("Say who speaks for a debtor"), OFFICE)
CHANGE_LIABLE = declare(
    "accounts.change_liable", _("Say who owes beside a debtor, and who stands there no more"), SENIORS
)
declare("accounts.close_account", _("Close accounts"), SENIORS)
declare("accounts.reopen_account", _("Reopen accounts"), SENIORS)

for evidence in (
    LedgerEntry,
    NamedAllocation,
    ContestedAmount,
    AccountAssignment,
    ApprovedEntry,
    ClosedPeriod,
    LatePosting,
    EntryGroup,
    GroupedEntry,
    WriteOffSet,
):
    sealed(evidence)
