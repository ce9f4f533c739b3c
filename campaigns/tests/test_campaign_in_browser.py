"""A whole campaign in the browser, from the account list to the closed door, each step by who should."""

import io
import os
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pypdf
import pytest
import time_machine
from playwright.sync_api import expect

from accounts.payments.services import post_payment
from campaigns.campaign.models import Campaign, Notice
from collections_app.core.enums import Role
from collections_app.core.models import Job, Organisation
from collections_app.testing import makers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MONDAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
MILLIMETRE = 72 / 25.4
UNITS = ("12", "3", "7")  # in the order of the accounts; the route is 3, 7, 12


@pytest.fixture
def office():
    """A team with five overdue accounts in two currencies, three of them with a door in one building."""
    with time_machine.travel(MORNING, tick=True):
        Organisation.objects.create(name="Harbour Collections", country="DE", currency="EUR")
        team = makers.team(name="North")
        people = {
            "officer": makers.teammate(team=team, full_name="Otis Orr"),
            "senior": makers.teammate(team=team, role=Role.SENIOR_OFFICER, full_name="Sena Sol"),
            "supervisor": makers.teammate(team=team, role=Role.SUPERVISOR, full_name="Sue Stone"),
            "auditor": makers.user(role=Role.AUDITOR, full_name="Aida Aziz"),
            "clerk": makers.department_user(makers.department(), full_name="Karim Noor"),
            "stranger": makers.teammate(team=makers.team(), role=Role.SUPERVISOR),
        }
        creditor = makers.creditor(name="City Power", teams=[team])
        accounts = []
        for number in range(5):
            account = makers.account(
                debtor=makers.debtor(creditor=creditor, name=f"Person {number}", language="en"),
                team=team, officer=people["officer"], number=f"N-{number}",
                currency="USD" if number == 4 else "EUR",
            )  # fmt: skip
            makers.entry(
                account=account, amount=f"{(number + 1) * 1000}.50", value_date=date(2026, 8, 1),
                due_date=date(2026, 8, 20), description="Bill of August", as_of=MONDAY,
            )  # fmt: skip
            accounts.append(account)
        for account, unit in zip(accounts[:3], UNITS, strict=True):
            makers.contact_point(
                debtor=account.debtor, kind="address", value=f"Harbour Street 1, flat {unit}",
                street="Harbour Street 1", building="Tower", unit=unit, area="Marina", city="Berlin",
                country="DE",
            )  # fmt: skip
        small = makers.account(
            debtor=makers.debtor(creditor=creditor, name="Small Sum"), team=team, number="S-1"
        )
        makers.entry(
            account=small, amount="12", value_date=date(2026, 8, 1), due_date=date(2026, 8, 20), as_of=MONDAY
        )
        yield people, accounts


def button(page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).click()


def link(page, name: str) -> None:
    page.locator("main").get_by_role("link", name=name, exact=True).first.click()


def offers(page, name: str) -> bool:
    """Whether the page leads to a verb of that name."""
    main = page.locator("main")
    return bool(
        main.get_by_role("link", name=name, exact=True).count()
        + main.get_by_role("button", name=name, exact=True).count()
    )


def refuses(page, path: str, status: int = 403) -> bool:
    """Whether the address is shut; the browser's complaint about the status is expected."""
    answer = page.goto(path)
    page.complaints.lines[:] = [line for line in page.complaints.lines if f" {status} " not in line]
    return answer.status == status


