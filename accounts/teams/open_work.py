"""What a user still has in hand, told by every slice that gives people work.

A slice registers a kind of work once (`register`); deactivation lists all kinds and hands them
over in one action. Nothing here knows the slices above.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class WorkKind:
    """`count(user)` rows; `hand_over(user=, to=, actor=, as_of=)` moves them all and audits."""

    name: str
    label: Any
    count: Callable[..., int]
    hand_over: Callable[..., None]


_kinds: dict[str, WorkKind] = {}


def register(name: str, label, *, count, hand_over) -> None:
    _kinds[name] = WorkKind(name, label, count, hand_over)


def open_work(user) -> list[tuple[WorkKind, int]]:
    """Every kind of which the user has something in hand, with how much."""
    counted = [(kind, kind.count(user)) for kind in _kinds.values()]
    return [(kind, number) for kind, number in counted if number]
