"""The gate's one decision: may this debtor be contacted at this moment by this channel?

Pure: no clock, no database. `queries.facts_for` gathers the facts, `profiles` the rules in force;
the law lives in the profile's data (policy kind "contact_rules"), never here.

Every rule answers the same question, "from which moment on would you allow it?". A rule that
allows a moment answers that moment itself, one that never will answers None. The verdict is
allowed when all rules answer the moment asked about; otherwise the first rule in order gives its
name, and the next legal moment is where all of them agree: asking them again and again, each from
where the last one left, ends at the earliest such moment and nowhere else.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from accounts.compliance.enums import Purpose, Rule
from accounts.compliance.profiles import WHOLE_DAY, Cap, Profile
from accounts.holds.enums import HoldReason, HoldScope
from accounts.parties.enums import Channel, ContactPointKind, ContactPointStatus, LegalFactKind
from collections_app.core.clock import BusinessCalendar

# Openings further away than this are no answer an officer can use.
HORIZON = timedelta(days=400)

POINT_KIND = {
    Channel.CALL: ContactPointKind.PHONE,
    Channel.SMS: ContactPointKind.PHONE,
    Channel.EMAIL: ContactPointKind.EMAIL,
    Channel.LETTER: ContactPointKind.ADDRESS,
    Channel.VISIT: ContactPointKind.ADDRESS,
}


@dataclass(frozen=True)
class Held:
    """A hold on the debtor (no account) or on one account; `last_day` None is open-ended."""

    scopes: frozenset[str]
    reason: str
    first_day: date
    last_day: date | None = None
    account_id: int | None = None


@dataclass(frozen=True)
class LegalState:
    """Deceased, insolvent or minor from a day; `until` is the first day it no longer holds."""

    kind: str
    since: date
    until: date | None = None


@dataclass(frozen=True)
class Point:
    """A way to reach the debtor. `status_since` is the day the status was noted, if known."""

    id: int
    kind: str
    status: str
    status_since: date | None = None
    is_workplace: bool = False

    def refusal(self) -> str:
        """The rule that stops the use of this point, empty when it may be used."""
        return {
            ContactPointStatus.BAD: Rule.POINT_BAD,
            ContactPointStatus.WRONG_PARTY: Rule.WRONG_PARTY,
            ContactPointStatus.OPTED_OUT: Rule.OPTED_OUT,
        }.get(self.status, "")


@dataclass(frozen=True)
class Counted:
    """One attempt in the count ledger, whoever of the office and for whichever creditor."""

    at: datetime
    channel: str
    is_contact_made: bool = False
    is_inbound: bool = False


@dataclass(frozen=True)
class Facts:
    """What is known of one debtor for one request.

    `zones` are the time zones he may be in: all of them must be within hours. `is_zone_known` is
    False when they are only the creditor's country's. `point_id` names the point to be used.
    """

    zones: tuple[str, ...]
    is_zone_known: bool = True
    business_zone: str = "UTC"
    calendar: BusinessCalendar | None = None
    contact_from: time | None = None
    contact_until: time | None = None
    allowed_channels: frozenset[str] = frozenset()
    account_ids: frozenset[int] = frozenset()
    holds: tuple[Held, ...] = ()
    legal_states: tuple[LegalState, ...] = ()
    points: tuple[Point, ...] = ()
    point_id: int | None = None
    counted: tuple[Counted, ...] = ()
    is_released: bool = True
    is_automatic: bool = False


@dataclass(frozen=True)
class CapCount:
    """How far a cap is used up at the moment asked about."""

    name: str
    used: int
    limit: int
    days: int
    counts: str


@dataclass(frozen=True)
class Verdict:
    """The gate's answer.

    `rule` and `source` name why not; `next_moment` is the earliest moment (UTC) at which the same
    request would be allowed if nothing else changes, None if never; `until` the moment from which
    it would no longer be, when allowed.
    """

    allowed: bool
    rule: str = ""
    source: str = ""
    next_moment: datetime | None = None
    counts: tuple[CapCount, ...] = ()
    until: datetime | None = None
    zones: tuple[str, ...] = field(default=())

    @property
    def sentence(self) -> str:
        """Why not, for the person who asked; empty when allowed."""
        return str(Rule(self.rule).label) if self.rule else ""


@dataclass(frozen=True)
class _Case:
    profile: Profile
    facts: Facts
    channel: str
    purpose: str


# A rule: the earliest moment at or after the given one at which it has nothing against it.
FreeFrom = Callable[[datetime], datetime | None]


def decide(
    profile: Profile, facts: Facts, moment: datetime, channel: str, purpose: str = Purpose.DEMAND
) -> Verdict:
    """May this contact happen at `moment` (aware)? See the module's docstring for how."""
    case = _Case(profile, facts, channel, purpose)
    moment = moment.astimezone(UTC)
    rules = list(_rules(case))
    broken = next(((rule, source) for rule, source, free in rules if free(moment) != moment), None)
    counts = tuple(
        CapCount(cap.name, len(_in_window(case, cap, moment)), cap.limit, cap.days, cap.counts)
        for cap in _caps(case)
    )
    if broken is None:
        until = _closes_at(case, moment)
        return Verdict(True, next_moment=moment, counts=counts, until=until, zones=facts.zones)
    rule, source = broken
    if rule == Rule.CONTACT_HOURS:
        rule = _which_hours(case, moment)
    free_rules = [free for _rule, _source, free in rules]
    return Verdict(False, rule, source, _first_free(free_rules, moment), counts, zones=facts.zones)


