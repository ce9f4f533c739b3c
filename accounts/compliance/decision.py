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
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, partial

from accounts.compliance.enums import Purpose, Rule
from accounts.compliance.hours import HORIZON, Hours, zone
from accounts.compliance.profiles import Cap, Profile
from accounts.holds.enums import HoldReason, HoldScope
from accounts.parties.enums import Channel, ContactPointKind, ContactPointStatus, LegalFactKind
from collections_app.core.clock import BusinessCalendar

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

    @cached_property
    def hours(self) -> Hours:
        facts = self.facts
        return Hours(
            profile=self.profile,
            channel=self.channel,
            zones=facts.zones,
            is_zone_known=facts.is_zone_known,
            calendar=facts.calendar,
            wish_from=facts.contact_from,
            wish_until=facts.contact_until,
            keeps_wish=self.purpose != Purpose.REQUESTED and self.channel != Channel.LETTER,
        )


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
        until = case.hours.closes_at(moment)
        return Verdict(True, next_moment=moment, counts=counts, until=until, zones=facts.zones)
    rule, source = broken
    if rule == Rule.CONTACT_HOURS:
        rule = case.hours.why_closed(moment)
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
    yield Rule.CONTACT_HOURS, profile.source, case.hours.next_opening


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
    here = zone(case.facts.business_zone)
    day = moment.astimezone(here).date()
    if day < first or (until is not None and day >= until):
        return moment
    if until is None:
        return None
    return datetime.combine(until, time(0), here).astimezone(UTC)


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
