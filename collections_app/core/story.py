"""What happened to something, told by every slice and read in one statement.

A timeline asks a dozen slices, most of which have nothing to tell of this account. Asked one by one
that is a dozen statements whose planning and round trips cost more than their rows, and the words
of two hundred events of which a page shows nine. A slice therefore gives a `Story` as its timeline
provider: a SELECT, and the words of one of its rows. `read` joins the SELECTs of all of them by
UNION ALL; only the events that are shown are put into words.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from collections_app.core import prepared

Event = dict[str, Any]
# An amount never passes through a binary fraction. One reader for all rows: making it costs more
# than reading a row.
READER = json.JSONDecoder(parse_float=Decimal)


@dataclass(frozen=True)
class Story:
    """A timeline provider: `select` finds the rows, `tell(row, as_of)` puts one into words.

    `select` has a column `at` (when it happened, for the order), what `tell` reads, and where they
    make sense `key` and `instead_of` (see `panels.events`). Its parameters are `ids`, `as_of` and
    those that `more(ids)` returns, which every story of a statement shares by name.

    Rows come through JSON: `tell` gets amounts as Decimal, days and moments as text (`day_of`).
    """

    select: str
    tell: Callable[[Any, date], Event]
    more: Callable[[list[int]], dict[str, Any]] | None = None

    def __call__(self, ids: Iterable[int], user, as_of: date) -> list[Event]:
        """The events of this story alone, in words: what any timeline provider returns."""
        return [row.event() for row in read([self], ids, as_of)]


@dataclass(frozen=True)
class Happening:
    """One event that is not in words yet."""

    at: datetime
    key: str | None
    instead_of: str | None
    words: Callable[[], Event]

    def event(self) -> Event:
        return {"at": self.at} | self.words()


def told(event: Event) -> Happening:
    """An event that was put into words already."""
    return Happening(event["at"], event.get("key"), event.get("instead_of"), lambda: event)


def read(stories: Sequence[Story], ids: Iterable[int], as_of: date) -> list[Happening]:
    """What these stories have to tell, newest first, in one statement."""
    if not stories:
        return []
    wanted = list(ids)
    params: dict[str, Any] = {"ids": wanted, "as_of": as_of}
    for more in {story.more for story in stories if story.more is not None}:
        params |= more(wanted)
    parts = [
        f"SELECT {place} AS place, row_number() OVER () AS nth, s.at, row_to_json(s)::text AS body"
        f" FROM ({story.select}) s"
        for place, story in enumerate(stories)
    ]
    found = prepared.select(
        f"SELECT place, at, body FROM ({' UNION ALL '.join(parts)}) story ORDER BY at DESC, place, nth",
        params,
    )
    return [_happening(stories[place], at, body, as_of) for place, at, body in found]


def _happening(story: Story, at: datetime, body: str, as_of: date) -> Happening:
    row = SimpleNamespace(**READER.decode(body))
    return Happening(
        at, getattr(row, "key", None), getattr(row, "instead_of", None), lambda: story.tell(row, as_of)
    )


def day_of(text: str) -> date:
    """A day as `tell` gets it."""
    return date.fromisoformat(text)


def moment_sql(day: str, recorded_at: str) -> str:
    """SQL of where a dated fact stands: when it was recorded if that was its day, else at noon of
    its day, in UTC, in the order in which the facts of the day were recorded."""
    return f"""CASE WHEN ({recorded_at} AT TIME ZONE 'UTC')::date = {day} THEN {recorded_at}
        ELSE ({day} + time '12:00') AT TIME ZONE 'UTC'
             + mod(extract(microseconds FROM {recorded_at})::int, 1000000) * interval '1 microsecond' END"""


def until_sql(moment: str) -> str:
    """SQL of the condition that a moment lies on the day `as_of` or before, in UTC."""
    return f"{moment} < (%(as_of)s::date + 1)::timestamp AT TIME ZONE 'UTC'"
