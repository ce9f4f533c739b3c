"""Keys that are faster than the server: answers are held back, lost or put out of order by force."""

import re
from datetime import UTC, date, datetime

import pytest
import time_machine
from playwright.sync_api import expect

from accounts.arrangements.models import Promise
from accounts.contacts.models import OpenCall
from collections_app.testing import makers
from collections_app.testing.browser import Held, intercept

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Monday 23 November 2026, 10:42 in Dubai
MORNING = datetime(2026, 11, 23, 6, 42, tzinfo=UTC)
AMOUNT = "Amount, AED"


@pytest.fixture(autouse=True)
def monday_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


@pytest.fixture
def account(page, sign_in):
    """An account on the screen of its officer."""
    creditor = makers.creditor(currency="AED", country="AE", time_zone="Asia/Dubai", name="City Power")
    debtor = makers.debtor(
        creditor=creditor, name="Rahman, Layla", country="AE", birth_date=date(1988, 4, 12)
    )
    team = makers.team()
    made = makers.account(debtor=debtor, team=team)
    makers.entry(account=made, amount="1120.00", value_date=date(2026, 10, 7), due_date=date(2026, 10, 7))
    makers.contact_point(debtor=debtor, value="+971505550142", label="mobile", is_primary=True)
    sign_in(page, makers.member(makers.user(full_name="Amal Haddad"), team))
    page.goto(f"/accounts/{made.pk}/")
    page.get_by_text("May call until").wait_for()
    return made


@pytest.fixture
def on_call(page, account):
    page.keyboard.press("c")
    page.get_by_text("On call").wait_for()
    return account


def press(page, keys):
    for key in keys:
        page.keyboard.press(key)


def test_an_outcome_waits_for_the_ticks_before_it(page, on_call):
    held = Held(page, "**/call/check/")
    with page.expect_request("**/call/check/"):
        page.keyboard.press("a")
    # a textarea that was dragged, or the browser's own help, leaves a style on what is swapped
    page.evaluate(
        "document.querySelectorAll('[id]').forEach(item => { item.style.top = '0'; item.style.top = ''; })"
    )
    press(page, "s3")
    expect(page.get_by_label(AMOUNT)).to_have_count(0)
    held.release()
    expect(page.get_by_label(AMOUNT)).to_be_focused()
    assert OpenCall.objects.get().checked_items == ["name", "birth_date"]


def test_an_outcome_brings_the_ticks_whose_requests_were_lost(page, on_call):
    intercept(page, "**/call/check/", lambda route: route.abort(), times=2)
    with page.expect_event("requestfailed"):
        page.keyboard.press("a")
    expect(page.get_by_text("The server did not answer")).to_be_visible()
    with page.expect_event("requestfailed"):
        page.keyboard.press("s")
    assert OpenCall.objects.get().checked_items == []
    page.keyboard.press("3")
    expect(page.get_by_label(AMOUNT)).to_be_focused()
    expect(page.get_by_text("The server did not answer")).to_have_count(0)
    assert OpenCall.objects.get().checked_items == ["name", "birth_date"]
    page.complaints.forget("ERR_FAILED")
    page.complaints.forget("htmx:")


def test_a_whole_call_may_be_typed_before_the_first_answer(page, account):
    held = Held(page, "**/call/open/")
    with page.expect_request("**/call/open/"):
        page.keyboard.press("c")
    press(page, "as3490")
    assert len(held.routes) == 1
    held.release()
    expect(page.get_by_label(AMOUNT)).to_have_value("490")
    expect(page.locator("#outcome-keys [aria-current]")).to_have_text(re.compile("Promise"))
    page.get_by_text("Kept if 490.00 comes by").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("Promise saved for Rahman, Layla").wait_for()
    assert Promise.objects.get().amount == 490


def test_keys_act_as_soon_as_the_call_is_drawn(page, account):
    """Not some milliseconds later: nothing that is seen is without its doings."""
    page.evaluate(
        """new MutationObserver((seen, watcher) => {
          if (!document.querySelector("#checks")) return;
          watcher.disconnect();
          for (const key of ["a", "s", "3"])
            document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
        }).observe(document.body, {childList: true, subtree: true})"""
    )
    page.keyboard.press("c")
    expect(page.get_by_label(AMOUNT)).to_be_focused()
    assert OpenCall.objects.get().checked_items == ["name", "birth_date"]
    assert page.url.endswith(f"/accounts/{account.pk}/")


