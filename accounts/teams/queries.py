"""Who belongs where on a day, and who stands in for whom."""

from datetime import date

from accounts.teams.models import Absence, DepartmentMembership, TeamMembership
from collections_app.core.models import User


def _absences(day: date):
    return Absence.objects.filter(first_day__lte=day, last_day__gte=day, cancelled_at__isnull=True)


def deputised_by(user, as_of: date) -> set[int]:
    """Ids of the users for whom this one stands in on the day."""
    return set(_absences(as_of).filter(deputy=user).values_list("user_id", flat=True))


def deputy_of(user, as_of: date) -> User | None:
    """Who stands in for an absent user on the day; None when he is there."""
    absence = _absences(as_of).filter(user=user).select_related("deputy").order_by("id").last()
    return absence.deputy if absence else None


def team_ids_of(user, as_of: date) -> set[int]:
    """The teams a user works in on the day, with those of the users he stands in for."""
    users = {user.pk} | deputised_by(user, as_of)
    return set(TeamMembership.objects.on(as_of).filter(user__in=users).values_list("team_id", flat=True))


def department_ids_of(user, as_of: date) -> set[int]:
    """The departments a user answers for on the day."""
    return set(
        DepartmentMembership.objects.on(as_of).filter(user=user).values_list("department_id", flat=True)
    )
