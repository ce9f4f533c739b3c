"""Who may decide: somebody who holds the request's permission (in its team, if it has one), or who
stands in for such a person; never its maker, nor on the maker's behalf."""

from datetime import date

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.approvals.models import Approval
from accounts.teams.models import TeamMembership
from accounts.teams.queries import deputised_by
from collections_app.core import permissions
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.permissions import OFFICE, declare

VIEW_APPROVAL = declare("accounts.view_approval", _("See what waits for approval"), OFFICE)
# Whether a person may decide one request is `may_decide`; this opens the page.
DECIDE_APPROVAL = declare("accounts.decide_approval", _("Decide what waits for one's approval"), OFFICE)
EVERY_TEAM = {Role.MANAGER, Role.SYSTEM}


def principals_of(user, as_of: date) -> QuerySet[User]:
    """The people in whose right a user decides on the day: himself and whom he stands in for."""
    return User.objects.filter(pk__in={user.pk} | deputised_by(user, as_of), is_active=True)


def decided_in_right_of(user, approval: Approval, as_of: date) -> list[User]:
    """Those of his principals who may decide this request; whatever its status is by now."""
    return [
        principal
        for principal in principals_of(user, as_of)
        if permissions.get(approval.permission).held_by(principal.role)
        and principal.pk != approval.requested_by_id
        and (not approval.roles or principal.role in approval.roles)
    ]


def decidable_by(user, as_of: date) -> Q:
    """The waiting requests this user may decide on the day."""
    allowed = Q(pk__in=[])
    for principal in principals_of(user, as_of):
        codes = [entry.code for entry in permissions.catalogue() if entry.held_by(principal.role)]
        of_his_own = Q(permission__in=codes) & ~Q(requested_by=principal)
        of_his_own &= Q(roles__len=0) | Q(roles__contains=[principal.role])
        if principal.role not in EVERY_TEAM:
            teams = TeamMembership.objects.on(as_of).filter(user=principal).values("team")
            of_his_own &= Q(team__isnull=True) | Q(team__in=teams)
        allowed |= of_his_own
    return Q(status="waiting") & allowed & ~Q(requested_by=user)


def deciders(approval: Approval, as_of: date) -> QuerySet[User]:
    """The people who may decide a request in their own right, by name; none where its maker is the only
    one with that right, so that nobody ever would."""
    entry = permissions.get(approval.permission)
    roles = [role for role in Role if entry.held_by(role) and (not approval.roles or role in approval.roles)]
    found = User.objects.filter(role__in=roles, is_active=True).exclude(pk=approval.requested_by_id)
    if approval.team_id is not None:
        members = TeamMembership.objects.on(as_of).filter(team=approval.team_id)
        found = found.filter(Q(role__in=EVERY_TEAM) | Q(pk__in=members.values("user")))
    return found.order_by("full_name", "pk")
