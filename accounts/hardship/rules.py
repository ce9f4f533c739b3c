"""Any officer opens a case; a senior who did not open it decides; few may read the detail."""

from django.utils.translation import gettext_lazy as _

from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare, has_permission

SENIORS = {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER}

VIEW_HARDSHIP = declare(
    "accounts.view_hardship", _("See that a debtor has a hardship case, and its state"), OFFICE
)
VIEW_NOTE = declare(
    "accounts.view_hardship_note",
    _("Read the detail of a hardship case; each reading is recorded"),
    SENIORS,
)
OPEN_CASE = declare("accounts.open_hardship_case", _("Open a hardship case"), OFFICE)
DECIDE = declare("accounts.decide_hardship", _("Decide a hardship case that another opened"), SENIORS)


def may_decide(user, case) -> bool:
    """A senior officer, supervisor or manager who did not open it."""
    return has_permission(user, DECIDE) and case.opened_by_id != user.pk