def _first_free(rules: list[FreeFrom], moment: datetime) -> datetime | None:
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


def _rules(case: _Case) -> Iterator[tuple[str, str, FreeFrom]]:
    """Every rule that bears on the case, the one that outranks first, with its source."""
    facts, profile = case.facts, case.profile
    for state in facts.legal_states:
        if not _passes_notice(case, state.kind):
            yield _legal_rule(state.kind), "", partial(_outside_days, case, state.since, state.until)
    for hold in facts.holds:
        if _binds(case, hold):
            until = None if hold.last_day is None else hold.last_day + timedelta(days=1)
            yield _hold_rule(hold), "", partial(_outside_days, case, hold.first_day, until)
    if facts.is_automatic and not facts.is_released:
        yield Rule.NOT_RELEASED, "", _never
    if facts.allowed_channels and case.channel not in facts.allowed_channels:
        yield Rule.CHANNEL_NOT_WANTED, "", _never
    if refusal := _point_refusal(case):
        yield refusal, "", _never
    for cap in _caps(case):
        yield Rule.CAP, profile.source, partial(_under_cap, case, cap)
    yield Rule.CONTACT_HOURS, profile.source, partial(_next_opening, case)


def _never(_moment: datetime) -> None:
    return None


# --- facts about the person, holds ---


def _passes_notice(case: _Case, reason: str) -> bool:
    """A notice the law demands still goes out where the profile says so."""
    return case.purpose == Purpose.LEGAL_NOTICE and reason in case.profile.notices_pass


def _legal_rule(kind: str) -> str:
    return {
        LegalFactKind.DECEASED: Rule.DECEASED,
        LegalFactKind.INSOLVENT: Rule.INSOLVENT,
        LegalFactKind.MINOR: Rule.MINOR,
    }[LegalFactKind(kind)]


def _binds(case: _Case, hold: Held) -> bool:
    if hold.account_id is not None and hold.account_id not in case.facts.account_ids:
        return False
    if HoldScope.CONTACT in hold.scopes:
        return not _passes_notice(case, hold.reason)
    if case.purpose == Purpose.DEMAND:
        return HoldScope.DEMAND in hold.scopes
    return case.purpose == Purpose.LEGAL_NOTICE and HoldScope.LEGAL in hold.scopes


def _hold_rule(hold: Held) -> str:
    by_reason = {
        HoldReason.REPRESENTED: Rule.REPRESENTED,
        HoldReason.OPT_OUT: Rule.OPTED_OUT,
        HoldReason.DECEASED: Rule.DECEASED,
        HoldReason.INSOLVENT: Rule.INSOLVENT,
        HoldReason.HARDSHIP: Rule.HARDSHIP,
        HoldReason.CLAIMS_PAID: Rule.CLAIMS_PAID,
        HoldReason.DISPUTE: Rule.DISPUTE,
    }
    return by_reason.get(hold.reason, Rule.HOLD)


def _outside_days(case: _Case, first: date, until: date | None, moment: datetime) -> datetime | None:
    """Free before `first` and from `until` on, days of the creditor's business zone."""
    zone = _zone(case.facts.business_zone)
    day = moment.astimezone(zone).date()
    if day < first or (until is not None and day >= until):
        return moment
    if until is None:
        return None
    return datetime.combine(until, time(0), zone).astimezone(UTC)


# --- the way to reach him ---


def _point_refusal(case: _Case) -> str:
    """Why the named point, or every point for this channel, must not be used; else empty."""
    kind = POINT_KIND[Channel(case.channel)]
    points = [point for point in case.facts.points if point.kind == kind]
    if case.facts.point_id is not None:
        points = [point for point in points if point.id == case.facts.point_id]
    refusals = [point.refusal() for point in points]
    if not refusals:
        return Rule.NO_POINT
    return "" if "" in refusals else refusals[0]


# --- caps ---


def _caps(case: _Case) -> list[Cap]:
    """The caps that bear on this contact; letters, notices and what he asked for are outside."""
    if case.channel == Channel.LETTER or case.purpose in (Purpose.LEGAL_NOTICE, Purpose.REQUESTED):
        return []
    return [cap for cap in case.profile.caps if case.channel in cap.channels]


def _counts_for(cap: Cap, counted: Counted) -> bool:
    if counted.is_inbound or counted.channel not in cap.channels:
        return False
    return cap.counts == "attempts" or counted.is_contact_made


def _in_window(case: _Case, cap: Cap, moment: datetime) -> list[datetime]:
    """Moments counted by the cap in the rolling window that ends at `moment`, oldest first.

    An attempt leaves the window exactly `days` times 24 hours after it was made.
    """
    opens = moment - timedelta(days=cap.days)
    return sorted(
        counted.at
        for counted in case.facts.counted
        if _counts_for(cap, counted) and opens < counted.at <= moment
    )


