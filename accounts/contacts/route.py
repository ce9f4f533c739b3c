"""The route of field visits: where they go, in which order, and which were closed on a day (D8)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time

from django.db.models import Q

from accounts.contacts.enums import FollowUpKind
from accounts.contacts.models import FieldVisit, FollowUp
from accounts.parties.enums import ContactPointKind, ContactPointStatus
from accounts.parties.models import ContactPoint


@dataclass(frozen=True)
class Stop:
    """One planned visit on the route, with the address it goes to; nothing of the debt."""

    follow_up_id: int
    account_id: int
    number: str
    debtor_name: str
    owner_name: str
    due_on: date
    due_time: time | None
    note: str
    point: ContactPoint | None
    visit_id: int | None

    @property
    def area(self) -> str:
        return (self.point.area or self.point.city or self.point.postcode) if self.point else ""

    @property
    def building(self) -> str:
        return (self.point.building or self.point.street) if self.point else ""

    def place(self) -> tuple:
        """Where it stands on the route: area, street, building, then the unit as people count."""
        point = self.point
        if point is None:
            return ("~", "", "", [], self.follow_up_id)
        unit = [
            (int(part), "") if part.isdigit() else (0, part) for part in re.findall(r"\d+|\D+", point.unit)
        ]
        return (self.area or "~", self.building, point.street, unit, self.follow_up_id)


def planned_visits(
    user, *, as_of: date, officers: Iterable[int] | None = None, follow_up: int | None = None
) -> list[Stop]:
    """Open visits up to the day that the user may see, of these officers or of all, in the order of the
    route; two statements and one for the visits begun."""
    rows = (
        FollowUp.objects.open()
        .visible_to(user)
        .filter(kind=FollowUpKind.VISIT, due_on__lte=as_of)
        .select_related("account", "debtor", "owner")
        .order_by("pk")
    )
    if officers is not None:
        rows = rows.filter(owner__in=list(officers))
    if follow_up is not None:
        rows = rows.filter(pk=follow_up)
    rows = list(rows)
    points: dict[int, ContactPoint] = {}
    addresses = ContactPoint.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=as_of),
        debtor__in={row.debtor_id for row in rows},
        kind=ContactPointKind.ADDRESS,
        status__in=(ContactPointStatus.GOOD, ContactPointStatus.UNVERIFIED),
        valid_from__lte=as_of,
    ).order_by("-is_primary", "-noted_on", "-pk")
    for point in addresses:
        points.setdefault(point.debtor_id, point)
    begun = dict(
        FieldVisit.objects.filter(
            follow_up__in=[row.pk for row in rows], officer=user, attempt__isnull=True
        ).values_list("follow_up", "pk")
    )
    stops = [
        Stop(
            row.pk,
            row.account_id,
            row.account.number,
            row.debtor.name,
            row.owner.full_name,
            row.due_on,
            row.due_time,
            row.note,
            points.get(row.debtor_id),
            begun.get(row.pk),
        )
        for row in rows
    ]
    return sorted(stops, key=Stop.place)


def visits_closed_on(user, *, as_of: date, officers: Iterable[int] | None = None) -> list[FieldVisit]:
    """The visits closed on a day, the last first."""
    rows = FieldVisit.objects.filter(
        attempt__isnull=False,
        follow_up__done_on=as_of,
        follow_up__in=FollowUp.objects.visible_to(user),
    ).select_related("attempt", "follow_up__debtor", "officer", "photo")
    if officers is not None:
        rows = rows.filter(officer__in=list(officers))
    return list(rows.order_by("-closed_at"))
