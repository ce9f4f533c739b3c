"""The contract of every page: who may open it, who may not, and that looking writes nothing.

The contract walks all URL patterns. A URL with arguments needs a sample, registered in the app's
`tests/samples.py`, which is found by its name:

    from collections_app.testing.view_contract import register_sample

    register_sample("accounts:account_detail", lambda world: {"pk": world.account.pk})
    register_sample("core:audit_detail", make_record, scoped=False)  # the same for every team

`scoped=False` says that the rows behind the URL belong to no team and no creditor. `user` gives
another right user than the first role that holds the permission. `query` is the GET's query string.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from collections_app.core.enums import Role
from collections_app.core.permissions import get as get_permission
from collections_app.testing import makers

Maker = Callable[["World"], dict[str, Any]]
# Those who see only their teams' rows come first, so that a wrong team can be told from a right one.
ROLES = (
    Role.COLLECTION_OFFICER,
    Role.FIELD_OFFICER,
    Role.SENIOR_OFFICER,
    Role.SUPERVISOR,
    Role.DEPARTMENT_USER,
    Role.MANAGER,
    Role.AUDITOR,
    Role.ADMINISTRATOR,
)
TEAM_ROLES = ROLES[:4]
FOREIGN_APPS = {"djdt"}


@dataclass(frozen=True)
class Sample:
    maker: Maker
    scoped: bool
    user: Callable[["World"], Any] | None
    query: dict[str, str]


_samples: dict[str, Sample] = {}


def register_sample(
    url_name: str,
    maker: Maker | None = None,
    *,
    scoped: bool = True,
    user: Callable[["World"], Any] | None = None,
    query: dict[str, str] | None = None,
) -> None:
    """Say which arguments the contract opens `url_name` with, and what else it must know."""
    _samples[url_name] = Sample(maker or (lambda world: {}), scoped, user, query or {})


def load_samples() -> dict[str, Sample]:
    """Import `tests/samples.py` of every app that has one."""
    for config in apps.get_app_configs():
        name = f"{config.name}.tests.samples"
        if find_spec(f"{config.name}.tests") is not None and find_spec(name) is not None:
            import_module(name)
    return _samples


class World:
    """One team with a creditor and an account, and another team that must see none of it.

    Everything is made when it is asked for, once a test.
    """

    def __init__(self) -> None:
        self._users: dict[tuple[str, str], Any] = {}
        self._made: dict[str, Any] = {}

    def copy(self) -> "World":
        """A world with what this one has made so far; what is done to the one does nothing to the other."""
        world = World()
        world._users, world._made = deepcopy((self._users, self._made))
        return world

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    @property
    def team(self):
        return self._once("team", makers.team)

    @property
    def other_team(self):
        return self._once("other_team", makers.team)

    @property
    def creditor(self):
        return self._once("creditor", lambda: makers.creditor(teams=[self.team]))

    @property
    def debtor(self):
        return self._once("debtor", lambda: makers.debtor(creditor=self.creditor))

    @property
    def officer(self):
        """A collection officer of the team, who owns the account."""
        return self.user(Role.COLLECTION_OFFICER)

    @property
    def account(self):
        return self._once(
            "account", lambda: makers.account(debtor=self.debtor, team=self.team, officer=self.officer)
        )

    def user(self, role: str):
        """A user of that role in the team."""
        return self._member(role, "team")

    def stranger(self, role: str):
        """A user of that role in the other team, which works for the other creditor only."""
        self._once("other_creditor", lambda: makers.creditor(teams=[self.other_team]))
        return self._member(role, "other_team")

    def _member(self, role: str, where: str):
        key = (str(role), where)
        if key not in self._users:
            person = makers.user(role=role)
            makers.member(person, getattr(self, where))
            self._users[key] = person
        return self._users[key]


@dataclass(frozen=True)
class Page:
    """One URL pattern with its view."""

    name: str
    pattern: str
    view: Any
    needs_arguments: bool

    @property
    def permission(self) -> str:
        return getattr(self.view, "permission", "")

    @property
    def is_post_only(self) -> bool:
        return "get" not in getattr(self.view, "http_method_names", ["get"]) or not hasattr(self.view, "get")

    def holders(self) -> list[str]:
        """Roles that hold the page's permission."""
        permission = get_permission(self.permission)
        return [role for role in ROLES if permission.held_by(role)]

    def outsiders(self) -> list[str]:
        """Roles that do not."""
        permission = get_permission(self.permission)
        return [role for role in ROLES if not permission.held_by(role)]


def pages() -> list[Page]:
    """Every page of the product, by name."""
    return sorted(_walk(get_resolver(), "", ""), key=lambda page: page.name)


def _walk(resolver: URLResolver, prefix: str, namespace: str) -> Iterator[Page]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            if entry.namespace in FOREIGN_APPS:
                continue
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, prefix + str(entry.pattern), inner)
        elif isinstance(entry, URLPattern):
            view = getattr(entry.callback, "view_class", entry.callback)
            arguments = prefix.count("<") + str(entry.pattern).count("<")
            name = f"{namespace}{entry.name or entry.pattern}"
            yield Page(name, prefix + str(entry.pattern), view, bool(arguments))
