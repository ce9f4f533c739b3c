"""Who may try a strategy out, and what an approver must have seen."""

from django.utils.translation import gettext_lazy

from collections_app.core.enums import Role
from collections_app.core.permissions import declare
from collections_app.core.refusal import Refused

VIEW = declare(
    "campaigns.view_what_if",
    gettext_lazy("See what a strategy would do, and what became of it"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
RUN = declare(
    "campaigns.run_what_if",
    gettext_lazy("Try a strategy out on the book"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)


class NotTriedOut(Refused):
    """Nobody has seen what this version, as it stands, would do."""


class PeriodTooLong(Refused):
    """More days than anybody can foretell."""
