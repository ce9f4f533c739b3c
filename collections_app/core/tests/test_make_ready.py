"""What the first start does to the database; that it fills it, and a later one leaves it alone, is told
in the story of the starts (`embedded/tests/test_supervisor.py`)."""

from io import StringIO

import pytest
from django.core.management import call_command

from collections_app.core.enums import Role
from collections_app.core.models import Organisation, User

pytestmark = pytest.mark.django_db


def make_ready(*arguments: str) -> str:
    out = StringIO()
    call_command("make_ready", *arguments, stdout=out)
    return out.getvalue()


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
