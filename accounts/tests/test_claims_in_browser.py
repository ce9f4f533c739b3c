"""Promise and dispute in a real browser, each by the role that should."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from playwright.sync_api import expect

from accounts.arrangements.models import Promise
from accounts.disputes.models import Dispute
from accounts.position.queries import positions
from collections_app.testing import makers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def monday_morning():
    with time_machine.travel(datetime(2026, 11, 23, 6, 42, tzinfo=UTC), tick=True):
        yield


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def account(team):
    creditor = makers.creditor(currency="AED", country="AE", time_zone="Asia/Dubai", name="City Power")
    made = makers.account(
        debtor=makers.debtor(creditor=creditor, name="Rahman, Layla"), team=team, number="44871"
    )
    for month in (8, 9, 10):
        makers.entry(
            account=made,
            amount="300.00",
            value_date=date(2026, month, 1),
            due_date=date(2026, month, 20),
            description=f"Bill {month}",
            as_of=TODAY,
        )
    return made


def test_a_promise_from_the_key_p(page, sign_in, account, team, axe):
    sign_in(page, makers.teammate(team=team))
    page.goto(f"/accounts/{account.pk}/")
    page.keyboard.press("p")
    page.get_by_role("heading", name="Take a promise").wait_for()
    amount = page.get_by_label("Amount, AED")
    expect(amount).to_be_focused()
    axe(page)
    page.keyboard.type("400")
    expect(amount).to_have_value("400")
    page.keyboard.press("Escape")
    expect(amount).not_to_be_focused()
    page.get_by_role("button", name="Save promise").click()
    page.get_by_text("Promise saved.").wait_for()
    page.get_by_text("Promised for").first.wait_for()
    assert Promise.objects.get().amount == 400


def test_a_dispute_from_the_officer_to_the_department_and_back(page, sign_in, account, team, axe):
    department = makers.department(name="Metering")
    clerk = makers.department_user(department, full_name="Karim Noor")
    sign_in(page, makers.teammate(team=team))
    page.goto(f"/accounts/{account.pk}/dispute/")
    axe(page)
    page.get_by_label("Bill 8").fill("120")
    page.get_by_label("Ask").select_option(label="Metering: Karim Noor")
    page.get_by_label("What the debtor says").fill("The meter is wrong")
    page.get_by_label("Question").fill("What did the meter show?")
    page.get_by_role("button", name="Raise dispute and ask").click()
    page.get_by_text("The question is with Karim Noor").wait_for()
    assert positions([account.pk], as_of=TODAY)[account.pk].chaseable == 780

    page.context.clear_cookies()
    sign_in(page, clerk)
    page.goto("/questions/")
    page.get_by_role("link", name="What did the meter show?").click()
    page.get_by_text("Items in question").wait_for()
    axe(page)
    assert "44871" not in page.content()
    assert "Rahman" not in page.content()
    page.get_by_label("Answer").fill("It was read wrong")
    page.get_by_label("right: all of it is taken back").check()
    page.get_by_role("button", name="Send answer").click()
    page.get_by_text("Your answer is sent.").wait_for()
    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.upheld_amount) == ("upheld", 120)
    position = positions([account.pk], as_of=TODAY)[account.pk]
    assert (position.balance, position.chaseable) == (780, 780)
