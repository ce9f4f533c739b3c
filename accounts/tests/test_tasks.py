import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils.translation import gettext_noop, override

from accounts.contacts.services import TRACE
from accounts.ledger.models import AccountParty
from accounts.tasks.filtersets import TaskFilterSet
from accounts.tasks.models import Task
from accounts.tasks.rules import addressed_to, visible_to
from accounts.tasks.services import (
    TaskForNobody,
    TaskOfAnother,
    cancel_task,
    complete_task,
    raise_task,
    settle_tasks,
)
from accounts.teams.models import Department
from collections_app.core.enums import Role
from collections_app.core.lifecycle import StatusHasMoved
from collections_app.core.models import AuditRecord
from collections_app.core.refusal import Refused
from collections_app.core.said import said
from collections_app.testing import makers

TODAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def mine(user, day=TODAY):
    return set(Task.objects.filter(addressed_to(user, day)))


def test_assigned_to_a_person_it_is_his_and_his_deputys():
    officer, deputy, other = makers.user(), makers.user(), makers.user()
    makers.absence(officer, deputy, TODAY, TODAY)
    task = makers.task(assignee=officer)
    assert mine(officer) == mine(deputy) == {task}
    assert mine(other) == mine(deputy, TODAY + timedelta(days=1)) == set()


def test_without_a_person_it_is_the_teams_of_that_role():
    team = makers.team()
    senior = makers.member(makers.user(role=Role.SENIOR_OFFICER), team)
    officer = makers.member(makers.user(), team)
    stranger = makers.member(makers.user(role=Role.SENIOR_OFFICER), makers.team())
    task = makers.task(team=team, role=Role.SENIOR_OFFICER)
    assert mine(senior) == {task}
    assert mine(officer) == mine(stranger) == set()


def test_a_departments_task_and_a_roles_task():
    sales = makers.department()
    clerk, other = makers.department_user(sales), makers.department_user(makers.department())
    theirs = makers.task(department=sales)
    for_managers = makers.task(role=Role.MANAGER)
    assert mine(clerk) == {theirs}
    assert mine(other) == set()
    assert mine(makers.user(role=Role.MANAGER)) == {for_managers}


def test_a_supervisor_sees_his_peoples_tasks_and_an_auditor_all():
    team = makers.team()
    officer = makers.member(makers.user(), team)
    task, foreign = makers.task(assignee=officer), makers.task()
    supervisor = makers.member(makers.user(role=Role.SUPERVISOR), team)
    assert set(Task.objects.filter(visible_to(supervisor, TODAY))) == {task}
    auditor = makers.user(role=Role.AUDITOR)
    assert set(Task.objects.filter(visible_to(auditor, TODAY))) == {task, foreign}


def test_it_must_be_for_somebody():
    with pytest.raises(TaskForNobody):
        raise_task(kind="check", title="?", actor=makers.user())


def test_the_same_about_the_same_is_raised_once():
    about, officer = makers.team(), makers.user()
    first = makers.task(subject=about, assignee=officer)
    assert makers.task(subject=about, assignee=officer) == first
    complete_task(task=first, actor=officer, as_of=TODAY)
    assert makers.task(subject=about, assignee=officer) != first


def test_completed_by_whose_it_is_and_once():
    officer, task = makers.user(), None
    task = makers.task(assignee=officer)
    with pytest.raises(TaskOfAnother):
        complete_task(task=task, actor=makers.user(), as_of=TODAY)
    complete_task(task=task, outcome="Rang him", actor=officer, as_of=TODAY)
    task.refresh_from_db()
    assert (task.status, task.outcome, task.done_by) == ("done", "Rang him", officer)
    with pytest.raises(StatusHasMoved):
        cancel_task(task=task, reason="No", actor=officer, as_of=TODAY)
    assert AuditRecord.objects.filter(code="task.completed", subject_id=task.pk).count() == 1


def test_cancelling_needs_a_reason():
    officer = makers.user()
    with pytest.raises(Refused):
        cancel_task(task=makers.task(assignee=officer), reason="", actor=officer, as_of=TODAY)


def test_a_task_about_who_owes_beside_the_debtor_leads_to_the_account(client):
    """He has no account of his own, so his page is none that an officer may see."""
    team = makers.team()
    officer = makers.teammate(team=team)
    account = makers.account(team=team)
    joint = makers.debtor(creditor=account.creditor)
    AccountParty.objects.create(account=account, debtor=joint, role="joint_debtor", valid_from=TODAY)
    strange = makers.account(team=makers.team()).debtor
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    led = []
    for about in (joint, account.debtor, strange):
        task = makers.task(subject=about, assignee=officer)
        page = client.get(reverse("accounts:task_detail", args=[task.pk])).content.decode()
        led.append(re.findall(r'href="(/(?:accounts|debtors)/\d+/)"', page))
    assert led == [
        [reverse("accounts:account_detail", args=[account.pk])],
        [reverse("accounts:debtor_detail", args=[account.debtor_id])],
        [],
    ]
    trace = makers.task(subject=joint, kind=TRACE, assignee=officer)
    page = client.get(reverse("accounts:trace_close", args=[trace.pk])).content.decode()
    assert f'href="{reverse("accounts:account_detail", args=[account.pk])}"' in page
    assert reverse("accounts:debtor_detail", args=[joint.pk]) not in page


def test_settling_completes_what_was_asked_about_a_subject():
    about, officer = makers.team(), makers.user()
    tasks = {makers.task(subject=about, kind=kind, assignee=officer) for kind in ("one", "two")}
    other = makers.task(assignee=officer)
    done = settle_tasks(subject=about, outcome="Answered", actor=officer, as_of=TODAY)
    assert set(done) == {task.pk for task in tasks}
    assert Task.objects.get(pk=other.pk).status == "open"


def test_a_task_reads_in_the_readers_language_and_is_found_by_it(rf):
    title = said(gettext_noop("Find a number or address of %(debtor)s"), debtor="Ahmad")
    with override("ar"):
        arabic = str(title)
        asked = makers.task(title=title, detail=said(gettext_noop("Not found in %(step)s."), step="X"))
    typed = makers.task(title="Ring the bank")
    settled = makers.task(subject=makers.department(), title="T")
    settle_tasks(
        subject=Department.objects.get(),
        outcome=said(gettext_noop("Routed")),
        actor=makers.system(),
        as_of=TODAY,
    )
    asked, settled = Task.objects.get(pk=asked.pk), Task.objects.get(pk=settled.pk)
    request = rf.get("/")
    request.user = makers.user(role=Role.MANAGER)

    def found(words):
        return set(TaskFilterSet({"q": words}, Task.objects.all(), request=request).qs)

    with override("en"):
        assert str(asked) == "Find a number or address of Ahmad"
        assert asked.particulars == "Not found in X."
        assert settled.result == "Routed"
        assert found("a number or address") == {asked}
        assert found("ring") == {typed}
    with override("ar"):
        assert str(asked) == arabic != "Find a number or address of Ahmad"
        assert typed.heading == "Ring the bank"
        assert settled.result != "Routed"
