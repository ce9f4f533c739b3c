"""Idle and absolute end of a session, and the headers every page carries."""

import pytest
import time_machine
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import path

from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.web.client_address import client_address
from collections_app.testing.guards import nothing_written


def who(request):
    return HttpResponse(request.user.username if request.user.is_authenticated else "nobody")


urlpatterns = [path("who/", who)]


def sign_in(client):
    user = User.objects.create_user("ann", role=Role.MANAGER, full_name="Ann", password="x")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")


def ask(client, moment: str, **headers) -> str:
    with time_machine.travel(moment, tick=False):
        return client.get("/who/", headers=headers).content.decode()


class TestEnd:
    @pytest.fixture(autouse=True)
    def _limits(self, settings):
        settings.ROOT_URLCONF = __name__
        settings.SESSION_IDLE_SECONDS, settings.SESSION_ABSOLUTE_SECONDS = 1800, 7200

    def test_a_session_in_use_lasts_and_an_idle_one_ends(self, client, db):
        sign_in(client)
        assert ask(client, "2026-03-02T09:00Z") == "ann"
        assert ask(client, "2026-03-02T09:29Z") == "ann"
        assert ask(client, "2026-03-02T09:58Z") == "ann"
        assert ask(client, "2026-03-02T10:28Z") == "nobody"

    def test_what_a_page_asks_by_itself_does_not_put_the_end_off(self, client, db):
        sign_in(client)
        assert ask(client, "2026-03-02T09:00Z") == "ann"
        assert ask(client, "2026-03-02T09:29Z", x_background="1") == "ann"
        assert ask(client, "2026-03-02T09:31Z", x_background="1") == "nobody"

    def test_no_use_keeps_a_session_past_its_absolute_end(self, client, db):
        sign_in(client)
        for minute in ("09:00", "09:25", "09:50", "10:15", "10:40"):
            assert ask(client, f"2026-03-02T{minute}Z") == "ann"
        assert ask(client, "2026-03-02T11:00Z") == "nobody"

    def test_looking_writes_nothing(self, client, db):
        sign_in(client)
        with nothing_written():
            assert client.get("/who/").content == b"ann"


@override_settings(ROOT_URLCONF=__name__)
def test_every_page_carries_the_strict_content_policy(client, db):
    policy = client.get("/who/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_only_our_own_proxies_are_believed():
    request = RequestFactory().get("/", headers={"x-forwarded-for": "6.6.6.6, 10.0.0.9"})
    assert client_address(request) == "127.0.0.1"
    with override_settings(TRUSTED_PROXIES=1):
        assert client_address(request) == "10.0.0.9"
