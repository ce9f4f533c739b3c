"""What the first start does to the database, and what a later one leaves alone."""

from io import StringIO

import pytest
from django.core.management import call_command

from collections_app.core.demonstration import sign_ins
from collections_app.core.enums import Role
from collections_app.core.models import Organisation, User

pytestmark = pytest.mark.django_db


def make_ready(*arguments: str) -> str:
    out = StringIO()
    call_command("make_ready", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.long
def test_the_first_start_fills_the_book_and_the_second_leaves_it():
    assert "demonstration book" in make_ready("--accounts", "60")
    assert Organisation.objects.get().is_demonstration
    roles = {role.label for role in Role if role != Role.SYSTEM}
    assert {role for role, _name, _full in sign_ins()} == {str(role) for role in roles}
    people = User.objects.count()
    assert make_ready("--accounts", "60") == ""
    assert User.objects.count() == people


def test_an_empty_start_makes_nobody_but_the_system():
    assert make_ready("--empty") == ""
    assert [user.username for user in User.objects.all()] == ["system"]
    assert not Organisation.objects.exists()


def test_an_office_of_its_own_is_never_filled():
    User.objects.create_user("boss", role=Role.ADMINISTRATOR, full_name="The Boss")
    assert make_ready() == ""
    assert not User.objects.filter(is_demonstration=True).exists()


def test_production_is_never_filled(settings):
    settings.PRODUCTION = True
    assert make_ready() == ""
    assert not User.objects.filter(is_demonstration=True).exists()
