"""Who handles cash, and to whom somebody may give change money."""

from accounts.teams.enums import SEES_EVERY_ACCOUNT
from accounts.teams.queries import present_members, present_team_ids
from collections_app.core.enums import Role
from collections_app.core.models import User

HANDLES_CASH = (
    Role.COLLECTION_OFFICER,
    Role.FIELD_OFFICER,
    Role.SENIOR_OFFICER,
    Role.SUPERVISOR,
    Role.MANAGER,
)


def may_hold_change(actor):
    """To whom somebody may give change money: who handles cash in his teams; a manager, to anybody."""
    people = User.objects.filter(is_active=True, role__in=HANDLES_CASH).exclude(pk=actor.pk)
    if actor.role not in SEES_EVERY_ACCOUNT:
        people = people.filter(pk__in=present_members(present_team_ids(actor)))
    return people.order_by("full_name", "id")
