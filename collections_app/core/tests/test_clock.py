"""The clock and business days."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from collections_app.core import clock
from collections_app.core.clock import BusinessCalendar

GERMANY = BusinessCalendar("DE", "BY")


@time_machine.travel(datetime(2026, 11, 20, 22, 30, tzinfo=UTC), tick=False)
def test_the_day_depends_on_the_zone():
    assert clock.now() == datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
    assert clock.today("UTC") == date(2026, 11, 20)
    assert clock.today("Asia/Dubai") == date(2026, 11, 21)
    with timezone.override("Asia/Dubai"):
        assert clock.today() == date(2026, 11, 21)


def test_an_unknown_zone_is_an_error():
    with pytest.raises(KeyError):
        clock.today("Mars/Olympus")


@pytest.mark.parametrize(
    "country, day, works",
    [
        ("DE", date(2026, 11, 21), False),  # Saturday
        ("DE", date(2026, 12, 25), False),
        ("DE", date(2026, 11, 20), True),
        ("SA", date(2026, 11, 20), False),  # Friday
        ("SA", date(2026, 11, 22), True),  # Sunday
        ("AE", date(2021, 11, 19), False),  # Friday, before the change of weekend
        ("AE", date(2026, 11, 20), True),
        ("XX", date(2026, 11, 21), False),
        ("XX", date(2026, 11, 20), True),
    ],
)
def test_weekends_and_holidays_are_the_countrys(country, day, works):
    assert BusinessCalendar(country).is_business_day(day) is works


def test_the_offices_word_outranks_the_library():
    open_on_saturday = BusinessCalendar("DE", overrides={date(2026, 11, 21): True, date(2026, 11, 20): False})
    assert open_on_saturday.is_business_day(date(2026, 11, 21))
    assert not open_on_saturday.is_business_day(date(2026, 11, 20))


def test_an_unknown_region_keeps_the_countrys_holidays():
    assert not BusinessCalendar("DE", "ZZ").is_business_day(date(2026, 12, 25))


def test_counting_business_days_goes_round_a_holiday_both_ways():
    assert clock.business_day_on_or_after(date(2026, 12, 25), GERMANY) == date(2026, 12, 28)
    assert clock.business_day_on_or_before(date(2026, 12, 27), GERMANY) == date(2026, 12, 24)
    assert clock.add_business_days(date(2026, 12, 24), 1, GERMANY) == date(2026, 12, 28)
    assert clock.add_business_days(date(2026, 12, 28), -1, GERMANY) == date(2026, 12, 24)
    assert clock.add_business_days(date(2026, 12, 26), 0, GERMANY) == date(2026, 12, 28)


def test_a_calendar_closed_for_ever_is_an_error():
    days = {date(2026, 1, 1) + timedelta(days=ahead): False for ahead in range(90)}
    closed = BusinessCalendar("DE", overrides=days)
    with pytest.raises(ValueError, match="No business day"):
        clock.business_day_on_or_after(date(2026, 1, 1), closed)
