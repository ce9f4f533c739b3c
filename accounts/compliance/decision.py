"""The gate's one decision: may this debtor be contacted at this moment by this channel?

Pure: no clock, no database. `queries.known_for` gathers the facts, `rulebook` the rules in force;
the law lives in the data of the profiles (`jurisdictions`) and in the office's policy, never here.

Every rule answers the same question, "from which moment on would you allow it?". A rule that
allows a moment answers that moment itself, one that never will answers None. The verdict is
allowed when all rules answer the moment asked about; otherwise the first rule in order gives its
name, and the next legal moment is where all of them agree: asking them again and again, each from
where the last one left, ends at the earliest such moment and nowhere else.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial

from accounts.compliance.case import (
    ALWAYS_OUT_OF_CAPS,
    Case,
    RuleRow,
    first_free,
    never,
    outside_days,
    plan_of,
)
from accounts.compliance.counting import counts_for, under_cap
from accounts.compliance.enums import ContactFactKind, Purpose, Rule, Source
from accounts.compliance.facts import (
    DEBTOR,
    POINT_KIND,
    CapCount,
    Counted,
    Facts,
    Held,
    LegalState,
    Point,
    Term,
    Verdict,
)
from accounts.compliance.hours import zone
from accounts.compliance.lawful import rules_of_law, rules_of_points
from accounts.compliance.laws import Limit, Stop
from accounts.compliance.profiles import Profile
from accounts.holds.enums import HoldReason, HoldScope
from accounts.parties.enums import LegalFactKind

__all__ = [
    "DEBTOR",
    "POINT_KIND",
    "CapCount",
    "Counted",
    "Facts",
    "Held",
    "LegalState",
    "Point",
    "Term",
    "Verdict",
    "bearing",
    "decide",
]
# An open dispute: it stops nothing by itself, a law may say that it does.
OBJECTION = "objection"
LEGAL_RULES = {
    LegalFactKind.DECEASED.value: Rule.DECEASED,
    LegalFactKind.INSOLVENT.value: Rule.INSOLVENT,
    LegalFactKind.MINOR.value: Rule.MINOR,
}
HOLD_RULES = {
    HoldReason.REPRESENTED.value: Rule.REPRESENTED,
    HoldReason.OPT_OUT.value: Rule.OPTED_OUT,
    HoldReason.DECEASED.value: Rule.DECEASED,
    HoldReason.INSOLVENT.value: Rule.INSOLVENT,
    HoldReason.HARDSHIP.value: Rule.HARDSHIP,
    HoldReason.CLAIMS_PAID.value: Rule.CLAIMS_PAID,
    HoldReason.DISPUTE.value: Rule.DISPUTE,
    OBJECTION: Rule.DISPUTE,
}


def decide(
    profile: Profile, facts: Facts, moment: datetime, channel: str, purpose: str = Purpose.DEMAND
) -> Verdict:
    """May this contact happen at `moment` (aware)? See the module's docstring for how."""
    moment = moment.astimezone(UTC)
    case = Case(profile, facts, channel, purpose, moment)
    rules = _rules(case)
    broken = None
    for row in rules:
        if row[2](moment) != moment:
            broken = row
            break
    counts = case.counts()
    if broken is None:
        return Verdict(True, "", "", moment, counts, case.hours.closes_at(moment), facts.zones)
    rule, source, _free = broken
    if rule == Rule.CONTACT_HOURS:
        rule, source = case.hours.why_closed(moment)
    next_moment = first_free([row[2] for row in rules], moment)
    return Verdict(False, rule, source, next_moment, counts, None, facts.zones)


def bearing(profile: Profile, channel: str, counted: Sequence[Counted]) -> tuple[Counted, ...]:
    """Of what was counted, what the answer to a demand by this channel can depend on: the verdict is the
    same without the rest but for its counts. A cap that all of it together would not fill never is full."""
    if not counted:
        return ()
    for law in profile.laws:
        if any(channel in limit.about for limit in law.last_resorts) or any(
            channel in pause.channels for pause in law.pauses
        ):
            return tuple(counted)
    full = [
        cap
        for cap in plan_of(profile, channel).caps
        if cap.limit <= len(counted) and sum(counts_for(cap, row) for row in counted) >= cap.limit
    ]
    return tuple([row for row in counted if any(counts_for(cap, row) for cap in full)])


def _rules(case: Case) -> list[RuleRow]:
    """Every rule that bears on the case, the one that outranks first, with its source."""
    facts, profile = case.facts, case.profile
    found: list[RuleRow] = []
    for state in facts.legal_states:
        if not _passes_notice(case, state.kind):
            free = partial(outside_days, case, state.since, state.until)
            found.append((LEGAL_RULES[state.kind], Source.LEGAL_FACT, free))
    if facts.holds:
        _holds(case, found)
    if not facts.roles:
        found.append((Rule.THIRD_PARTY, Source.PARTIES, never))
    if facts.is_automatic and not facts.is_released:
        found.append((Rule.NOT_RELEASED, Source.RELEASE, never))
    found += _wishes(case)
    if refusal := _point_refusal(case):
        found.append((refusal, Source.POINT, never))
    if facts.terms or profile.laws:
        found += rules_of_points(case)
    for law in profile.laws:
        found += rules_of_law(case, law)
    found += _caps(case)
    found.append((Rule.CONTACT_HOURS, profile.source, case.hours.next_opening))
    return found


