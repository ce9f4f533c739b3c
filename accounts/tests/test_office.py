"""Teams, absences, leaving users; creditors and merges."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now, TruncDate
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.ledger.models import Account
from accounts.parties.creditors import CannotMerge, merge_debtors, save_creditor, undo_merge
from accounts.tasks.models import Task
from accounts.teams.rules import deputies_for
from accounts.teams.services import (
    AbsenceOverlaps,
    LastAdministrator,
    OpenWorkLeft,
    OwnRole,
    cancel_absence,
    change_user,
    deactivate_user,
    invite_user,
    record_absence,
    set_teams,
)
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import AuditRecord, User
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def today() -> date:
    """The database's own day: rights follow it."""
    makers.user()
    return User.objects.annotate(day=TruncDate(Now())).values_list("day", flat=True)[0]


@pytest.fixture
def office():
    team = makers.team()
    return {
        "team": team,
        "officer": makers.teammate(team=team),
        "colleague": makers.teammate(team=team),
        "supervisor": makers.teammate(team=team, role=Role.SUPERVISOR),
        "administrator": makers.user(role=Role.ADMINISTRATOR),
        "creditor": makers.creditor(teams=[team]),
    }


def test_a_deputy_sees_the_absent_officers_accounts_and_they_go_back(office, today):
    elsewhere = makers.teammate(team=makers.team())
    account = makers.account(debtor=makers.debtor(creditor=office["creditor"]), team=office["team"])
    assert not Account.objects.visible_to(elsewhere).exists()
    absence = record_absence(
        user=office["officer"], deputy=elsewhere, first_day=today, last_day=today + timedelta(days=3),
        actor=office["supervisor"], as_of=today,
    )  # fmt: skip
    deputy = User.objects.get(pk=elsewhere.pk)
    assert list(Account.objects.visible_to(deputy)) == [account]
    cancel_absence(absence=absence, actor=office["supervisor"], as_of=today)
    assert not Account.objects.visible_to(User.objects.get(pk=elsewhere.pk)).exists()


def test_an_absence_is_ones_own_or_recorded_by_a_supervisor_and_never_doubled(office, today):
    fields = {
        "user": office["officer"], "deputy": office["colleague"], "first_day": today, "last_day": today,
        "as_of": today,
    }  # fmt: skip
    with pytest.raises(NotAllowed):
        record_absence(**fields, actor=office["colleague"])
    record_absence(**fields, actor=office["officer"])
    with pytest.raises(AbsenceOverlaps):
        record_absence(**fields, actor=office["supervisor"])
    with pytest.raises(AbsenceOverlaps, match="away on some"):
        record_absence(
            user=office["colleague"], deputy=office["officer"], first_day=today, last_day=today,
            actor=office["supervisor"], as_of=today,
        )  # fmt: skip


def test_a_supervisor_opens_no_door_by_sending_others_away(client, office, today):
    """A deputy sees and decides what the absent one may: neither a manager's rights nor another team's."""
    supervisor, other_team = office["supervisor"], makers.team()
    manager, foreign = makers.user(role=Role.MANAGER), makers.teammate(team=other_team)
    days = {"first_day": today, "last_day": today, "as_of": today}
    client.force_login(supervisor)
    for person in (manager, foreign):
        with pytest.raises(NotAllowed):
            record_absence(user=person, deputy=supervisor, **days, actor=supervisor)
        away = makers.absence(person, makers.user(role=Role.MANAGER), today, today)
        with pytest.raises(NotAllowed):
            cancel_absence(absence=away, actor=supervisor, as_of=today)
        page = client.get(reverse("accounts:user_detail", args=[person.pk])).content.decode()
        verbs = (
            reverse("accounts:absence_new", args=[person.pk]),
            reverse("accounts:absence_cancel", args=[away.pk]),
        )
        for address in verbs:
            assert address not in page
            assert client.get(address).status_code == 403

    shared = makers.teammate(team=office["team"])
    makers.member(shared, other_team)
    with pytest.raises(AbsenceOverlaps):  # he would see what the other team keeps from him
        record_absence(user=shared, deputy=supervisor, **days, actor=supervisor)
    assert record_absence(user=shared, deputy=office["officer"], **days, actor=supervisor)
    own = reverse("accounts:absence_new", args=[office["officer"].pk])
    assert own in client.get(reverse("accounts:user_detail", args=[office["officer"].pk])).content.decode()
    assert record_absence(user=office["colleague"], deputy=supervisor, **days, actor=supervisor)


