"""Who belongs where on a day, and who stands in for whom."""

from datetime import date

from django.db.models import Q
from django.db.models.functions import Now, TruncDate

from accounts.teams.enums import SEES_EVERY_ACCOUNT, SEES_TEAM_ACCOUNTS, WORKS_ACCOUNTS
from accounts.teams.models import Absence, DepartmentMembership, Team, TeamMembership
from collections_app.core.models import User


def _absences(day: date):
    return Absence.objects.filter(first_day__lte=day, last_day__gte=day, cancelled_at__isnull=True)


def deputised_by(user, as_of: date) -> set[int]:
    """Ids of the users for whom this one stands in on the day."""
    return set(_absences(as_of).filter(deputy=user).values_list("user_id", flat=True))


def team_ids_of(user, as_of: date) -> set[int]:
    """The teams a user works in on the day, with those of the users he stands in for."""
    users = {user.pk} | deputised_by(user, as_of)
    return set(TeamMembership.objects.on(as_of).filter(user__in=users).values_list("team_id", flat=True))


def department_ids_of(user, as_of: date) -> set[int]:
    """The departments a user answers for on the day."""
    return set(
        DepartmentMembership.objects.on(as_of).filter(user=user).values_list("department_id", flat=True)
    )


def present_team_ids(user) -> list[int]:
    """The teams whose rows a user may see now: his own and those of a colleague he stands in for.

    Rights follow the present day of the database, not the day a page looks at: a supervisor who
    looks at March sees it with today's rights. Asked once per user object, so once per request.
    """
    cached = getattr(user, "_present_team_ids", None)
    if cached is None:
        day = TruncDate(Now())
        away = Absence.objects.filter(
            deputy=user, cancelled_at__isnull=True, first_day__lte=day, last_day__gte=day
        ).values("user_id")
        cached = sorted(
            set(
                TeamMembership.objects.filter(
                    Q(user=user) | Q(user__in=away),
                    Q(valid_to__isnull=True) | Q(valid_to__gt=day),
                    valid_from__lte=day,
                ).values_list("team_id", flat=True)
            )
        )
        user._present_team_ids = cached
    return cached


def present_members(team_ids):
    """Ids of those who belong to any of the teams now, as a subquery."""
    day = TruncDate(Now())
    return TeamMembership.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=day), team_id__in=team_ids, valid_from__lte=day
    ).values("user_id")


def members_of(team_ids, *, as_of: date, role: str | None = None):
    """Active users who belong to any of the teams on a day, by name."""
    users = User.objects.filter(
        pk__in=TeamMembership.objects.on(as_of).filter(team_id__in=list(team_ids)).values("user_id"),
        is_active=True,
    )
    if role:
        users = users.filter(role=role)
    return users.order_by("full_name", "id")


def officers_under(user, *, as_of: date):
    """Active officers whom the user may give work to: those of his teams, of every team for a manager."""
    teams = Team.objects.filter(is_active=True)
    if user.role not in SEES_EVERY_ACCOUNT:
        teams = teams.filter(pk__in=present_team_ids(user))
    return members_of(teams.values_list("pk", flat=True), as_of=as_of).filter(role__in=WORKS_ACCOUNTS)


def team_choices(request):
    """Teams a list may be filtered by; a selection without a request (a campaign's) knows all."""
    teams = Team.objects.order_by("name")
    if request is None or request.user.role not in SEES_TEAM_ACCOUNTS:
        return teams
    return teams.filter(pk__in=present_team_ids(request.user))