def test_the_last_of_two_outcomes_is_the_one_shown(page, on_call):
    held = Held(page, "**/call/check/")
    with page.expect_request("**/call/check/"):
        page.keyboard.press("1")
    page.locator("[data-outcome='2']").click()
    held.release()
    page.get_by_text("Save message left").wait_for()
    expect(page.locator("#outcome-keys [aria-current]")).to_have_count(1)
    expect(page.locator("[data-outcome='2']")).to_have_attribute("aria-current", "true")


def test_a_further_tick_leaves_the_amount_that_is_being_typed(page, on_call):
    press(page, "as3")
    expect(page.get_by_label(AMOUNT)).to_be_focused()
    page.keyboard.type("490")
    page.locator("#checks summary").click()
    with page.expect_response("**/call/check/"):
        page.locator("#checks .drop input").first.check()
    expect(page.get_by_label(AMOUNT)).to_have_value("490")
    # two are still ticked, so nothing closes; one alone closes the form
    with page.expect_response("**/call/check/"):
        page.locator("#checks > .check input").first.uncheck()
    expect(page.get_by_label(AMOUNT)).to_have_value("490")
    with page.expect_response("**/call/check/"):
        page.locator("#checks > .check input").last.uncheck()
    expect(page.get_by_label(AMOUNT)).to_have_count(0)
    page.get_by_text("Tick two things").wait_for()


def test_no_call_begins_on_an_account_that_is_being_left(page, account):
    held = Held(page, "**/accounts/")
    with page.expect_request("**/accounts/"):
        page.keyboard.press("u")
    press(page, "ci")
    held.release()
    page.get_by_role("heading", name="Accounts").wait_for()
    assert not OpenCall.objects.exists()


def test_escape_gives_up_what_was_typed_ahead(page, account):
    held = Held(page, "**/call/open/")
    with page.expect_request("**/call/open/"):
        page.keyboard.press("c")
    press(page, "1")
    page.keyboard.press("Escape")
    held.release()
    page.get_by_text("On call").wait_for()
    expect(page.locator("#outcome-keys [aria-current]")).to_have_count(0)


def test_the_timeline_shows_the_tab_pressed_last(page, account):
    tabs = page.locator("#timeline .seg a")
    first, second = tabs.nth(1), tabs.nth(2)
    words = second.inner_text()
    held = Held(page, re.compile(r"[?&]kind="))
    with page.expect_request(re.compile(r"[?&]kind=")):
        first.click()
    second.click()
    held.release()
    expect(page.locator("#timeline .seg [aria-current]")).to_have_text(words)
    page.complaints.forget("htmx:")  # it tells of the request it gave up


def test_hits_stay_closed_once_closed(page, account):
    held = Held(page, "**/search/*")
    with page.expect_request("**/search/*"):
        page.keyboard.press("/")
        page.keyboard.type("r")
    page.keyboard.press("Escape")
    with page.expect_response("**/search/*"):
        held.release()
    expect(page.locator(".search .htmx-request")).to_have_count(0)
    expect(page.locator("#search-hits")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("layla")
    expect(page.locator("#search-hits")).to_be_visible()
    page.complaints.forget("htmx:")


def test_a_late_answer_keeps_the_hit_that_is_marked(page, account):
    page.keyboard.press("/")
    page.keyboard.type("rahma")
    expect(page.locator("#search-hits")).to_contain_text("Rahman, Layla")
    held = Held(page, "**/search/*rahman")
    with page.expect_request("**/search/*rahman"):
        page.keyboard.type("n")
    page.keyboard.press("ArrowDown")
    marked = page.locator("#search-hits [aria-selected=true]")
    address = marked.get_attribute("href")
    with page.expect_response("**/search/*rahman"):
        held.release()
    expect(page.locator(".search .htmx-request")).to_have_count(0)
    expect(marked).to_have_attribute("href", address)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")
    page.complaints.forget("htmx:")
