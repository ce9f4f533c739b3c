from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.arrangements.services import review_plans
from accounts.holds.services import record_legal_fact
from campaigns.escalation.enums import EscalationRule, EscalationStatus
from campaigns.escalation.models import Escalation
from campaigns.escalation.services import DecisionMissing, decide_escalation, escalate, review_escalations
from campaigns.tests import making
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    team = makers.team()
    return makers.account(debtor=makers.debtor(creditor=makers.creditor(teams=[team])), team=team)


def review():
    return review_escalations(as_of=clock.today(), actor=makers.system())


def test_an_old_high_account_is_listed_once_with_the_facts_that_fired(account):
    row = making.escalation(account=account)
    assert review() == {"listed": 0, "lapsed": 0}
    rules = set(Escalation.objects.values_list("rule", flat=True))
    assert rules == {EscalationRule.OLD, EscalationRule.SILENT}
    assert (row.facts["days_past_due"], row.facts["overdue"]) == (180, "5000.000")
    assert row.facts["last_reached"] is None


def test_it_lapses_when_the_rule_no_longer_fires_and_a_hold_keeps_it_off(account):
    making.escalation(account=account)
    as_of = clock.today()
    makers.entry(account=account, amount="5000", value_date=as_of, kind="payment")
    assert review()["lapsed"] == 2
    held = makers.account(debtor=makers.debtor(creditor=account.creditor))
    makers.hold(account=held, first_day=as_of, as_of=as_of, scopes=["demand"])
    making.escalation(account=account)
    makers.entry(
        account=held, amount="9000", value_date=as_of - timedelta(days=300),
        due_date=as_of - timedelta(days=280), as_of=as_of,
    )  # fmt: skip
    review()
    assert not Escalation.objects.filter(account=held).exists()


def test_a_decision_is_a_seniors_and_is_not_asked_again_at_once(account):
    row = making.escalation(account=account)
    as_of = clock.today()
    fields = {"escalation": row, "decision": "legal", "as_of": as_of}
    with pytest.raises(NotAllowed):
        decide_escalation(**fields, note="now", actor=makers.user())
    senior = makers.user(role=Role.SENIOR_OFFICER)
    with pytest.raises(DecisionMissing):
        decide_escalation(**fields, note=" ", actor=senior)
    decide_escalation(**fields, note="No answer for months.", actor=senior)
    row.refresh_from_db()
    assert (row.status, row.decided_by) == (EscalationStatus.DECIDED, senior)
    assert review()["listed"] == 0
    later = review_escalations(as_of=as_of + timedelta(days=31), actor=makers.system())
    assert later["listed"] == 1


def test_a_broken_plan_is_listed_and_a_plan_in_force_or_a_death_spares(account, client):
    as_of = clock.today()
    due = as_of - timedelta(days=150)
    makers.entry(account=account, amount="3000.00", value_date=due, due_date=due, as_of=as_of)
    plan = makers.payment_plan(account=account, amount="3000.00", as_of=as_of)
    assert review()["listed"] == 0, "its plan is in force"
    later = as_of + timedelta(days=70)
    review_plans(as_of=later, account_ids=[account.pk], actor=makers.system())
    plan.refresh_from_db()
    assert plan.status == "broken"
    review_escalations(as_of=later, actor=makers.system())
    row = Escalation.objects.get(account=account, rule=EscalationRule.BROKEN_PLANS)
    assert (row.facts["broken_plans"], row.facts["last_plan_broken"]) == (1, plan.judged_on.isoformat())
    [by_step] = escalate(account_ids=[account.pk], as_of=later, actor=makers.system())
    assert Escalation.objects.get(pk=by_step).facts["broken_plans"] == 1
    Escalation.objects.filter(pk=by_step).update(facts={})
    client.force_login(makers.user(role=Role.MANAGER))
    page = client.get(reverse("campaigns:escalation_list")).content.decode()
    assert "1 broken plan" in page
    record_legal_fact(
        debtor=account.debtor, kind="deceased", effective_date=as_of,
        actor=makers.user(role=Role.SENIOR_OFFICER), as_of=as_of,
    )  # fmt: skip
    assert review_escalations(as_of=later, actor=makers.system())["lapsed"] == 3
