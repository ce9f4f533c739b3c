"""When a debtor may be contacted by the clock: legal hours, holidays and his own wish; pure.

Hours are judged by the wall clock in every zone the debtor may be in. Openings are found by trying
the few moments at which anything can open or close (starts and ends of spans, changes of the
clocks), so the answer is exact on days of 23 and 25 hours too.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from accounts.compliance.enums import Rule, Source
from accounts.compliance.laws import WHOLE_DAY, Spans, meet
from accounts.compliance.profiles import NO_CALENDARS, Calendars, Profile
from accounts.parties.enums import Channel
from collections_app.core.clock import BusinessCalendar

# Openings further away than this are no answer an officer can use.
HORIZON = timedelta(days=400)
DAYS_KEPT = 1_000
ONE_DAY = timedelta(days=1)
Interval = tuple[datetime, datetime]


class Hours:
    """The hours of one channel for debtors who share zones, calendars and wish.

    Equal for many debtors of one book, so `hours_for` hands out the same ones and what was found
    for a day is remembered.
    """

    def __init__(
        self,
        profile: Profile,
        channel: str,
        zones: tuple[str, ...],
        is_zone_known: bool,
        calendar: BusinessCalendar | None,
        calendars: Calendars,
        wish_from: time | None,
        wish_until: time | None,
        is_workplace: bool,
    ) -> None:
        self.profile = profile
        self.channel = channel
        self.zones = zones
        self.calendar = calendar
        self.calendars = calendars
        self.is_workplace = is_workplace
        self._clocks = [zone(name) for name in zones]
        self._margin = 0 if is_zone_known else profile.unknown_zone_margin
        self._wishes = _wishes(wish_from, wish_until)
        self._kept: dict[date, _Day] = {}
        self._kept_open: dict[date, list[Interval]] = {}

    def spans(self, day: date) -> Spans:
        """Open spans of a local day in minutes after midnight."""
        return self._day(day).spans

    def _day(self, day: date) -> "_Day":
        found = self._kept.get(day)
        if found is None:
            if len(self._kept) > DAYS_KEPT:
                self._kept.clear()
            found = self._kept[day] = self._look_up(day)
        return found

    def _look_up(self, day: date) -> "_Day":
        office = self._less_margin(self.profile.spans(self.channel, day, self.calendar))
        laws: list[tuple[Spans, str]] = []
        holiday = ""
        if self.channel != Channel.LETTER:
            holiday = self.profile.law_of_holiday(self.channel, day, self.calendars)
            laws = [
                (self._less_margin(list(row.week[day.weekday()])), row.source)
                for law in self.profile.laws
                for row in law.hours_of(self.channel, self.is_workplace)
            ]
        spans: Spans = [] if holiday else office
        for lawful, _source in laws:
            spans = meet(spans, lawful)
        if not holiday and self.profile.is_closed_holiday(self.channel, day, self.calendar):
            holiday = self.profile.source or str(Rule.PUBLIC_HOLIDAY)
        return _Day(meet(spans, self._wishes), spans, holiday, laws)

    def _less_margin(self, spans: Spans) -> Spans:
        if not self._margin:
            return spans
        return [span if span == WHOLE_DAY else (span[0] + self._margin, span[1] - self._margin)
                for span in spans]  # fmt: skip

    def is_open(self, moment: datetime) -> bool:
        """Whether the wall clock stands inside an open span in every zone."""
        for clock in self._clocks:
            local = moment.astimezone(clock)
            if not _is_inside(self._day(local.date()).spans, local):
                return False
        return bool(self._clocks)

    def next_opening(self, moment: datetime) -> datetime | None:
        """The moment itself (UTC) when it is open, else the first that is; None within the horizon."""
        day = moment.date()
        for start, end in self._open_on(day):
            if moment < end:
                return moment if start <= moment else start
        if not self.zones or not self._is_ever_open():
            return None
        for _ahead in range(HORIZON.days):
            day += ONE_DAY
            if found := self._open_on(day):
                return found[0][0]
        return None

    def closes_at(self, moment: datetime) -> datetime | None:
        """When the hours end that are open now; None when they do not within a week."""
        day, reached = moment.date(), moment
        for _ahead in range(8):
            for start, end in self._open_on(day):
                if start <= reached < end:
                    reached = end
            day += ONE_DAY
            if reached < datetime.combine(day, time(0), UTC):
                return reached
        return None

    def _open_on(self, day: date) -> "list[Interval]":
        """When all zones are open, from and until, within a day of UTC."""
        found = self._kept_open.get(day)
        if found is None:
            if len(self._kept_open) > DAYS_KEPT:
                self._kept_open.clear()
            found = self._kept_open[day] = self._find_open(day)
        return found

    def _find_open(self, day: date) -> "list[Interval]":
        first = datetime.combine(day, time(0), UTC)
        last = first + ONE_DAY
        edges = {first, last}
        for name, clock in zip(self.zones, self._clocks, strict=True):
            local = first.astimezone(clock).date()
            for ahead in range(3):
                edges.update(self._edges(name, local + timedelta(days=ahead)))
        inside = sorted(edge for edge in edges if first <= edge <= last)
        found: list[Interval] = []
        for start, end in pairwise(inside):
            if self.is_open(start):
                if found and found[-1][1] == start:
                    found[-1] = (found[-1][0], end)
                else:
                    found.append((start, end))
        return found

    def why_closed(self, moment: datetime) -> tuple[str, str]:
        """Of the reasons to be outside hours, the one an officer can be told, and its source."""
        days = []
        for clock in self._clocks:
            wall = moment.astimezone(clock)
            day = self._day(wall.date())
            if day.holiday:
                return Rule.PUBLIC_HOLIDAY, day.holiday
            days.append((day, wall))
        if all(_is_inside(day.without_wish, wall) for day, wall in days):
            return Rule.OWN_HOURS, Source.WISH
        for day, wall in days:
            for lawful, source in day.laws:
                if not _is_inside(lawful, wall):
                    return Rule.CONTACT_HOURS, source
        return Rule.CONTACT_HOURS, self.profile.source

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


class _Day(NamedTuple):
    """One local day: open spans, the same without the debtor's wish, and what closes it."""

    spans: Spans
    without_wish: Spans
    holiday: str
    laws: list[tuple[Spans, str]]


@lru_cache(maxsize=16_384)
def hours_for(
    profile: Profile,
    channel: str,
    zones: tuple[str, ...],
    is_zone_known: bool = True,
    calendar: BusinessCalendar | None = None,
    calendars: Calendars = NO_CALENDARS,
    wish_from: time | None = None,
    wish_until: time | None = None,
    is_workplace: bool = False,
) -> Hours:
    """The same hours for all debtors they are the same for."""
    return Hours(
        profile, channel, zones, is_zone_known, calendar, calendars, wish_from, wish_until, is_workplace
    )


def _is_inside(spans: Spans, wall: datetime) -> bool:
    minute = wall.hour * 60 + wall.minute
    return any(start <= minute < end for start, end in spans)


def _wishes(wish_from: time | None, wish_until: time | None) -> Spans:
    start = _minutes(wish_from, WHOLE_DAY[0])
    end = _minutes(wish_until, WHOLE_DAY[1])
    if start < end:
        return [(start, end)]
    return [(0, end), (start, WHOLE_DAY[1])]  # reachable over midnight


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
    high = datetime.combine(day + ONE_DAY, time(0), here).astimezone(UTC)
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
