"""The catalogue: who holds what, and what nobody may be given."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Template

from collections_app.core import permissions
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.refusal import NotAllowed

MONEY_WORDS = ("post", "pay", "write_off", "refund", "adjust", "promise", "settle", "discount", "entry")


@pytest.fixture
def catalogue(monkeypatch):
    """A catalogue of one's own, so that a test's declarations leave with it."""
    entries = dict(permissions._catalogue)
    monkeypatch.setattr(permissions, "_catalogue", entries)
    return entries


def person(role: str) -> User:
    return User(username="someone", role=role, is_active=True)


def test_the_role_holds_what_was_declared_for_it(catalogue):
    permissions.declare("accounts.try_payment", "Post payments", {Role.SENIOR_OFFICER})
    assert permissions.has_permission(person(Role.SENIOR_OFFICER), "accounts.try_payment")
    assert not permissions.has_permission(person(Role.FIELD_OFFICER), "accounts.try_payment")
    assert permissions.has_permission(person(Role.SYSTEM), "accounts.try_payment")
    permissions.require(person(Role.SENIOR_OFFICER), "accounts.try_payment")


def test_a_refusal_says_what_one_may_not_do(catalogue):
    permissions.declare("accounts.try_payment", "Post payments", {Role.MANAGER})
    with pytest.raises(NotAllowed) as refusal:
        permissions.require(person(Role.AUDITOR), "accounts.try_payment")
    assert "Post payments" in refusal.value.message


def test_nobody_without_a_valid_sign_in_holds_anything(catalogue):
    leaver = person(Role.MANAGER)
    leaver.is_active = False
    assert not permissions.has_permission(leaver, "core.view_job")
    assert not permissions.has_permission(AnonymousUser(), "core.view_job")
    assert not permissions.has_permission(None, "core.view_job")


def test_an_unknown_code_is_an_error_not_a_no():
    with pytest.raises(KeyError):
        permissions.has_permission(person(Role.MANAGER), "core.view_jobs")
    with pytest.raises(KeyError):
        permissions.require(person(Role.SYSTEM), "core.fly")


@pytest.mark.parametrize(
    "code, role",
    [
        ("accounts.try_payment", Role.AUDITOR),
        ("accounts.try_payment", Role.ADMINISTRATOR),
        ("postpayment", Role.MANAGER),
    ],
)
def test_declarations_that_break_the_rule_are_refused(catalogue, code, role):
    with pytest.raises(ImproperlyConfigured):
        permissions.declare(code, "Post payments", {role})


def test_two_meanings_of_one_code_are_refused(catalogue):
    permissions.declare("accounts.try_payment", "Post payments", {Role.MANAGER})
    permissions.declare("accounts.try_payment", "Post payments", {Role.MANAGER})
    with pytest.raises(ImproperlyConfigured):
        permissions.declare("accounts.try_payment", "Post payments", {Role.SUPERVISOR})


def test_the_auditor_sees_everything_and_does_nothing():
    for entry in permissions.catalogue():
        assert entry.held_by(Role.AUDITOR) is entry.code.split(".")[1].startswith("view_"), entry.code


def test_the_administrator_holds_no_money():
    held = [entry.code for entry in permissions.catalogue() if entry.held_by(Role.ADMINISTRATOR)]
    assert held
    acting = [code for code in held if ".view_" not in code]
    assert not [code for code in acting if any(word in code for word in MONEY_WORDS)]


def test_the_system_may_everything_and_every_permission_has_a_person():
    for entry in permissions.catalogue():
        assert entry.held_by(Role.SYSTEM)
        assert set(entry.holders()) - {Role.SYSTEM}, entry.code
        assert str(entry.label)


def test_every_permission_is_asked_for_somewhere():
    """One that nobody asks for is a sentence that promises or forbids nothing."""
    base = Path(settings.BASE_DIR)
    folders = ("collections_app", "accounts", "campaigns", "reports", "templates")
    files = (path for folder in folders for path in (base / folder).rglob("*") if "tests" not in path.parts)
    whole = "\n".join(path.read_text() for path in files if path.suffix in {".py", ".html"})
    constants = re.findall(r'^([A-Z_]+) = (?:declare\(\s*)?"([a-z]+\.[a-z_]+)"', whole, re.M)
    names = {code: name for name, code in constants}
    asking = re.sub(r'^(?:[A-Z_]+ = )?declare\(\s*[\w."]+|^[A-Z_]+ = "[a-z_.]+"', "", whole, flags=re.M)
    words = {*re.findall(r"\w+\.\w+", asking), *re.findall(r"[A-Z_]+", asking)}
    idle = [
        entry.code
        for entry in permissions.catalogue()
        if entry.code not in words and names.get(entry.code) not in words
    ]
    assert idle == []


def test_templates_ask_with_may():
    source = '{% load permissions %}{% if user|may:"core.manage_user" %}yes{% else %}no{% endif %}'
    template = Template(source)
    assert template.render(Context({"user": person(Role.ADMINISTRATOR)})) == "yes"
    assert template.render(Context({"user": person(Role.MANAGER)})) == "no"
