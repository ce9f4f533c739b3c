"""What the decision is told: the facts of one debtor for one request, and its answer."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import NamedTuple

from accounts.compliance.enums import Rule
from accounts.compliance.profiles import NO_CALENDARS, Calendars
from accounts.parties.enums import Channel, ContactPointKind, ContactPointStatus
from collections_app.core.clock import BusinessCalendar

POINT_KIND = {
    Channel.CALL: ContactPointKind.PHONE,
    Channel.SMS: ContactPointKind.PHONE,
    Channel.EMAIL: ContactPointKind.EMAIL,
    Channel.LETTER: ContactPointKind.ADDRESS,
    Channel.VISIT: ContactPointKind.ADDRESS,
}
DEBTOR = "debtor"


@dataclass(frozen=True)
class Held:
    """A hold on the debtor (no account) or on one account; `last_day` None is open-ended.

    An open dispute is one too, whose only scope "dispute" stops what a law says it stops.
    `known_at` is when we were told, where that is known.
    """

    scopes: frozenset[str]
    reason: str
    first_day: date
    last_day: date | None = None
    account_id: int | None = None
    known_at: datetime | None = None


@dataclass(frozen=True)
class LegalState:
    """Deceased, insolvent or minor from a day; `until` is the first day it no longer holds."""

    kind: str
    since: date
    until: date | None = None
    known_at: datetime | None = None


class Term(NamedTuple):
    """A dated contact fact (`ContactFactKind`) of the debtor, a point of his or an account.

    `until` is the first day it no longer holds.
    """

    kind: str
    since: date
    until: date | None = None
    channel: str = ""
    point_id: int | None = None
    account_id: int | None = None
    known_at: datetime | None = None

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


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
        return _REFUSALS.get(self.status, "")


# Points of these states are not used, whatever else binds them.
UNUSABLE = frozenset({"bad", "wrong_party", "opted_out"})
_REFUSALS = {
    ContactPointStatus.BAD.value: Rule.POINT_BAD,
    ContactPointStatus.WRONG_PARTY.value: Rule.WRONG_PARTY,
    ContactPointStatus.OPTED_OUT.value: Rule.OPTED_OUT,
}


class Counted(NamedTuple):
    """One attempt in the count ledger, whoever of the office and for whichever creditor.

    `account_ids` None means whatever the account; `is_other` is somebody else's contact about one
    of the accounts; `purpose` is its permit's; `is_connected` False never rang; `is_conversation`
    False reached somebody, but nobody with whom the debt may be spoken of.
    """

    at: datetime
    channel: str
    is_contact_made: bool = False
    is_inbound: bool = False
    account_ids: frozenset[int] | None = None
    is_other: bool = False
    purpose: str = ""
    is_connected: bool = True
    id: int | None = None
    is_conversation: bool = True


@dataclass(frozen=True)
class Facts:
    """What is known of one debtor for one request.

    `zones` are the time zones he may be in: all of them must be within hours. `is_zone_known` is
    False when they are only the creditor's country's. `point_id` names the point to be used.
    `roles` are his to the accounts, empty when he has none; `carries` the wordings the text
    has, and its tone where it presses ("tone:firm").
    """

    zones: tuple[str, ...]
    is_zone_known: bool = True
    business_zone: str = "UTC"
    calendar: BusinessCalendar | None = None
    calendars: Calendars = NO_CALENDARS
    contact_from: time | None = None
    contact_until: time | None = None
    allowed_channels: frozenset[str] = frozenset()
    account_ids: frozenset[int] = frozenset()
    roles: frozenset[str] = frozenset({DEBTOR})
    holds: tuple[Held, ...] = ()
    legal_states: tuple[LegalState, ...] = ()
    terms: tuple[Term, ...] = ()
    points: tuple[Point, ...] = ()
    point_id: int | None = None
    counted: tuple[Counted, ...] = ()
    is_released: bool = True
    is_automatic: bool = False
    carries: frozenset[str] = frozenset()


class CapCount(NamedTuple):
    """How far a cap is used up at the moment asked about."""

    name: str
    used: int
    limit: int
    days: int
    counts: str


class Verdict(NamedTuple):
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
    zones: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Why not, for the person who asked; empty when allowed."""
        return str(Rule(self.rule).label) if self.rule else ""
