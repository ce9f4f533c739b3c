"""What the gate reads of people: one statement a kind of fact, for all who are asked about."""

from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.db import connection

from accounts.compliance.facts import Counted, Held, LegalState, Point, Term
from accounts.compliance.states import state_of, zones_of_state
from accounts.compliance.zones import zones_of_country, zones_of_phone
from accounts.holds.queries import covered_accounts
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
    contract: str
    holds: list[Held] = field(default_factory=list)
    states: list[LegalState] = field(default_factory=list)
    points: list["PointRow"] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)

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
    subdivision: str = ""
    postcode: str = ""

    @property
    def point(self) -> Point:
        """The point as the decision is told of it."""
        return Point(self.id, self.kind, self.status, self.status_on, self.is_workplace)

    @property
    def state(self) -> str:
        """The state of an address; empty where it does not tell."""
        return state_of(self.country, self.subdivision, self.postcode)

    def zones(self) -> frozenset[str]:
        if self.time_zone:
            return frozenset({self.time_zone})
        if self.kind == ContactPointKind.PHONE:
            return zones_of_phone(self.value)
        return zones_of_state(self.country, self.state) or zones_of_country(self.country)


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
       creditor.released_at IS NOT NULL, own.ids, everywhere.ids, own.identities,
       creditor.kind
FROM asked
JOIN accounts_creditor creditor ON creditor.id = asked.creditor_id
JOIN own ON own.asked_id = asked.id
JOIN everywhere ON everywhere.asked_id = asked.id
"""

# Holds, and open disputes as what a law may hold against a demand, on any account of the debtor. What
# came with the books was known to those who kept them, so it has no moment at which we were told.
HOLDS = """
SELECT * FROM (
    SELECT debtor_id, account_id, scopes, reason, first_day, least(last_day, lifted_on - 1) AS last_day,
           CASE WHEN import_batch_id IS NULL THEN recorded_at END AS known_at, id, entry_id
    FROM accounts_hold
    WHERE (debtor_id = ANY(%(debtors)s) OR account_id = ANY(%(accounts)s))
      AND scopes && ARRAY['contact', 'demand', 'legal']::varchar[]
      AND (lifted_on IS NULL OR lifted_on > first_day)
    UNION ALL
    SELECT account.debtor_id, dispute.account_id, ARRAY['dispute']::varchar[], 'objection', raised_on,
           dispute.resolved_on - 1,
           CASE WHEN dispute.import_batch_id IS NULL THEN dispute.recorded_at END, dispute.id, NULL
    FROM accounts_dispute dispute JOIN accounts_account account ON account.id = dispute.account_id
    WHERE account.debtor_id = ANY(%(debtors)s)
      AND (dispute.resolved_on IS NULL OR dispute.resolved_on > dispute.raised_on)
) found
ORDER BY reason = 'objection', 'contact' = ANY(scopes) DESC, id
"""

# Facts about persons that hold for every creditor, and dated contact facts of debtors and accounts.
STATES = """
SELECT TRUE, fact.identity_id, NULL::bigint, fact.kind, fact.effective_date, min(ending.effective_date),
       ''::varchar, NULL::bigint, fact.recorded_at, fact.id
FROM accounts_legalfact fact
LEFT JOIN accounts_legalfact ending ON ending.ends_id = fact.id
WHERE fact.identity_id = ANY(%(identities)s) AND fact.ends_id IS NULL
GROUP BY fact.id
UNION ALL
SELECT FALSE, term.debtor_id, term.account_id, term.kind, term.since, least(term.until, ending.since),
       term.channel, term.contact_point_id, term.recorded_at, term.id
FROM accounts_contactfact term
LEFT JOIN accounts_contactfact ending ON ending.ends_id = term.id
WHERE (term.debtor_id = ANY(%(debtors)s) OR term.account_id = ANY(%(accounts)s)) AND term.ends_id IS NULL
ORDER BY 5, 10
"""

# A number or address marked wrong stands for itself: it is stopped on every record that has it.
POINTS = """
SELECT point.debtor_id, point.id, point.kind,
       CASE WHEN wrong.value IS NULL THEN point.status ELSE 'wrong_party' END,
       CASE WHEN wrong.value IS NULL THEN point.status_on ELSE wrong.since END,
       point.is_workplace, point.value, point.country, point.time_zone, point.valid_to,
       point.subdivision, point.postcode
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
SELECT counted.debtor_id, at, counted.channel, is_contact_made, is_inbound, counted.account_ids, purpose,
       is_connected, counted.id, is_conversation
FROM accounts_countedcontact counted LEFT JOIN accounts_permit permit ON permit.id = counted.permit_id
WHERE counted.debtor_id = ANY(%s) AND at > %s AND counted.id <> ALL(%s) AND NOT EXISTS (
    SELECT 1 FROM accounts_countedcontact correction WHERE correction.supersedes_id = counted.id)
"""

ACCOUNTS = """
SELECT account.id, account.debtor_id, account.portfolio_id, portfolio.contact_profile,
       (SELECT json_agg(json_build_array(party.debtor_id, party.role, party.valid_from, party.valid_to))
        FROM accounts_accountparty party WHERE party.account_id = account.id)
FROM accounts_account account LEFT JOIN accounts_portfolio portfolio ON portfolio.id = account.portfolio_id
WHERE account.id = ANY(%s)
"""


@dataclass(frozen=True)
class Party:
    """Somebody's role to an account, from a day to the day before `until`."""

    debtor_id: int
    role: str
    since: date
    until: date | None

    def stands_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True)
