"""The first start of an empty office: once, by whoever may, in the browser alone."""

import pytest
from django.urls import reverse

from collections_app.core import setup
from collections_app.core.enums import Role
from collections_app.core.models import AuditRecord, Organisation, User
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

ANSWERS = {
    "name": "Harbour Collections",
    "country": "AE",
    "currency": "aed",
    "time_zone": "Asia/Dubai",
    "language": "en",
    "full_name": "Nadia Aziz",
    "username": "nadia",
    "email": "nadia@harbour.example",
    "password": "lanterns on the quay",
}


def test_nobody_yet_means_everyone_is_led_to_the_set_up(client):
    assert client.get("/").url == reverse("core:setup")
    assert client.get(reverse("core:sign_in")).url == reverse("core:setup")


def test_the_answers_make_the_office_and_sign_its_administrator_in(client):
    answer = client.post(reverse("core:setup"), ANSWERS)
    assert answer.status_code == 302
    assert answer.url == reverse("core:first_steps")
    organisation = Organisation.objects.get()
    assert (organisation.currency, organisation.time_zone) == ("AED", "Asia/Dubai")
    assert organisation.set_up_at is not None
    user = User.objects.get(username="nadia")
    assert user.role == Role.ADMINISTRATOR
    assert client.get(reverse("core:first_steps")).status_code == 200
    assert AuditRecord.objects.filter(code="organisation.set_up", actor=user).exists()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("currency", "ABC", "No such currency"),
        ("password", "short", "too short"),
        ("time_zone", "Mars/Base", "valid"),
    ],
)
def test_a_wrong_answer_is_named(client, field, value, said):
    answer = client.post(reverse("core:setup"), {**ANSWERS, field: value})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert setup.is_needed()


def test_the_second_one_is_too_late(client):
    makers.user(role=Role.ADMINISTRATOR)
    assert client.post(reverse("core:setup"), ANSWERS).status_code == 404
    with pytest.raises(setup.OfficeIsSetUp):
        setup.set_up_office(**ANSWERS)


def test_production_wants_the_code_that_the_start_printed(client, settings):
    settings.PRODUCTION = True
    answer = client.post(reverse("core:setup"), ANSWERS)
    assert answer.status_code == 422
    assert "not the one that the start printed" in answer.content.decode()
    answer = client.post(reverse("core:setup"), {**ANSWERS, "given_code": setup.code()})
    assert answer.status_code == 302


def test_first_steps_tick_what_is_done(client, monkeypatch):
    done = {"teams": False}
    monkeypatch.setattr(setup, "_steps", {})
    setup.register_step(
        "teams", "Make teams", "Accounts belong to one.", url_name="core:job_list", order=1,
        permission="core.manage_user", is_done=lambda: done["teams"],
    )  # fmt: skip
    client.force_login(
        makers.user(role=Role.ADMINISTRATOR), backend="django.contrib.auth.backends.ModelBackend"
    )
    page = client.get(reverse("core:first_steps"))
    assert page.context["following"]["label"] == "Make teams"
    done["teams"] = True
    assert client.get(reverse("core:first_steps")).context["following"] is None


def test_a_step_of_the_manager_is_no_door_for_the_administrator(client, monkeypatch):
    monkeypatch.setattr(setup, "_steps", {})
    setup.register_step(
        "release", "Release", "A manager does.", url_name="core:job_list", order=1,
        permission="accounts.release_creditor", is_done=lambda: False,
    )  # fmt: skip
    for role, is_door in ((Role.ADMINISTRATOR, False), (Role.MANAGER, True)):
        client.force_login(makers.user(role=role), backend="django.contrib.auth.backends.ModelBackend")
        for name in ("core:first_steps", "campaigns:today"):
            following = client.get(reverse(name)).context["following"]
            assert following["who"] == "Manager"
            assert bool(following["url"]) is is_door
    client.force_login(
        makers.user(role=Role.COLLECTION_OFFICER), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert client.get(reverse("core:first_steps")).status_code == 403
    assert client.get(reverse("campaigns:today")).context["following"] is None


def test_an_office_that_has_done_all_steps_is_not_asked_again(monkeypatch):
    asked = []
    monkeypatch.setattr(setup, "_steps", {})
    setup.register_step(
        "teams", "Make teams", "", url_name="core:job_list", order=1,
        permission="core.manage_user", is_done=lambda: asked.append(1) or True,
    )  # fmt: skip
    assert setup.next_step() is None
    assert setup.next_step() is None
    assert len(asked) == 1


def test_every_step_of_an_empty_office_leads_to_a_page_and_is_open(client):
    client.post(reverse("core:setup"), ANSWERS)
    lines = client.get(reverse("core:first_steps")).context["lines"]
    assert len(lines) >= 9
    # A strategy is installed with the product; everything else is the office's to do.
    assert [line["url"] for line in lines if line["is_done"]] == [""]
