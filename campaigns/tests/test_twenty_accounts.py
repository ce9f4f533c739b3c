"""An officer works twenty accounts in a row by keyboard alone, with every kind of outcome in between."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from playwright.sync_api import expect

from accounts.arrangements.models import PaymentPlan, Promise
from accounts.contacts.models import ContactAttempt, FollowUp, OpenCall
from accounts.disputes.models import Dispute
from accounts.holds.models import Hold
from accounts.parties.models import ContactPoint
from campaigns.worklists.services import refresh_worklist
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MONDAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
TWENTY = 20

# on the page of an account that was not worked yet, with its call to begin
ARRIVED = """done => /accounts/.test(location.pathname) && !done.includes(location.pathname)
    && document.querySelector('#now [data-key=c]')"""

# What is pressed from an open call to its saved outcome; "Enter" saves. Ticks first where the debt
# is spoken of.
COURSES = {
    "no_answer": ["1", "Enter"],
    "promise": ["a", "s", "3", "Enter"],
    "plan": ["a", "s", "3", "Tab", "Tab", "4", "Enter"],
    "paid_already": ["a", "s", "4", "Enter"],
    "wrong_party": ["7", "Enter"],
    "disputes": ["a", "s", "5", "says the meter was misread", "Enter"],
    # the same day whether the browser writes the day or the month first
    "call_back": ["8", "12122026", "Enter"],
}
MIXED = ["no_answer", "promise", "paid_already", "wrong_party", "disputes", "plan", "call_back"]


@pytest.fixture
def office():
    """Twenty accounts of one officer, the largest first, on a Monday within contact hours."""
    with time_machine.travel(MORNING, tick=True):
        team = makers.team()
        officer = makers.teammate(team=team, role=Role.COLLECTION_OFFICER, full_name="Amal Haddad")
        creditor = makers.creditor(name="City Power", country="DE", teams=[team])
        accounts = []
        for place in range(TWENTY):
            debtor = makers.debtor(
                creditor=creditor, name=f"Debtor {place:02}", country="DE", birth_date=date(1988, 3, 4)
            )
            makers.contact_point(debtor=debtor, value=f"+49151123456{place:02}")
            account = makers.account(debtor=debtor, team=team, officer=officer)
            makers.entry(
                account=account,
                amount=str(Decimal(4000 - 100 * place)),
                value_date=MONDAY - timedelta(days=60),
                due_date=MONDAY - timedelta(days=47),
                as_of=MONDAY,
            )
            accounts.append(account)
        refresh_worklist(as_of=MONDAY)
        yield officer, accounts


def work(page, course: str) -> int:
    """One account from its page to the next one's; the number of keys pressed."""
    page.keyboard.press("c")
    page.locator("#now .live-call").wait_for()
    pressed = 1
    for key in COURSES[course]:
        if key == "Enter":
            page.locator("#outcome form").wait_for()
        if key.isdigit() and len(key) > 1:
            expect(page.get_by_label("Call back on")).to_be_focused()
            page.keyboard.type(key)
        elif len(key) > 1 and " " in key:
            expect(page.locator("#outcome textarea").first).to_be_focused()
            page.keyboard.type(key)
            page.keyboard.press("Tab")
        elif key == "Tab" and pressed < 5:
            expect(page.get_by_label("Amount, ")).to_be_focused()
            page.keyboard.press(key)
        else:
            page.keyboard.press(key)
        pressed += 1 if key in ("Tab", "Enter") else len(key)
    return pressed


@pytest.mark.long
def test_twenty_accounts_are_worked_by_keyboard_alone(page, sign_in, office):
    officer, accounts = office
    sign_in(page, officer)
    page.goto("/today/")
    expect(page.locator("h2#nx")).to_contain_text("Debtor 00")
    page.keyboard.press("Enter")
    courses = [MIXED[place % len(MIXED)] for place in range(TWENTY)]
    worked, keys = [], []
    for course in courses:
        page.wait_for_function(ARRIVED, arg=worked)
        worked.append(page.evaluate("location.pathname"))
        keys.append(work(page, course))
    page.wait_for_function("last => location.pathname !== last", arg=worked[-1])

    assert sorted(worked) == sorted(f"/accounts/{account.pk}/" for account in accounts)
    outcomes = sorted(ContactAttempt.objects.values_list("outcome", flat=True))
    assert outcomes == sorted("promise" if course == "plan" else course for course in courses)
    assert not OpenCall.objects.exists()
    assert Promise.objects.count() == courses.count("promise")
    assert PaymentPlan.objects.count() == courses.count("plan")
    assert Dispute.objects.count() == courses.count("disputes")
    assert Hold.objects.filter(reason="claims_paid").count() == courses.count("paid_already")
    assert ContactPoint.objects.filter(status="wrong_party").count() == courses.count("wrong_party")
    assert FollowUp.objects.filter(kind="call_back").count() == courses.count("call_back")
    assert not ContactAttempt.objects.filter(permit=None).exists()
    # without the words of a dispute an outcome takes a hand's keys
    assert max(count for count, course in zip(keys, courses, strict=True) if course != "disputes") <= 11
