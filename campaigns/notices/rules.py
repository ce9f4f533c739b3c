"""Who sees and records notices, and the arithmetic of their clock."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.notices.enums import ServiceMethod
from campaigns.notices.models import FormalNotice
from collections_app.core.clock import (
    BusinessCalendar,
    add_business_days,
    business_day_on_or_after,
)
from collections_app.core.documents import register_reader
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare
from collections_app.core.refusal import Refused

VIEW = declare("campaigns.view_formal_notice", _("See formal notices and their clocks"), OFFICE)
GIVE = declare(
    "campaigns.give_formal_notice",
    _("Give a formal notice"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
RECORD = declare(
    "campaigns.record_service",
    _("Record that a notice was served or came back"),
    {Role.FIELD_OFFICER, Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)


class PrematureNotice(Refused):
    """The notice before it was not given, came back, or its clock still runs."""


class NoticeRefused(Refused):
    """The notice can't be given or recorded so."""


@dataclass(frozen=True)
class ServiceClock:
    """When a notice counts as served and the first day on which the next step may follow."""

    served_on: date
    next_step_from: date


def service_clock(
    values: dict[str, Any],
    *,
    kind: str,
    method: str,
    sent_on: date,
    calendar: BusinessCalendar,
    proved_on: date | None = None,
) -> ServiceClock:
    """The clock of a notice by the values of the policy "formal_notice". Pure.

    A proved day of service takes the place of the deemed one, earlier or later. The debtor has the
    days of `wait` in full; where the last of them is no business day, the next one is the last.
    """
    if proved_on is not None:
        served_on = proved_on
    elif values["unit"] == "business":
        served_on = add_business_days(sent_on, values["served_after"][method], calendar)
    else:
        served_on = sent_on + timedelta(days=values["served_after"][method])
    last_day = business_day_on_or_after(served_on + timedelta(days=values["wait"][kind]), calendar)
    return ServiceClock(served_on, last_day + timedelta(days=1))


def methods_by_hand() -> list[tuple[str, Any]]:
    """The ways a person gives a notice outside the outbox."""
    return [
        (method.value, method.label)
        for method in (
            ServiceMethod.HAND,
            ServiceMethod.REGISTERED_POST,
            ServiceMethod.COURIER,
            ServiceMethod.POST,
        )
    ]


def _may_read_proof(user, file) -> bool:
    return FormalNotice.objects.visible_to(user).filter(proof=file).exists()


register_reader("campaigns.formalnotice", _may_read_proof)
