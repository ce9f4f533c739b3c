from datetime import timedelta

import pytest

from campaigns.escalation.enums import EscalationRule, EscalationStatus
from campaigns.escalation.models import Escalation
from campaigns.escalation.services import DecisionMissing, decide_escalation, review_escalations
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