def picture(page, name: str) -> None:
    """A screenshot, where somebody asked for them."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png")


def download(page, name: str) -> pypdf.PdfReader:
    with page.expect_download() as saved:
        link(page, name)
    return pypdf.PdfReader(io.BytesIO(saved.value.path().read_bytes()))


def outside(sheet: pypdf.PageObject) -> str:
    """What shows through the window of a folded letter: 45 to 90 mm from above, 20 to 110 from the left."""
    height, found = float(sheet.mediabox.height), []

    def look(text, cm, tm, _font, _size):
        across = (tm[4] * cm[0] + cm[4]) / MILLIMETRE
        down = (height - (tm[5] * cm[3] + cm[5])) / MILLIMETRE
        if 20 <= across <= 110 and 45 <= down <= 90:
            found.append(text)

    sheet.extract_text(visitor_text=look)
    return " ".join("".join(found).split())


@pytest.mark.long
def test_a_campaign_from_the_account_list_to_notices_and_its_close(page, sign_in, axe, office):
    people, accounts = office
    sign_in(page, people["senior"])
    campaign = plan_from_the_list(page, axe)
    plan_activities(page, axe, campaign)
    submit(page, campaign, people, sign_in)
    approve(page, axe, campaign, people, sign_in)

    sign_in(page, people["senior"])
    page.goto(f"/campaigns/{campaign.pk}/")
    link(page, "Start campaign")
    button(page, "Start campaign")
    expect(page.locator("main h1")).to_contain_text("Running")
    print_notices(page, axe, campaign)
    take_back(page, axe, campaign, people, sign_in)

    post_payment(
        account=accounts[3], amount=Decimal("4000.50"), value_date=MONDAY, method="transfer",
        actor=people["officer"], as_of=MONDAY,
    )  # fmt: skip
    makers.open_promise(accounts[4], due=MONDAY + timedelta(days=5))
    progress(page, axe, campaign)
    assert not offers(page, "Close campaign")
    sign_in(page, people["senior"])
    page.goto(f"/campaigns/{campaign.pk}/")
    link(page, "Close campaign")
    page.get_by_label("Reason").fill("Every door was seen")
    button(page, "Close campaign")
    expect(page.locator("main h1")).to_contain_text("Closed")
    picture(page, "campaign-closed")
    assert Campaign.objects.get().status == "closed"
    assert not offers(page, "Start campaign")


def plan_from_the_list(page, axe) -> Campaign:
    """A senior officer narrows the list and plans a campaign from what he sees."""
    page.goto("/accounts/")
    page.locator("summary", has_text="Filter").click()
    page.locator("input[name=overdue_min]").fill("1000")
    picture(page, "campaign-1-filter")
    page.locator("form.filters, .filters form, .filters").get_by_role("button").last.click()
    page.wait_for_url("**overdue_min=1000**")
    expect(page.locator("#sums")).to_contain_text("5")
    picture(page, "campaign-2-filtered")
    link(page, "Plan campaign")
    page.get_by_label("Name", exact=True).fill("Tower in November")
    page.locator("input[name=ends_on]").fill("2026-12-18")
    picture(page, "campaign-3-form")
    axe(page)
    button(page, "Save campaign")
    page.wait_for_url(re.compile(r"/campaigns/\d+/$"))
    picture(page, "campaign-4-draft")
    axe(page)
    main = page.locator("main")
    expect(main).to_contain_text("EUR 10,002.00")
    expect(main).to_contain_text("USD 5,000.50")
    return Campaign.objects.get()


def plan_activities(page, axe, campaign) -> None:
    for title, first, last, after in (
        ("Door to door", "2026-11-23", "2026-11-27", ""),
        ("Calls afterwards", "2026-11-30", "2026-12-04", "Door to door"),
    ):
        page.goto(f"/campaigns/{campaign.pk}/?tab=plan")
        link(page, "Plan activity")
        page.get_by_label("Activity").fill(title)
        page.locator("input[name=starts_on]").fill(first)
        page.locator("input[name=ends_on]").fill(last)
        page.get_by_label("Owner").select_option(label="Otis Orr")
        if after:
            page.get_by_label("Comes after").select_option(label=after)
        button(page, "Save activity")
        page.wait_for_url("**?tab=plan")
    rows = page.locator("main table tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("Otis Orr")
    expect(page.locator("svg.plan")).to_be_visible()
    picture(page, "campaign-5-plan")
    axe(page)


def submit(page, campaign, people, sign_in) -> None:
    page.goto(f"/campaigns/{campaign.pk}/")
    link(page, "Submit campaign")
    picture(page, "campaign-6-submit")
    button(page, "Submit campaign")
    expect(page.locator("main h1")).to_contain_text("Waiting for approval")
    assert not offers(page, "Approve campaign")
    assert refuses(page, f"/campaigns/{campaign.pk}/approve/")
    for name in ("officer", "auditor", "clerk"):
        sign_in(page, people[name])
        assert refuses(page, f"/campaigns/{campaign.pk}/approve/"), name
        assert refuses(page, "/campaigns/new/"), name
    sign_in(page, people["stranger"])
    assert refuses(page, f"/campaigns/{campaign.pk}/", 404)
    assert refuses(page, f"/campaigns/{campaign.pk}/approve/", 404)
    for name in ("officer", "auditor"):
        sign_in(page, people[name])
        page.goto(f"/campaigns/{campaign.pk}/")
        assert not offers(page, "Approve campaign"), name
        assert not offers(page, "Change"), name
        page.goto("/accounts/?overdue_min=1000")
        assert not offers(page, "Plan campaign"), name
    sign_in(page, people["clerk"])
    assert refuses(page, f"/campaigns/{campaign.pk}/")


def approve(page, axe, campaign, people, sign_in) -> None:
    sign_in(page, people["supervisor"])
    page.goto("/today/")
    page.locator("#waiting").get_by_role("link", name="Campaign: Tower in November").click()
    picture(page, "campaign-7-waiting")
    link(page, "Approve campaign")
    expect(page.locator("main")).to_contain_text("EUR 10,002.00")
    picture(page, "campaign-8-approve")
    axe(page)
    button(page, "Approve and freeze")
    expect(page.locator("main h1")).to_contain_text("Approved")
    frozen = Campaign.objects.get()
    assert (frozen.approved_by, frozen.members.count()) == (people["supervisor"], 5)
    page.goto(f"/campaigns/{campaign.pk}/?tab=members")
    expect(page.locator("main")).to_contain_text("USD 5,000.50")
    picture(page, "campaign-9-members")
    axe(page)


def print_notices(page, axe, campaign) -> None:
    page.goto(f"/campaigns/{campaign.pk}/?tab=notices")
    link(page, "Print notices")
    expect(page.locator("main")).to_contain_text("3 doors in route order")
    expect(page.locator("main")).to_contain_text("No good address")
    picture(page, "campaign-10-print")
    axe(page)
    walked = page.get_by_label("When the round is walked")
    walked.fill("2026-11-24T02:30")
    button(page, "Print notices")
    expect(page.locator("main")).to_contain_text("2 No good address, 3 Outside contact hours")
    page.complaints.lines[:] = [line for line in page.complaints.lines if " 422 " not in line]
    walked.fill("2026-11-24T11:00")
    button(page, "Print notices")
    page.wait_for_url("**/jobs/*/")
    picture(page, "campaign-11-job")
    assert Job.objects.get(runner="campaigns.print_notices").status == "done"
    link(page, "See the result")
    page.wait_for_url(f"**/campaigns/{campaign.pk}/?tab=notices")
    expect(page.locator("main dl.strip")).to_contain_text(re.compile(r"Without a notice\s*2\s*Members\s*5"))
    page.locator("summary", has_text="2 left out of round 1").click()
    expect(page.locator("main")).to_contain_text("N-3: No good address")
    picture(page, "campaign-12-notices")
    axe(page)

    notices = download(page, "Notices, PDF")
    order = list(Notice.objects.order_by("route_order").values_list("code", "address__unit"))
    assert [unit for _code, unit in order] == ["3", "7", "12"]
    assert len(notices.pages) == 3
    for sheet, (code, unit) in zip(notices.pages, order, strict=True):
        words = sheet.extract_text()
        assert code in words
        seen = outside(sheet)
        assert "Person" in seen
        assert unit in seen
        assert not re.search(r"debt|overdue|settle|pay|EUR|\d\.\d\d|N-\d", seen, re.IGNORECASE), seen
    sheet = " ".join(part.extract_text() for part in download(page, "Delivery sheet").pages)
    assert [code for code, _unit in order] == re.findall(
        "|".join(code for code, _unit in order), sheet
    )
    assert not re.search(r"debt|overdue|EUR|Person", sheet, re.IGNORECASE)


def take_back(page, axe, campaign, people, sign_in) -> None:
    """The officer who walked the route says what became of each notice; he may not print."""
    sign_in(page, people["officer"])
    page.goto(f"/campaigns/{campaign.pk}/?tab=notices")
    assert not offers(page, "Print notices")
    assert refuses(page, f"/campaigns/{campaign.pk}/notices/print/")
    page.goto(f"/campaigns/{campaign.pk}/?tab=notices")
    page.locator("main").get_by_role("button", name="Delivered", exact=True).first.click()
    expect(page.locator("main").get_by_role("button", name="Delivered", exact=True)).to_have_count(2)
    page.locator("main").get_by_role("button", name="Vacant", exact=True).first.click()
    expect(page.locator("main").get_by_role("button", name="Vacant", exact=True)).to_have_count(1)
    picture(page, "campaign-13-back")
    sign_in(page, people["auditor"])
    page.goto(f"/campaigns/{campaign.pk}/?tab=notices")
    assert not offers(page, "Delivered")


def progress(page, axe, campaign) -> None:
    page.goto(f"/campaigns/{campaign.pk}/")
    picture(page, "campaign-14-progress")
    axe(page)
    cells = {
        cell.locator("dt").inner_text().strip(): int(cell.locator("dd").first.inner_text().split()[0])
        for cell in page.locator("dl.nines > div").all()
    }
    members = cells.pop("Members")
    assert len(cells) == 9
    assert sum(cells.values()) == members == 5
    assert (cells["Paid in full"], cells["Promised"]) == (1, 1)
    expect(page.locator("dl.nines")).to_contain_text("EUR 4,000.50")
