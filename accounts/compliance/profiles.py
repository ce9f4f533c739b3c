"""What binds one debtor: the office's contact rules, tightened by the law of where he is.

The office's rules are a dated, approved policy (`policies.kinds`), the law dated, approved
profiles (`laws`). Both must allow a contact, so neither loosens the other. This module only reads
their shape. Times are the debtor's own. Letters have no hours; any other channel without a row in
the office's rules is never open.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from functools import cached_property
from typing import Any

from accounts.compliance.laws import WHOLE_DAY, Cap, Law, Spans
from accounts.parties.enums import Channel
from collections_app.core.clock import BusinessCalendar

__all__ = ["DAYS", "WHOLE_DAY", "Calendars", "Cap", "Law", "Profile", "Spans"]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Calendars:
    """The public holidays where a debtor is: of the country, and of each state he may be in."""

    national: BusinessCalendar | None = None
    states: tuple[BusinessCalendar, ...] = ()

    def is_holiday(self, day: date, level: str) -> bool:
        if level == "open":
            return False
        if self.national is not None and self.national.is_holiday(day):
            return True
        return level == "state" and any(calendar.is_holiday(day) for calendar in self.states)


NO_CALENDARS = Calendars()


@dataclass(frozen=True)
class Profile:
    """Hours a channel and weekday (0 is Monday) in minutes after midnight, caps, exceptions.

    `version` is the key of the policy version, None for the catalogue's defaults.
    `notices_pass` are reasons of holds and legal facts that a notice the law demands may pass;
    `unknown_zone_margin` minutes are taken off both ends of a day when the debtor's zone is only
    guessed from the creditor's country. `laws` are the profiles that bind beside it.
    """

    name: str
    hours: Mapping[str, tuple[Spans, ...]] = field(hash=False)
    caps: tuple[Cap, ...] = ()
    holidays_closed: bool = True
    notices_pass: frozenset[str] = frozenset()
    unknown_zone_margin: int = 0
    source: str = ""
    version: int | None = None
    laws: tuple[Law, ...] = ()

    @classmethod
    def of(
        cls, values: Mapping[str, Any], *, name: str, source: str = "", version: int | None = None
    ) -> "Profile":
        """The profile that a policy's values describe."""
        return cls(
            name=name,
            source=source,
            version=version,
            hours={
                channel: tuple(_spans(days.get(day)) for day in DAYS)
                for channel, days in values["hours"].items()
            },
            caps=tuple(
                Cap(frozenset(cap["channels"]), cap["count"], cap["limit"], cap["days"])
                for cap in values.get("caps", ())
            ),
            holidays_closed=values.get("holidays_closed", True),
            notices_pass=frozenset(values.get("notices_pass", ())),
            unknown_zone_margin=values.get("unknown_zone_margin", 0),
        )

    @cached_property
    def _hash(self) -> int:
        return hash((self.name, self.version, self.laws))

    def __hash__(self) -> int:
        """By its name and laws: a profile is looked up for every decision of a large set."""
        return self._hash

    @cached_property
    def plans(self) -> dict[str, Any]:
        """What binds each channel, as `case` found it."""
        return {}

    @property
    def longest_window(self) -> int:
        """How many days back the count ledger must be read."""
        days = [cap.days for cap in self.caps] + [law.longest_window for law in self.laws]
        return max(days, default=0)

    def is_closed_holiday(self, channel: str, day: date, calendar: BusinessCalendar | None) -> bool:
        """Whether the day is a public holiday, by library or override, that silences the channel."""
        if calendar is None or not self.holidays_closed or channel == Channel.LETTER:
            return False
        if day in calendar.overrides:
            return not calendar.overrides[day]
        return calendar.is_holiday(day)

    def law_of_holiday(self, channel: str, day: date, calendars: Calendars) -> str:
        """The source of the law that keeps a holiday on the day; empty when none does."""
        for law in self.laws:
            for closed in law.closed:
                if channel in closed.channels and calendars.is_holiday(day, closed.level):
                    return closed.source
        return ""

    def spans(self, channel: str, day: date, calendar: BusinessCalendar | None) -> Spans:
        """Open spans of a local day by the office's rules, in minutes after midnight; none on a
        closed holiday."""
        if self.is_closed_holiday(channel, day, calendar):
            return []
        if channel in self.hours:
            return self.hours[channel][day.weekday()]
        return [WHOLE_DAY] if channel == Channel.LETTER else []


def _spans(span: tuple[time, time] | None) -> Spans:
    """The one span of a day as the policy has it; the last minute of a day means its end."""
    if span is None:
        return []
    first, last = (at.hour * 60 + at.minute for at in span)
    return [(first, 24 * 60 if last == 24 * 60 - 1 else last)]
