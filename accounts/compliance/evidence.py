"""What a permit keeps so that it can be decided again: the facts of one request as plain data.

Only what differs from the ordinary is written, so that a hundred thousand permits stay small.
`facts_of` is the exact opposite of `data_of`: decided again by the same rules, the facts give the
same verdict.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from accounts.compliance.facts import DEBTOR, Counted, Facts, Held, LegalState, Point, Term
from accounts.compliance.profiles import Calendars
from accounts.compliance.rulebook import Whereabouts
from collections_app.core.clock import BusinessCalendar


def data_of(facts: Facts, where: Whereabouts, portfolio_id: int | None) -> dict[str, Any]:
    """The facts and what picked their rules, as JSON holds them."""
    data = {
        "business_zone": facts.business_zone,
        "calendar": _calendar(facts.calendar),
        "national": _calendar(facts.calendars.national),
        "states": [_calendar(row) for row in facts.calendars.states],
        "wish": [_text(facts.contact_from), _text(facts.contact_until)],
        "only": sorted(facts.allowed_channels),
        "roles": sorted(facts.roles),
        "holds": [
            [sorted(row.scopes), row.reason, _text(row.first_day), _text(row.last_day), row.account_id,
             _text(row.known_at)] for row in facts.holds
        ],
        "legal": [
            [row.kind, _text(row.since), _text(row.until), _text(row.known_at)]
            for row in facts.legal_states
        ],
        "terms": [
            [row.kind, _text(row.since), _text(row.until), row.channel, row.point_id, row.account_id,
             _text(row.known_at)] for row in facts.terms
        ],
        "points": [
            [row.id, row.kind, row.status, _text(row.status_since), row.is_workplace]
            for row in facts.points
        ],
        "counted": [_counted(row) for row in facts.counted],
        "released": facts.is_released,
        "carries": sorted(facts.carries),
        "places": [list(place) for place in where.places],
        "contract": where.contract,
        "named": where.named,
        "portfolio": portfolio_id,
    }  # fmt: skip
    return {key: value for key, value in data.items() if value != _ORDINARY.get(key)}


_ORDINARY = {
    "business_zone": "UTC",
    "calendar": None,
    "national": None,
    "states": [],
    "wish": [None, None],
    "only": [],
    "roles": [DEBTOR],
    "holds": [],
    "legal": [],
    "terms": [],
    "points": [],
    "counted": [],
    "released": True,
    "carries": [],
    "places": [],
    "contract": "",
    "named": "",
    "portfolio": None,
}


def facts_of(
    inputs: Mapping[str, Any],
    *,
    zones: tuple[str, ...],
    is_zone_known: bool,
    account_ids: frozenset[int],
    point_id: int | None,
    is_automatic: bool,
) -> Facts:
    """The facts as they were when the gate decided."""
    data = {**_ORDINARY, **inputs}
    wish_from, wish_until = (None if at is None else time.fromisoformat(at) for at in data["wish"])
    return Facts(
        zones=zones,
        is_zone_known=is_zone_known,
        business_zone=data["business_zone"],
        calendar=_read_calendar(data["calendar"]),
        calendars=Calendars(
            _read_calendar(data["national"]), tuple(_read_calendar(row) for row in data["states"])
        ),
        contact_from=wish_from,
        contact_until=wish_until,
        allowed_channels=frozenset(data["only"]),
        account_ids=account_ids,
        roles=frozenset(data["roles"]),
        holds=tuple(
            Held(frozenset(scopes), reason, _day(first), _day(last), account_id, _moment(known_at))
            for scopes, reason, first, last, account_id, known_at in data["holds"]
        ),
        legal_states=tuple(
            LegalState(kind, _day(since), _day(until), _moment(known_at))
            for kind, since, until, known_at in data["legal"]
        ),
        terms=tuple(
            Term(kind, _day(since), _day(until), channel, point, account_id, _moment(known_at))
            for kind, since, until, channel, point, account_id, known_at in data["terms"]
        ),
        points=tuple(
            Point(pk, kind, status, _day(since), is_workplace)
            for pk, kind, status, since, is_workplace in data["points"]
        ),
        point_id=point_id,
        counted=tuple(_read_counted(row) for row in data["counted"]),
        is_released=data["released"],
        is_automatic=is_automatic,
        carries=frozenset(data["carries"]),
    )


def where_of(inputs: Mapping[str, Any]) -> tuple[Whereabouts, int | None]:
    """What picked the rules: the places, the contract, the named profile; and the portfolio."""
    data = {**_ORDINARY, **inputs}
    places = tuple((country, state) for country, state in data["places"])
    return Whereabouts(places, data["contract"], data["named"]), data["portfolio"]


def _counted(row: Counted) -> list:
    ids = None if row.account_ids is None else sorted(row.account_ids)
    return [
        _text(row.at), row.channel, row.is_contact_made, row.is_inbound, ids, row.is_other, row.purpose,
        row.is_connected, row.id, *(() if row.is_conversation else (False,)),
    ]  # fmt: skip


def _read_counted(row: list) -> Counted:
    at, channel, made, inbound, ids, other, purpose, connected, pk, *spoken = row
    accounts = None if ids is None else frozenset(ids)
    return Counted(_moment(at), channel, made, inbound, accounts, other, purpose, connected, pk, *spoken)


def _calendar(calendar: BusinessCalendar | None) -> list | None:
    if calendar is None:
        return None
    overrides = {day.isoformat(): is_open for day, is_open in sorted(calendar.overrides.items())}
    return [calendar.country, calendar.subdivision, overrides]


def _read_calendar(row: list | None) -> BusinessCalendar | None:
    if row is None:
        return None
    country, subdivision, overrides = row
    return BusinessCalendar(
        country, subdivision, {date.fromisoformat(day): is_open for day, is_open in overrides.items()}
    )


def _text(value: date | time | None) -> str | None:
    return None if value is None else value.isoformat()


def _day(text: str | None) -> Any:
    return None if text is None else date.fromisoformat(text)


def _moment(text: str | None) -> Any:
    return None if text is None else datetime.fromisoformat(text)
