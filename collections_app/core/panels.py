"""Panels: how a higher floor shows itself on a lower floor's page.

A slice registers `(slot, order, permission, provider, template)` in its `panels.py`; pages,
timelines, search, "why not?" reasons, list filters and columns are composed from the registry in
one process. A provider is called once for a set of ids, so a page costs the same for 1 and 30 rows.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import Any

from collections_app.core import story
from collections_app.core.permissions import get as get_permission
from collections_app.core.permissions import has_permission
from collections_app.core.story import Happening, Story

# A noun's page has these places; the others are single.
PLACES = ("strip", "who", "main", "now", "timeline", "verbs", "facts")
SINGLE = {"search", "call.script", "today.band", "today.main", "today.waiting", "why_not", "banner"}
SLOT = re.compile(rf"^[a-z_]+\.({'|'.join(PLACES)})$|^list\.[a-z_]+\.(columns|filters)$")


@dataclass(frozen=True)
class Panel:
    """One registration. `permission` None shows it to whoever sees the page."""

    slot: str
    order: int
    permission: str | None
    provider: Callable[..., Any]
    template: str | None
    name: str

    def may_be_seen_by(self, user) -> bool:
        return self.permission is None or has_permission(user, self.permission)


@dataclass(frozen=True)
class FilledPanel:
    """A panel with what its provider returned, ready to be included."""

    name: str
    template: str | None
    order: int
    data: Any


_panels: dict[tuple[str, str], Panel] = {}


def register(
    slot: str,
    *,
    order: int,
    provider: Callable[..., Any],
    permission: str | None = None,
    template: str | None = None,
    name: str = "",
) -> None:
    """Put a panel into a slot. A slot that no page knows is a KeyError.

    The provider is called as `provider(ids, user, as_of)`, for `search` as
    `provider(query, user, limit)`; for a timeline it is best a `story.Story`. Registering the same
    name again replaces it.
    """
    if slot not in SINGLE and not SLOT.match(slot):
        raise KeyError(f"No page has a slot {slot!r}.")
    name = name or f"{provider.__module__}.{provider.__qualname__}"
    _panels[slot, name] = Panel(slot, order, permission, provider, template, name)


def registered(slot: str, user=None) -> list[Panel]:
    """The panels of a slot in their order; with a user, those he may see."""
    panels = [panel for panel in _panels.values() if panel.slot == slot]
    if user is not None:
        panels = [panel for panel in panels if panel.may_be_seen_by(user)]
    return sorted(panels, key=lambda panel: (panel.order, panel.name))


def all_panels() -> list[Panel]:
    """Every registration, for the tests that check permissions and templates exist."""
    return sorted(_panels.values(), key=lambda panel: (panel.slot, panel.order, panel.name))


def check() -> list[str]:
    """Names of panels whose permission nobody declared."""
    wrong = []
    for panel in all_panels():
        try:
            if panel.permission is not None:
                get_permission(panel.permission)
        except KeyError:
            wrong.append(f"{panel.name}: {panel.permission}")
    return wrong


_shared: ContextVar[dict[Any, Any] | None] = ContextVar("shared", default=None)


@contextmanager
def composing(**known: Any) -> Iterator[None]:
    """While a page is put together, its panels read the same row once: see `shared`.

    `known` are rows the page has read already, under the names its panels ask for.
    """
    token = _shared.set(dict(known))
    try:
        yield
    finally:
        _shared.reset(token)


def shared(key: Any, read: Callable[[], Any]) -> Any:
    """What `read` returns; read once while a page is composed, each time anywhere else."""
    memory = _shared.get()
    if memory is None:
        return read()
    if key not in memory:
        memory[key] = read()
    return memory[key]


def collect(slot: str, ids: Iterable[int], user, as_of: date) -> list[FilledPanel]:
    """Fill the slot's panels for these ids; a provider that returns None has nothing to show."""
    wanted = list(ids)
    filled = []
    for panel in registered(slot, user):
        data = panel.provider(wanted, user, as_of)
        if data is not None:
            filled.append(FilledPanel(panel.name, panel.template, panel.order, data))
    return filled


def happenings(slot: str, ids: Iterable[int], user, as_of: date) -> list[Happening]:
    """What happened, newest first, merged from every timeline panel of the slot; not in words yet.

    Panels whose provider is a `Story` are read in one statement, others are called as any panel.
    One that tells more of another floor's event names that event's `key` as `instead_of`, and the
    other is left out.
    """
    wanted = list(ids)
    shown = registered(slot, user)
    stories = [panel.provider for panel in shown if isinstance(panel.provider, Story)]
    merged = story.read(stories, wanted, as_of)
    for panel in shown:
        if not isinstance(panel.provider, Story):
            merged += [story.told(event) for event in panel.provider(wanted, user, as_of) or ()]
    replaced = {row.instead_of for row in merged if row.instead_of}
    merged = [row for row in merged if row.key is None or row.key not in replaced]
    merged.sort(key=lambda row: row.at, reverse=True)
    return merged


def events(slot: str, ids: Iterable[int], user, as_of: date, limit: int | None = None) -> list[dict]:
    """`happenings` in words.

    An event is a dict with `at` (aware UTC), `kind`, `icon`, `tone`, `title`, and where they make
    sense `detail`, `amount`, `currency`, `url`.
    """
    return [row.event() for row in happenings(slot, ids, user, as_of)[:limit]]


def search(query: str, user, limit: int) -> list:
    """The hits of every search panel the user may see, in the panels' order."""
    hits: list = []
    words = query.replace("\x00", "")  # which no text of the database has
    for panel in registered("search", user):
        hits.extend(panel.provider(words, user, limit) or [])
    return hits
