"""What the gate must know, read for a set of requests in a fixed number of statements.

Reads as the system does: caps and stopped numbers hold for the person, whatever the creditor and
team, so nothing here is scoped to a user and nothing of it but counts reaches a page.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accounts.compliance.decision import (
    POINT_KIND,
    Counted,
    Facts,
    Held,
    Point,
    Verdict,
    decide,
)
from accounts.compliance.enums import Purpose
from accounts.compliance.people import (
    ACCOUNTS,
    PERSONS,
    Person,
    PointRow,
    read_counted,
    read_holds,
    read_legal_states,
    read_overrides,
    read_points,
    rows_of,
)
from accounts.compliance.profiles import Profile
from accounts.compliance.rulebook import Rulebook
from accounts.compliance.zones import distinct, possible_zones, zones_of_country
from accounts.holds.enums import HoldReason
from accounts.parties.enums import Channel, ContactPointKind, ContactPointStatus
from accounts.policies.queries import kept
from collections_app.core import clock
from collections_app.core.clock import BusinessCalendar

# How far the count ledger is read back at most, in days: the longest window a cap may have.
LONGEST_WINDOW = 366
USABLE = {ContactPointStatus.GOOD, ContactPointStatus.UNVERIFIED}


@dataclass(frozen=True)
class Asked:
    """One contact somebody means to make, or made, at an aware moment about these accounts."""

    debtor_id: int
    account_ids: tuple[int, ...]
    channel: str
    moment: datetime
    purpose: str = Purpose.DEMAND
    point_id: int | None = None
    is_automatic: bool = False


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
        self._accounts = {row[0]: row for row in rows_of(ACCOUNTS, account_ids)}
        self._profiles = kept("rulebook", Rulebook)
        self._held = read_holds(self._people, account_ids)
        read_legal_states(self._people)
        read_points(self._people, first_moment)
        window = min(self._profiles.longest_window, LONGEST_WINDOW)
        read_counted(self._people, first_moment - timedelta(days=window), list(without_counted))
        self._overrides = read_overrides(self._people)
        self._calendars: dict[tuple, BusinessCalendar] = {}
        self._in_force: dict[tuple, Profile] = {}

    def known(self, asked: Asked) -> Known:
        person = self._people[asked.debtor_id]
        holds = [*person.holds]
        portfolios = set()
        for account_id in asked.account_ids:
            _id, portfolio_id, represented_by = self._accounts.get(account_id, (0, None, ()))
            portfolios.add(portfolio_id)
            holds += [
                hold
                for hold in self._held.get(account_id, ())
                if not (asked.debtor_id in represented_by and hold.reason == HoldReason.REPRESENTED)
            ]
        portfolio_id = portfolios.pop() if len(portfolios) == 1 else None
        day = clock.local_date(asked.moment, person.business_zone)
        return Known(
            asked=asked,
            profile=self._profile(day, person.creditor_id, portfolio_id),
            facts=_facts(asked, person, tuple(holds), self._calendar),
            creditor_id=person.creditor_id,
            person_ids=frozenset(person.person_ids),
            identity_id=person.identity_id,
        )

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


def _facts(
    asked: Asked,
    person: Person,
    holds: tuple[Held, ...],
    calendar: Callable[[Person, str], BusinessCalendar],
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
        contact_from=person.contact_from,
        contact_until=person.contact_until,
        allowed_channels=frozenset(person.allowed_channels),
        account_ids=frozenset(asked.account_ids),
        holds=holds,
        legal_states=tuple(person.states),
        points=tuple(
            Point(row.id, row.kind, row.status, row.status_on, row.is_workplace) for row in points
        ),
        point_id=asked.point_id,
        counted=tuple(person.counted),
        is_released=person.is_released,
        is_automatic=asked.is_automatic,
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


def at_the_time(known: Known) -> Known:
    """The same facts as far as they can be held against a contact that already happened.

    A point stopped since then was not stopped yet; a stop whose day nobody noted is not held
    against it either. Which creditor is released concerns automatic sending only.
    """
    day = clock.local_date(known.asked.moment, known.facts.business_zone)
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
    return replace(known, facts=replace(known.facts, points=tuple(points), is_automatic=False))