def _caps(case: Case) -> Iterator[RuleRow]:
    """The caps that could be full: one that counts fewer than its limit never is."""
    if case.plan.is_banned and case.purpose not in ALWAYS_OUT_OF_CAPS:
        yield Rule.CAP, case.profile.source, never
    for _place, cap, series in case.caps:
        if any(len(row) >= cap.limit for row in series):
            free = partial(under_cap, cap, case.facts, series)
            yield Rule.CAP, cap.source or case.profile.source, free


def _wishes(case: Case) -> Iterator[RuleRow]:
    """Channels the debtor does not want, or refused."""
    facts = case.facts
    if facts.allowed_channels and case.channel not in facts.allowed_channels:
        yield Rule.CHANNEL_NOT_WANTED, Source.WISH, never
    if case.purpose == Purpose.REQUESTED:
        return
    for term in facts.terms:
        if term.kind == ContactFactKind.REFUSED and term.channel == case.channel:
            yield Rule.MEDIUM_REFUSED, Source.WISH, partial(outside_days, case, term.since, term.until)


# --- facts about the person, holds ---


def _passes_notice(case: Case, reason: str) -> bool:
    """A notice the law demands still goes out where the profile says so."""
    return case.purpose == Purpose.LEGAL_NOTICE and reason in case.profile.notices_pass


def _holds(case: Case, found: list[RuleRow]) -> None:
    for hold in case.facts.holds:
        is_bound, source = _binds(case, hold)
        until = None if hold.last_day is None else hold.last_day + timedelta(days=1)
        if is_bound:
            rule = HOLD_RULES.get(hold.reason, Rule.HOLD)
            if source and hold.reason == HoldReason.BREATHING_SPACE:
                rule = Rule.BREATHING_SPACE
            free = partial(outside_days, case, hold.first_day, until)
            found.append((rule, source or Source.HOLD, free))
        elif case.purpose == Purpose.LEGAL_NOTICE:
            for law in case.profile.laws:
                for limit in law.notices:
                    if hold.reason in limit.about:
                        free = partial(_notices_left, case, hold, until, limit)
                        found.append((Rule.CEASED, limit.source, free))


def _binds(case: Case, hold: Held) -> tuple[bool, str]:
    """Whether a hold stops this contact, by its own scopes or by what a law says of its reason; and
    the law's source where one says so."""
    is_here = hold.account_id is None or hold.account_id in case.facts.account_ids
    is_bound = is_here and _binds_by_scope(case, hold)
    for law in case.profile.laws:
        if case.purpose == Purpose.LEGAL_NOTICE and any(hold.reason in row.about for row in law.notices):
            continue  # so many notices may go: `_notices_left`
        for stop in law.stops:
            if hold.reason in stop.reasons and _stops(case, stop, is_here, is_bound):
                return True, stop.source
    return is_bound, ""


def _stops(case: Case, stop: Stop, is_here: bool, is_bound: bool) -> bool:
    """Whether a law's stop bears on this contact; what he asks for himself is answered."""
    if case.purpose == Purpose.REQUESTED or not (is_here or stop.is_wide):
        return is_bound
    if stop.is_as_held:
        return is_bound
    return stop.what == "contact" or case.purpose == Purpose.DEMAND


def _binds_by_scope(case: Case, hold: Held) -> bool:
    if HoldScope.CONTACT in hold.scopes:
        return not _passes_notice(case, hold.reason)
    if case.purpose == Purpose.DEMAND:
        return HoldScope.DEMAND in hold.scopes
    return case.purpose == Purpose.LEGAL_NOTICE and HoldScope.LEGAL in hold.scopes


def _notices_left(
    case: Case, hold: Held, until: date | None, limit: Limit, moment: datetime
) -> datetime | None:
    """Free while fewer notices have gone since he asked for silence than the law lets pass."""
    free = outside_days(case, hold.first_day, until, moment)
    if free == moment:
        return moment
    here = zone(case.facts.business_zone)
    gone = [
        row
        for row in case.facts.counted
        if row.purpose == Purpose.LEGAL_NOTICE
        and row.at <= moment
        and row.at.astimezone(here).date() >= hold.first_day
    ]
    return moment if len(gone) < limit.number else free


# --- the way to reach him ---


def _point_refusal(case: Case) -> str:
    """Why the named point, or every point for this channel, must not be used; else empty."""
    if case.usable:
        return ""
    return case.points[0].refusal() if case.points else Rule.NO_POINT
