"""Two officers on one debtor, each in his own browser: they see each other, and call apart (D22)."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from playwright.sync_api import expect

from accounts.contacts.models import ContactAttempt, OpenCall
from collections_app.testing import makers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Monday 23 November 2026, 10:42 in Dubai
MORNING = datetime(2026, 11, 23, 6, 42, tzinfo=UTC)


def test_a_colleague_on_the_same_debtor_is_seen_and_a_second_call_says_why(page, second_page, sign_in):
    with time_machine.travel(MORNING, tick=True):
        team = makers.team()
        creditor = makers.creditor(currency="AED", country="AE", time_zone="Asia/Dubai", name="City Power")
        debtor = makers.debtor(creditor=creditor, name="Rahman, Layla", country="AE")
        makers.contact_point(debtor=debtor, value="+971505550142")
        accounts = [makers.account(debtor=debtor, team=team) for _place in range(2)]
        for account in accounts:
            makers.entry(
                account=account, amount="100.00", value_date=date(2026, 10, 7), due_date=date(2026, 10, 7)
            )
        amal = makers.member(makers.user(full_name="Amal Haddad"), team)
        sara = makers.member(makers.user(full_name="Sara Lind"), team)
        sign_in(page, amal)
        sign_in(second_page, sara)
        page.goto(f"/accounts/{accounts[0].pk}/")
        page.get_by_text("May call until").wait_for()

        # another account of the same debtor: it is the person that two would disturb
        second_page.goto(f"/accounts/{accounts[1].pk}/")
        expect(second_page.get_by_text("Amal Haddad is on this debtor now")).to_be_visible()
        page.reload()
        expect(page.get_by_text("Sara Lind is on this debtor now")).to_be_visible()

        page.keyboard.press("c")
        page.locator("#now .live-call").wait_for()
        second_page.reload()
        expect(second_page.get_by_text("Amal Haddad is on the phone with this debtor since")).to_be_visible()
        second_page.keyboard.press("c")
        expect(second_page.get_by_label("Why you call too")).to_be_focused()
        assert OpenCall.objects.count() == 1
        second_page.keyboard.type("He asked for me")
        second_page.keyboard.press("Enter")
        second_page.locator("#now .live-call").wait_for()
        second_page.keyboard.press("1")
        second_page.locator("#outcome form").wait_for()
        second_page.keyboard.press("Enter")
        expect(second_page.locator("#now .live-call")).to_have_count(0)
        attempt = ContactAttempt.objects.get()
        assert (attempt.officer, attempt.colleague_reason) == (sara, "He asked for me")
