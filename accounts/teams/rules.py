"""Who may set up teams and departments, and record who is away."""

from django.utils.translation import gettext_lazy as _

from collections_app.core.enums import Role
from collections_app.core.permissions import EVERYONE, declare

declare(
    "accounts.view_team",
    _("See teams, departments and who is away"),
    {Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR},
)
declare("accounts.manage_team", _("Set up teams and departments"), {Role.ADMINISTRATOR})
declare("accounts.manage_absence", _("Record who is away and who stands in"), EVERYONE)


def may_record_absence_of(actor, user) -> bool:
    """One's own absence; supervisors, managers and administrators record anybody's."""
    return actor.pk == user.pk or actor.role in {
        Role.SUPERVISOR,
        Role.MANAGER,
        Role.ADMINISTRATOR,
        Role.SYSTEM,
    }
