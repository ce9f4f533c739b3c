"""What a payment plan may be: its least instalment, its length, its grace, and who agrees on it alone."""

from django.utils.translation import gettext_lazy as _

from accounts.policies.tables import Amounts, Authority, Numbers
from accounts.policies.values import Choice, Several, Whole
from collections_app.core.enums import Role

UNITS = {"business": _("business days"), "calendar": _("calendar days")}
ROLES = {
    role.value: role.label
    for role in (
        Role.COLLECTION_OFFICER,
        Role.FIELD_OFFICER,
        Role.SENIOR_OFFICER,
        Role.SUPERVISOR,
        Role.MANAGER,
    )
}

PAYMENT_PLAN = (
    Whole("days", _("Grace"), 5, _("days"), maximum=60),
    Choice("unit", _("Counted in"), "business", choices=UNITS),
    Amounts(
        "tolerance",
        _("An instalment is paid though this is missing"),
        {"*": "0", "EUR": "1.00", "USD": "1.00", "AED": "5.00"},
    ),
    Whole("breaks_at", _("Missed instalments that break a plan"), 1, minimum=1, maximum=6),
    Amounts(
        "smallest",
        _("Smallest instalment"),
        {"*": "1", "EUR": "10", "USD": "10", "GBP": "5", "AED": "50"},
        help=_("No plan has a smaller one; the last may be, where it is the rest."),
    ),
    Whole("longest_months", _("Longest plan"), 60, _("months"), minimum=1, maximum=120),
    Authority(
        "alone",
        _("Agreed alone, up to"),
        {
            "collection_officer": {"*": "5000"},
            "field_officer": {"*": "2000"},
            "senior_officer": {"*": "20000"},
            "supervisor": {"*": "100000"},
            "manager": {"*": "unlimited"},
        },
        help=_("One line each, for instance: collection_officer EUR 5000"),
    ),
    Numbers(
        "months",
        _("And for at most so many months"),
        {
            "collection_officer": 6,
            "field_officer": 3,
            "senior_officer": 12,
            "supervisor": 24,
            "manager": 60,
        },
        known=tuple(ROLES),
        maximum=120,
    ),
    Several(
        "may_freeze",
        _("Who may freeze interest or fees alone"),
        ["senior_officer", "supervisor", "manager"],
        choices=ROLES,
    ),
)