class AccountRow:
    """An account as the gate needs it, with who else stands to it."""

    id: int
    debtor_id: int
    portfolio_id: int | None
    contact_profile: str
    parties: tuple[Party, ...]

    def roles_of(self, person: Person, day: date) -> set[str]:
        """What the person is to the account on a day; empty for somebody else."""
        roles = {"debtor"} if self.debtor_id in person.person_ids else set()
        return roles | {
            party.role
            for party in self.parties
            if party.debtor_id in person.person_ids and party.stands_on(day)
        }


def read_accounts(account_ids: list[int]) -> dict[int, AccountRow]:
    found = {}
    for pk, debtor_id, portfolio_id, profile, parties in rows_of(ACCOUNTS, account_ids):
        found[pk] = AccountRow(
            pk,
            debtor_id,
            portfolio_id,
            profile or "",
            tuple(
                Party(
                    other,
                    role,
                    date.fromisoformat(since),
                    date.fromisoformat(until) if until else None,
                )
                for other, role, since, until in parties or ()
            ),
        )
    return found


def rows_of(sql: str, *params) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def rows_by_name(sql: str, **params) -> list[tuple]:
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


def read_holds(people: dict[int, Person], account_ids: list[int]) -> tuple[dict[int, list[Held]], set[int]]:
    """Holds of the persons, put with them; holds on accounts are returned, by account, and with them
    the accounts that have a hold on a single charge (`read_covered`)."""
    owners = _by_record(people, "record_ids")
    on_accounts: dict[int, list[Held]] = {}
    in_part: set[int] = set()
    rows = rows_by_name(HOLDS, debtors=list(owners), accounts=account_ids)
    for debtor_id, account_id, scopes, reason, first, last, known_at, _id, entry_id in rows:
        if entry_id is not None:
            in_part.add(account_id)
            continue
        hold = Held(frozenset(scopes), reason, first, last, account_id, known_at)
        if account_id is not None and debtor_id is None:
            on_accounts.setdefault(account_id, []).append(hold)
        for person in owners.get(debtor_id, ()):
            person.holds.append(hold)
    return on_accounts, in_part


def read_covered(account_ids: list[int], day: date) -> dict[int, Held]:
    """What holds on single charges stop on whole accounts on a day, where nothing else is overdue."""
    return {
        row.account_id: Held(
            frozenset(row.scopes), row.reason, row.first_day, row.last_day, row.account_id, row.known_at
        )
        for row in covered_accounts(account_ids, day)
    }


def read_states(people: dict[int, Person], account_ids: list[int]) -> dict[int, list[Term]]:
    """Legal states and contact facts of the persons, put with them; those of accounts by account."""
    identities, owners = _by_record(people, "identity_ids"), _by_record(people, "record_ids")
    on_accounts: dict[int, list[Term]] = {}
    rows = rows_by_name(STATES, identities=list(identities), debtors=list(owners), accounts=account_ids)
    for is_legal, owner_id, account_id, kind, since, until, channel, point_id, known_at, _id in rows:
        if is_legal:
            for person in identities[owner_id]:
                person.states.append(LegalState(kind, since, until, known_at))
            continue
        term = Term(kind, since, until, channel, point_id, account_id, known_at)
        if account_id is not None:
            on_accounts.setdefault(account_id, []).append(term)
        for person in owners.get(owner_id, ()):
            person.terms.append(term)
    return on_accounts


def read_points(people: dict[int, Person], moment: datetime) -> None:
    owners = _by_record(people, "record_ids")
    for debtor_id, *row in rows_of(POINTS, list(owners), moment.date()):
        for person in owners[debtor_id]:
            person.points.append(PointRow(*row))


def read_counted(
    people: dict[int, Person], accounts: dict[int, AccountRow], since: datetime, without: list[int]
) -> dict[int, list[Counted]]:
    """Contacts with the persons, put with them; those with others about the accounts, by account."""
    owners = _by_record(people, "person_ids")
    others: dict[int, set[int]] = {}
    for account in accounts.values():
        for other in (account.debtor_id, *(party.debtor_id for party in account.parties)):
            others.setdefault(other, set()).add(account.id)
    about: dict[int, list[Counted]] = {}
    rows = rows_of(COUNTED, sorted({*owners, *others}), since, without)
    for debtor_id, at, channel, made, inbound, account_ids, purpose, *last in rows:
        row = Counted(at, channel, made, inbound, frozenset(account_ids), False, purpose or "", *last)
        for person in owners.get(debtor_id, ()):
            person.counted.append(row)
        for account_id in others.get(debtor_id, ()):
            if account_id in row.account_ids:
                about.setdefault(account_id, []).append(row._replace(is_other=True))
    return about


def read_overrides(people: dict[int, Person]) -> dict[int, dict[date, bool]]:
    overrides: dict[int, dict[date, bool]] = {}
    creditors = sorted({person.creditor_id for person in people.values()})
    for creditor_id, day, is_business_day in rows_of(
        "SELECT creditor_id, day, is_business_day FROM accounts_holidayoverride WHERE creditor_id = ANY(%s)",
        creditors,
    ):
        overrides.setdefault(creditor_id, {})[day] = is_business_day
    return overrides
