"""Choices of people in forms and filters: where two have the same name, each is named with his teams.

Nothing is asked for as long as all names differ.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import django_filters
from django import forms
from django.db.models.functions import Now, TruncDate
from django_filters import fields

from accounts.teams.models import TeamMembership


def told_apart(choices: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """The (value, label) pairs of people; a label that several have is followed by the teams they are in
    now, else by the name they sign in with."""
    pairs = list(choices)
    often = Counter(str(label) for value, label in pairs if hasattr(value, "instance"))
    doubled = [
        value.instance for value, label in pairs if hasattr(value, "instance") and often[str(label)] > 1
    ]
    beside = _beside(doubled) if doubled else {}
    for value, label in pairs:
        more = beside.get(value.instance.pk) if hasattr(value, "instance") else None
        yield value, f"{label}, {more}" if more else label


def _beside(people) -> dict[int, str]:
    teams: dict[int, list[str]] = {}
    rows = TeamMembership.objects.on(TruncDate(Now())).filter(user__in=people)
    for user_id, team in rows.order_by("team__name").values_list("user_id", "team__name"):
        teams.setdefault(user_id, []).append(team)
    said = {person.pk: ", ".join(teams.get(person.pk, ())) for person in people}
    same = Counter((str(person), said[person.pk]) for person in people)
    return {
        person.pk: said[person.pk]
        if said[person.pk] and same[str(person), said[person.pk]] == 1
        else ", ".join(filter(None, [said[person.pk], person.username]))
        for person in people
    }


class _Iterator(forms.models.ModelChoiceIterator):
    def __iter__(self):
        return told_apart(super().__iter__())


class _FilterIterator(fields.ModelChoiceIterator):
    def __iter__(self):
        return told_apart(super().__iter__())


class PersonField(forms.ModelChoiceField):
    """One person."""

    iterator = _Iterator


class _PersonFilterField(fields.ModelChoiceField):
    iterator = _FilterIterator


class _PeopleFilterField(fields.ModelMultipleChoiceField):
    iterator = _FilterIterator


class PersonFilter(django_filters.ModelChoiceFilter):
    """Rows of one person."""

    field_class = _PersonFilterField


class PeopleFilter(django_filters.ModelMultipleChoiceFilter):
    """Rows of some people."""

    field_class = _PeopleFilterField
