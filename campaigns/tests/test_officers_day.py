"""An officer's day in the browser, by keyboard: start, call, promise, next; nothing takes the mouse."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from playwright.sync_api import expect

from accounts.arrangements.models import Promise
from accounts.contacts.models import ContactAttempt
from campaigns.worklists.services import refresh_worklist
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MONDAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)


@pytest.fixture
def office():
    """Two accounts of one officer, the larger first, on a Monday morning within contact hours."""
    with time_machine.travel(MORNING, tick=True):
        team = makers.team()
        officer = makers.teammate(team=team, role=Role.COLLECTION_OFFICER, full_name="Amal Haddad")
        creditor = makers.creditor(name="City Power", country="DE", teams=[team])
        accounts = []
        for name, amount in (("Rahman, Layla", "1240.00"), ("Okafor, Chidi", "950.00")):
            debtor = makers.debtor(
                creditor=creditor, name=name, country="DE", birth_date=date(1988, 3, 4), language="en"
            )
            makers.contact_point(debtor=debtor, value="+4915112345678" if not accounts else "+4915112345679")
            account = makers.account(debtor=debtor, team=team, officer=officer)
            makers.entry(
                account=account,
                amount=amount,
                value_date=MONDAY - timedelta(days=60),
                due_date=MONDAY - timedelta(days=47),
                as_of=MONDAY,
            )
            accounts.append(account)
        refresh_worklist(as_of=MONDAY)
        yield officer, accounts


def settled(page) -> None:
    """Wait until htmx has swapped in what it fetched and made its links live."""
    page.wait_for_function(
        "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling, .htmx-added')"
    )


def test_a_call_with_a_promise_takes_eight_keys_and_leads_to_the_next_account(page, sign_in, axe, office):
    officer, (first, second) = office
    sign_in(page, officer)
    page.goto("/today/")
    expect(page.locator("h2#nx")).to_contain_text("Rahman, Layla")
    axe(page)

    page.keyboard.press("Enter")
    page.wait_for_url(f"**/accounts/{first.pk}/**")
    expect(page.locator("#now .chip")).to_contain_text("May call")
    axe(page)

    page.keyboard.press("c")
    expect(page.locator("#now .live-call")).to_be_visible()
    for place in range(2):
        with page.expect_response(lambda answer: "check" in answer.url):
            page.locator("#now .ticks input[type=checkbox]").nth(place).press("Space")
        settled(page)
    page.locator("#main").focus()
    page.keyboard.press("3")
    amount = page.locator("#outcome input[name=amount]")
    expect(amount).to_be_focused()
    expect(amount).to_have_value("1,240.00")
    axe(page)
    page.keyboard.press("Enter")

    page.wait_for_url(f"**/accounts/{second.pk}/**")
    promise = Promise.objects.get(account=first)
    assert promise.amount == Decimal("1240.00")
    assert ContactAttempt.objects.filter(accounts=first, outcome="promise", permit__is_allowed=True).exists()

    page.goto("/today/")
    expect(page.locator("h2#nx")).to_contain_text("Okafor, Chidi")
    expect(page.locator("#worklist tbody tr")).to_have_count(1)


def test_keys_walk_the_list_and_search_from_anywhere(page, sign_in, office):
    officer, (first, second) = office
    sign_in(page, officer)
    page.goto("/today/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/accounts/{second.pk}/**")
    page.keyboard.press("n")
    page.wait_for_url(f"**/accounts/{first.pk}/**")
    page.keyboard.press("/")
    page.keyboard.type("okaf")
    expect(page.locator("#search-hits")).to_contain_text("Okafor, Chidi")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/accounts/{second.pk}/**")


def test_a_line_opens_to_where_it_comes_from_and_closes_again(page, sign_in, office):
    officer, (first, _second) = office
    sign_in(page, officer)
    page.goto(f"/accounts/{first.pk}/")
    line = page.locator("#open-items a.lk").first
    line.click()
    expect(page.locator("#open-items .explained")).to_contain_text("Known since")
    line.click()
    expect(page.locator("#open-items .explained")).to_have_count(0)
