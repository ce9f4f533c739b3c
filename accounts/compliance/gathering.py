"""What the gate must know, gathered for a set of requests in a fixed number of statements.

Reads as the system does: caps and stopped numbers hold for the person, whatever the creditor and
team, so nothing here is scoped to a user and nothing of it but counts reaches a page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from accounts.compliance.decision import (
    DEBTOR,
    Counted,
    Facts,
    Held,
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
    read_covered,
    read_holds,
    read_overrides,
    read_points,
    read_states,
    rows_of,
)
from accounts.compliance.profiles import Calendars, Profile
from accounts.compliance.rulebook import Rulebook, Whereabouts
from accounts.compliance.states import states_of
from accounts.compliance.wordings import carried, wordings_of
from accounts.compliance.zones import distinct, possible_zones, zones_of_country
from accounts.holds.enums import HoldReason, HoldScope
from accounts.ledger.enums import PartyRole
from accounts.parties.enums import ContactPointKind, ContactPointStatus
from accounts.policies.queries import kept
from collections_app.core import clock
from collections_app.core.clock import BusinessCalendar

# How far the count ledger is read back at most, in days: the longest window a cap may have.
LONGEST_WINDOW = 366
USABLE = {ContactPointStatus.GOOD, ContactPointStatus.UNVERIFIED}


@dataclass(frozen=True)
class Asked:
    """One contact somebody means to make, or made, at an aware moment about these accounts.

    `carries` are the wordings its text has that a law asks for ("time_barred"), and its tone where
    it presses ("tone:firm"). `prints` is the
    language of a text that prints whatever a law asks for here; empty for one that does not.
    """

    debtor_id: int
    account_ids: tuple[int, ...]
    channel: str
    moment: datetime
    purpose: str = Purpose.DEMAND
    point_id: int | None = None
    is_automatic: bool = False
    carries: frozenset[str] = frozenset()
    prints: str = ""


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

    def reading_out(self) -> "Known":
        """The same for a caller who reads out the words that a law wants in a demand."""
        words = wordings_of(self.profile, self.facts, self.asked.moment)
        if not words:
            return self
        carries = self.facts.carries | {wording.name for wording in words}
        return replace(self, facts=replace(self.facts, carries=carries))

    def verdict(self, channel: str | None = None, purpose: str | None = None) -> Verdict:
        asked = self.asked
        return decide(
            self.profile, self.facts, asked.moment, channel or asked.channel, purpose or asked.purpose
        )


class Reading:
    """What was read for a set of requests. `known` answers each of them, and the same ones for
    later moments, without another statement; one a day where single charges are held."""

    def __init__(self, requests: Sequence[Asked], *, without_counted: Iterable[int] = ()) -> None:
        account_ids = sorted({pk for asked in requests for pk in asked.account_ids})
        first_moment = min(asked.moment for asked in requests)
        debtor_ids = sorted({asked.debtor_id for asked in requests})
        self._people = {row[0]: Person(*row) for row in rows_of(PERSONS, debtor_ids)}
        self._accounts = read_accounts(account_ids)
        self._profiles = kept("rulebook", Rulebook.read)
        self._held, self._in_part = read_holds(self._people, account_ids)
        self._covered: dict[date, dict[int, Held]] = {}
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
        moment = asked.moment
        day = clock.local_date(moment, person.business_zone)
        points = person.points_on(moment.date())
        address = _chosen(points, ContactPointKind.ADDRESS, None)
        where = whereabouts(
            _places(person.country, address.country, address.state)
            if address is not None
            else _places(person.country, "", ""),
            person.contract,
            next((row.contact_profile for row in rows if row.contact_profile), ""),
        )
        phone = _chosen(points, ContactPointKind.PHONE, asked.point_id)
        zones, is_zone_known = _zones(
            person.country,
            person.time_zone,
            phone.zones() if phone is not None else NOWHERE,
            address.zones() if address is not None else NOWHERE,
            person.creditor_country,
            person.business_zone,
            moment.year,
        )
        country = person.country or (address.country if address else "") or person.creditor_country
        facts = Facts(
            zones=zones,
            is_zone_known=is_zone_known,
            business_zone=person.business_zone,
            calendar=self._calendar(person, country),
            calendars=self._holidays(where),
            contact_from=person.contact_from,
            contact_until=person.contact_until,
            allowed_channels=frozenset(person.allowed_channels),
            account_ids=frozenset(asked.account_ids),
            roles=_roles(rows, person, day),
            holds=self._holds(asked, person, rows, day),
            legal_states=tuple(person.states),
            terms=self._terms_of(person, rows),
            points=tuple([row.point for row in points]),
            point_id=asked.point_id,
            counted=self._counted(person, rows),
            is_released=person.is_released,
            is_automatic=asked.is_automatic,
            carries=asked.carries,
        )
        profile = self._profile(day, person.creditor_id, portfolio_id, where)
        if asked.prints and facts.terms:
            printed = carried(wordings_of(profile, facts, moment), asked.prints)
            facts = replace(facts, carries=facts.carries | printed)
        return Known(
            asked=asked,
            profile=profile,
            facts=facts,
            creditor_id=person.creditor_id,
            person_ids=frozenset(person.person_ids),
            identity_id=person.identity_id,
            where=where,
            portfolio_id=portfolio_id,
        )

    def is_steady(self, asked: Asked, first_day: date, last_day: date) -> bool:
        """Whether what is known for this request is the same on all these days of a year: no role or
        point begins or ends between, no single charge is held, and every telephone tells one zone.
        Holds and legal states carry their own days."""
        person = self._people[asked.debtor_id]
        rows = [self._accounts[pk] for pk in asked.account_ids if pk in self._accounts]
        if any(row.id in self._in_part for row in rows):
            return False
        turns = [day for row in rows for party in row.parties for day in (party.since, party.until)]
        if any(day is not None and first_day < day <= last_day for day in turns):
            return False
        if any(point.valid_to is not None for point in person.points):
            return False
        phones = {point.zones() for point in person.points if point.kind == ContactPointKind.PHONE}
        return len(phones) <= 1

    def _holds(self, asked: Asked, person: Person, rows: list[AccountRow], day: date) -> tuple[Held, ...]:
        holds = person.holds
        for row in rows:
            if row.parties or row.id in self._held:
                holds = [*holds, *_holds_on(row, asked.debtor_id, day, self._held.get(row.id, ()))]
            if row.id in self._in_part and row.id in self._covered_on(day):
                holds = [*holds, self._covered_on(day)[row.id]]
        return tuple(holds)

    def _covered_on(self, day: date) -> dict[int, Held]:
        """Of the accounts with a held charge those with nothing else to ask for, read once a day."""
        if day not in self._covered:
            self._covered[day] = read_covered(sorted(self._in_part), day)
        return self._covered[day]

    def _terms_of(self, person: Person, rows: list[AccountRow]) -> tuple[Term, ...]:
        terms = person.terms
        for row in rows:
            if row.id in self._terms:
                terms = [*terms, *self._terms[row.id]]
        return tuple(terms)

    def _counted(self, person: Person, rows: list[AccountRow]) -> tuple[Counted, ...]:
        """His own contacts, and those with other parties of the accounts."""
        counted = person.counted
        for row in rows:
            if row.parties and row.id in self._about:
                have = {own.id for own in counted}
                counted = [*counted, *(other for other in self._about[row.id] if other.id not in have)]
        return tuple(counted)

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


def _holds_on(row: AccountRow, debtor_id: int, day: date, held: Iterable[Held]) -> list[Held]:
    """Holds on the account; the representative himself is spared the one that sends all to him, until
    his last day where that is known.

    Somebody who stands there as representative is one from his first day on, hold or not.
    """
    by = [party for party in row.parties if party.role == PartyRole.REPRESENTATIVE]
    mine = [party.until for party in by if party.debtor_id == debtor_id and party.stands_on(day)]
    if mine:
        own = [hold for hold in held if hold.reason != HoldReason.REPRESENTED]
        ends = [until for until in mine if until is not None]
        if len(ends) == len(mine):
            scopes = frozenset({HoldScope.CONTACT.value})
            own.append(Held(scopes, HoldReason.REPRESENTED.value, max(ends), None, row.id))
        return own
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


ONLY_DEBTOR = frozenset({DEBTOR})
NOWHERE: frozenset[str] = frozenset()


def _roles(rows: list[AccountRow], person: Person, day: date) -> frozenset[str]:
    """What he is to all the accounts; to accounts in different roles, every role he has, and none
    at all as soon as one of them is none of his."""
    if all(not row.parties and row.debtor_id == person.debtor_id for row in rows):
        return ONLY_DEBTOR
    each = [row.roles_of(person, day) for row in rows]
    shared = frozenset.intersection(*map(frozenset, each))
    if shared:
        return shared
    return frozenset().union(*each) if all(each) else frozenset()


@lru_cache(maxsize=20_000)
def _places(country: str, address_country: str, state: str) -> tuple[tuple[str, str], ...]:
    """The countries he may be in, each with its state where the address tells."""
    found = set()
    if address_country:
        found.add((address_country, state))
    if country and country != address_country:
        found.add((country, ""))
    return tuple(sorted(found))


@lru_cache(maxsize=20_000)
def whereabouts(places: tuple[tuple[str, str], ...], contract: str, named: str) -> Whereabouts:
    """The same one for all who share it."""
    return Whereabouts(places, contract, named)


@lru_cache(maxsize=20_000)
def _zones(
    country: str,
    time_zone: str,
    by_phone: frozenset[str],
    by_address: frozenset[str],
    creditor_country: str,
    business_zone: str,
    year: int,
) -> tuple[tuple[str, ...], bool]:
    """The zones he may be in, and whether that is known of him or only of his creditor."""
    evidence = [zones_of_country(country), by_phone, by_address]
    if time_zone:
        evidence.append(frozenset({time_zone}))
    if zones := possible_zones(evidence):
        return distinct(zones, year), True
    return distinct(zones_of_country(creditor_country) | {business_zone}, year), False


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


def _chosen(points: list[PointRow], kind: str, point_id: int | None) -> PointRow | None:
    """The named point of that kind, else the first usable one."""
    for point in points:
        if point.kind == kind and point.id == point_id:
            return point
    return next((row for row in points if row.kind == kind and row.status in USABLE), None)
