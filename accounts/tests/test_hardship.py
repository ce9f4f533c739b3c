from datetime import date, timedelta

import pytest

from accounts.hardship.models import HardshipCase
from accounts.hardship.services import (
    HardshipAlreadyOpen,
    HardshipMakerDecides,
    HardshipNeedsReason,
    decide_hardship_case,
    reveal_note,
)
from accounts.holds.queries import held
from accounts.tasks.models import Task
from collections_app.core.enums import Role
from collections_app.core.lifecycle import StatusHasMoved
from collections_app.core.models import AccessRecord, AuditRecord
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

MONDAY = date(2026, 3, 2)
pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return makers.account(team=makers.team())


@pytest.fixture
def case(account):
    return makers.hardship_case(debtor=account.debtor, as_of=MONDAY, note="Lost his work at the mill")


def decide(case, outcome, actor=None, decision="Three months"):
    return decide_hardship_case(
        case=case,
        outcome=outcome,
        decision=decision,
        actor=actor or makers.user(role=Role.SENIOR_OFFICER),
        as_of=MONDAY,
    )


def test_opening_holds_the_debtor_asks_a_senior_and_starts_the_clock(account, case):
    assert held([account.pk], MONDAY) == {account.pk: {"contact", "demand", "fee", "legal"}}
    task = case.task
    assert (task.team, task.role, task.due_at.date()) == (account.team, "senior_officer", case.answer_due)
    assert case.answer_due == MONDAY + timedelta(days=14)  # ten business days
    assert AuditRecord.objects.filter(code="hardship.opened", subject_id=case.pk).exists()
    noted = AuditRecord.objects.filter(after__icontains="mill") | AuditRecord.objects.filter(
        reason__icontains="mill"
    )
    assert not noted.exists()


def test_scopes_and_clock_follow_the_creditors_policy(account):
    makers.policy(
        "hardship_clock",
        {"days": 3, "unit": "calendar", "scopes": ["demand"]},
        scope_type="creditor",
        scope_id=account.creditor_id,
    )
    case = makers.hardship_case(debtor=account.debtor, as_of=MONDAY)
    assert held([account.pk], MONDAY) == {account.pk: {"demand"}}
    assert case.answer_due == MONDAY + timedelta(days=3)


def test_one_case_a_person_also_when_merged(account, case):
    twin = makers.debtor(creditor=account.creditor, merged_into=account.debtor)
    for debtor in (account.debtor, twin):
        with pytest.raises(HardshipAlreadyOpen):
            makers.hardship_case(debtor=debtor, as_of=MONDAY)


@pytest.mark.parametrize("outcome, still_held", [("granted", True), ("declined", False), ("ended", False)])
def test_the_hold_follows_the_decision(account, case, outcome, still_held):
    decide(case, outcome)
    assert bool(held([account.pk], MONDAY)) is still_held
    assert Task.objects.get(pk=case.task_id).status == "done"
    case.refresh_from_db()
    assert (case.status, case.decided_on, case.decision) == (outcome, MONDAY, "Three months")


def test_granted_can_be_ended_and_then_a_new_one_opened(account, case):
    decide(case, "granted")
    decide(case, "ended")
    assert held([account.pk], MONDAY) == {}
    with pytest.raises(StatusHasMoved):
        decide(case, "granted")
    assert makers.hardship_case(debtor=account.debtor, as_of=MONDAY).pk != case.pk


def test_who_opened_it_does_not_decide_it(account):
    senior = makers.user(role=Role.SENIOR_OFFICER)
    case = makers.hardship_case(debtor=account.debtor, actor=senior, as_of=MONDAY)
    for outcome in ("granted", "declined", "ended"):
        with pytest.raises(HardshipMakerDecides):
            decide(case, outcome, actor=senior)
    decide(case, "granted")
    decide(case, "ended", actor=senior)


@pytest.mark.parametrize(
    "role", [Role.COLLECTION_OFFICER, Role.FIELD_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR]
)
def test_who_may_not_decide(case, role):
    with pytest.raises(NotAllowed):
        decide(case, "granted", actor=makers.user(role=role))


def test_a_decision_says_why(case):
    with pytest.raises(HardshipNeedsReason):
        decide(case, "granted", decision=" ")


@pytest.mark.parametrize(
    "role, may",
    [
        (Role.SENIOR_OFFICER, True),
        (Role.SUPERVISOR, True),
        (Role.MANAGER, True),
        (Role.AUDITOR, True),
        (Role.COLLECTION_OFFICER, False),
        (Role.FIELD_OFFICER, False),
        (Role.ADMINISTRATOR, False),
        (Role.DEPARTMENT_USER, False),
    ],
)
def test_reading_the_detail_is_for_few_and_recorded(case, role, may):
    reader = makers.user(role=role)
    if may:
        assert reveal_note(case=HardshipCase.objects.get(pk=case.pk), user=reader).startswith("Lost")
    else:
        with pytest.raises(NotAllowed):
            reveal_note(case=case, user=reader)
    assert AccessRecord.objects.filter(user=reader, subject_id=case.pk).exists() is may
