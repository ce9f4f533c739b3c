"""Signing in: who comes in, who is kept out, and what the page says."""

import pytest
from django.urls import reverse

from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.web.sign_in import MAILS_FROM_ONE, MAILS_TO_ONE

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def officer() -> User:
    return User.objects.create_user(
        "amal",
        role=Role.COLLECTION_OFFICER,
        full_name="Amal Haddad",
        password=PASSWORD,
        email="amal@office.example",
    )


def sign_in(client, password: str = PASSWORD, **more):
    return client.post(reverse("core:sign_in"), {"username": "amal", "password": password, **more})


def test_the_right_password_leads_home(client, officer):
    answer = sign_in(client)
    assert answer.status_code == 302
    assert answer.url == reverse("core:home")
    assert client.get(reverse("core:profile")).status_code == 200


def test_a_wrong_password_says_what_is_wrong_and_keeps_the_name(client, officer):
    answer = sign_in(client, "something else")
    assert answer.status_code == 422
    assert "do not go together" in answer.content.decode()
    assert 'value="amal"' in answer.content.decode()


def test_five_wrong_tries_lock_the_name_and_name_the_remedy(client, officer):
    for _try in range(5):
        answer = sign_in(client, "wrong")
    assert answer.status_code == 429
    assert "Too many wrong tries" in answer.content.decode()
    assert reverse("core:password_forgotten") in answer.content.decode()
    assert sign_in(client).status_code == 429, "the right password does not lift the lock"


def test_many_names_tried_from_one_place_close_it_for_that_place_alone(client, officer, monkeypatch):
    monkeypatch.setattr("collections_app.core.web.sign_in.WRONG_FROM_ONE", 3)
    url = reverse("core:sign_in")
    for number in range(3):
        wrong = {"username": f"colleague{number}", "password": "summer2026"}
        assert client.post(url, wrong).status_code == 422
    closed = sign_in(client)
    assert closed.status_code == 429
    assert "Too many wrong tries from this address" in closed.content.decode()
    right = {"username": "amal", "password": PASSWORD}
    assert client.post(url, right, REMOTE_ADDR="192.0.2.7").url == reverse("core:home")


def test_anonymous_is_led_to_sign_in_and_back(client, officer):
    wanted = reverse("core:profile")
    answer = client.get(wanted)
    assert answer.status_code == 302
    assert answer.url == f"{reverse('core:sign_in')}?next={wanted}"
    assert sign_in(client, next=wanted).url == wanted


def test_a_foreign_address_is_no_way_to_go_on(client, officer):
    assert sign_in(client, next="https://evil.example/").url == reverse("core:home")


def test_a_given_password_must_be_changed_first(client, officer):
    officer.must_change_password = True
    officer.save()
    assert sign_in(client).url == reverse("core:password_change")
    # till then nothing else is open, not even what is open to everybody: search, files, jobs
    for name in ("core:home", "core:profile", "core:search", "core:job_list"):
        assert client.get(reverse(name)).url == reverse("core:password_change")
    assert client.get(reverse("core:password_change")).status_code == 200
    answer = client.post(
        reverse("core:password_change"),
        {
            "old_password": PASSWORD,
            "new_password1": "another long phrase",
            "new_password2": "another long phrase",
        },
    )
    assert answer.status_code == 302
    officer.refresh_from_db()
    assert not officer.must_change_password
    assert officer.check_password("another long phrase")


def test_a_forgotten_password_is_set_anew_by_mail(client, officer, mailoutbox):
    client.post(reverse("core:password_forgotten"), {"email": "amal@office.example"})
    assert len(mailoutbox) == 1
    link = next(line for line in mailoutbox[0].body.splitlines() if "/password/new/" in line)
    page = client.get(link.split("testserver", 1)[1], follow=True)
    answer = client.post(
        page.redirect_chain[-1][0],
        {"new_password1": "a third long phrase", "new_password2": "a third long phrase"},
    )
    assert answer.status_code == 302
    officer.refresh_from_db()
    assert officer.check_password("a third long phrase")


def test_nobody_is_flooded_with_mails_of_a_forgotten_password(client, officer, mailoutbox):
    """After some tries no mail goes; the answer is the same, so that it tells nothing."""
    url, sent = reverse("core:password_forgotten"), reverse("core:password_forgotten_sent")
    for _try in range(MAILS_TO_ONE + 2):
        assert client.post(url, {"email": "Amal@office.example"}).url == sent
    assert len(mailoutbox) == MAILS_TO_ONE
    for number in range(MAILS_FROM_ONE):
        client.post(url, {"email": f"nobody{number}@office.example"})
    other = User.objects.create_user(
        "bo", role=Role.MANAGER, full_name="Bo", password=PASSWORD, email="bo@office.example"
    )
    assert client.post(url, {"email": other.email}).url == sent
    assert len(mailoutbox) == MAILS_TO_ONE
    client.post(url, {"email": other.email}, REMOTE_ADDR="192.0.2.7")
    assert mailoutbox[-1].to == [other.email]


def test_sign_out_ends_the_session_and_leaves_no_page_behind(client, officer):
    assert "no-store" not in client.get(reverse("core:sign_in")).headers.get("Cache-Control", "")
    sign_in(client)
    assert client.get(reverse("core:profile")).headers["Cache-Control"] == "private, no-store"
    client.post(reverse("core:sign_out"))
    assert client.get(reverse("core:profile")).status_code == 302
