"""Reads about creditors and debtors that higher floors share."""

from datetime import date, timedelta

from django.db.models import Exists, OuterRef

from accounts.parties.enums import ContactPointKind, ContactPointStatus
from accounts.parties.models import ContactPoint, Creditor, Portfolio
from accounts.teams.enums import SEES_TEAM_ACCOUNTS
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


def is_somebody_elses() -> Exists:
    """Condition on a contact point: its number or e-mail address is marked wrong party on any record,
    of whatever creditor. An address is judged by its own mark: others may well live there."""
    return Exists(
        ContactPoint.objects.exclude(kind=ContactPointKind.ADDRESS).filter(
            kind=OuterRef("kind"), value=OuterRef("value"), status=ContactPointStatus.WRONG_PARTY
        )
    )


def sees_every_creditor(user) -> bool:
    """Members of teams work behind the wall; what is about all creditors at once isn't theirs."""
    return user.role not in SEES_TEAM_ACCOUNTS


def creditor_choices(request):
    """Creditors a list may be filtered by; a selection without a request (a campaign's) knows all."""
    creditors = Creditor.objects.all() if request is None else Creditor.objects.visible_to(request.user)
    return creditors.order_by("name")


def portfolio_choices(request):
    """Portfolios of those creditors."""
    portfolios = Portfolio.objects.select_related("creditor").order_by("creditor__name", "name")
    if request is None:
        return portfolios
    return portfolios.filter(creditor__in=Creditor.objects.visible_to(request.user))
