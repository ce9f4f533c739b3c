"""Who may set up teams and departments, and record who is away."""

from datetime import date

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.teams.enums import SEES_TEAM_ACCOUNTS
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
RECORDS_ANYBODYS = {Role.MANAGER, Role.ADMINISTRATOR, Role.SYSTEM}
CHOOSES_FROM_EVERYBODY = {*RECORDS_ANYBODYS, Role.SUPERVISOR}


def _teams_of(user, as_of: date) -> set[int]:
    return set(TeamMembership.objects.on(as_of).filter(user=user).values_list("team", flat=True))


def may_record_absence_of(actor, user, *, as_of: date) -> bool:
    """One's own absence; a supervisor those of his teams, managers and administrators anybody's.

    A deputy sees what the absent user sees and decides what he may decide, so a supervisor who could
    send a manager away, or another team's people, would open their doors.
    """
    if actor.pk == user.pk or actor.role in RECORDS_ANYBODYS:
        return True
    if actor.role != Role.SUPERVISOR or user.role not in SEES_TEAM_ACCOUNTS:
        return False
    return bool(_teams_of(actor, as_of) & _teams_of(user, as_of))


def deputies_for(user, *, actor, as_of: date) -> QuerySet[User]:
    """Who may stand in for a user: active, of his role or a senior one.

    A deputy sees what the absent user sees. So who records his own absence chooses within his teams
    or departments, or a manager; a supervisor, manager or administrator chooses from everybody. A
    supervisor stands in himself only for who works in no team but his.
    """
    found = User.objects.filter(Q(role=user.role) | Q(role__in=SENIORS), is_active=True).exclude(pk=user.pk)
    if actor.role in CHOOSES_FROM_EVERYBODY:
        opens_doors = actor.role == Role.SUPERVISOR and _teams_of(user, as_of) - _teams_of(actor, as_of)
        return found.exclude(pk=actor.pk) if opens_doors else found
    near = Q(role=Role.MANAGER)
    for model, noun in ((TeamMembership, "team"), (DepartmentMembership, "department")):
        current = model.objects.on(as_of)
        own = current.filter(user=user).values(noun)
        near |= Q(pk__in=current.filter(**{f"{noun}__in": own}).values("user"))
    return found.filter(near)
