"""A supervisor brings a file in; a manager releases the creditor. Seen in Chromium."""

import os

import pytest
from django.urls import reverse

from accounts.ledger.models import Account, LedgerEntry
from accounts.tests.imports.making import ACCOUNTS, table
from collections_app.core.enums import Role
from collections_app.testing import makers
from collections_app.testing.browser import arrive

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ENTRIES = (
    "account_number;entry_reference;kind;amount;value_date;due_date",
    *(f"000{1 + n % 3};INV-{n};charge;1.{n:03},00;{n % 27 + 1:02}.02.2026;31.03.2026" for n in range(40)),
    "0001;INV-1001;charge;640,00;13.02.2026;31.11.2026",
    "0002;INV-1002;charge;1.240,00-;13.02.2026;",
    "0O03;INV-1003;charge;12,50;13.02.2026;",
    "0001;INV-1004;rent;8,00;13.02.2026;",
    "0001;INV-1005;charge;985,00;12.02.2062;",
    "0003;;payment;300,00;13.02.2026;",
)


def picture(page, name):
    """A screenshot, where somebody asked for them."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png")


@pytest.fixture
def manager():
    makers.system()
    return makers.user(role=Role.MANAGER)


def bring(page, kind, name, content, creditor=""):
    page.goto(reverse("accounts:import_new"))
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content})
    if creditor:
        page.select_option("select[name=creditor]", label=creditor)
    page.check(f"input[name=kind][value={kind}]")
    picture(page, "import-1-file")
    page.click("main button.btn-primary")
    page.wait_for_url("**/reading/")


@pytest.mark.long
def test_a_book_is_brought_in_and_released(page, sign_in, manager, axe):
    sign_in(page, manager)
    bring(page, "accounts", "accounts.csv", table(*ACCOUNTS))
    axe(page)
    page.click("main button.btn-primary")
    page.wait_for_url("**/columns/")
    picture(page, "import-3-columns")
    axe(page)
    page.click("main button.btn-primary")
    page.wait_for_url("**/imports/*/")
    axe(page)
    page.click("main .acts button.btn-primary")
    page.wait_for_selector("text=What was done")
    picture(page, "import-5-accounts")
    assert Account.objects.count() == 3

    bring(page, "entries", "entries_2026-02.csv", table(*ENTRIES), creditor="POWER")
    picture(page, "import-2-reading")
    page.click("main button.btn-primary")
    page.click("main button.btn-primary")
    page.wait_for_selector("text=5 bad rows")
    picture(page, "import-4-check")
    axe(page)
    row = page.locator("form.imp-x").first
    row.locator("button").click()
    page.wait_for_selector("text=4 bad rows")
    page.click("main .acts button.btn-primary")
    page.wait_for_selector("text=What was done")
    picture(page, "import-5-done")
    axe(page)
    assert LedgerEntry.objects.count() == 42
    arrive(page, reverse("accounts:import_list"))
    picture(page, "import-list")
    axe(page)
    creditor = Account.objects.first().creditor
    page.goto(reverse("accounts:creditor_release", args=[creditor.pk]))
    picture(page, "import-release")
    axe(page)
    page.fill("main [name=reason]", "Opening balances agree with the old system.")
    page.click("main button.btn-lg")
    page.wait_for_url("**/creditors/*/")
    creditor.refresh_from_db()
    assert creditor.released_by == manager
