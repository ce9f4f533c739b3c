"""What one law says beside its hours and caps: channels, parties, notices, checks, pauses; pure.

Each function answers for one kind of clause: the rows it adds to the rules of a case.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial

from accounts.compliance.case import (
    ALWAYS_OUT_OF_CAPS,
    Case,
    RuleRow,
    first_free,
    never,
    outside_days,
    start_of_day,
)
from accounts.compliance.counting import after_talks, conversations, tried_otherwise
from accounts.compliance.enums import ContactFactKind, Purpose, Rule, Source
from accounts.compliance.facts import Point, Term
from accounts.compliance.hours import zone
from accounts.compliance.laws import Law, Limit, Overshadow
from collections_app.core.clock import BusinessCalendar, add_business_days

TIME_BARRED_WORDING = "time_barred"
TONE = "tone:"  # what a text carries that presses: "tone:firm"
HAS_PROVED_A_NUMBER = (ContactFactKind.CHECKED, ContactFactKind.CONSENT)


def rules_of_law(case: Case, law: Law) -> Iterator[RuleRow]:
    """What the law has against this contact but for its hours and caps."""
    for limit in law.channels:
        if case.channel not in limit.about:
            yield Rule.CHANNEL_NOT_LAWFUL, limit.source, never
    if case.purpose == Purpose.DEMAND:
        yield from _of_demands(case, law)
    if case.facts.terms and case.purpose in (Purpose.DEMAND, Purpose.LEGAL_NOTICE):
        yield from _of_what_is_said(case, law)
    if case.purpose != Purpose.REQUESTED:
        for limit in law.last_resorts:
            if case.channel in limit.about:
                yield Rule.LAST_RESORT, limit.source, partial(_last_resort, case, limit)
    if case.purpose not in ALWAYS_OUT_OF_CAPS:
        for pause in law.pauses:
            if case.channel in pause.channels and (talks := conversations(pause, case.facts)):
                yield Rule.CONVERSATION, pause.source, partial(after_talks, pause, case.facts, talks)


def _of_demands(case: Case, law: Law) -> Iterator[RuleRow]:
    roles = case.facts.roles
    for limit in law.parties:
        if roles and not roles & limit.about:
            yield Rule.THIRD_PARTY, limit.source, never
    for limit in law.validation:
        # a demand waits for the notice once the days to send it are over
        for term in _of_accounts(case, ContactFactKind.VALIDATION):
            due = term.since + timedelta(days=limit.number + 1)
            if term.until is None or term.until > due:
                yield Rule.VALIDATION_DUE, limit.source, partial(outside_days, case, due, term.until)


def _of_what_is_said(case: Case, law: Law) -> Iterator[RuleRow]:
    for overshadow in law.overshadows:
        yield from _overshadows(case, overshadow)
    for limit in law.time_bars:
        yield from _time_bar(case, limit)


def _of_accounts(case: Case, kind: str) -> list[Term]:
    return [
        term for term in case.facts.terms if term.kind == kind and term.account_id in case.facts.account_ids
    ]


def _time_bar(case: Case, limit: Limit) -> Iterator[RuleRow]:
    """No step and no threat of one; a demand with the wording where the law lets it pass."""
    has_wording = "wording" in limit.about and TIME_BARRED_WORDING in case.facts.carries
    if has_wording and case.purpose == Purpose.DEMAND:
        return
    for term in _of_accounts(case, ContactFactKind.TIME_BARRED):
        yield Rule.TIME_BARRED, limit.source, partial(outside_days, case, term.since, term.until)


def _overshadows(case: Case, law: Overshadow) -> Iterator[RuleRow]:
    """A text that presses, before the notice has gone out and until its period is over. A text that
    does not say its tone, and what is said on the phone, is not checked."""
    if not any(f"{TONE}{tone}" in case.facts.carries for tone in law.tones):
        return
    calendar = case.facts.calendar or BusinessCalendar("")
    for term in _of_accounts(case, ContactFactKind.VALIDATION):
        ends = None
        if term.until is not None:
            received = add_business_days(term.until, law.receipt_days, calendar)
            ends = received + timedelta(days=law.days + 1)
        yield Rule.OVERSHADOWS, law.source, partial(outside_days, case, term.since, ends)


def _last_resort(case: Case, limit: Limit, moment: datetime) -> datetime | None:
    return moment if tried_otherwise(limit, case.facts, moment) else None


# --- one way to reach him ---


def rules_of_points(case: Case) -> list[RuleRow]:
    """What binds the use of a number or address. Where several may be used, one of them must be
    free of everything that binds it: the others' rules do not count."""
    rows = []
    for point in case.usable:
        own = list(_rules_of_point(case, point))
        if not own:
            return []
        rows.append(own)
    if not rows:
        return []
    if len(rows) == 1:
        return rows[0]
    rule, source, _free = rows[0][0]
    return [(rule, source, partial(_first_of_points, rows))]


def _first_of_points(rows: list[list[RuleRow]], moment: datetime) -> datetime | None:
    answers = [first_free([row[2] for row in own], moment) for own in rows]
    return min((answer for answer in answers if answer is not None), default=None)


def _rules_of_point(case: Case, point: Point) -> Iterator[RuleRow]:
    for term in case.facts.terms:
        if term.kind == ContactFactKind.EMPLOYER_FORBIDS and term.point_id == point.id:
            yield Rule.EMPLOYER_FORBIDS, Source.EMPLOYER, partial(outside_days, case, term.since, term.until)
    for law in case.profile.laws:
        if point.is_workplace:
            for limit in law.workplace:
                if not limit.is_forbidden and case.channel in limit.about:
                    yield Rule.WORKPLACE, limit.source, partial(_while_agreed, case, point)
        if case.purpose != Purpose.REQUESTED:
            for limit in law.number_checks:
                if case.channel in limit.about:
                    yield Rule.NOT_CHECKED, limit.source, partial(_while_checked, case, point, limit)


def _day(case: Case, moment: datetime) -> date:
    return moment.astimezone(zone(case.facts.business_zone)).date()


def _about_point(case: Case, point: Point, term: Term) -> bool:
    return term.channel in ("", case.channel) and term.point_id in (None, point.id)


def _while_agreed(case: Case, point: Point, moment: datetime) -> datetime | None:
    """Free on the days he agrees to be reached there; else from the next day he does."""
    day = _day(case, moment)
    agreed = [
        term
        for term in case.facts.terms
        if term.kind == ContactFactKind.CONSENT and _about_point(case, point, term)
    ]
    if any(term.holds_on(day) for term in agreed):
        return moment
    return _start_of(case, [term.since for term in agreed if term.since > day])


def _while_checked(case: Case, point: Point, limit: Limit, moment: datetime) -> datetime | None:
    """Free within so many days after the number was agreed to or checked to be his."""
    day = _day(case, moment)
    since = day - timedelta(days=limit.number)
    noted = point.status_since if point.status == "good" else None
    if noted is not None and since <= noted <= day:
        return moment
    proofs = [
        term
        for term in case.facts.terms
        if term.kind in HAS_PROVED_A_NUMBER and _about_point(case, point, term)
    ]
    if any(term.holds_on(day) and term.since >= since for term in proofs):
        return moment
    later = [term.since for term in proofs if term.since > day and term.until != term.since]
    return _start_of(case, later + ([noted] if noted is not None and noted > day else []))


def _start_of(case: Case, days: list[date]) -> datetime | None:
    """The first moment of the earliest of the days; None when there is none."""
    if not days:
        return None
    return start_of_day(case, min(days))