def _under_cap(case: _Case, cap: Cap, moment: datetime) -> datetime | None:
    if cap.limit <= 0:
        return None
    reached = moment
    while len(inside := _in_window(case, cap, reached)) >= cap.limit:
        reached = inside[len(inside) - cap.limit] + timedelta(days=cap.days)
    return reached


# --- hours ---


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _spans(case: _Case, day: date) -> list[tuple[int, int]]:
    """Open spans of a local day in minutes after midnight, by profile and by the debtor's wish."""
    spans = case.profile.spans(case.channel, day, case.facts.calendar)
    if not case.facts.is_zone_known and case.profile.unknown_zone_margin:
        margin = case.profile.unknown_zone_margin
        spans = [(start + margin, end - margin) for start, end in spans if (start, end) != WHOLE_DAY] or [
            span for span in spans if span == WHOLE_DAY
        ]
    if case.purpose == Purpose.REQUESTED or case.channel == Channel.LETTER:
        return [span for span in spans if span[0] < span[1]]
    own_from = _minutes(case.facts.contact_from, WHOLE_DAY[0])
    own_until = _minutes(case.facts.contact_until, WHOLE_DAY[1])
    if own_from < own_until:
        wishes = [(own_from, own_until)]
    else:  # reachable over midnight: "after 17:00 until 02:00"
        wishes = [(0, own_until), (own_from, WHOLE_DAY[1])]
    both = [
        (max(start, wish_start), min(end, wish_end))
        for start, end in spans
        for wish_start, wish_end in wishes
    ]
    return sorted(span for span in both if span[0] < span[1])


def _minutes(at: time | None, default: int) -> int:
    return default if at is None else at.hour * 60 + at.minute


def _is_open(case: _Case, zone_name: str, moment: datetime) -> bool:
    """Whether the wall clock there stands inside an open span (seconds included)."""
    local = moment.astimezone(_zone(zone_name))
    minute = local.hour * 60 + local.minute
    return any(start <= minute < end for start, end in _spans(case, local.date()))


def _is_within_hours(case: _Case, moment: datetime) -> bool:
    zones = case.facts.zones
    return bool(zones) and all(_is_open(case, name, moment) for name in zones)


def _edges(case: _Case, zone_name: str, day: date) -> Iterator[datetime]:
    """Moments (UTC) of a local day at which the zone may open or close, clock changes included."""
    zone = _zone(zone_name)
    midnight = datetime.combine(day, time(0))
    for start, end in _spans(case, day):
        for minute in (start, end):
            for fold in (0, 1):
                wall = (midnight + timedelta(minutes=minute)).replace(tzinfo=zone, fold=fold)
                yield wall.astimezone(UTC)
    if change := _clock_change(zone_name, day):
        yield change


@lru_cache(maxsize=4096)
def _clock_change(zone_name: str, day: date) -> datetime | None:
    """The moment the clocks of a zone change on a local day, by bisection; None on other days."""
    zone = _zone(zone_name)
    low = datetime.combine(day, time(0), zone).astimezone(UTC)
    high = datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(UTC)
    before = low.astimezone(zone).utcoffset()
    if high.astimezone(zone).utcoffset() == before:
        return None
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def _edges_around(case: _Case, moment: datetime, days: int) -> list[datetime]:
    """Edges after `moment` on the local day it falls on, the one before and `days` further."""
    found: set[datetime] = set()
    for name in case.facts.zones:
        today = moment.astimezone(_zone(name)).date()
        for ahead in range(-1, days + 1):
            found.update(_edges(case, name, today + timedelta(days=ahead)))
    return sorted(edge for edge in found if edge > moment)


def _next_opening(case: _Case, moment: datetime) -> datetime | None:
    """The moment itself when every zone is open, else the first edge at which they all are."""
    if _is_within_hours(case, moment):
        return moment
    # most answers stand on the next day; only then look further
    for days in (1, 10, 60, HORIZON.days):
        for edge in _edges_around(case, moment, days):
            if _is_within_hours(case, edge):
                return edge
    return None


def _closes_at(case: _Case, moment: datetime) -> datetime | None:
    """When the hours end that are open now; None when they do not within a week."""
    for days in (0, 7):
        for edge in _edges_around(case, moment, days):
            if not _is_within_hours(case, edge):
                return edge
    return None


def _which_hours(case: _Case, moment: datetime) -> str:
    """Of the three reasons to be outside hours, the one an officer can be told."""
    calendar = case.facts.calendar
    days = [moment.astimezone(_zone(name)).date() for name in case.facts.zones]
    if any(case.profile.is_closed_holiday(case.channel, day, calendar) for day in days):
        return Rule.PUBLIC_HOLIDAY
    without_wish = replace(case, facts=replace(case.facts, contact_from=None, contact_until=None))
    if _is_within_hours(without_wish, moment):
        return Rule.OWN_HOURS
    return Rule.CONTACT_HOURS
