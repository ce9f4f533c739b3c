"""Panels: composed in order, seen by permission, asked once for a set."""

from datetime import UTC, date, datetime

import pytest

from collections_app.core import panels, permissions
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.registry import load_slices

SEE = "core.view_trial"
DAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _empty(monkeypatch):
    monkeypatch.setattr(panels, "_panels", {})
    monkeypatch.setattr(permissions, "_catalogue", dict(permissions._catalogue))
    permissions.declare("core.view_trial", "See trials", {Role.MANAGER})


def person(role) -> User:
    return User(username="someone", role=role, is_active=True)


def test_panels_are_filled_in_order_for_who_may_see_them():
    asked = []

    def balance(ids, user, as_of):
        asked.append((ids, as_of))
        return {"sum": len(ids)}

    panels.register(
        "account.strip", order=20, provider=balance, template="b.html", permission="core.view_trial"
    )
    panels.register("account.strip", order=10, provider=lambda *_: ["a"], template="a.html", name="first")
    panels.register("account.strip", order=5, provider=lambda *_: None, template="never.html", name="nothing")
    filled = panels.collect("account.strip", iter([3, 4]), person(Role.MANAGER), DAY)
    assert [(panel.template, panel.data) for panel in filled] == [("a.html", ["a"]), ("b.html", {"sum": 2})]
    assert asked == [([3, 4], DAY)]
    assert [
        panel.name for panel in panels.collect("account.strip", [3], person(Role.FIELD_OFFICER), DAY)
    ] == ["first"]


def test_registering_again_replaces():
    for data in ("old", "new"):
        panels.register("account.who", order=1, provider=lambda *_, data=data: data, name="one")
    assert [panel.data for panel in panels.collect("account.who", [1], person(Role.MANAGER), DAY)] == ["new"]


@pytest.mark.parametrize("slot", ["account.stripe", "list.accounts.colums", "accounts", ""])
def test_a_slot_nobody_draws_is_an_error(slot):
    with pytest.raises(KeyError):
        panels.register(slot, order=1, provider=lambda *_: None)


@pytest.mark.parametrize(
    "slot", ["debtor.timeline", "list.accounts.columns", "today.band", "why_not", "search"]
)
def test_the_slots_of_the_pages_are_known(slot):
    panels.register(slot, order=1, provider=lambda *_: None, name="x")
    assert [panel.name for panel in panels.registered(slot)] == ["x"]


def test_events_are_merged_newest_first():
    def at(hour, title):
        return {"at": datetime(2026, 11, 20, hour, tzinfo=UTC), "title": title}

    panels.register(
        "account.timeline", order=1, provider=lambda *_: [at(9, "call"), at(7, "mail")], name="contacts"
    )
    panels.register("account.timeline", order=2, provider=lambda *_: [at(8, "payment")], name="payments")
    merged = panels.events("account.timeline", [1], person(Role.MANAGER), DAY)
    assert [event["title"] for event in merged] == ["call", "payment", "mail"]
    assert len(panels.events("account.timeline", [1], person(Role.MANAGER), DAY, limit=2)) == 2


def test_an_event_told_better_elsewhere_is_told_once():
    at = datetime(2026, 11, 1, tzinfo=UTC)
    told = [{"at": at, "key": "attempt 1"}, {"at": at, "key": "attempt 2"}]
    panels.register("account.timeline", order=1, provider=lambda *_: told, name="contacts")
    better = [{"at": at, "title": "Reminder 2", "instead_of": "attempt 1"}]
    panels.register("account.timeline", order=2, provider=lambda *_: better, name="messages")
    merged = panels.events("account.timeline", [1], person(Role.MANAGER), DAY)
    assert sorted(event.get("key", "better") for event in merged) == ["attempt 2", "better"]


def test_search_asks_every_panel_one_may_see():
    panels.register("search", order=1, provider=lambda query, user, limit: [query] * limit, name="a")
    panels.register("search", order=2, provider=lambda *_: ["b"], permission="core.view_trial", name="b")
    assert panels.search("x", person(Role.MANAGER), 2) == ["x", "x", "b"]
    assert panels.search("x", person(Role.AUDITOR), 1) == ["x", "b"]
    assert panels.search("x", person(Role.FIELD_OFFICER), 1) == ["x"]


def test_an_undeclared_permission_is_found():
    panels.register("banner", order=1, provider=lambda *_: None, permission="core.view_nothing", name="x")
    assert panels.check() == ["x: core.view_nothing"]


def test_slices_are_loaded_by_their_announcing_modules():
    for app in ("accounts", "campaigns", "reports"):
        loaded = load_slices(app)
        assert all(name.startswith(f"{app}.") for name in loaded)
        assert not [name for name in loaded if ".tests." in name or ".migrations." in name]
