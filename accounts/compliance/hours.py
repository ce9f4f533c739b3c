"""When a debtor may be contacted by the clock: legal hours, holidays and his own wish; pure.

Hours are judged by the wall clock in every zone the debtor may be in. Openings are found by trying
the few moments at which anything can open or close (starts and ends of spans, changes of the
clocks), so the answer is exact on days of 23 and 25 hours too.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from accounts.compliance.enums import Rule
from accounts.compliance.profiles import WHOLE_DAY, Profile, Spans
from accounts.parties.enums import Channel
from collections_app.core.clock import BusinessCalendar

# Openings further away than this are no answer an officer can use.
HORIZON = timedelta(days=400)


@dataclass(frozen=True)
class Hours:
    """The hours of one channel for debtors who share zones, calendar and wish.

    `keeps_wish` False leaves the debtor's own hours out: for letters, and for what he asked for.
    Equal for many debtors of one book, so what was found for one is remembered for the next.
    """

    profile: Profile
    channel: str
    zones: tuple[str, ...]
    is_zone_known: bool = True
    calendar: BusinessCalendar | None = field(default=None, hash=False)
    wish_from: time | None = None
    wish_until: time | None = None
    keeps_wish: bool = True

    def spans(self, day: date) -> Spans:
        """Open spans of a local day in minutes after midnight."""
        spans = self.profile.spans(self.channel, day, self.calendar)
        margin = 0 if self.is_zone_known else self.profile.unknown_zone_margin
        if margin:
            spans = [span if span == WHOLE_DAY else (span[0] + margin, span[1] - margin) for span in spans]
        wishes = self._wishes() if self.keeps_wish else [WHOLE_DAY]
        both = [
            (max(start, wish_start), min(end, wish_end))
            for start, end in spans
            for wish_start, wish_end in wishes
        ]
        return sorted(span for span in both if span[0] < span[1])

    def _wishes(self) -> Spans:
        start = _minutes(self.wish_from, WHOLE_DAY[0])
        end = _minutes(self.wish_until, WHOLE_DAY[1])
        if start < end:
            return [(start, end)]
        return [(0, end), (start, WHOLE_DAY[1])]  # reachable over midnight

    def is_open(self, moment: datetime) -> bool:
        """Whether the wall clock stands inside an open span in every zone."""
        return bool(self.zones) and all(self._is_open_in(name, moment) for name in self.zones)

    def _is_open_in(self, zone_name: str, moment: datetime) -> bool:
        local = moment.astimezone(zone(zone_name))
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self.spans(local.date()))

    def next_opening(self, moment: datetime) -> datetime | None:
        """The moment itself when it is open, else the first that is; None within the horizon."""
        return _next_opening(self, moment)

    def closes_at(self, moment: datetime) -> datetime | None:
        """When the hours end that are open now; None when they do not within a week."""
        return _closes_at(self, moment)

    def why_closed(self, moment: datetime) -> str:
        """Of the three reasons to be outside hours, the one an officer can be told."""
        days = [moment.astimezone(zone(name)).date() for name in self.zones]
        if any(self.profile.is_closed_holiday(self.channel, day, self.calendar) for day in days):
            return Rule.PUBLIC_HOLIDAY
        if replace(self, keeps_wish=False).is_open(moment):
            return Rule.OWN_HOURS
        return Rule.CONTACT_HOURS

    def _is_ever_open(self) -> bool:
        if self.channel in self.profile.hours:
            return any(self.profile.hours[self.channel])
        return self.channel == Channel.LETTER

    def _edges(self, zone_name: str, day: date) -> Iterator[datetime]:
        """Moments (UTC) of a local day at which the zone may open or close."""
        here = zone(zone_name)
        midnight = datetime.combine(day, time(0))
        change = _clock_change(zone_name, day)
        for start, end in self.spans(day):
            for minute in (start, end):
                wall = (midnight + timedelta(minutes=minute)).replace(tzinfo=here)
                yield wall.astimezone(UTC)
                if change:
                    yield wall.replace(fold=1).astimezone(UTC)
        if change:
            yield change

    def _edges_after(self, moment: datetime, days: int) -> list[datetime]:
        """Edges after `moment` on the local day it falls on, the one before and `days` further."""
        found: set[datetime] = set()
        for name in self.zones:
            today = moment.astimezone(zone(name)).date()
            for ahead in range(-1, days + 1):
                found.update(self._edges(name, today + timedelta(days=ahead)))
        return sorted(edge for edge in found if edge > moment)


@lru_cache(maxsize=8_192)
def _next_opening(hours: Hours, moment: datetime) -> datetime | None:
    if hours.is_open(moment):
        return moment
    if not hours.zones or not hours._is_ever_open():
        return None
    # most answers stand on the next day; only then look further
    for days in (1, 10, 60, HORIZON.days):
        for edge in hours._edges_after(moment, days):
            if hours.is_open(edge):
                return edge
    return None


@lru_cache(maxsize=8_192)
def _closes_at(hours: Hours, moment: datetime) -> datetime | None:
    for days in (0, 7):
        for edge in hours._edges_after(moment, days):
            if not hours.is_open(edge):
                return edge
    return None


@lru_cache(maxsize=1_024)
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _minutes(at: time | None, default: int) -> int:
    return default if at is None else at.hour * 60 + at.minute


@lru_cache(maxsize=8_192)
def _clock_change(zone_name: str, day: date) -> datetime | None:
    """The moment the clocks of a zone change on a local day, by bisection; None on other days."""
    here = zone(zone_name)
    low = datetime.combine(day, time(0), here).astimezone(UTC)
    high = datetime.combine(day + timedelta(days=1), time(0), here).astimezone(UTC)
    before = low.astimezone(here).utcoffset()
    if high.astimezone(here).utcoffset() == before:
        return None
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(here).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
