"""A payment plan in force spares its accounts everywhere; late or broken, it is work again."""

from datetime import timedelta

import pytest

from accounts.arrangements.services import review_plans
from accounts.ledger.models import Account
from accounts.payments.services import post_payment
from accounts.position.ageing import AgeingQuestion, ageing_in_parts
from accounts.position.filtersets import AccountFilterSet
from accounts.position.queries import positions
from campaigns.sending.queries import stops
from campaigns.worklists.models import WorklistItem
from campaigns.worklists.services import refresh_worklist
from campaigns.worklists.wording import full_reason_text, reason_text
from collections_app.core import clock
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return clock.today()


@pytest.fixture
def account(today):
    creditor = makers.creditor()
    creditor.released_at = clock.now()
    creditor.save()
    team = makers.team()
    account = makers.account(
        debtor=makers.debtor(creditor=creditor), team=team, officer=makers.teammate(team=team)
    )
    due = today - timedelta(days=60)
    makers.entry(account=account, amount="300.00", value_date=due, due_date=due, as_of=today)
    return account


def stopped(account, day):
    reasons, _charges = stops([account.pk], creditor_id=account.creditor_id, as_of=day, now=clock.now())
    return reasons.get(account.pk)


def row(account, day):
    refresh_worklist(as_of=day)
    return WorklistItem.objects.get(account=account)


def promised(account, day):
    [one] = ageing_in_parts(AgeingQuestion(as_of=day, creditor_ids=(account.creditor_id,)))
    assert one.holds
    return one.total.promised, one.total.free


def test_in_force_it_spares_and_broken_it_is_chased_again(account, today):
    assert stopped(account, today) is None
    plan = makers.payment_plan(account=account, as_of=today)
    assert stopped(account, today) == "plan"
    stand = positions([account.pk], as_of=today)[account.pk]
    assert (stand.has_plan, stand.has_open_promise) == (True, False)
    assert promised(account, today) == (300, 0)
    in_plan = AccountFilterSet({"has_plan": "true"}, queryset=Account.objects.all()).qs
    assert list(in_plan) == [account]

    waits = row(account, today)
    assert (waits.reason, waits.next_action) == ("overdue", "await_instalment")
    assert waits.next_action_on == today + timedelta(days=1)
    assert reason_text(waits.reason, waits.reason_values, today=today) == "Instalment due today"

    post_payment(
        account=account, amount=40, value_date=today, method="transfer", actor=makers.system(), as_of=today
    )
    assert promised(account, today) == (260, 0)
    tomorrow = today + timedelta(days=1)
    late = row(account, tomorrow)
    assert (late.reason, late.next_action) == ("instalment_late", "call")
    assert late.next_action_on <= tomorrow
    assert "60.00" in full_reason_text(late.reason, late.reason_values, currency="EUR", today=tomorrow)
    assert stopped(account, tomorrow) == "plan"

    gone = plan.instalments.get(number=1).grace_until + timedelta(days=1)
    review_plans(as_of=gone, actor=makers.system())
    assert stopped(account, gone) is None
    assert not positions([account.pk], as_of=gone)[account.pk].has_plan
    assert row(account, gone).reason == "plan_broken"
    assert promised(account, gone) == (0, 260)
    # as of a day on which it was in force it still was
    assert promised(account, gone - timedelta(days=1)) == (260, 0)
