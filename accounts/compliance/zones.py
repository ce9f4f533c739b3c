"""Where on the clock a debtor is: time zones from what is known of him.

Each piece of evidence (the zone stated, the country of an address, a phone number) names a set of
possible zones. Pieces that agree narrow each other; where they disagree, all are kept, and the
gate asks that it be within hours in every one of them.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from babel.core import get_global
from phonenumbers.timezone import time_zones_for_number

from collections_app.core.clock import zone_names

Zones = frozenset[str]


@lru_cache(maxsize=1)
def _by_country() -> dict[str, Zones]:
    known: dict[str, set[str]] = {}
    for name, country in get_global("zone_territories").items():
        if name in zone_names():
            known.setdefault(country, set()).add(name)
    return {country: frozenset(names) for country, names in known.items()}


def zones_of_country(country: str) -> Zones:
    """Every zone of a country (ISO 3166 code); empty for one nobody knows."""
    return _by_country().get(country.upper(), frozenset()) if country else frozenset()


@lru_cache(maxsize=20_000)
def zones_of_phone(number: str) -> Zones:
    """The zones a number (E.164) may ring in; empty when it cannot be read."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return frozenset()
    return frozenset(name for name in time_zones_for_number(parsed) if name in zone_names())


def possible_zones(evidence: Iterable[Zones]) -> Zones:
    """What all pieces agree on, or everything any of them names when they do not agree."""
    pieces = [piece for piece in evidence if piece]
    if not pieces:
        return frozenset()
    return frozenset.intersection(*pieces) or frozenset.union(*pieces)


@lru_cache(maxsize=2_000)
def _year_of(name: str, year: int) -> tuple[timedelta | None, ...]:
    zone = ZoneInfo(name)
    noon = datetime(year, 1, 1, 12, tzinfo=UTC)
    return tuple((noon + timedelta(days=ahead)).astimezone(zone).utcoffset() for ahead in range(366))


@lru_cache(maxsize=2_000)
def distinct(zones: Zones, year: int) -> tuple[str, ...]:
    """One name for all zones whose clocks agree on every day of the year, in order of name."""
    kept: dict[tuple, str] = {}
    for name in sorted(zones):
        kept.setdefault(_year_of(name, year) + _year_of(name, year + 1), name)
    return tuple(kept.values())
