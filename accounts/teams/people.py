"""Whose tills, books, deposits and hand-overs a user sees: his own, and those of his people."""

from django.db import models
from django.db.models import Q

from accounts.teams.enums import SEES_EVERY_ACCOUNT, SEES_TEAM_ACCOUNTS
from accounts.teams.queries import present_members, present_team_ids
from collections_app.core.enums import Role

SEES_TEAMMATES = {Role.SENIOR_OFFICER, Role.SUPERVISOR}


def of_people(user, *names: str) -> Q | None:
    """Rows whose person (`names` are the columns) the user may look over the shoulder of.

    None means every row. Seniors and supervisors: the present members of their teams.
    """
    if user.role in SEES_EVERY_ACCOUNT:
        return None
    if user.role not in SEES_TEAM_ACCOUNTS:
        return Q(pk__in=[])
    found = Q()
    for name in names:
        found |= Q(**{name: user})
        if user.role in SEES_TEAMMATES:
            found |= Q(**{f"{name}__in": present_members(present_team_ids(user))})
    return found


class PersonQuerySet(models.QuerySet):
    """Rows that belong to a person."""

    people: tuple[str, ...] = ()

    def visible_to(self, user):
        """One's own; seniors and supervisors see their teams', managers and auditors all."""
        whose = of_people(user, *self.people)
        return self if whose is None else self.filter(whose)
