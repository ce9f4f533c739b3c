"""A contact rule profile: what a version of the policy "contact_rules" says, ready to be applied.

The data is a dated, approved policy (`policies.kinds`); this module only reads its shape. Times
are the debtor's own. Letters have no hours; any other channel without a row is never open.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from accounts.parties.enums import Channel
from collections_app.core.clock import BusinessCalendar

Spans = list[tuple[int, int]]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WHOLE_DAY = (0, 24 * 60)


@dataclass(frozen=True)
class Cap:
    """At most `limit` of `counts` ("attempts" or "contacts") by these channels in rolling days."""

    channels: frozenset[str]
    counts: str
    limit: int
    days: int

    @property
    def name(self) -> str:
        """Its key in permits and in the verdict's counts."""
        return f"{'+'.join(sorted(self.channels))} {self.counts} {self.limit}/{self.days}d"


@dataclass(frozen=True)
class Profile:
    """Hours a channel and weekday (0 is Monday) in minutes after midnight, caps, exceptions.

    `version` is the key of the policy version, None for the catalogue's defaults.
    `notices_pass` are reasons of holds and legal facts that a notice the law demands may pass;
    `unknown_zone_margin` minutes are taken off both ends of a day when the debtor's zone is only
    guessed from the creditor's country.
    """

    name: str
    hours: Mapping[str, tuple[Spans, ...]] = field(hash=False)
    caps: tuple[Cap, ...] = ()
    holidays_closed: bool = True
    notices_pass: frozenset[str] = frozenset()
    unknown_zone_margin: int = 0
    source: str = ""
    version: int | None = None

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

    def __hash__(self) -> int:
        """By its name alone: a profile is looked up for every decision of a large set."""
        return hash((self.name, self.version))

    @property
    def longest_window(self) -> int:
        """How many days back the count ledger must be read."""
        return max((cap.days for cap in self.caps), default=0)

    def is_closed_holiday(self, channel: str, day: date, calendar: BusinessCalendar | None) -> bool:
        """Whether the day is a public holiday, by library or override, that silences the channel."""
        if calendar is None or not self.holidays_closed or channel == Channel.LETTER:
            return False
        if day in calendar.overrides:
            return not calendar.overrides[day]
        return calendar.is_holiday(day)

    def spans(self, channel: str, day: date, calendar: BusinessCalendar | None) -> Spans:
        """Open spans of a local day, in minutes after midnight; none on a closed holiday."""
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
