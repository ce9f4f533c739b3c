"""The rules in force on each day: the office's policy, and the law of where the debtor is.

One statement reads every approved version of both. What is built of them is kept over calls by its
text, so that equal debtors share one profile and what is remembered by it.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache

from django.db import connection
from django.utils import translation

from accounts.compliance.clauses import Clause
from accounts.compliance.jurisdictions import SHIPPED
from accounts.compliance.laws import STRICT, Law, law_of, strict_clauses, strictest
from accounts.compliance.profiles import Profile
from accounts.policies.kinds import KINDS
from accounts.policies.versions import INSTALLED

CONTACT_RULES = "contact_rules"
STRICTEST = "strictest of all: "  # before each source that binds where nobody wrote a profile
# What permits say of the office's own rules that were decided before these had a name of their own.
EARLIER_SOURCE = "CFPB Regulation F, 12 CFR 1006.14 (7 calls in 7 days), as the house's common floor"
FOUND_KEPT = 20_000
VERSIONS = """
SELECT 'policy', id, scope_type, scope_id, '', '', valid_from, approved_at, note, values::text
FROM accounts_policyversion WHERE kind = 'contact_rules' AND status = 'approved'
UNION ALL
SELECT 'profile', id, code, NULL, country, contract, valid_from, approved_at, note, clauses::text
FROM accounts_contactprofile WHERE status = 'approved'
ORDER BY 7, 2
"""


@dataclass(frozen=True)
class Whereabouts:
    """What picks the profiles: the places a debtor may be in as (country, state), whose contract
    the debt is under, and the profile its portfolio names."""

    places: tuple[tuple[str, str], ...] = ()
    contract: str = ""
    named: str = ""


@dataclass(frozen=True)
class _Policy:
    scope: tuple[str, int | None]
    valid_from: date
    approved_at: datetime | None
    profile: Profile


@dataclass(frozen=True)
class _Version:
    """One approved version of a profile; `approved_at` None was there from the beginning."""

    code: str
    pk: int | None
    country: str
    contract: str
    valid_from: date
    approved_at: datetime | None
    clauses: tuple[Clause, ...]

    def law(self, state: str) -> Law:
        return _law(self, state)

    def __hash__(self) -> int:
        return hash((self.code, self.pk, self.valid_from))

    def is_for(self, country: str, contract: str) -> bool:
        return self.country == country and self.contract in ("", contract)


class Rulebook:
    """Every approved version of the contact rules and the profiles, so that each day gets its own."""

    @classmethod
    def read(cls) -> "Rulebook":
        """What is approved by now. Read each time, and built anew only when anything changed."""
        with connection.cursor() as cursor:
            cursor.execute(VERSIONS)
            return _built(tuple(cursor.fetchall()))

    def __init__(self, rows: Iterable[tuple]) -> None:
        self.default = _default()
        self._found: dict[tuple, Profile] = {}
        self._policies = [
            _Policy(
                (scope or "", scope_id), since, _told(at, note), _policy(pk, scope or "", since, note, text)
            )
            for what, pk, scope, scope_id, _country, _contract, since, at, note, text in rows
            if what == "policy"
        ]
        stored = [
            _stored(code, pk, country, contract, since, _told_of_law(at, note, since), text)
            for what, pk, code, _scope, country, contract, since, at, note, text in rows
            if what == "profile"
        ]
        have = {version.code for version in stored}
        self._versions = tuple(stored + [version for version in _shipped() if version.code not in have])
        self._versions = tuple(sorted(self._versions, key=lambda row: (row.valid_from, row.pk or 0)))

    @cached_property
    def longest_window(self) -> int:
        """How many days back the count ledger must be read for any of them."""
        profiles = [self.default, *(row.profile for row in self._policies)]
        laws = [version.law("") for version in self._versions]
        return max([row.longest_window for row in profiles] + [law.longest_window for law in laws])

    @cached_property
    def checked_channels(self) -> frozenset[str]:
        """Channels by which some law wants a number checked lately."""
        laws = [version.law("") for version in self._versions]
        return frozenset(
            channel for law in laws for limit in law.number_checks for channel in limit.about
        )

    def in_force(
        self,
        day: date,
        creditor_id: int,
        portfolio_id: int | None,
        where: Whereabouts | None = None,
        known_at: datetime | None = None,
    ) -> Profile:
        """What binds on a day: the office's rules with every law that bears on the debtor.

        With `known_at` only what was approved by then, as a permit of that moment was decided.
        """
        key = (day, creditor_id, portfolio_id, where, known_at)
        if key not in self._found:
            if len(self._found) > FOUND_KEPT:
                self._found.clear()
            profile = self._policy_on(day, creditor_id, portfolio_id, known_at)
            if where is not None:
                profile = _tightened(profile, self.laws_on(day, where, known_at))
            self._found[key] = profile
        return self._found[key]

    def _policy_on(
        self, day: date, creditor_id: int, portfolio_id: int | None, known_at: datetime | None
    ) -> Profile:
        """A portfolio's version goes before a creditor's before everyone's; the latest begun."""
        for scope in (("portfolio", portfolio_id), ("creditor", creditor_id), ("", None)):
            begun = [
                row.profile
                for row in self._policies
                if row.scope == scope and row.valid_from <= day and _is_known(row.approved_at, known_at)
            ]
            if begun and (scope[0] == "" or scope[1] is not None):
                return begun[-1]
        return self.default

    def laws_on(self, day: date, where: Whereabouts, known_at: datetime | None = None) -> tuple[Law, ...]:
        """The law of every place he may be in, the strict one for a place without a profile, and the
        one his portfolio names."""
        in_force = self._versions_on(day, known_at)
        laws: dict[str, Law] = {}
        for country, state in where.places or (("", ""),):
            found = [row for row in in_force if country and row.is_for(country, where.contract)]
            for row in found:
                law = row.law(state)
                laws[law.name] = law
            if not found:
                law = strict_of(in_force)
                laws[law.name] = law
        for row in in_force:
            if where.named and row.code == where.named:
                law = row.law("")
                if not any(other.code == law.code for other in laws.values()):
                    laws[law.name] = law
        return tuple(laws[name] for name in sorted(laws))

    def codes(self, day: date, countries: Iterable[str], contract: str, named: str = "") -> set[str]:
        """The profiles that bind who lives in these countries, and the one that a portfolio names."""
        places = {country for country in countries if country}
        return {
            version.code
            for version in self._versions_on(day, None)
            if version.code == named or any(version.is_for(country, contract) for country in places)
        }

    def duties(
        self, name: str, day: date, countries: Iterable[str], contract: str, named: Collection[str] = ()
    ) -> list[Clause]:
        """The clauses by which the law of these countries, or a profile that a portfolio names, lays down
        a duty ("opt_out_line")."""
        places = {country for country in countries if country}
        return [
            clause
            for version in self._versions_on(day, None)
            if version.code in named or any(version.is_for(country, contract) for country in places)
            for clause in version.clauses
            if clause.kind == "duty" and clause.key == name
        ]

    def duty_source(self, name: str, day: date, countries: Iterable[str], contract: str) -> str:
        """Where the law of any of these countries lays down a duty; empty if none does."""
        found = self.duties(name, day, countries, contract)
        return found[0].source if found else ""

    def _versions_on(self, day: date, known_at: datetime | None) -> tuple[_Version, ...]:
        """One version a code: the last begun, and before the first of all that first one."""
        chosen: dict[str, _Version] = {}
        for row in self._versions:
            if not _is_known(row.approved_at, known_at):
                continue
            if row.code not in chosen or row.valid_from <= day:
                chosen[row.code] = row
        return tuple(chosen.values())


