"""A call from the keyboard alone, in a real browser: opened, checked, promised, followed up, saved."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from playwright.sync_api import expect

from accounts.arrangements.models import Promise
from accounts.contacts.models import ContactAttempt, FollowUp, OpenCall
from collections_app.testing import makers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Monday 23 November 2026, 10:42 in Dubai
MORNING = datetime(2026, 11, 23, 6, 42, tzinfo=UTC)


@pytest.fixture(autouse=True)
def monday_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def account(team):
    creditor = makers.creditor(currency="AED", country="AE", time_zone="Asia/Dubai", name="City Power")
    debtor = makers.debtor(
        creditor=creditor, name="Rahman, Layla", country="AE", birth_date=date(1988, 4, 12)
    )
    made = makers.account(debtor=debtor, team=team)
    for amount, due in (("490.00", date(2026, 10, 7)), ("630.00", date(2026, 11, 6))):
        makers.entry(account=made, amount=amount, value_date=due, due_date=due)
    makers.contact_point(debtor=debtor, value="+971505550142", label="mobile", is_primary=True)
    makers.contact_point(debtor=debtor, kind="email", value="l.rahman@example.com")
    return made


@pytest.fixture
def officer(team):
    return makers.member(makers.user(full_name="Amal Haddad"), team)


def test_a_call_is_logged_without_the_mouse_and_by_few_keys(page, sign_in, account, officer, axe):
    """Four to ask, three for the amount, the rest for a day: a hand's work of under ten seconds."""
    sign_in(page, officer)
    page.goto(f"/accounts/{account.pk}/")
    page.get_by_text("May call until").wait_for()
    page.keyboard.press("c")
    page.get_by_text("On call").wait_for()
    page.keyboard.press("a")
    page.keyboard.press("s")
    page.keyboard.press("3")
    amount = page.get_by_label("Amount, AED")
    expect(amount).to_be_focused()
    assert amount.input_value() == "1,120.00"
    page.keyboard.type("490")
    page.get_by_text("Kept if 490.00 comes by").wait_for()
    page.get_by_label("Also follow up on").focus()
    # the same day whether the browser writes the day or the month first
    page.keyboard.type("12122026")
    page.keyboard.press("Enter")
    page.get_by_text("Promise saved for Rahman, Layla").wait_for()
    promise, attempt, follow_up = Promise.objects.get(), ContactAttempt.objects.get(), FollowUp.objects.get()
    assert str(promise.amount) == "490.000"
    assert attempt.checked_items == ["name", "birth_date"]
    assert follow_up.due_on == date(2026, 12, 12)
    assert not OpenCall.objects.exists()
    axe(page)


def test_the_panel_has_no_serious_finding_while_on_a_call(page, sign_in, account, officer, axe):
    sign_in(page, officer)
    page.goto(f"/accounts/{account.pk}/")
    axe(page)
    page.keyboard.press("c")
    page.get_by_text("On call").wait_for()
    page.keyboard.press("3")
    page.get_by_text("Tick two things").wait_for()
    page.keyboard.press("a")
    page.keyboard.press("s")
    page.get_by_label("Amount, AED").wait_for()
    axe(page)
