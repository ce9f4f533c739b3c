"""Who may set up teams and departments, and record who is away."""

from datetime import date

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.teams.models import DepartmentMembership, TeamMembership
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.permissions import EVERYONE, declare

declare(
    "accounts.view_team",
    _("See teams, departments and who is away"),
    {Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR},
)
declare("accounts.manage_team", _("Set up teams and departments"), {Role.ADMINISTRATOR})
declare("accounts.manage_absence", _("Record who is away and who stands in"), EVERYONE)


# Those who may stand in for anybody.
SENIORS = (Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER)
RECORDS_ANYBODYS = {Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR, Role.SYSTEM}


def may_record_absence_of(actor, user) -> bool:
    """One's own absence; supervisors, managers and administrators record anybody's."""
    return actor.pk == user.pk or actor.role in RECORDS_ANYBODYS


def deputies_for(user, *, actor, as_of: date) -> QuerySet[User]:
    """Who may stand in for a user: active, of his role or a senior one.

    A deputy sees what the absent user sees. So who records his own absence chooses within his teams
    or departments, or a manager; a supervisor, manager or administrator chooses from everybody.
    """
    found = User.objects.filter(Q(role=user.role) | Q(role__in=SENIORS), is_active=True).exclude(pk=user.pk)
    if actor.role in RECORDS_ANYBODYS:
        return found
    near = Q(role=Role.MANAGER)
    for model, noun in ((TeamMembership, "team"), (DepartmentMembership, "department")):
        current = model.objects.on(as_of)
        own = current.filter(user=user).values(noun)
        near |= Q(pk__in=current.filter(**{f"{noun}__in": own}).values("user"))
    return found.filter(near)
