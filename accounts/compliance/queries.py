"""What the gate must know, read for a set of requests in a fixed number of statements.

Reads as the system does: caps and stopped numbers hold for the person, whatever the creditor and
team, so nothing here is scoped to a user and nothing of it but counts reaches a page.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from accounts.compliance.decision import (
    DEBTOR,
    POINT_KIND,
    Counted,
    Facts,
    Held,
    LegalState,
    Point,
    Term,
    Verdict,
    decide,
)
from accounts.compliance.enums import Purpose
from accounts.compliance.people import (
    PERSONS,
    AccountRow,
    Person,
    PointRow,
    read_accounts,
    read_counted,
    read_holds,
    read_overrides,
    read_points,
    read_states,
    rows_of,
)
from accounts.compliance.profiles import Calendars, Profile
from accounts.compliance.rulebook import Rulebook, Whereabouts
from accounts.compliance.states import states_of
from accounts.compliance.zones import distinct, possible_zones, zones_of_country
from accounts.holds.enums import HoldReason, HoldScope
from accounts.ledger.enums import PartyRole
from accounts.parties.enums import Channel, ContactPointKind, ContactPointStatus
from accounts.policies.queries import kept
from collections_app.core import clock
from collections_app.core.clock import BusinessCalendar

# How far the count ledger is read back at most, in days: the longest window a cap may have.
LONGEST_WINDOW = 366
USABLE = {ContactPointStatus.GOOD, ContactPointStatus.UNVERIFIED}


@dataclass(frozen=True)
class Asked:
    """One contact somebody means to make, or made, at an aware moment about these accounts.

    `carries` are the wordings its text has that a law asks for ("time_barred").
    """

    debtor_id: int
    account_ids: tuple[int, ...]
    channel: str
    moment: datetime
    purpose: str = Purpose.DEMAND
    point_id: int | None = None
    is_automatic: bool = False
    carries: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Known:
    """The facts and the profile in force for one request, and who the person is.

    `person_ids` are all debtor records of the same person, over all creditors.
    """

    asked: Asked
    profile: Profile
    facts: Facts
    creditor_id: int
    person_ids: frozenset[int]
    identity_id: int | None
    where: Whereabouts = Whereabouts()
    portfolio_id: int | None = None

    def with_counted(self, more: Sequence[Counted]) -> "Known":
        """The same with further contacts counted."""
        if not more:
            return self
        return replace(self, facts=replace(self.facts, counted=(*self.facts.counted, *more)))

    def verdict(self, channel: str | None = None, purpose: str | None = None) -> Verdict:
        asked = self.asked
        return decide(
            self.profile, self.facts, asked.moment, channel or asked.channel, purpose or asked.purpose
        )


def known_for(requests: Sequence[Asked], *, without_counted: Iterable[int] = ()) -> list[Known]:
    """Facts and profile of each request, in their order; eight statements whatever their number.

    `without_counted` are rows of the count ledger to leave out, such as one being corrected.
    """
    if not requests:
        return []
    read = Reading(requests, without_counted=without_counted)
    return [read.known(asked) for asked in requests]


class Reading:
    """What was read for a set of requests. `known` answers each of them, and the same ones for
    later moments, without another statement."""

    def __init__(self, requests: Sequence[Asked], *, without_counted: Iterable[int] = ()) -> None:
        account_ids = sorted({pk for asked in requests for pk in asked.account_ids})
        first_moment = min(asked.moment for asked in requests)
        debtor_ids = sorted({asked.debtor_id for asked in requests})
        self._people = {row[0]: Person(*row) for row in rows_of(PERSONS, debtor_ids)}
        self._accounts = read_accounts(account_ids)
        self._profiles = kept("rulebook", Rulebook)
        self._held = read_holds(self._people, account_ids)
        self._terms = read_states(self._people, account_ids)
        read_points(self._people, first_moment)
        window = min(self._profiles.longest_window, LONGEST_WINDOW)
        since = first_moment - timedelta(days=window)
        self._about = read_counted(self._people, self._accounts, since, list(without_counted))
        self._overrides = read_overrides(self._people)
        self._calendars: dict[tuple, BusinessCalendar] = {}
        self._states: dict[tuple, Calendars] = {}
        self._in_force: dict[tuple, Profile] = {}

    def known(self, asked: Asked) -> Known:
        person = self._people[asked.debtor_id]
        rows = [self._accounts[pk] for pk in asked.account_ids if pk in self._accounts]
        portfolios = {row.portfolio_id for row in rows}
        portfolio_id = portfolios.pop() if len(portfolios) == 1 else None
        day = clock.local_date(asked.moment, person.business_zone)
        where = Whereabouts(
            places=_places(person.country, person.points_on(asked.moment.date())),
            contract=person.contract,
            named=next((row.contact_profile for row in rows if row.contact_profile), ""),
        )
        return Known(
            asked=asked,
            profile=self._profile(day, person.creditor_id, portfolio_id, where),
            facts=self._facts(asked, person, rows, where, day),
            creditor_id=person.creditor_id,
            person_ids=frozenset(person.person_ids),
            identity_id=person.identity_id,
            where=where,
            portfolio_id=portfolio_id,
        )

    def _facts(
        self, asked: Asked, person: Person, rows: list[AccountRow], where: Whereabouts, day: date
    ) -> Facts:
        holds, terms, counted = [*person.holds], [*person.terms], [*person.counted]
        for row in rows:
            holds += _holds_on(row, asked.debtor_id, self._held.get(row.id, ()))
            terms += self._terms.get(row.id, ())
            counted += _of_others(self._about.get(row.id, ()), person.counted)
        roles = (
            frozenset.intersection(*(frozenset(row.roles_of(person, day)) for row in rows)) if rows else None
        )
        return _facts(
            asked,
            person,
            tuple(holds),
            tuple(terms),
            tuple(counted),
            frozenset({DEBTOR}) if roles is None else _roles(roles, rows, person, day),
            self._calendar,
            self._holidays(where),
        )

    def _holidays(self, where: Whereabouts) -> Calendars:
        if where.places not in self._states:
            self._states[where.places] = calendars_of(where.places)
        return self._states[where.places]

    def _profile(self, *scope) -> Profile:
        """Found once a day and scope, so that equal debtors share it and what is remembered by it."""
        if scope not in self._in_force:
            self._in_force[scope] = self._profiles.in_force(*scope)
        return self._in_force[scope]

    def _calendar(self, person: Person, country: str) -> BusinessCalendar:
        key = (person.creditor_id, country)
        if key not in self._calendars:
            is_at_home = country == person.creditor_country
            self._calendars[key] = BusinessCalendar(
                country,
                person.creditor_subdivision if is_at_home else "",
                self._overrides.get(person.creditor_id, {}) if is_at_home else {},
            )
        return self._calendars[key]


def _holds_on(row: AccountRow, debtor_id: int, held: Iterable[Held]) -> list[Held]:
    """Holds on the account; the representative himself is spared the one that sends all to him.

    Somebody who stands there as representative is one from his first day on, hold or not.
    """
    by = [party for party in row.parties if party.role == PartyRole.REPRESENTATIVE]
    if any(party.debtor_id == debtor_id and party.until is None for party in by):
        return [hold for hold in held if hold.reason != HoldReason.REPRESENTED]
    return [
        *held,
        *(
            Held(
                frozenset({HoldScope.CONTACT.value}),
                HoldReason.REPRESENTED.value,
                party.since,
                None if party.until is None else party.until - timedelta(days=1),
                row.id,
            )
            for party in by
        ),
    ]


def _of_others(about: Iterable[Counted], own: Sequence[Counted]) -> list[Counted]:
    """Contacts with other parties of the account: not his own, which are counted already."""
    have = {row.id for row in own}
    return [row for row in about if row.id not in have]


def _roles(shared: frozenset[str], rows: list[AccountRow], person: Person, day: date) -> frozenset[str]:
    """What he is to all the accounts; to accounts in different roles, every role he has, and none
    at all as soon as one of them is none of his."""
    if shared:
        return shared
    each = [row.roles_of(person, day) for row in rows]
    return frozenset().union(*each) if all(each) else frozenset()


def _places(country: str, points: list[PointRow]) -> tuple[tuple[str, str], ...]:
    """The countries he may be in, each with its state where the address tells."""
    address = _chosen(points, ContactPointKind.ADDRESS, None)
    found = set()
    if address is not None and address.country:
        found.add((address.country, address.state))
    if country and country not in {place for place, _state in found}:
        found.add((country, ""))
    return tuple(sorted(found))


@lru_cache(maxsize=4_096)
def calendars_of(places: tuple[tuple[str, str], ...]) -> Calendars:
    """The public holidays of the places; of every state where the state is not known."""
    national, states = None, []
    for country, state in places:
        own = BusinessCalendar(country)
        if national is None:
            national = own
        else:
            states.append(own)
        for name in sorted({state} if state else states_of(country)):
            states.append(BusinessCalendar(country, name))
    return Calendars(national, tuple(states))


def _facts(
    asked: Asked,
    person: Person,
    holds: tuple[Held, ...],
    terms: tuple[Term, ...],
    counted: tuple[Counted, ...],
    roles: frozenset[str],
    calendar: Callable[[Person, str], BusinessCalendar],
    calendars: Calendars,
) -> Facts:
    points = person.points_on(asked.moment.date())
    phone = _chosen(points, ContactPointKind.PHONE, asked.point_id)
    address = _chosen(points, ContactPointKind.ADDRESS, None)
    evidence = [zones_of_country(person.country)]
    if person.time_zone:
        evidence.append(frozenset({person.time_zone}))
    evidence += [point.zones() for point in (phone, address) if point is not None]
    zones = possible_zones(evidence)
    is_known = bool(zones)
    if not is_known:
        zones = zones_of_country(person.creditor_country) | {person.business_zone}
    country = person.country or (address.country if address else "") or person.creditor_country
    return Facts(
        zones=distinct(zones, asked.moment.year),
        is_zone_known=is_known,
        business_zone=person.business_zone,
        calendar=calendar(person, country),
        calendars=calendars,
        contact_from=person.contact_from,
        contact_until=person.contact_until,
        allowed_channels=frozenset(person.allowed_channels),
        account_ids=frozenset(asked.account_ids),
        roles=roles,
        holds=holds,
        legal_states=tuple(person.states),
        terms=terms,
        points=tuple(Point(row.id, row.kind, row.status, row.status_on, row.is_workplace) for row in points),
        point_id=asked.point_id,
        counted=counted,
        is_released=person.is_released,
        is_automatic=asked.is_automatic,
        carries=asked.carries,
    )


def _chosen(points: list[PointRow], kind: str, point_id: int | None) -> PointRow | None:
    """The named point of that kind, else the first usable one."""
    for point in points:
        if point.kind == kind and point.id == point_id:
            return point
    return next((row for row in points if row.kind == kind and row.status in USABLE), None)


def previews(
    requests: Sequence[Asked],
    channels: Iterable[str] = Channel.values,
    requested_calls: Container[int] = frozenset(),
) -> list[dict]:
    """For each request the verdict by channel; nothing is stored.

    `requested_calls` are accounts whose debtor asked to be called: that call is his own wish.
    """
    wanted = list(channels)
    return [
        {
            channel: known.verdict(
                channel,
                Purpose.REQUESTED
                if channel == Channel.CALL and any(pk in requested_calls for pk in known.asked.account_ids)
                else None,
            )
            for channel in wanted
        }
        for known in known_for(requests)
    ]


def debtors_of(account_ids: Iterable[int]) -> dict[int, int]:
    """The debtor of each account."""
    return dict(rows_of("SELECT id, debtor_id FROM accounts_account WHERE id = ANY(%s)", list(account_ids)))


def identities_of(debtor_ids: Iterable[int]) -> dict[int, int | None]:
    """The identity of each debtor, as far as one was given to him."""
    return dict(rows_of("SELECT id, identity_id FROM accounts_debtor WHERE id = ANY(%s)", list(debtor_ids)))


def known_debtors(debtor_ids: Iterable[int]) -> list[int]:
    """Those of the ids that are debtors."""
    rows = rows_of("SELECT id FROM accounts_debtor WHERE id = ANY(%s) ORDER BY id", list(debtor_ids))
    return [row[0] for row in rows]


def as_it_was(known: Known, earlier: Sequence[Counted] = ()) -> Known:
    """The same before this contact happened: what was counted until then, and known."""
    at = known.asked.moment
    # what stands in the ledger at the very moment is this contact's own kind of neighbour, not it
    before = tuple(row for row in (*known.facts.counted, *earlier) if row.at < at)
    return at_the_time(replace(known, facts=replace(known.facts, counted=before)))


def at_the_time(known: Known) -> Known:
    """The same facts as far as they can be held against a contact that already happened.

    A point stopped since then was not stopped yet; a stop whose day nobody noted is not held
    against it either, nor a protection we were told of only afterwards. Which creditor is released
    concerns automatic sending only.
    """
    at = known.asked.moment
    day = clock.local_date(at, known.facts.business_zone)
    points = [
        point
        if point.status in USABLE or (point.status_since and point.status_since < day)
        else replace(point, status=ContactPointStatus.UNVERIFIED)
        for point in known.facts.points
    ]
    if known.asked.point_id not in {point.id for point in points}:
        # it happened, so there was a way to reach him, whether or not it was written down
        kind = POINT_KIND[Channel(known.asked.channel)]
        points.append(Point(known.asked.point_id or 0, kind, ContactPointStatus.UNVERIFIED))
    facts = replace(
        known.facts,
        points=tuple(points),
        holds=tuple(hold for hold in known.facts.holds if was_known(hold, at)),
        legal_states=tuple(state for state in known.facts.legal_states if was_known(state, at)),
        terms=tuple(term for term in known.facts.terms if was_known(term, at)),
        is_automatic=False,
    )
    return replace(known, facts=facts)


def was_known(protection: Held | LegalState | Term, at: datetime) -> bool:
    """Whether we had been told by then; what we heard later is listed, not held against us."""
    return protection.known_at is None or protection.known_at <= at
