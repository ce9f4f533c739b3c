"""Whatever stands in a debtor's way in whatever mixture: no message goes out that a rule forbids."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.sending.enums import MessageStatus
from campaigns.sending.gateways import Answer, Gateways
from campaigns.sending.models import Message
from campaigns.sending.queries import run_figures
from campaigns.sending.services import send_due
from campaigns.tests.test_sending import Silent
from campaigns.tests.test_treatment import DUE, at, owing, run
from campaigns.treatment.models import StepRecord
from collections_app.testing import makers

DAY = DUE + timedelta(days=1)

# name -> what is done to the account; each of them alone forbids a reminder
OBSTACLES = {
    "hold": lambda account: makers.hold(account=account, scopes=("demand",)),
    "debtor hold": lambda account: makers.hold(debtor=account.debtor, scopes=("contact",)),
    "charge hold": lambda account: makers.hold(
        account=account, entry=account.entries.first(), scopes=("demand",)
    ),
    "promise": lambda account: makers.open_promise(account, due=DAY + timedelta(days=9)),
    "disputed": lambda account: makers.contested(account.entries.first(), "100.00"),
    "paid": lambda account: makers.entry(
        account=account, amount="100.00", value_date=DUE, kind="payment"
    ),
    "bad address": lambda account: account.debtor.contact_points.update(status="bad"),
    "wrong party": lambda account: account.debtor.contact_points.update(status="wrong_party"),
    "opted out": lambda account: account.debtor.contact_points.update(status="opted_out"),
    "other channels": lambda account: (
        type(account.debtor)
        .objects.filter(pk=account.debtor_id)
        .update(allowed_channels=["letter"])
    ),
    "not released": lambda account: (
        type(account.creditor).objects.filter(pk=account.creditor_id).update(released_at=None)
    ),
    "old books": lambda account: (
        type(account.creditor)
        .objects.filter(pk=account.creditor_id)
        .update(fed_until=at(DAY - timedelta(days=5)))
    ),
}
# when it comes up: before the run, or between queueing and sending
mixtures = st.lists(
    st.tuples(st.sets(st.sampled_from(sorted(OBSTACLES)), max_size=2), st.booleans()),
    min_size=1,
    max_size=3,
)


@pytest.mark.django_db
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@pytest.mark.long
@given(mixture=mixtures)
def test_no_message_goes_out_that_a_rule_forbids(mixture):
    with transaction.atomic():
        check(mixture)
        transaction.set_rollback(True)


def check(mixture) -> None:
    accounts = [(owing(), obstacles, early) for obstacles, early in mixture]
    known = {account.pk for account, _obstacles, _early in accounts}
    free = {account.pk for account, obstacles, _early in accounts if not obstacles}
    put_in_the_way(accounts, early=True)
    runs = run(DAY)
    put_in_the_way(accounts, early=False)
    gateway = Silent(Answer("sent"))
    send_due(
        now=at(DAY, 12),
        limit=500,
        actor=makers.system(),
        gateways=Gateways(email=gateway, sms=gateway),
    )
    sent = Message.objects.filter(status=MessageStatus.SENT)
    assert set(sent.values_list("lines__account", flat=True)) == free
    assert len(gateway.parcels) == len(free)
    # every one that was stopped says why; who had paid before the run had no step to be spared
    settled = {account.pk for account, obstacles, early in accounts if early and "paid" in obstacles}
    stopped = StepRecord.objects.filter(account__in=known - free)
    assert {record.account_id for record in stopped if record.spared} == known - free - settled
    for done in runs:
        assert run_figures(done.pk, done.counts.get("messages", 0)).adds_up


def put_in_the_way(accounts, *, early: bool) -> None:
    for account, obstacles, is_early in accounts:
        if is_early == early:
            for name in sorted(obstacles):
                OBSTACLES[name](account)
