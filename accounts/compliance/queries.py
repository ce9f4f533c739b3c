"""What the gate must know, read for a set of requests in a fixed number of statements.

Reads as the system does: caps and stopped numbers hold for the person, whatever the creditor and
team, so nothing here is scoped to a user and nothing of it but counts reaches a page.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from django.db import connection

from accounts.compliance.decision import (
    POINT_KIND,
    Counted,
    Facts,
    Held,
    LegalState,
    Point,
    Verdict,
    decide,
)
from accounts.compliance.enums import Purpose
from accounts.compliance.profiles import Profile
from accounts.compliance.rulebook import Rulebook
from accounts.compliance.zones import distinct, possible_zones, zones_of_country, zones_of_phone
from accounts.holds.enums import HoldReason
from accounts.parties.enums import Channel, ContactPointKind, ContactPointStatus
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


@dataclass
class _Person:
    """One debtor as read; lists are filled by the statements after the first."""

    debtor_id: int
    creditor_id: int
    country: str
    time_zone: str
    contact_from: time | None
    contact_until: time | None
    allowed_channels: list[str]
    identity_id: int | None
    creditor_country: str
    creditor_subdivision: str
    business_zone: str
    is_released: bool
    record_ids: list[int]
    person_ids: list[int]
    identity_ids: list[int]
    holds: list[Held] = field(default_factory=list)
    states: list[LegalState] = field(default_factory=list)
    points: list["_PointRow"] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)

    def points_on(self, day: date) -> list["_PointRow"]:
        return [row for row in self.points if row.valid_to is None or row.valid_to > day]


@dataclass(frozen=True)
class _PointRow:
    id: int
    kind: str
    status: str
    status_on: date | None
    is_workplace: bool
    value: str
    country: str
    time_zone: str
    valid_to: date | None

    def zones(self) -> frozenset[str]:
        if self.time_zone:
            return frozenset({self.time_zone})
        if self.kind == ContactPointKind.PHONE:
            return zones_of_phone(self.value)
        return zones_of_country(self.country)


PERSONS = """
WITH asked AS (SELECT * FROM accounts_debtor WHERE id = ANY(%s)),
records AS (
    SELECT asked.id AS asked_id, asked.id, asked.identity_id FROM asked
    UNION
    SELECT asked.id, root.id, root.identity_id
    FROM asked JOIN accounts_debtor root ON root.id = asked.merged_into_id
    UNION
    SELECT asked.id, merged.id, merged.identity_id
    FROM asked JOIN accounts_debtor merged
      ON merged.merged_into_id = coalesce(asked.merged_into_id, asked.id)
),
persons AS (
    SELECT asked_id, id FROM records
    UNION
    SELECT records.asked_id, other.id
    FROM records JOIN accounts_debtor other ON other.identity_id = records.identity_id
),
own AS (
    SELECT asked_id, array_agg(id) AS ids,
           coalesce(array_agg(identity_id) FILTER (WHERE identity_id IS NOT NULL), '{}') AS identities
    FROM records GROUP BY asked_id
),
everywhere AS (SELECT asked_id, array_agg(id) AS ids FROM persons GROUP BY asked_id)
SELECT asked.id, asked.creditor_id, asked.country, asked.time_zone, asked.contact_from,
       asked.contact_until, asked.allowed_channels, asked.identity_id,
       creditor.country, creditor.subdivision, creditor.time_zone,
       creditor.released_at IS NOT NULL, own.ids, everywhere.ids, own.identities
FROM asked
JOIN accounts_creditor creditor ON creditor.id = asked.creditor_id
JOIN own ON own.asked_id = asked.id
JOIN everywhere ON everywhere.asked_id = asked.id
"""

HOLDS = """
SELECT debtor_id, account_id, scopes, reason, first_day, least(last_day, lifted_on - 1)
FROM accounts_hold
WHERE (debtor_id = ANY(%s) OR account_id = ANY(%s)) AND entry_id IS NULL
  AND scopes && ARRAY['contact', 'demand', 'legal']::varchar[]
  AND (lifted_on IS NULL OR lifted_on > first_day)
ORDER BY 'contact' = ANY(scopes) DESC, id
"""

LEGAL_STATES = """
SELECT fact.identity_id, fact.kind, fact.effective_date, min(ending.effective_date)
FROM accounts_legalfact fact
LEFT JOIN accounts_legalfact ending ON ending.ends_id = fact.id
WHERE fact.identity_id = ANY(%s) AND fact.ends_id IS NULL
GROUP BY fact.id ORDER BY fact.effective_date, fact.id
"""

# A number or address marked wrong stands for itself: it is stopped on every record that has it.
POINTS = """
SELECT point.debtor_id, point.id, point.kind,
       CASE WHEN wrong.value IS NULL THEN point.status ELSE 'wrong_party' END,
       CASE WHEN wrong.value IS NULL THEN point.status_on ELSE wrong.since END,
       point.is_workplace, point.value, point.country, point.time_zone, point.valid_to
