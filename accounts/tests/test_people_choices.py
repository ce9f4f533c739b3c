"""Two people of one name are told apart in every choice: by team, else by the name they sign in with."""

import pytest
from django.contrib.auth import get_user_model

from accounts.teams.choices import PeopleFilter, PersonField
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


def test_two_of_one_name_are_named_with_their_teams(django_assert_num_queries):
    north, south = makers.team(name="North"), makers.team(name="South")
    people = get_user_model().objects.filter(full_name__startswith="Sara").order_by("pk")
    makers.member(makers.user(full_name="Sara Lind"), north)
    makers.member(makers.user(full_name="Sara Weiss"), north)
    field = PersonField(queryset=people)
    with django_assert_num_queries(1):
        assert [label for _value, label in field.choices][1:] == ["Sara Lind", "Sara Weiss"]
    makers.member(makers.user(full_name="Sara Lind"), south)
    twin = makers.member(makers.user(full_name="Sara Weiss"), north)
    with django_assert_num_queries(2):
        labels = [label for _value, label in field.choices][1:]
    first = people.get(full_name="Sara Weiss", pk__lt=twin.pk)
    assert labels == [
        "Sara Lind, North",
        f"Sara Weiss, North, {first.username}",
        "Sara Lind, South",
        f"Sara Weiss, North, {twin.username}",
    ]
    shown = PeopleFilter(queryset=people, null_label="Nobody", null_value="none").field.choices
    assert [label for _value, label in shown] == ["Nobody", *labels]
