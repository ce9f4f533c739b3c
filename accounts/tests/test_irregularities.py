"""Money that is not as it should be: reported, owned, put right by postings."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.irregularities.models import Irregularity
from accounts.irregularities.services import (
    CorrectionRefused,
    IrregularityOfAnother,
    IrregularityRefused,
    attach_document,
    cancel_irregularity,
    close_irregularity,
    give_irregularity,
    open_irregularity,
    take_irregularity,
)
from accounts.tasks.models import Task
from collections_app.core import documents
from collections_app.core.enums import Role
from collections_app.core.lifecycle import StatusHasMoved
from collections_app.core.models import AuditRecord
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 9)


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def officer(team):
    return makers.teammate(team=team)


@pytest.fixture
def account(team, officer):
    return makers.account(team=team, officer=officer)


def report(actor, **fields):
    given = {
        "kind": "short",
        "amount": Decimal("5.00"),
        "currency": "EUR",
        "note": "Five are missing",
        "actor": actor,
        "as_of": TODAY,
    }
    return open_irregularity(**{**given, **fields})


def test_a_case_has_an_owner_and_a_day_and_is_one_about_one_thing(account, officer, team):
    entry = makers.entry(account=account, amount="50.00", value_date=TODAY)
    case = report(makers.system(), account=account, subject=entry)
    assert (case.owner, case.team, case.creditor) == (officer, team, account.creditor)
    assert case.due_date == date(2026, 3, 16)
    task = Task.objects.get(subject_id=case.pk)
    assert (task.assignee, task.kind, task.status) == (officer, "irregularity", "open")
    assert report(makers.system(), account=account, subject=entry) == case
    assert report(makers.system(), account=account, subject=entry, kind="over") != case
    assert AuditRecord.objects.filter(code="irregularity.opened", subject_id=case.pk).exists()
    of_nobody = report(officer, kind="unidentified", owner=team)
    assert (of_nobody.owner, of_nobody.team) == (None, team)


def test_what_cannot_be_reported(account, officer):
    for fields, says in (
        ({"amount": Decimal(-1)}, "not negative"),
        ({"note": " "}, "what is wrong"),
        ({"account": account, "currency": "USD"}, "kept in EUR"),
        ({"due_date": date(2026, 3, 8)}, "gone by"),
    ):
        with pytest.raises(IrregularityRefused, match=says):
            report(officer, **fields)
    assert not Irregularity.objects.exists()


def test_it_is_closed_with_what_put_it_right(account, officer):
    case = report(officer, account=account)
    take_irregularity(irregularity=case, actor=officer, as_of=TODAY)
    first = makers.entry(account=account, amount="3.00", value_date=TODAY)
    second = makers.entry(account=account, amount="2.00", value_date=TODAY)
    foreign = makers.entry(account=makers.account(), amount="5.00", value_date=TODAY)
    with pytest.raises(CorrectionRefused, match="another creditor"):
        close_irregularity(irregularity=case, entry=foreign, note="Posted", actor=officer, as_of=TODAY)
    assert not case.corrections.exists()
    with pytest.raises(IrregularityRefused, match="what put it right"):
        close_irregularity(irregularity=case, note="", actor=officer, as_of=TODAY)
    twice = report(officer, account=account, kind="duplicate")
    with pytest.raises(IrregularityRefused, match="posting that put it right"):
        close_irregularity(irregularity=twice, note="In words", actor=officer, as_of=TODAY)
    close_irregularity(irregularity=twice, entry=first, note="Posted", actor=officer, as_of=TODAY)
    case = close_irregularity(
        irregularity=case, entry=second, entries=[first], note="Posted both", actor=officer, as_of=TODAY
    )
    assert (case.status, case.ended_on, case.ended_by) == ("closed", TODAY, officer)
    assert Task.objects.get(subject_id=case.pk).status == "done"
    assert set(case.corrections.values_list("entry", flat=True)) == {first.pk, second.pk}
    with pytest.raises(StatusHasMoved):
        close_irregularity(irregularity=case, note="again", actor=officer, as_of=TODAY)


def test_who_puts_right_what(account, officer, team):
    case = report(officer, account=account)
    colleague = makers.teammate(team=team)
    stranger = makers.teammate(team=makers.team(), role=Role.SUPERVISOR)
    for person in (colleague, stranger):
        with pytest.raises(IrregularityOfAnother):
            take_irregularity(irregularity=case, actor=person, as_of=TODAY)
    with pytest.raises(IrregularityOfAnother, match="You reported it"):
        cancel_irregularity(irregularity=case, reason="none", actor=officer, as_of=TODAY)
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    given = give_irregularity(
        irregularity=case, owner=colleague, due_date=date(2026, 3, 20), actor=supervisor, as_of=TODAY
    )
    assert (given.owner, given.due_date) == (colleague, date(2026, 3, 20))
    waiting = Task.objects.filter(subject_id=case.pk, status="open")
    assert [task.assignee for task in waiting] == [colleague]
    cancel_irregularity(irregularity=case, reason="Counted again", actor=supervisor, as_of=TODAY)
    assert Irregularity.objects.get().status == "cancelled"


def test_who_sees_what(account, officer, team):
    of_account = report(officer, account=account)
    of_officer = report(officer, kind="over")
    of_team = report(makers.system(), kind="unidentified", owner=team)
    of_nobody = report(makers.system(), kind="other")
    seen = {
        officer: {of_account, of_officer, of_team},
        makers.teammate(team=team): {of_account, of_team},
        makers.teammate(team=makers.team()): set(),
        makers.user(role=Role.MANAGER): {of_account, of_officer, of_team, of_nobody},
        makers.user(role=Role.ADMINISTRATOR): set(),
    }
    assert {user: set(Irregularity.objects.visible_to(user)) for user in seen} == seen
    slip = {"content": b"%PDF-1.4 x", "filename": "slip.pdf"}
    paper = attach_document(irregularity=of_account, actor=officer, **slip)
    assert documents.may_read(makers.teammate(team=team), paper)
    assert not documents.may_read(makers.teammate(team=makers.team()), paper)
    with pytest.raises(IrregularityOfAnother):
        attach_document(irregularity=of_account, actor=makers.teammate(team=makers.team()), **slip)
