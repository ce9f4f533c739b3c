"""What an approval does. A slice registers how the kind of request it makes is carried out, so that
this floor knows of no other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True)
class Act:
    """`perform(approval=, actor=, as_of=)` runs in the transaction of the decision. It raises
    `NoLongerFits` where the request should lapse, another Refused where it should go on waiting."""

    kind: str
    label: Any
    perform: Callable[..., Any]


_acts: dict[str, Act] = {}


def register(kind: str, *, label, perform: Callable[..., Any]) -> Act:
    """Say what the approval of a kind does; a kind registered twice is an ImproperlyConfigured."""
    if kind in _acts:
        raise ImproperlyConfigured(f"The approval of {kind!r} has its act already.")
    _acts[kind] = Act(kind, label, perform)
    return _acts[kind]


def act_of(kind: str) -> Act | None:
    """What the approval of this kind does; None where the decision alone is wanted."""
    return _acts.get(kind)
