"""The guide docs/first-day.md, followed in the browser by somebody who has nothing else."""

import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.conf import settings
from playwright.sync_api import expect

from accounts.ledger.models import LedgerEntry
from accounts.parties.models import Creditor
from campaigns.sending.models import Message
from collections_app.core import clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MONDAY_MORNING = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
PASSWORD = "a sentence is a good password"  # noqa: S105 of people who live for one test
OFFICE = {
    "Name of the office": "Harbour Collections",
    "Currency": "EUR",
    "Your name": "Ada Ames",
    "Your sign-in name": "ada",
    "Your e-mail": "ada@harbour.example",
    "Your password": PASSWORD,
}
SENDER = {
    "Name": "City Power",
    "Code": "citypower",
    "Name on letters": "City Power Accounts",
    "Reply address": "accounts@citypower.example",
    "Phone on letters": "+353 1 555 0100",
    "Address on letters": "1 Power Street, Dublin",
    "How to pay": "By transfer; quote your account number.",
}


class Reader:
    """Does what the guide says; a button the guide does not name in bold is not pressed."""

    def __init__(self, page):
        self.page = page
        self.guide = (settings.BASE_DIR / "docs" / "first-day.md").read_text(encoding="utf-8")
        self.words = " ".join(self.guide.split())
        self.files = re.findall(r"```csv\n(.*?)```", self.guide, re.DOTALL)

    def named(self, words: str) -> str:
        assert f"**{words}**" in self.words, f"The guide does not name {words!r}."
        return words

    def press(self, words: str) -> None:
        self.page.locator("main, .outside").get_by_role("button", name=self.named(words), exact=True).click()

    def follow(self, words: str) -> None:
        self.page.locator("main").get_by_role("link", name=self.named(words), exact=True).first.click()

    def step(self, words: str) -> None:
        """The step on First steps, which is not yet ticked."""
        self.page.goto("/set-up/steps/")
        self.follow(words)

    def fill(self, fields: dict[str, str]) -> None:
        for label, value in fields.items():
            self.page.get_by_label(label, exact=True).fill(value)

    def choose(self, label: str, value: str) -> None:
        self.page.get_by_label(label, exact=True).select_option(label=value)

    def bring_in(self, kind: str, name: str, content: str, last: str) -> None:
        page = self.page
        page.set_input_files(
            "input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
        )
        page.get_by_label(self.named(kind), exact=True).check()
        self.press("Look into the file")
        self.press("That is right")
        self.press("Check the rows")
        self.press(last)
        expect(page.get_by_text("What was done")).to_be_visible()


@pytest.fixture
def monday(monkeypatch):
    """Of the senders too, who otherwise ask the database what time it is."""
    monkeypatch.setattr("campaigns.sending.jobs.database_now", clock.now)
    with time_machine.travel(MONDAY_MORNING, tick=True):
        yield


@pytest.mark.long
def test_a_newcomer_comes_to_the_first_reminder_by_the_guide_alone(page, mailbox, monday, axe):
    reader = Reader(page)
    manager_link = set_the_office_up(reader, axe)
    expect(page.get_by_text("Next first step")).to_be_visible()
    page.locator("details.user summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/**")

    page.goto(manager_link)
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    reader.press("Set password")
    reader.fill({"Sign-in name": "max", "Password": PASSWORD})
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/today/")
    expect(page.get_by_text("Bring in the accounts")).to_be_visible()
    bring_the_book_in(reader)
    release_and_run(reader, axe)

    message = Message.objects.get()
    page.goto(f"/messages/{message.pk}/")
    expect(page.locator("main")).to_contain_text("Rahman, Layla")
    (mail,) = mailbox.to("layla@example.org")
    words = mail.get_body(("plain",)).get_content()
    assert "100.00" in words
    assert "City Power Accounts" in words
    assert mail["Reply-To"] == "accounts@citypower.example"
    assert "debt" not in mail["Subject"].lower()
    assert not mailbox.to("accounts@noor.example")
    assert [to for to in ("sue@harbour.example", "otis@harbour.example") if len(mailbox.to(to)) != 1] == []
    page.goto("/set-up/steps/")
    expect(page.locator("main .st.none")).to_have_count(0)
    axe(page)


def set_the_office_up(reader: Reader, axe) -> str:
    """Steps 2 to 6; the link by which the manager sets a password."""
    page = reader.page
    page.goto("/")
    axe(page)
    reader.choose("Country", "Ireland")
    reader.choose("Time zone", "Europe/Dublin")
    reader.fill(OFFICE)
    reader.press("Set up and sign in")
    axe(page)
    reader.step("Make the teams")
    reader.follow("New team")
    reader.fill({"Name": "North"})
    reader.press("Save team")
    reader.step("Make the departments")
    reader.follow("New department")
    reader.fill({"Name": "Sales", "Code": "sales"})
    reader.press("Save department")
    link = ""
    for name, username, role in (
        ("Max Marsh", "max", "Manager"),
        ("Sue Stone", "sue", "Supervisor"),
        ("Otis Orr", "otis", "Collection officer"),
    ):
        reader.step("Invite a manager")
        reader.fill(
            {"Full name": name, "Sign-in name": username, "E-mail": f"{username}@harbour.example"}
        )
        reader.choose("Role", role)
        if username != "max":
            page.get_by_label("North").check()
        reader.press("Invite user")
        shown = page.locator("#messages a").get_attribute("href")
        link = link or shown
    reader.step("Enter the creditors")
    reader.follow("New creditor")
    reader.fill(SENDER)
    page.get_by_label("North").check()
    reader.press("Save creditor")
    page.wait_for_url("**/creditors/*/")
    page.goto("/today/")
    return link


def bring_the_book_in(reader: Reader) -> None:
    """Steps 8 and 9, with the files as they stand in the guide."""
    accounts, entries = reader.files
    reader.follow("Go there")
    reader.bring_in("Accounts", "accounts.csv", accounts, "Post 2 rows")
    reader.follow("Bring in another file")
    reader.bring_in("Entries", "entries.csv", entries, "Post 3 rows")
    expect(reader.page.locator("main")).to_contain_text("agrees")
    assert LedgerEntry.objects.count() == 3


def release_and_run(reader: Reader, axe) -> None:
    """Steps 11 to 13."""
    page = reader.page
    reader.step("Release a creditor")
    page.get_by_role("link", name="City Power").click()
    reader.follow("Release for contact")
    rows = page.locator("#who-rows tbody")
    expect(rows).to_contain_text("Rahman, Layla")
    expect(rows).to_contain_text("1001")
    expect(page.locator("main")).to_contain_text("100.00")
    expect(page.locator("main")).not_to_contain_text("Noor")
    axe(page)
    reader.fill({reader.named("Reason"): "Opening balances agree with the old system."})
    reader.press("Release this creditor")
    page.wait_for_url("**/creditors/*/")
    assert Creditor.objects.get().released_by.username == "max"
    reader.step("Send the first reminders")
    reader.follow("Run today's reminders")
    reader.choose("Creditor", "City Power")
    reader.press("Run today's reminders")
    reader.follow("See the result")
    page.locator("main table").get_by_role("link", name="City Power").click()
    expect(page.locator("main")).to_contain_text("Sent1")
