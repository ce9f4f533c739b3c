"""The clock and the calendar: the only module that asks what time it is.

Below the edge (web, a job's start, a command) the day arrives as an argument. Business days
follow the public holidays of a country or region, its weekend, and the office's own overrides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import holidays
from django.utils import timezone
from django.utils.formats import date_format

LONGEST_CLOSURE = 60
SATURDAY = 5


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


def written(day: date) -> str:
    """A day in a sentence, in the reader's language: "2 Mar 2026"."""
    return date_format(day, "j M Y")


def today(time_zone: str | None = None) -> date:
    """The day it is in a time zone; without one, in the zone that is active (the office's)."""
    return local_date(now(), time_zone)


def local_date(moment: datetime, time_zone: str | None = None) -> date:
    """The day a moment falls on in a time zone; without one, in the active zone."""
    return moment.astimezone(zone(time_zone)).date()


def zone(time_zone: str | None = None):
    """The zone of that name, or the active one; an unknown name is a KeyError."""
    if not time_zone:
        return timezone.get_current_timezone()
    return ZoneInfo(time_zone)


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Every name `zone` accepts, for forms and imports."""
    return frozenset(available_timezones())


@lru_cache(maxsize=256)
def _public_holidays(country: str, subdivision: str, language: str = ""):
    """The library's calendar, or None for a country it does not know.

    An unknown subdivision falls back to the whole country rather than to no holidays at all.
    """
    try:
        return holidays.country_holidays(country, subdiv=subdivision or None, language=language or None)
    except NotImplementedError:
        return _public_holidays(country, "", language) if subdivision else None


@dataclass(frozen=True)
class BusinessCalendar:
    """The working days of a place.

    `country` is an ISO 3166 code, `subdivision` the library's code of a region. `overrides` say
    it against the library for single days: True is a working day, False a closed one. The weekend
    is the country's own (Friday and Saturday in Saudi Arabia; the Emirates changed in 2022).
    """

    country: str
    subdivision: str = ""
    overrides: Mapping[date, bool] = field(default_factory=dict, hash=False)

    def is_business_day(self, day: date) -> bool:
        if day in self.overrides:
            return self.overrides[day]
        return not self.is_weekend(day) and not self.is_holiday(day)

    def is_weekend(self, day: date) -> bool:
        known = _public_holidays(self.country, self.subdivision)
        if known is None:
            return day.weekday() >= SATURDAY
        # the library keeps changes of the weekend over the years behind this name only
        return bool(known._is_weekend(day))

    def is_holiday(self, day: date) -> bool:
        known = _public_holidays(self.country, self.subdivision)
        return known is not None and day in known



def business_day_on_or_after(day: date, calendar: BusinessCalendar) -> date:
    """The day itself when it is a business day, else the next one.

    Raises ValueError when overrides close the calendar for more than 60 days on end.
    """
    for ahead in range(LONGEST_CLOSURE + 1):
        if calendar.is_business_day(candidate := day + timedelta(days=ahead)):
            return candidate
    raise ValueError(f"No business day within {LONGEST_CLOSURE} days after {day}.")


def business_day_on_or_before(day: date, calendar: BusinessCalendar) -> date:
    """The day itself when it is a business day, else the one before."""
    for back in range(LONGEST_CLOSURE + 1):
        if calendar.is_business_day(candidate := day - timedelta(days=back)):
            return candidate
    raise ValueError(f"No business day within {LONGEST_CLOSURE} days before {day}.")


def add_business_days(day: date, number: int, calendar: BusinessCalendar) -> date:
    """The business day that many after `day` (before it when negative); `day` itself never counts.

    Zero gives the day itself when it is a business day, else the next one.
    """
    if number == 0:
        return business_day_on_or_after(day, calendar)
    step = timedelta(days=1 if number > 0 else -1)
    roll = business_day_on_or_after if number > 0 else business_day_on_or_before
    for _ in range(abs(number)):
        day = roll(day + step, calendar)
    return day
