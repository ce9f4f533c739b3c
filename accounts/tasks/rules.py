"""Whose task it is: its assignee's, else whoever is of its team, department and role."""

from datetime import date

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.teams.models import TeamMembership
from accounts.teams.queries import department_ids_of, deputised_by, team_ids_of
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.permissions import OFFICE, declare

VIEW_TASK = declare(
    "accounts.view_task", _("See the tasks of oneself and one's team"), OFFICE | {Role.DEPARTMENT_USER}
)
COMPLETE_TASK = declare(
    "accounts.complete_task",
    _("Complete or cancel a task that is one's own"),
    OFFICE | {Role.DEPARTMENT_USER},
)


def addressed_to(user, as_of: date) -> Q:
    """Tasks this user may do: his own and those of whom he stands in for, and unassigned ones of
    his team or department or, without either, of his role."""
    people = {user.pk} | deputised_by(user, as_of)
    roles = {user.role}
    if others := people - {user.pk}:
        roles |= set(User.objects.filter(pk__in=others).values_list("role", flat=True))
    for_role = Q(role="") | Q(role__in=roles)
    place = (
        Q(team__in=team_ids_of(user, as_of))
        | Q(department__in=department_ids_of(user, as_of))
        | (Q(team__isnull=True, department__isnull=True) & ~Q(role=""))
    )
    return Q(assignee__in=people) | (Q(assignee__isnull=True) & place & for_role)


def visible_to(user, as_of: date) -> Q:
    """Tasks this user may see: a manager or auditor all, a supervisor those of his teams' members
    too, everyone those addressed to him and those he raised."""
    if user.role in {Role.MANAGER, Role.AUDITOR, Role.SYSTEM}:
        return Q()
    seen = addressed_to(user, as_of) | Q(raised_by=user)
    if user.role == Role.SUPERVISOR:
        teams = team_ids_of(user, as_of)
        members = TeamMembership.objects.on(as_of).filter(team__in=teams).values("user")
        seen |= Q(team__in=teams) | Q(assignee__in=members)
    return seen