def test_an_administrator_gives_himself_no_rights_and_an_address_leaves_its_trace(office, today):
    """A link for a new password goes to the address, so whoever changes it is on record."""
    administrator, officer = office["administrator"], office["officer"]
    makers.user(role=Role.ADMINISTRATOR)
    kept = {"teams": [], "departments": [], "actor": administrator, "as_of": today}
    own = {"full_name": administrator.full_name, "email": administrator.email}
    with pytest.raises(OwnRole):
        change_user(user=administrator, role=Role.MANAGER, **own, **kept)
    assert change_user(user=administrator, role=Role.ADMINISTRATOR, **own, **kept) == administrator
    with pytest.raises(NotAllowed):
        change_user(user=officer, role=Role.SYSTEM, full_name="A", email="a@office.example", **kept)
    was = officer.email
    change_user(user=officer, role=officer.role, full_name="A", email="a@office.example", **kept)
    record = AuditRecord.objects.filter(code="user.changed").latest("id")
    assert (record.before["email"], record.after["email"]) == (was, "a@office.example")


def test_a_user_with_open_work_leaves_only_when_a_colleague_takes_it(office, today):
    account = makers.account(
        debtor=makers.debtor(creditor=office["creditor"]), team=office["team"], officer=office["officer"]
    )
    task = makers.task(assignee=office["officer"])
    with pytest.raises(OpenWorkLeft, match="Accounts: 1, Tasks: 1"):
        deactivate_user(user=office["officer"], actor=office["administrator"], as_of=today)
    deactivate_user(
        user=office["officer"], actor=office["administrator"], as_of=today, to=office["colleague"]
    )
    account.refresh_from_db()
    assert account.officer == office["colleague"]
    assert Task.objects.get(pk=task.pk).assignee == office["colleague"]
    assert not User.objects.get(pk=office["officer"].pk).is_active
    assert account.assignments.count() == 2


def test_the_last_administrator_stays_and_only_administrators_invite(office, today):
    fields = {"full_name": "New", "email": "n@o.example", "role": Role.COLLECTION_OFFICER, "teams": [],
              "departments": [], "as_of": today}  # fmt: skip
    with pytest.raises(NotAllowed):
        invite_user(username="new", actor=office["supervisor"], **fields)
    made = invite_user(username="new", actor=office["administrator"], **fields)
    assert not made.has_usable_password()
    with pytest.raises(Refused, match="taken"):
        invite_user(username="NEW", actor=office["administrator"], **fields)
    second = makers.user(role=Role.ADMINISTRATOR)
    deactivate_user(user=office["administrator"], actor=second, as_of=today)
    with pytest.raises(LastAdministrator):
        deactivate_user(user=second, actor=makers.system(), as_of=today)


def test_memberships_keep_their_days(office, today):
    other = makers.team()
    set_teams(user=office["officer"], teams=[other], actor=office["administrator"], as_of=today)
    rows = office["officer"].memberships
    assert [row.team for row in rows.on(today - timedelta(days=1))] == [office["team"]]
    assert [row.team for row in rows.on(today)] == [other]


def test_a_merge_moves_nothing_and_can_be_taken_back(office, today):
    root = makers.debtor(creditor=office["creditor"])
    double = makers.debtor(creditor=office["creditor"])
    account = makers.account(debtor=double, team=office["team"])
    fields = {"reason": "same person", "actor": office["supervisor"], "as_of": today}
    merge_debtors(debtor=double, root=root, **fields)
    double.refresh_from_db()
    assert double.merged_into == root
    assert Account.objects.get(pk=account.pk).debtor == double
    with pytest.raises(CannotMerge):
        merge_debtors(debtor=root, root=double, **fields)
    undo_merge(debtor=double, **fields)
    double.refresh_from_db()
    assert double.merged_into is None
    assert double.merges.count() == 2