@lru_cache(maxsize=8)
def _built(rows: tuple[tuple, ...]) -> Rulebook:
    return Rulebook(rows)


def _told(approved_at: datetime | None, note: str) -> datetime | None:
    """What came with the installation was there from the beginning."""
    return None if note == INSTALLED else approved_at


def _told_of_law(approved_at: datetime | None, note: str, since: date) -> datetime | None:
    """A profile that came with an upgrade begins on the day of it, wherever that day is counted: what was
    decided before does not know it."""
    is_renewed = approved_at is not None and approved_at.date() <= since + timedelta(days=1)
    return approved_at if is_renewed else _told(approved_at, note)


def _is_known(approved_at: datetime | None, known_at: datetime | None) -> bool:
    return approved_at is None or known_at is None or approved_at <= known_at


@lru_cache(maxsize=1)
def office_source() -> str:
    """Where the office's own rules come from, in one language whoever asks: permits keep it and a replay
    holds them against it. Pages say it in the reader's (`wording.source_words`)."""
    with translation.override("en"):
        return str(KINDS[CONTACT_RULES].source)


@lru_cache(maxsize=1)
def _default() -> Profile:
    kind = KINDS[CONTACT_RULES]
    return Profile.of(kind.python(kind.defaults()), name="default", source=office_source())


@lru_cache(maxsize=512)
def _policy(pk: int, scope_type: str, valid_from: date, note: str, text: str) -> Profile:
    kind = KINDS[CONTACT_RULES]
    return Profile.of(
        kind.python(json.loads(text)),
        name=f"{scope_type or 'office'} {valid_from}",
        source=note[:120] if note and note != INSTALLED else office_source(),
        version=pk,
    )


@lru_cache(maxsize=512)
def _stored(
    code: str, pk: int, country: str, contract: str, since: date, at: datetime | None, text: str
) -> _Version:
    clauses = tuple(Clause.from_data(row) for row in json.loads(text))
    return _Version(code, pk, country, contract, since, at, clauses)


@lru_cache(maxsize=1)
def _shipped() -> tuple[_Version, ...]:
    """The profiles of an installation that keeps none of its own, as a test's."""
    return tuple(
        _Version(row.code, None, row.country, row.contract, row.valid_from, None, tuple(row.clauses))
        for row in SHIPPED
        if not row.is_draft
    )


@lru_cache(maxsize=2_048)
def _law(version: _Version, state: str) -> Law:
    return law_of(version.code, version.valid_from, version.clauses, version=version.pk, state=state)


@lru_cache(maxsize=64)
def strict_of(versions: tuple[_Version, ...]) -> Law:
    """The strictest combination of these versions, for a place nobody wrote a profile for."""
    since = max(row.valid_from for row in versions)
    ordered: Iterable[tuple[Clause, ...]] = (
        row.clauses for row in sorted(versions, key=lambda row: row.code)
    )
    clauses = [
        replace(clause, source=f"{STRICTEST}{clause.source}") for clause in strict_clauses(ordered)
    ]
    return strictest(law_of(STRICT, since, clauses))


@lru_cache(maxsize=4_096)
def _tightened(profile: Profile, laws: tuple[Law, ...]) -> Profile:
    return replace(profile, laws=laws)
