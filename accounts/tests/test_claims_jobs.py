"""The night: holds lapse, promises are judged, late answers raise tasks; each safe to run again."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from accounts.arrangements.jobs import ReviewPromises
from accounts.disputes.jobs import ChaseLateAnswers
from accounts.holds.jobs import LapseHolds
from collections_app.celery import SCHEDULE
from collections_app.testing import makers

MONDAY = date(2026, 3, 2)
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("runner", [LapseHolds, ReviewPromises, ChaseLateAnswers])
def test_the_night_is_on_the_schedule(runner):
    assert runner.name in SCHEDULE


def test_holds_lapse_once():
    makers.hold(as_of=MONDAY, last_day=MONDAY)
    run = {"as_of": MONDAY + timedelta(days=1), "actor": makers.system()}
    assert LapseHolds.run_now(**run).result == {"lapsed": 1, "protected": 0}
    assert LapseHolds.run_now(**run).result == {"lapsed": 0, "protected": 0}


def test_promises_are_judged_on_the_day_it_is_at_each_creditor():
    promises = []
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        creditor = makers.creditor(time_zone=zone)
        account = makers.account(debtor=makers.debtor(creditor=creditor))
        makers.entry(account=account, amount="500.00", value_date=MONDAY)
        promises.append(makers.promise(account=account, due_date=MONDAY, as_of=MONDAY))
    last = max(promise.grace_until for promise in promises)
    # noon in London of the last day of grace: past midnight in Auckland, early in Los Angeles
    with time_machine.travel(datetime(last.year, last.month, last.day, 12, tzinfo=UTC), tick=False):
        assert ReviewPromises.run_now(actor=makers.system()).result == {"changed": 1}
    for promise in promises:
        promise.refresh_from_db()
    assert [promise.status for promise in promises] == ["broken", "open"]


def test_late_answers_raise_their_tasks_once():
    account = makers.account()
    charge = makers.entry(account=account, amount="50.00", value_date=MONDAY)
    dispute = makers.dispute(account=account, items=[(charge, "5.00")], as_of=MONDAY)
    run = {"as_of": dispute.answer_due + timedelta(days=1), "actor": makers.system()}
    assert ChaseLateAnswers.run_now(**run).result == {"tasks": 1}
    assert ChaseLateAnswers.run_now(**run).result == {"tasks": 0}
