"""The cash desk in a real browser, by keys alone."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from accounts.cashdesk.days import open_day
from accounts.cashdesk.models import CashReceipt
from collections_app.testing import makers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def monday_morning():
    with time_machine.travel(datetime(2026, 11, 23, 6, 42, tzinfo=UTC), tick=True):
        yield


def test_two_payers_by_keys_alone(page, sign_in, axe):
    """Number, Enter, Enter: a receipt; `n`: the next one, whose name is found twice."""
    team = makers.team()
    debtor = makers.debtor(name="Rahman, Layla")
    for number in ("44871", "44872"):
        account = makers.account(debtor=debtor, team=team, number=number)
        makers.entry(
            account=account,
            amount="300.00",
            value_date=date(2026, 9, 1),
            due_date=date(2026, 10, 1),
            description="Bill",
            as_of=TODAY,
        )
    cashier = makers.teammate(team=team)
    open_day(cashier=cashier, day=TODAY, actor=cashier)
    sign_in(page, cashier)
    page.goto("/cash-desk/")
    axe(page)
    page.keyboard.type("44871")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Take cash").wait_for()
    axe(page)
    page.keyboard.type("120.50")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Print receipt").wait_for()
    axe(page)
    page.keyboard.press("n")
    page.get_by_label("Who pays?").wait_for()
    page.keyboard.type("rahman")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Rahman, Layla").first.wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Take cash").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Print receipt").wait_for()
    receipts = CashReceipt.objects.order_by("number")
    assert [str(receipt.amount) for receipt in receipts][0] == "120.500"
    assert [receipt.number for receipt in receipts] == [1, 2]
