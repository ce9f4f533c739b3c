"""What the gate reads of people: one statement a kind of fact, for all who are asked about."""

from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.db import connection

from accounts.compliance.decision import Counted, Held, LegalState
from accounts.compliance.zones import zones_of_country, zones_of_phone
from accounts.parties.enums import ContactPointKind


@dataclass
class Person:
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
    points: list["PointRow"] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)

    def points_on(self, day: date) -> list["PointRow"]:
        return [row for row in self.points if row.valid_to is None or row.valid_to > day]


@dataclass(frozen=True)
class PointRow:
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


def rows_of(sql: str, *params) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def _by_record(people: dict[int, Person], ids: str) -> dict[int, list[Person]]:
    """Who of those asked about a row of this key concerns."""
    found: dict[int, list[Person]] = {}
    for person in people.values():
        for pk in getattr(person, ids):
            found.setdefault(pk, []).append(person)
    return found


def read_holds(people: dict[int, Person], account_ids: list[int]) -> dict[int, list[Held]]:
    owners = _by_record(people, "record_ids")
    on_accounts: dict[int, list[Held]] = {}
    for debtor_id, account_id, scopes, reason, first, last in rows_of(HOLDS, list(owners), account_ids):
        hold = Held(frozenset(scopes), reason, first, last, account_id)
        if account_id is not None:
            on_accounts.setdefault(account_id, []).append(hold)
        for person in owners.get(debtor_id, ()):
            person.holds.append(hold)
    return on_accounts


def read_legal_states(people: dict[int, Person]) -> None:
    owners = _by_record(people, "identity_ids")
    for identity_id, kind, since, until in rows_of(LEGAL_STATES, list(owners)):
        for person in owners[identity_id]:
            person.states.append(LegalState(kind, since, until))


def read_points(people: dict[int, Person], moment: datetime) -> None:
    owners = _by_record(people, "record_ids")
    for debtor_id, *row in rows_of(POINTS, list(owners), moment.date()):
        for person in owners[debtor_id]:
            person.points.append(PointRow(*row))


def read_counted(people: dict[int, Person], since: datetime, without: list[int]) -> None:
    owners = _by_record(people, "person_ids")
    for debtor_id, *row in rows_of(COUNTED, list(owners), since, without):
        for person in owners[debtor_id]:
            person.counted.append(Counted(*row))


def read_overrides(people: dict[int, Person]) -> dict[int, dict[date, bool]]:
    overrides: dict[int, dict[date, bool]] = {}
    creditors = sorted({person.creditor_id for person in people.values()})
    for creditor_id, day, is_business_day in rows_of(
        "SELECT creditor_id, day, is_business_day FROM accounts_holidayoverride WHERE creditor_id = ANY(%s)",
        creditors,
    ):
        overrides.setdefault(creditor_id, {})[day] = is_business_day
    return overrides
