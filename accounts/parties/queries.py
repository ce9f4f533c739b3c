"""Reads about creditors and debtors that higher floors share."""

from datetime import date, timedelta

from accounts.parties.models import Creditor
from collections_app.core.clock import BusinessCalendar, add_business_days


def calendar_of(creditor: Creditor) -> BusinessCalendar:
    """The creditor's working days: his country's, with the days set right by hand. One statement."""
    return BusinessCalendar(
        creditor.country,
        creditor.subdivision,
        dict(creditor.holiday_overrides.values_list("day", "is_business_day")),
    )


def day_after(day: date, days: int, unit: str, creditor: Creditor) -> date:
    """`days` after a day, in business days of the creditor's calendar or in calendar days."""
    if unit == "calendar":
        return day + timedelta(days=days)
    return add_business_days(day, days, calendar_of(creditor))
