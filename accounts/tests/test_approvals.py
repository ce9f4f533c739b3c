from datetime import date, timedelta

import pytest
from django.db.models import QuerySet

from accounts.approvals.models import Approval
from accounts.approvals.rules import decidable_by
from accounts.approvals.services import (
    ApprovalAlreadyAsked,
    ApprovalContentChanged,
    ApprovalNeedsComment,
    ApprovalNotYours,
    ask_approval,
    content_hash,
    decide_approval,
    withdraw_approval,
)
from accounts.approvals.signals import approval_decided
from collections_app.core.enums import Role
from collections_app.core.lifecycle import StatusHasMoved
from collections_app.testing import makers

TODAY = date(2026, 3, 2)
CONTENT = {"amount": "120.00", "members": [1, 2]}


@pytest.fixture
def maker(db):
    return makers.user(role=Role.SUPERVISOR)


def ask(maker, **changes):
    return ask_approval(
        **{
            "kind": "campaign",
            "subject": makers.team(),
            "summary": "A campaign of 2 accounts",
            "content": CONTENT,
            "permission": "accounts.approve_policy",
            "actor": maker,
            "as_of": TODAY,
            **changes,
        }
    )


def decide(approval, actor, approve=True, **more):
    return decide_approval(approval=approval, approve=approve, actor=actor, as_of=TODAY, **more)


def decidable(user, day=TODAY):
    return set(Approval.objects.filter(decidable_by(user, day)))


def test_a_manager_decides_and_the_news_is_told(maker):
    heard = []

    def hear(sender, approval, **kwargs):
        heard.append(approval.pk)

    approval_decided.connect(hear)
    approval = ask(maker)
    decide(approval, makers.user(role=Role.MANAGER), content=CONTENT)
    approval_decided.disconnect(hear)
    assert heard == [approval.pk]
    approval.refresh_from_db()
    assert (approval.status, approval.content_hash) == ("approved", content_hash(CONTENT))
    assert approval.content_hash != content_hash({**CONTENT, "amount": "121.00"})


def test_the_maker_never_decides_even_with_the_permission(db):
    manager = makers.user(role=Role.MANAGER)
    approval = ask(manager)
    assert decidable(manager) == set()
    with pytest.raises(ApprovalNotYours):
        decide(approval, manager)


@pytest.mark.parametrize("role", [Role.COLLECTION_OFFICER, Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR])
def test_without_the_permission_nobody_decides(maker, role):
    approval, other = ask(maker), makers.user(role=role)
    assert decidable(other) == set()
    with pytest.raises(ApprovalNotYours):
        decide(approval, other)


def test_the_deputy_gets_it_for_the_days_of_the_absence(maker):
    manager, deputy = makers.user(role=Role.MANAGER), makers.user(role=Role.SENIOR_OFFICER)
    makers.absence(manager, deputy, TODAY, TODAY + timedelta(days=2))
    approval = ask(maker)
    assert decidable(deputy) == {approval}
    assert decidable(deputy, TODAY + timedelta(days=3)) == set()
    decide(approval, deputy)
    assert approval.decided_by == deputy


def test_the_maker_as_deputy_still_does_not_decide(maker):
    manager = makers.user(role=Role.MANAGER)
    makers.absence(manager, maker, TODAY, TODAY)
    with pytest.raises(ApprovalNotYours):
        decide(ask(maker), maker)


def test_the_makers_deputy_does_not_decide_for_him(db):
    manager, deputy = makers.user(role=Role.MANAGER), makers.user()
    makers.absence(manager, deputy, TODAY, TODAY)
    with pytest.raises(ApprovalNotYours):
        decide(ask(manager), deputy)


def test_a_team_keeps_its_requests(maker):
    team = makers.team()
    ours = makers.member(makers.user(role=Role.SUPERVISOR), team)
    theirs = makers.member(makers.user(role=Role.SUPERVISOR), makers.team())
    approval = ask(maker, team=team, permission="accounts.propose_policy")
    assert decidable(ours) == {approval}
    assert decidable(theirs) == set()


def test_what_was_changed_since_is_not_approved(maker):
    manager = makers.user(role=Role.MANAGER)
    approval = ask(maker)
    with pytest.raises(ApprovalContentChanged):
        decide(approval, manager, content={**CONTENT, "members": [1, 2, 3]})
    decide(approval, manager, approve=False, comment="Changed", content={})
    assert approval.status == "refused"


def test_a_refusal_says_why(maker):
    approval, manager = ask(maker), makers.user(role=Role.MANAGER)
    with pytest.raises(ApprovalNeedsComment):
        decide(approval, manager, approve=False)


def test_decided_once_and_asked_again_after(maker, monkeypatch):
    manager, team = makers.user(role=Role.MANAGER), makers.team()
    approval = ask(maker, subject=team)
    with pytest.raises(ApprovalAlreadyAsked):
        ask(maker, subject=team)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(QuerySet, "exists", lambda self: False)  # both looked before either asked
        with pytest.raises(ApprovalAlreadyAsked):
            ask(maker, subject=team)
    decide(approval, manager)
    with pytest.raises(StatusHasMoved):
        decide(approval, makers.user(role=Role.MANAGER))
    assert ask(maker, subject=team).pk != approval.pk


def test_only_the_maker_takes_it_back(maker):
    approval = ask(maker)
    with pytest.raises(ApprovalNotYours):
        withdraw_approval(approval=approval, actor=makers.user(role=Role.MANAGER), as_of=TODAY)
    assert withdraw_approval(approval=approval, actor=maker, as_of=TODAY).status == "withdrawn"
