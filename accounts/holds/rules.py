"""Any officer may hold; what protects a person is lifted by somebody senior."""

from django.utils.translation import gettext_lazy as _

from accounts.holds.enums import PROTECTING
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare, has_permission

VIEW_HOLD = declare("accounts.view_hold", _("See holds"), OFFICE)
PLACE_HOLD = declare("accounts.place_hold", _("Place a hold, and lift an ordinary one"), OFFICE)
LIFT_PROTECTION = declare(
    "accounts.lift_protection",
    _("Lift a hold that protects a person (deceased, insolvent, represented, hardship, opted out)"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
GRANT_BREATHING_SPACE = declare(
    "accounts.grant_breathing_space", _("Enter a breathing space that somebody has been granted"), OFFICE
)
HOLD_MANY = declare(
    "accounts.hold_many",
    _("Hold many accounts at once"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
RECORD_LEGAL_FACT = declare(
    "accounts.record_legal_fact",
    _("Record that a debtor is deceased, insolvent or a minor"),
    OFFICE,
)
END_LEGAL_FACT = declare(
    "accounts.end_legal_fact",
    _("Record that a legal fact about a debtor has ended"),
    {Role.SUPERVISOR, Role.MANAGER},
)


def may_lift(user, hold) -> bool:
    """An ordinary hold: any officer. One that protects a person: a senior, supervisor or manager."""
    return has_permission(user, LIFT_PROTECTION if hold.reason in PROTECTING else PLACE_HOLD)