def test_nothing_merges_across_creditors(office, today):
    stranger = makers.debtor()
    with pytest.raises(CannotMerge, match="wall"):
        merge_debtors(
            debtor=makers.debtor(creditor=office["creditor"]), root=stranger, reason="same",
            actor=office["supervisor"], as_of=today,
        )  # fmt: skip


def test_a_creditor_needs_a_free_code_and_a_real_currency(office):
    manager = makers.user(role=Role.MANAGER)
    fields = {"name": "N", "code": office["creditor"].code.lower(), "currency": "EUR", "country": "DE"}
    with pytest.raises(Refused, match="code"):
        save_creditor(actor=manager, **fields)
    with pytest.raises(Refused, match="currency"):
        save_creditor(actor=manager, **{**fields, "code": "fresh", "currency": "EU1"})
    assert save_creditor(actor=manager, **{**fields, "code": "fresh"}).pk


# ---- one's own absence ----


def test_ones_own_deputy_is_of_ones_team_or_a_manager(office, today):
    elsewhere, manager = makers.teammate(team=makers.team()), makers.user(role=Role.MANAGER)
    field_officer = makers.teammate(team=office["team"], role=Role.FIELD_OFFICER)
    gone = makers.teammate(team=office["team"], is_active=False)
    officer, supervisor = office["officer"], office["supervisor"]
    own = set(deputies_for(officer, actor=officer, as_of=today))
    assert own == {office["colleague"], supervisor, manager}
    everybody = set(deputies_for(officer, actor=supervisor, as_of=today))
    assert everybody > own
    assert elsewhere in everybody
    assert not everybody & {field_officer, gone, officer}
    fields = {"user": officer, "first_day": today, "last_day": today, "actor": officer, "as_of": today}
    for nobody in (elsewhere, field_officer, gone, officer):
        with pytest.raises(AbsenceOverlaps):
            record_absence(**fields, deputy=nobody)
    assert record_absence(**fields, deputy=manager).deputy == manager


def test_a_department_user_is_stood_in_for_within_his_department(today):
    department = makers.department()
    clerk, colleague = makers.department_user(department), makers.department_user(department)
    makers.department_user(makers.department())
    assert set(deputies_for(clerk, actor=clerk, as_of=today)) == {colleague}


@pytest.mark.parametrize("role", [Role.COLLECTION_OFFICER, Role.FIELD_OFFICER, Role.SUPERVISOR])
def test_the_menu_behind_ones_name_leads_to_ones_own_absence(client, office, role):
    person = makers.teammate(team=office["team"], role=role)
    deputy = makers.teammate(team=office["team"], role=role)
    client.force_login(person)
    url, day = reverse("accounts:own_absence"), clock.today()
    page = client.get(reverse("core:profile")).content.decode()
    assert f'href="{url}"' in page
    assert "No absence recorded." in client.get(url).content.decode()
    sent = {"deputy": deputy.pk, "first_day": day.isoformat(), "last_day": day.isoformat()}
    assert client.post(url, sent).url == url
    [absence] = person.absences.all()
    assert (absence.deputy, absence.recorded_by) == (deputy, person)
    assert client.post(url, sent).status_code == 422
    cancel = reverse("accounts:absence_cancel", args=[absence.pk])
    assert cancel in client.get(url).content.decode()
    assert client.post(cancel).url == url
    absence.refresh_from_db()
    assert absence.cancelled_at is not None


def test_the_auditor_has_no_absence(client):
    client.force_login(makers.user(role=Role.AUDITOR))
    assert client.get(reverse("accounts:own_absence")).status_code == 403


def test_the_page_of_ones_own_absence_costs_the_same_for_one_and_for_eight(client, office):
    officer, day = office["officer"], clock.today()
    client.force_login(officer)
    url, costs = reverse("accounts:own_absence"), []
    for ago in range(8):
        then = day - timedelta(days=30 * ago)
        makers.absence(officer, office["colleague"], then, then)
        if ago in (0, 7):
            client.get(url)
            with CaptureQueriesContext(connection) as captured:
                client.get(url)
            costs.append(len(captured))
    assert costs[0] == costs[1]
