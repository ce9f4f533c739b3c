"""Production refuses what is unsafe, in words; the documented variables are enough."""

import os
import subprocess
import sys

import pytest
from celery.signals import beat_init, worker_init
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from collections_app.core import demonstration
from collections_app.core.checks import (
    database_reads_every_script,
    no_demonstration_user_in_production,
    refuse_unready_web,
    refuse_unsafe_production,
)
from collections_app.core.enums import Role

# as README shows them
SAFE = {
    "PRODUCTION": "1",
    "SECRET_KEY": "hJ3v-" * 12,
    "ALLOWED_HOSTS": "collections.example.com",
    "PUBLIC_URL": "https://collections.example.com",
    "TRUSTED_PROXIES": "1",
    "DATABASE_URL": "postgres://collections:secret@localhost:1/collections",
    "REDIS_URL": "redis://:secret@localhost:1/0",
    "EMAIL_URL": "smtp+tls://user:secret@mail.example.com:587",
    "DEFAULT_FROM_EMAIL": "collections@example.com",
}


def check(**changes: str) -> subprocess.CompletedProcess:
    inherited = ("PATH", "HOME", "LANG", "VIRTUAL_ENV")
    environment = {name: os.environ[name] for name in inherited if name in os.environ} | SAFE | changes
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_documented_variables_pass_the_deployment_check():
    done = check()
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


BY_TOKEN = {
    "EMAIL_URL": "smtp+tls://office@mail.example.com:587",
    "EMAIL_OAUTH_CLIENT_ID": "app",
    "EMAIL_OAUTH_CLIENT_SECRET": "secret",
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SECRET_KEY": ""}, "PRODUCTION=1 needs SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "50 characters or more"),
        ({"SECRET_KEY": settings.DEVELOPMENT_SECRET_KEY}, "your own random text"),
        ({"ALLOWED_HOSTS": "*"}, "may not hold *"),
        ({"SECRET_KEY": "ab" * 30}, "your own random text"),
        ({"ALLOWED_HOSTS": ".com"}, "name each host in full"),
        ({"ALLOWED_HOSTS": "collections.example.com,"}, "name each host in full"),
        ({"PUBLIC_URL": "https://elsewhere.example.com"}, "must stand in ALLOWED_HOSTS"),
        ({"PUBLIC_URL": "http://collections.example.com"}, "must begin with https://"),
        ({"EMAIL_URL": ""}, "PRODUCTION=1 needs EMAIL_URL"),
        ({"EMAIL_URL": "consolemail://"}, "must name a mail server"),
        ({"EMAIL_URL": "smtp://user:secret@mail.example.com:25"}, "its password in clear"),
        ({"SMS_GATEWAY_URL": "mailbox:"}, "SMS_GATEWAY_URL must begin with https://"),
        ({"SMS_GATEWAY_URL": "http://sms.example.com/send"}, "SMS_GATEWAY_URL must begin with https://"),
        ({"SMS_GATEWAY_URL": "https://sms.example.com/send"}, "needs SMS_GATEWAY_SECRET"),
        ({"SMS_GATEWAY_STATUS_URL": "http://sms.example.com/s"}, "SMS_GATEWAY_STATUS_URL must begin"),
        ({"EMAIL_OAUTH_TOKEN_URL": "http://login.example.com", **BY_TOKEN}, "TOKEN_URL must begin"),
        ({"EMAIL_OAUTH_TOKEN_URL": "https://login.example.com/t"}, "needs EMAIL_OAUTH_CLIENT_ID"),
        ({"INBOX_URL": "imap://user:secret@mail.example.com"}, "INBOX_URL must begin with imaps://"),
        ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES"),
        ({"SIGN_IN_FAILURES": "0"}, "need an end"),
        ({"SESSION_IDLE_MINUTES": "soon"}, "SESSION_IDLE_MINUTES must be a whole number"),
        ({"COLLECTIONS_TESTING": "1"}, "exclude each other"),
        ({"DEBUG": "1"}, "exclude each other"),
        ({"DATABASE_URL": "sqlite:///book.db"}, "must name a PostgreSQL database"),
    ],
)
def test_an_unsafe_value_stops_every_command_in_words(changes, said):
    done = check(**changes)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_demonstration_setting_fails_the_deployment_check():
    assert "core.E001" in check(PRODUCTION="0").stderr


@pytest.mark.django_db
def test_a_database_that_knows_no_letters_fails_the_deployment_check(monkeypatch):
    asked = [("1 = 1", "It can't count."), ("lower('A' COLLATE \"C\") = 'A'", "It can't tell.")]
    monkeypatch.setattr("collections_app.core.checks.DATABASE_ASKED", asked[:1])
    assert database_reads_every_script(None) == []
    monkeypatch.setattr("collections_app.core.checks.DATABASE_ASKED", asked)
    assert [found.msg for found in database_reads_every_script(None)] == ["It can't tell."]


def test_a_web_server_without_its_static_files_does_not_start(settings, monkeypatch):
    refuse_unready_web()
    settings.COMPRESSED_STATIC = True
    monkeypatch.setattr(staticfiles_storage, "hashed_files", {}, raising=False)
    with pytest.raises(ImproperlyConfigured, match="make_ready here"):
        refuse_unready_web()


@pytest.mark.django_db
class TestDemonstrationUsers:
    def test_one_stops_production_everywhere(self, settings):
        demonstration.make_user("amal", role=Role.COLLECTION_OFFICER, full_name="Amal")
        assert no_demonstration_user_in_production(None) == []
        settings.PRODUCTION = True
        assert [found.id for found in no_demonstration_user_in_production(None)] == ["core.E002"]
        with pytest.raises(ImproperlyConfigured, match="amal"):
            refuse_unsafe_production()
        for starts in (worker_init, beat_init):
            with pytest.raises(SystemExit, match="amal"):
                starts.send(sender=None)

    def test_none_can_be_made_in_production(self, settings):
        settings.PRODUCTION = True
        refuse_unsafe_production()
        with pytest.raises(ImproperlyConfigured):
            demonstration.make_user("amal", role=Role.COLLECTION_OFFICER, full_name="Amal")

    def test_the_book_is_refused_in_production(self, settings):
        settings.PRODUCTION = True
        with pytest.raises((ImproperlyConfigured, CommandError)):
            call_command("seed_book", accounts=10, verbosity=0)

    def test_the_start_prints_one_sign_in_for_each_role(self):
        demonstration.make_user("amal", role=Role.COLLECTION_OFFICER, full_name="Amal")
        demonstration.make_user("osei", role=Role.COLLECTION_OFFICER, full_name="Kwame")
        demonstration.make_user("admin", role=Role.ADMINISTRATOR, full_name="Sam")
        assert [name for _role, name, _full in demonstration.sign_ins()] == ["amal", "admin"]
        assert "demonstration" in demonstration.sign_in_lines()[0]