FROM accounts_contactpoint point
LEFT JOIN LATERAL (
    SELECT same.value, min(same.status_on) AS since FROM accounts_contactpoint same
    WHERE same.value = point.value AND same.kind = point.kind AND same.kind <> 'address'
      AND same.status = 'wrong_party'
    GROUP BY same.value
) wrong ON point.kind <> 'address'
WHERE point.debtor_id = ANY(%s) AND (point.valid_to IS NULL OR point.valid_to > %s)
ORDER BY point.is_primary DESC, point.status = 'good' DESC, point.id
"""

COUNTED = """
SELECT debtor_id, at, channel, is_contact_made, is_inbound FROM accounts_countedcontact counted
WHERE debtor_id = ANY(%s) AND at > %s AND id <> ALL(%s) AND NOT EXISTS (
    SELECT 1 FROM accounts_countedcontact correction WHERE correction.supersedes_id = counted.id)
"""

ACCOUNTS = """
SELECT account.id, account.portfolio_id,
       ARRAY(SELECT party.debtor_id FROM accounts_accountparty party
             WHERE party.account_id = account.id AND party.role = 'representative'
               AND party.valid_to IS NULL)
FROM accounts_account account WHERE account.id = ANY(%s)
"""


def _rows(sql: str, *params) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


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
        self._people = {row[0]: _Person(*row) for row in _rows(PERSONS, debtor_ids)}
        self._accounts = {row[0]: row for row in _rows(ACCOUNTS, account_ids)}
        self._profiles = Rulebook()
        self._held = _read_holds(self._people, account_ids)
        _read_legal_states(self._people)
        _read_points(self._people, first_moment)
        window = min(self._profiles.longest_window, LONGEST_WINDOW)
        _read_counted(self._people, first_moment - timedelta(days=window), list(without_counted))
        self._overrides = _read_overrides(self._people)
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

    def _calendar(self, person: _Person, country: str) -> BusinessCalendar:
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
    person: _Person,
    holds: tuple[Held, ...],
    calendar: Callable[[_Person, str], BusinessCalendar],
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


def _chosen(points: list[_PointRow], kind: str, point_id: int | None) -> _PointRow | None:
    """The named point of that kind, else the first usable one."""
    for point in points:
        if point.kind == kind and point.id == point_id:
            return point
    return next((row for row in points if row.kind == kind and row.status in USABLE), None)


def _by_record(people: dict[int, _Person], ids: str) -> dict[int, list[_Person]]:
    """Who of those asked about a row of this key concerns."""
    found: dict[int, list[_Person]] = {}
    for person in people.values():
        for pk in getattr(person, ids):
            found.setdefault(pk, []).append(person)
    return found


def _read_holds(people: dict[int, _Person], account_ids: list[int]) -> dict[int, list[Held]]:
    owners = _by_record(people, "record_ids")
    on_accounts: dict[int, list[Held]] = {}
    for debtor_id, account_id, scopes, reason, first, last in _rows(HOLDS, list(owners), account_ids):
        hold = Held(frozenset(scopes), reason, first, last, account_id)
        if account_id is not None:
            on_accounts.setdefault(account_id, []).append(hold)
        for person in owners.get(debtor_id, ()):
            person.holds.append(hold)
    return on_accounts


def _read_legal_states(people: dict[int, _Person]) -> None:
    owners = _by_record(people, "identity_ids")
    for identity_id, kind, since, until in _rows(LEGAL_STATES, list(owners)):
        for person in owners[identity_id]:
            person.states.append(LegalState(kind, since, until))


def _read_points(people: dict[int, _Person], moment: datetime) -> None:
    owners = _by_record(people, "record_ids")
    for debtor_id, *row in _rows(POINTS, list(owners), moment.date()):
        for person in owners[debtor_id]:
            person.points.append(_PointRow(*row))


def _read_counted(people: dict[int, _Person], since: datetime, without: list[int]) -> None:
    owners = _by_record(people, "person_ids")
    for debtor_id, *row in _rows(COUNTED, list(owners), since, without):
        for person in owners[debtor_id]:
            person.counted.append(Counted(*row))


def _read_overrides(people: dict[int, _Person]) -> dict[int, dict[date, bool]]:
    overrides: dict[int, dict[date, bool]] = {}
    creditors = sorted({person.creditor_id for person in people.values()})
    for creditor_id, day, is_business_day in _rows(
        "SELECT creditor_id, day, is_business_day FROM accounts_holidayoverride WHERE creditor_id = ANY(%s)",
        creditors,
    ):
        overrides.setdefault(creditor_id, {})[day] = is_business_day
    return overrides


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
    return dict(_rows("SELECT id, debtor_id FROM accounts_account WHERE id = ANY(%s)", list(account_ids)))


def identities_of(debtor_ids: Iterable[int]) -> dict[int, int | None]:
    """The identity of each debtor, as far as one was given to him."""
    return dict(_rows("SELECT id, identity_id FROM accounts_debtor WHERE id = ANY(%s)", list(debtor_ids)))


def known_debtors(debtor_ids: Iterable[int]) -> list[int]:
    """Those of the ids that are debtors."""
    rows = _rows("SELECT id FROM accounts_debtor WHERE id = ANY(%s) ORDER BY id", list(debtor_ids))
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
