"""A supervisor's and a manager's day in the browser, and the same pages shut to those they are not for."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from playwright.sync_api import expect

from accounts.payments.services import post_payment
from campaigns.campaign.models import Campaign
from campaigns.tests import making
from collections_app.core.enums import Role
from collections_app.core.models import Organisation
from collections_app.testing import makers
from reports.closing.models import ReportBuild, SignedBalance
from reports.closing.services import sign_report
from reports.reviews.models import CollectorReport
from reports.reviews.services import prepare_report, review_report, submit_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MONDAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
OCTOBER = date(2026, 10, 1), date(2026, 10, 31)


@pytest.fixture
def office():
    """A team with a campaign that a senior officer made, and an officer's report of October."""
    with time_machine.travel(MORNING, tick=True):
        Organisation.objects.create(name="Harbour Collections", country="IE", currency="EUR")
        team = makers.team(name="North")
        people = {
            "officer": makers.teammate(team=team, full_name="Otis Orr"),
            "senior": makers.teammate(team=team, role=Role.SENIOR_OFFICER, full_name="Sena Sol"),
            "supervisor": makers.teammate(team=team, role=Role.SUPERVISOR, full_name="Sue Stone"),
            "manager": makers.user(role=Role.MANAGER, full_name="Max Marsh"),
            "stranger": makers.teammate(team=makers.team(), role=Role.SUPERVISOR),
        }
        creditor = makers.creditor(name="City Power", teams=[team])
        account = makers.account(
            debtor=makers.debtor(creditor=creditor), team=team, officer=people["officer"]
        )
        makers.entry(account=account, amount="500", value_date=date(2026, 9, 1), as_of=MONDAY)
        post_payment(
            account=account, amount=Decimal("80"), value_date=date(2026, 10, 9), method="transfer",
            actor=people["officer"], as_of=MONDAY,
        )  # fmt: skip
        campaign = making.campaign(account=account, status="submitted", maker=people["senior"], name="Autumn")
        report = prepare_report(
            officer=people["officer"], first_day=OCTOBER[0], last_day=OCTOBER[1],
            actor=people["officer"], as_of=MONDAY,
        )  # fmt: skip
        submit_report(report=report, actor=people["officer"], as_of=MONDAY)
        yield people, campaign, report


def button(page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).click()


def link(page, name: str) -> None:
    page.locator("main").get_by_role("link", name=name, exact=True).first.click()


def refuses(page, path: str, status: int = 403) -> bool:
    """Whether the address is shut; the browser's complaint about the status is expected."""
    answer = page.goto(path)
    page.complaints.lines[:] = [line for line in page.complaints.lines if f" {status} " not in line]
    return answer.status == status


def test_a_supervisor_approves_what_another_made_and_passes_a_report_on(page, sign_in, axe, office):
    people, campaign, report = office
    sign_in(page, people["supervisor"])
    page.goto("/today/")
    waiting = page.locator("#waiting")
    expect(waiting).to_contain_text("Campaign: Autumn")
    expect(waiting).to_contain_text("Collector's report: Otis Orr")
    axe(page)

    waiting.get_by_role("link", name="Campaign: Autumn").click()
    axe(page)
    link(page, "Approve campaign")
    expect(page.locator("main")).to_contain_text("Sena Sol")
    button(page, "Approve and freeze")
    page.wait_for_url(f"**/campaigns/{campaign.pk}/")
    expect(page.locator("main h1")).to_contain_text("Approved")
    assert Campaign.objects.get().approved_by == people["supervisor"]

    page.goto("/today/")
    waiting.get_by_role("link", name="Collector's report: Otis Orr").click()
    expect(page.locator("main")).to_contain_text("Bank transfer")
    expect(page.locator("main")).to_contain_text("80.00")
    axe(page)
    link(page, "Pass on")
    button(page, "Pass on")
    page.wait_for_url(f"**/{report.pk}/")
    assert CollectorReport.objects.get().reviewed_by == people["supervisor"]
    expect(page.locator("main").get_by_role("link", name="Approve report")).to_have_count(0)
    page.goto("/today/")
    expect(waiting).to_contain_text("Nothing waits for you.")


def test_who_made_it_or_belongs_elsewhere_is_refused(page, sign_in, office):
    people, campaign, report = office
    sign_in(page, people["senior"])
    page.goto(f"/campaigns/{campaign.pk}/")
    expect(page.locator("main").get_by_role("link", name="Approve campaign")).to_have_count(0)
    assert refuses(page, f"/campaigns/{campaign.pk}/approve/")
    sign_in(page, people["officer"])
    assert refuses(page, "/reports/")
    assert refuses(page, "/reports/build/")
    assert refuses(page, "/creditors/")
    page.goto(f"/reports/collectors/{report.pk}/")
    expect(page.locator("main").get_by_role("link", name="Pass on")).to_have_count(0)
    sign_in(page, people["stranger"])
    assert refuses(page, f"/campaigns/{campaign.pk}/approve/", 404)
    assert refuses(page, f"/reports/collectors/{report.pk}/", 404)


@pytest.mark.long
def test_a_manager_approves_a_report_then_builds_signs_and_downloads_the_month(page, sign_in, axe, office):
    people, _campaign, report = office
    review_report(report=report, actor=people["supervisor"], as_of=MONDAY)
    sign_in(page, people["manager"])
    page.goto("/today/")
    page.locator("#waiting").get_by_role("link", name="Collector's report: Otis Orr").click()
    link(page, "Approve report")
    button(page, "Approve and freeze")
    page.wait_for_url(f"**/{report.pk}/")
    with page.expect_download() as saved:
        link(page, "Download PDF")
    assert saved.value.path().read_bytes().startswith(b"%PDF")

    page.goto("/reports/")
    axe(page)
    link(page, "Build a month")
    for kind in ("Registration", "Follow-up"):
        page.get_by_label(kind).uncheck()
    button(page, "Build reports")
    link(page, "See the result")
    page.wait_for_url("**/reports/collection/2026-10/")
    expect(page.locator("main")).to_contain_text("540.00")
    expect(page.locator("main")).to_contain_text("80.00")
    axe(page)
    with page.expect_download() as saved:
        link(page, "Download PDF")
    assert saved.value.path().read_bytes().startswith(b"%PDF")

    build = ReportBuild.objects.get()
    sign_in(page, people["supervisor"])
    page.goto("/reports/collection/2026-10/")
    expect(page.locator("main").get_by_role("link", name="Sign")).to_have_count(0)
    assert refuses(page, f"/reports/{build.pk}/sign/")
    sign_in(page, people["manager"])
    page.goto("/reports/collection/2026-10/")
    link(page, "Sign")
    axe(page)
    button(page, "Sign report")
    page.wait_for_url("**/reports/collection/2026-10/")
    expect(page.locator("main")).to_contain_text("Max Marsh")
    assert SignedBalance.objects.filter(build=build).count() == 1


def test_a_signed_month_is_refused_where_it_is_asked_for(client, office):
    people, _campaign, _report = office
    client.force_login(people["manager"], backend="django.contrib.auth.backends.ModelBackend")
    asked = {"month": "2026-10", "kinds": ["registration", "collection"]}
    client.post("/reports/build/", asked)
    for build in ReportBuild.objects.all():
        sign_report(build=build, actor=people["manager"])
    built = ReportBuild.objects.count()
    answer = client.post("/reports/build/", asked)
    assert answer.status_code == 422
    assert "October 2026 is signed for: " in answer.context["form"].errors["kinds"][0]
    assert ReportBuild.objects.count() == built
