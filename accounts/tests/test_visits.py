"""Field visits: the route, the permit at the door, the one form that closes them."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from accounts.compliance.models import Permit
from accounts.contacts.models import ContactAttempt, FieldVisit, FollowUp
from accounts.contacts.route import planned_visits, visits_closed_on
from accounts.contacts.services.follow_ups import NotHisTeam, assign_follow_ups, plan_follow_up
from accounts.contacts.services.outcomes import RightPartyNotChecked
from accounts.contacts.services.visits import (
    NotAPhoto,
    VisitClosed,
    VisitNotPlanned,
    close_visit,
    start_visit,
)
from accounts.parties.models import ContactPoint
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import AuditRecord
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

TODAY = date(2026, 3, 3)
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def photo(kind="PNG") -> bytes:
    stream = BytesIO()
    Image.new("RGB", (2, 2)).save(stream, kind)
    return stream.getvalue()


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def field(team):
    return makers.teammate(team=team, role=Role.FIELD_OFFICER)


def address(debtor, area, building, unit="", **fields):
    return ContactPoint.objects.create(
        debtor=debtor,
        kind="address",
        value=f"{building} {unit}, {area}",
        area=area,
        building=building,
        unit=unit,
        country=debtor.country,
        noted_on=TODAY,
        valid_from=date(2026, 1, 1),
        **fields,
    )


def planned(team, field, *, on=TODAY, where=("Marina", "Tower 1", "101"), as_of=TODAY):
    account = makers.account(team=team, officer=field)
    makers.entry(
        account=account, amount="90.00", value_date=date(2026, 1, 5), due_date=date(2026, 1, 20), as_of=as_of
    )
    if where:
        address(account.debtor, *where)
    return plan_follow_up(account=account, owner=field, kind="visit", due_on=on, actor=field, as_of=as_of)


def begun(follow_up, field, at=NOON):
    [stop] = planned_visits(field, as_of=TODAY, follow_up=follow_up.pk)
    return start_visit(follow_up=follow_up, contact_point=stop.point, officer=field, at=at)


def test_the_route_goes_by_area_building_and_unit_and_shows_what_was_not_closed(team, field):
    far = planned(team, field, where=("Yas", "Tower 1", "1"))
    tenth = planned(team, field, where=("Marina", "Tower 1", "10"))
    second = planned(team, field, where=("Marina", "Tower 1", "2"))
    other = planned(team, field, where=("Marina", "Beach House", "7"))
    lost = planned(team, field, where=None)
    before = TODAY - timedelta(days=1)
    late = planned(team, field, where=("Marina", "Tower 1", "3"), as_of=before, on=before)
    planned(team, field, on=TODAY + timedelta(days=1))
    stops = planned_visits(field, as_of=TODAY)
    route = (other, second, late, tenth, far, lost)
    assert [stop.follow_up_id for stop in stops] == [row.pk for row in route]
    assert [stop.due_on < TODAY for stop in stops] == [False, False, True, False, False, False]
    assert planned_visits(makers.teammate(team=makers.team()), as_of=TODAY) == []


def test_the_gate_is_asked_at_the_door_and_its_no_is_kept(team, field):
    held = planned(team, field)
    makers.hold(debtor=held.debtor, scopes=("contact",), as_of=TODAY)
    refused = begun(held, field)
    assert isinstance(refused, Permit)
    assert (refused.is_allowed, refused.channel) == (False, "visit")
    assert not FieldVisit.objects.exists()
    visit = begun(planned(team, field), field)
    assert visit.permit.is_allowed
    assert begun(visit.follow_up, field) == visit


def test_closing_makes_one_attempt_with_the_person_the_place_and_the_photo(team, field):
    visit = begun(planned(team, field), field)
    closed = close_visit(
        visit=visit, outcome="refuses", person_reached="debtor", items=["name", "birth_date"], note="Angry",
        place="Lobby", photo=("door.png", photo()), officer=field, at=NOON + timedelta(minutes=9),
    )  # fmt: skip
    attempt = ContactAttempt.objects.get()
    assert (attempt.channel, attempt.permit, attempt.is_right_party) == ("visit", visit.permit, True)
    assert (closed.photo.content_type, closed.place) == ("image/png", "Lobby")
    assert FollowUp.objects.get(pk=visit.follow_up_id).status == "done"
    assert visits_closed_on(field, as_of=TODAY) == [closed]
    with pytest.raises(VisitClosed):
        close_visit(visit=visit, outcome="no_answer", officer=field, at=NOON)
    with pytest.raises(VisitNotPlanned):
        begun_again(visit.follow_up, field)


def begun_again(follow_up, field):
    return start_visit(follow_up=follow_up, contact_point=None, officer=field, at=NOON)


def test_the_debt_is_spoken_of_with_the_right_person_only_and_a_photo_is_a_picture(team, field):
    visit = begun(planned(team, field), field)
    for items, person in (([], "debtor"), (["name"], "debtor"), (["name", "reference"], "third_party")):
        with pytest.raises(RightPartyNotChecked):
            close_visit(
                visit=visit,
                outcome="paid_already",
                person_reached=person,
                items=items,
                officer=field,
                at=NOON,
            )
    with pytest.raises(NotAPhoto):
        close_visit(
            visit=visit, outcome="vacant", photo=("a.pdf", b"%PDF-1.7\n%%EOF\n"), officer=field, at=NOON
        )
    assert not ContactAttempt.objects.exists()


def test_a_leader_gives_visits_to_another_officer_and_only_of_the_same_team(client, team, field):
    today = clock.today()
    leader = makers.teammate(team=team, role=Role.SUPERVISOR)
    other, stranger = makers.teammate(team=team), makers.teammate(team=makers.team())
    marina = planned(team, field, on=today, as_of=today)
    yas = planned(team, field, on=today, as_of=today, where=("Yas", "Tower 9", "1"))
    at_the_door = planned(team, field, on=today, as_of=today)
    start_visit(follow_up=at_the_door, contact_point=None, officer=field, at=NOON)
    everything = FollowUp.objects.all()
    with pytest.raises(NotHisTeam):
        assign_follow_ups(follow_ups=everything, to=stranger, reason="ill", actor=leader, as_of=today)
    with pytest.raises(NotAllowed):
        assign_follow_ups(follow_ups=everything, to=other, reason="ill", actor=field, as_of=today)
    client.force_login(leader)
    url = reverse("accounts:visit_assign") + "?area=Yas"
    page = client.get(url).content.decode()
    assert [word in page for word in ("Tower 9", "Tower 1", stranger.full_name)] == [True, False, False]
    answer = client.post(url, {"stops": [yas.pk], "to": other.pk, "reason": "Closer to him"})
    assert answer.status_code == 302
    owners = dict(FollowUp.objects.values_list("pk", "owner"))
    assert owners == {marina.pk: field.pk, yas.pk: other.pk, at_the_door.pk: field.pk}
    whole = assign_follow_ups(follow_ups=everything, to=other, reason="ill", actor=leader, as_of=today)
    assert whole == [marina.pk], "who stands at the door finishes it"
    plan = reverse("accounts:follow_up_plan", args=[marina.account_id])
    client.post(plan, {"kind": "visit", "due_on": today.isoformat(), "owner": other.pk})
    assert FollowUp.objects.filter(account=marina.account, owner=other).count() == 2
    client.force_login(field)
    assert client.get(url).status_code == 403
    assert 'name="owner"' not in client.get(plan).content.decode()


def test_the_pages(client, team, field):
    today = clock.today()
    follow_up = planned(team, field, on=today, as_of=today)
    client.force_login(field)
    page = client.get(reverse("accounts:visit_list")).content.decode()
    assert "Tower 1" in page
    assert "90.00" not in page
    [stop] = planned_visits(field, as_of=today)
    visit = start_visit(follow_up=follow_up, contact_point=stop.point, officer=field, at=NOON)
    url = reverse("accounts:visit", args=[visit.pk])
    assert "90.00" not in client.get(url).content.decode()
    # begun by a slip for another: nothing counts, and it can be begun anew
    mistake = reverse("accounts:visit_call_off", args=[visit.pk])
    assert mistake in client.get(url).content.decode()
    assert client.post(mistake, {"reason": ""}).status_code == 422
    client.force_login(makers.teammate(team=team))
    assert client.post(mistake, {"reason": "Not mine"}).status_code == 404
    client.force_login(field)
    assert client.post(mistake, {"reason": "The wrong door"}).status_code == 302
    assert not FieldVisit.objects.exists()
    assert not ContactAttempt.objects.exists()
    assert AuditRecord.objects.get(code="visit.called_off").reason == "The wrong door"
    visit = start_visit(follow_up=follow_up, contact_point=stop.point, officer=field, at=NOON)
    url = reverse("accounts:visit", args=[visit.pk])
    answer = client.post(
        url,
        {"outcome": "no_answer", "photo": SimpleUploadedFile("d.jpg", photo("JPEG"), "image/jpeg")}
        | {"latitude": "25.07650", "longitude": "55.13320"},
    )
    assert answer.status_code == 302
    visit.refresh_from_db()
    assert (visit.attempt.outcome, str(visit.latitude)) == ("no_answer", "25.07650")
    closed = reverse("accounts:visit_call_off", args=[visit.pk])
    assert client.post(closed, {"reason": "Late"}).status_code == 404
    assert "Closed today" in client.get(reverse("accounts:visit_list")).content.decode()
    client.force_login(makers.teammate(team=team))
    assert client.get(url).status_code == 404
    client.force_login(makers.user(role=Role.ADMINISTRATOR))
    assert client.get(reverse("accounts:visit_list")).status_code == 403
