"""One request while it is decided: what several rules read of it, looked up once; pure."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from accounts.compliance.counting import FreeFrom, used_at, used_by
from accounts.compliance.enums import Purpose
from accounts.compliance.facts import POINT_KIND, UNUSABLE, CapCount, Facts, Point
from accounts.compliance.hours import HORIZON, Hours, hours_for, zone
from accounts.compliance.laws import Cap
from accounts.compliance.profiles import Profile
from accounts.parties.enums import Channel

ALWAYS_OUT_OF_CAPS = frozenset({Purpose.LEGAL_NOTICE.value, Purpose.REQUESTED.value})
HOURS_KEPT = 20_000
# The rule's name, its source, and the earliest moment at or after a given one that it allows.
RuleRow = tuple[str, str, FreeFrom]


class Case:
    """One request while it is decided."""

    __slots__ = ("caps", "channel", "facts", "hours", "moment", "plan", "points", "profile", "purpose",
                 "usable")  # fmt: skip

    def __init__(self, profile: Profile, facts: Facts, channel: str, purpose: str, moment: datetime) -> None:
        self.profile = profile
        self.facts = facts
        self.channel = channel
        self.purpose = purpose
        self.moment = moment
        self.points = _points(facts, channel)
        self.usable = [point for point in self.points if point.status not in UNUSABLE]
        self.hours = _hours(self)
        self.plan = plan_of(profile, channel)
        # the caps that count anything; letters, notices and what he asked for are outside them all
        self.caps: list[tuple[int, Cap, list[list[datetime]]]] = []
        if facts.counted and purpose not in ALWAYS_OUT_OF_CAPS:
            for place, cap in enumerate(self.plan.caps):
                if series := used_by(cap, facts):
                    self.caps.append((place, cap, series))

    def counts(self) -> tuple[CapCount, ...]:
        """How far each cap is used up at the moment asked about."""
        if self.purpose in ALWAYS_OUT_OF_CAPS:
            return ()
        if not self.caps:
            return self.plan.unused
        counts = list(self.plan.unused)
        for place, cap, series in self.caps:
            used = used_at(cap, self.facts, series, self.moment)
            counts[place] = CapCount(cap.name, used, cap.limit, cap.days, cap.counts)
        return tuple(counts)


class Plan(NamedTuple):
    """What binds a channel under one profile, found once. A cap of nothing bans it."""

    caps: tuple[Cap, ...]
    unused: tuple[CapCount, ...]
    is_banned: bool


def plan_of(profile: Profile, channel: str) -> Plan:
    found = profile.plans.get(channel)
    if found is None:
        caps = () if channel == Channel.LETTER else tuple(_caps(profile, channel))
        unused = tuple(CapCount(cap.name, 0, cap.limit, cap.days, cap.counts) for cap in caps)
        found = profile.plans[channel] = Plan(caps, unused, any(cap.limit <= 0 for cap in caps))
    return found


def _caps(profile: Profile, channel: str) -> Iterator[Cap]:
    for caps in (profile.caps, *(law.caps for law in profile.laws)):
        yield from (cap for cap in caps if channel in cap.channels)


def never(_moment: datetime) -> None:
    return None


def outside_days(case: Case, first: date, until: date | None, moment: datetime) -> datetime | None:
    """Free before `first` and from `until` on, days of the creditor's business zone."""
    here = zone(case.facts.business_zone)
    day = moment.astimezone(here).date()
    if day < first or (until is not None and day >= until):
        return moment
    return None if until is None else start_of_day(case, until)


def start_of_day(case: Case, day: date) -> datetime:
    """The first moment of a day in the creditor's business zone."""
    return datetime.combine(day, time(0), zone(case.facts.business_zone)).astimezone(UTC)


def first_free(rules: list[FreeFrom], moment: datetime) -> datetime | None:
    """The least moment at or after this one on which all rules agree."""
    reached = moment
    while reached - moment <= HORIZON:
        start = reached
        for free in rules:
            answer = free(reached)
            if answer is None:
                return None
            reached = answer
        if reached == start:
            return reached
    return None


def _points(facts: Facts, channel: str) -> list[Point]:
    """The points this channel may use, the named one alone where one is named."""
    kind = POINT_KIND[channel]
    if facts.point_id is not None:
        return [point for point in facts.points if point.kind == kind and point.id == facts.point_id]
    return [point for point in facts.points if point.kind == kind]


# by identity: (profile, calendar, calendars, hours), which keeps what the identities are of alive
_hours_kept: dict[tuple, tuple] = {}


def _hours(case: Case) -> Hours:
    """The hours of the case. Found by identity first: of a set, most facts share their calendars."""
    facts = case.facts
    keeps_wish = case.purpose != Purpose.REQUESTED and case.channel != Channel.LETTER
    wish_from = facts.contact_from if keeps_wish else None
    wish_until = facts.contact_until if keeps_wish else None
    is_at_work = bool(case.usable) and all([point.is_workplace for point in case.usable])
    key = (
        id(case.profile), case.channel, facts.zones, facts.is_zone_known, id(facts.calendar),
        id(facts.calendars), wish_from, wish_until, is_at_work,
    )  # fmt: skip
    found = _hours_kept.get(key)
    if (
        found is None
        or found[0] is not case.profile
        or found[1] is not facts.calendar
        or found[2] is not facts.calendars
    ):
        hours = hours_for(
            case.profile, str(case.channel), facts.zones, facts.is_zone_known, facts.calendar,
            facts.calendars, wish_from, wish_until, is_at_work,
        )  # fmt: skip
        if len(_hours_kept) > HOURS_KEPT:
            _hours_kept.clear()
        found = _hours_kept[key] = (case.profile, facts.calendar, facts.calendars, hours)
    return found[3]
