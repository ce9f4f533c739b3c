"""Small things a page is put together from; each is drawn by one component template."""

from dataclasses import dataclass, field
from typing import Any

from collections_app.core.permissions import has_permission


@dataclass(frozen=True)
class Crumb:
    label: Any
    url: str = ""


@dataclass(frozen=True)
class Action:
    """A button. `post` sends a form (with `fields`) instead of following a link."""

    label: Any
    url: str
    icon: str = ""
    primary: bool = False
    permission: str = ""
    key: str = ""
    post: bool = False
    fields: dict[str, Any] = field(default_factory=dict)
    note: Any = ""

    @property
    def only_looks(self) -> bool:
        """Neither sends a form nor leads to the page's main verb."""
        return not self.post and not self.primary and not self.key

    def shown_to(self, user) -> bool:
        return not self.permission or has_permission(user, self.permission)


@dataclass(frozen=True)
class Fact:
    """A line of a definition list. `url` makes the value a door; `template` draws it."""

    label: Any
    value: Any
    url: str = ""
    note: Any = ""
    template: str = ""


@dataclass(frozen=True)
class Figure:
    """A cell of the strip below a title. `size` is "", "ask" or "xl"."""

    label: Any
    value: Any
    note: Any = ""
    size: str = ""
    currency: str = ""
    url: str = ""
    age: int | None = None


@dataclass
class Section:
    """A panel of a page: facts, a drawn table, or a template of the slice's own."""

    title: Any
    facts: list[Fact] = field(default_factory=list)
    table: Any = None
    template: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    note: Any = ""
    link: Crumb | None = None
    key: str = ""


@dataclass(frozen=True)
class Tab:
    label: Any
    url: str
    current: bool = False
    count: Any = None
    icon: str = ""


@dataclass(frozen=True)
class BulkAction:
    """A verb for the selected rows of a list: posts them to a BulkActionPage at `url_name`."""

    label: Any
    url_name: str
    permission: str
    primary: bool = False

    def shown_to(self, user) -> bool:
        return has_permission(user, self.permission)
