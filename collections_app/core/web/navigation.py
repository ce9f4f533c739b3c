"""The side menu and its foot: each floor registers what it adds, permissions decide what is drawn.

    navigation.register("accounts", _("Accounts"), "accounts:account_list", icon="users",
                        permission="accounts.view_account", order=20, count=count_mine)

`count(user, as_of)` may return a number to stand at the end of the entry. Counts are asked for by
a fragment after the page, and kept for a minute, so that a menu never slows a page down.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.core.cache import cache
from django.urls import reverse

from collections_app.core.permissions import has_permission

COUNT_SECONDS = 60
# The menu from top to bottom: the work of the day stands open, the other two fold.
GROUPS = ("work", "money", "office")


@dataclass(frozen=True)
class Entry:
    key: str
    label: Any
    url_name: str
    icon: str
    permission: str
    order: int
    group: str = "work"
    count: Callable[[Any, date], int | None] | None = None
    letter: str = ""

    @cached_property
    def url(self) -> str:
        """Kept: every page draws them all."""
        return reverse(self.url_name)


_entries: dict[str, Entry] = {}
_own: dict[str, Entry] = {}
_feet: dict[str, Callable[[Any], Any]] = {}


def register(
    key: str,
    label,
    url_name: str,
    *,
    icon: str,
    permission: str,
    order: int,
    group: str = "work",
    count: Callable[[Any, date], int | None] | None = None,
    letter: str = "",
) -> None:
    """Add an entry. `group` is "work", "money" or "office"; `letter` is the key after `g` that goes there."""
    _entries[key] = Entry(key, label, url_name, icon, permission, order, group, count, letter)


def register_own(key: str, label, url_name: str, *, icon: str, permission: str, order: int) -> None:
    """Add an entry to the menu behind the user's own name."""
    _own[key] = Entry(key, label, url_name, icon, permission, order)


def own_entries(user) -> list[Entry]:
    """What stands behind the user's own name, in order."""
    allowed = [entry for entry in _own.values() if has_permission(user, entry.permission)]
    return sorted(allowed, key=lambda entry: (entry.order, entry.key))


def register_fed_until(name: str, provider: Callable[[Any], Any]) -> None:
    """`provider(user)` returns the moment until which the books are fed, or None."""
    _feet[name] = provider


def entries(user, group: str | None = None) -> list[Entry]:
    """What this user may open, in order."""
    allowed = [
        entry
        for entry in _entries.values()
        if (group is None or entry.group == group) and has_permission(user, entry.permission)
    ]
    return sorted(allowed, key=lambda entry: (GROUPS.index(entry.group), entry.order, entry.key))


def home_url(user) -> str | None:
    """Where this user starts: the first entry he may open."""
    allowed = entries(user)
    return allowed[0].url if allowed else None


def _count_key(user, as_of: date) -> str:
    return f"menu.counts.{user.pk}.{as_of:%Y%m%d}"


def known_counts(user, as_of: date) -> dict[str, int] | None:
    """The counts of the last minute, or None when they must be asked for."""
    return cache.get(_count_key(user, as_of))


def counts(user, as_of: date) -> dict[str, int]:
    """Ask every entry's count, and keep them for a minute."""
    found = {}
    for entry in entries(user):
        if entry.count is not None and (number := entry.count(user, as_of)):
            found[entry.key] = number
    cache.set(_count_key(user, as_of), found, COUNT_SECONDS)
    return found


def fed_until(user) -> Any:
    """The earliest moment that the registered feeds give for this user, kept for a minute."""
    key = f"menu.fed.{user.pk}"
    moment = cache.get(key)
    if moment is None:
        moments = [moment for provider in _feet.values() if (moment := provider(user)) is not None]
        moment = min(moments) if moments else False
        cache.set(key, moment, COUNT_SECONDS)
    return moment or None
