"""The pages of interest: prepared and posted from the browser, explained to any day, on paper."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.interest.enums import RunStatus
from accounts.interest.models import InterestPosting, InterestRun
from accounts.interest.services import approve_run, month_end, post_run, prepare_run, reckon_run
from accounts.ledger.enums import EntryKind
from accounts.ledger.models import LedgerEntry
from accounts.ledger.periods import close_period
from accounts.returns.services import record_return
from accounts.web.interest.terms import charged_words
from collections_app.core import clock, pdf
from collections_app.core.enums import Role
from collections_app.core.models import AccessRecord
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return clock.today()


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def creditor(team, today):
    made = makers.creditor(teams=[team])
    makers.policy(
        "interest",
        {"rates": {first_of(today, 2).isoformat(): "10"}, "posting": "demand"},
        scope_type="creditor",
        scope_id=made.pk,
    )
    return made


def first_of(today, months_ago):
    day = today.replace(day=1)
    for _n in range(months_ago):
        day = (day - timedelta(days=1)).replace(day=1)
    return day


def overdue(creditor, team, today, amount="3650.00"):
    account = makers.account(debtor=makers.debtor(creditor=creditor), team=team)
    due = first_of(today, 2) - timedelta(days=1)
    makers.entry(account=account, amount=amount, value_date=due, due_date=due, reference="INV 7")
    return account


def as_role(client, team, role):
    person = makers.teammate(team=team, role=role)
    client.force_login(person)
    return person


def posted(creditor, today, months_ago=1, kind="interest"):
    system = makers.system()
    day = month_end(first_of(today, months_ago))
    run = prepare_run(creditor=creditor, kind=kind, last_day=day, actor=system, as_of=today)
    run = reckon_run(run=run, actor=system, as_of=today)
    approve_run(run=run, actor=system, as_of=today)
    return post_run(run=run, actor=system, as_of=today)


def statements(client, url):
    client.get(url)  # what the first request of a session reads besides
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


def test_a_run_goes_from_the_form_to_the_ledger(client, team, creditor, today):
    account = overdue(creditor, team, today)
    as_role(client, team, Role.SUPERVISOR)
    form = {"creditor": creditor.pk, "kind": "interest", "month": f"{first_of(today, 1):%Y-%m}", "note": ""}
    answer = client.post(reverse("accounts:interest_run_new"), form)
    assert answer.status_code == 302
    run = InterestRun.objects.get()
    reckon_run(run=run, actor=makers.system(), as_of=today)
    page = client.get(reverse("accounts:interest_run_detail", args=[run.pk])).content.decode()
    assert "by another person" in page
    assert reverse("accounts:interest_run_post", args=[run.pk]) not in page
    post = reverse("accounts:interest_run_post", args=[run.pk])
    client.post(post, {})
    run.refresh_from_db()
    assert run.status == RunStatus.PREPARED
    as_role(client, team, Role.MANAGER)
    # the month is signed while the page is open: refused once, with the new day, then taken
    shown = client.get(post).context["form"].initial["value_date"]
    end = month_end(first_of(today, 1))
    close_period(first_day=end.replace(day=1), last_day=end, actor=makers.system(), as_of=today)
    refused = client.post(post, {"value_date": shown})
    assert "is signed, so this run would be posted with" in refused.content.decode()
    assert f'value="{today.isoformat()}"' in refused.content.decode()
    listed = client.get(reverse("accounts:interest_run_list")).context["rows_page"].rows
    assert [row.value_date for row in listed] == [today]
    assert client.post(post, {"value_date": today.isoformat()}).status_code == 302
    post_run(run=run, actor=makers.system(), as_of=today)
    listed = client.get(reverse("accounts:interest_posting_list") + f"?run={run.pk}").content.decode()
    assert account.number in listed
    back = reverse("accounts:interest_run_reverse", args=[run.pk])
    assert client.post(back, {"reason": "wrong rate"}).status_code == 302
    assert not LedgerEntry.objects.filter(kind=EntryKind.INTEREST, reversed_by=None).exists()
    as_role(client, team, Role.COLLECTION_OFFICER)
    assert client.get(reverse("accounts:interest_run_list")).status_code == 403
    assert client.get(reverse("accounts:interest_run_new")).status_code == 403


def test_an_amount_opens_to_its_windows_to_any_day_and_as_a_sheet(client, team, creditor, today):
    account = overdue(creditor, team, today)
    first = first_of(today, 2)
    makers.hold(
        account=account,
        scopes=("interest",),
        reason="breathing_space",
        as_of=first + timedelta(days=4),
        last_day=first + timedelta(days=8),
    )
    posted(creditor, today)
    as_role(client, team, Role.COLLECTION_OFFICER)
    url = reverse("accounts:account_interest", args=[account.pk])
    page = client.get(url).content.decode()
    assert "Breathing space" in page
    assert "INV 7" in page
    early = client.get(f"{url}?as_of={first + timedelta(days=9)}").content.decode()
    assert early.count("Breathing space") == 1
    # four days before the freeze, one after it, at one a day
    assert ">5.00<" in early
    entry = InterestPosting.objects.get(account=account, period=first).entry
    explained = client.get(reverse("accounts:entry_detail", args=[entry.pk])).content.decode()
    assert "Calculation windows" in explained
    assert "4.00000000" in explained
    assert reverse("accounts:interest_posting_waive", args=[entry.interest_posting.pk]) not in explained
    # and on paper, as the run knew it: what came later is in no line of it
    [address] = re.findall(r'href="([^"]+/interest/sheet/[^"]+)"', explained)
    told = client.get(unescape(address)).content
    makers.entry(account=account, amount="100", kind="payment", value_date=first + timedelta(days=1))
    assert client.get(unescape(address)).content == told
    assert client.get(unescape(address).split("&")[0]).content != told
    sheet = client.get(reverse("accounts:account_interest_sheet", args=[account.pk]))
    assert sheet.content == client.get(sheet.wsgi_request.path).content
    assert sheet["Content-Type"] == "application/pdf"
    assert pdf.page_count(sheet.content) == 1
    assert AccessRecord.objects.filter(kind="interest_sheet", subject_id=account.pk).count() == 5
    assert reverse("accounts:account_interest", args=[account.pk]) in client.get(
        reverse("accounts:account_detail", args=[account.pk])
    ).content.decode()


def test_a_fee_opens_to_its_rule_base_and_steps_and_as_a_sheet(client, team, creditor, today):
    account = overdue(creditor, team, today)
    first = first_of(today, 1)
    values = {"steps": {"5": {"%": "2"}}, "cap": {"*": "15"}, "posting": "demand", "second_person": False}
    makers.policy("late_fee", values, valid_from=first, scope_type="creditor", scope_id=creditor.pk)
    makers.entry(account=account, amount="1000.00", value_date=first, due_date=first)
    posted(creditor, today, kind="late_fee")
    by_run = LedgerEntry.objects.get(account=account, kind="fee")
    paid = makers.entry(account=account, amount="50", kind="payment", value_date=first, method="direct_debit")
    makers.policy("return_fee", {"sepa": {"EUR": "4.50"}})
    system = makers.system()
    record_return(entry=paid, scheme="sepa", code="AM04", return_date=today, actor=system, as_of=today)
    by_return = LedgerEntry.objects.filter(account=account, kind="fee").exclude(pk=by_run.pk).get()
    by_hand = makers.entry(account=account, amount="9", kind="fee", value_date=today)
    as_role(client, team, Role.COLLECTION_OFFICER)

    def page(entry, **headers):
        return client.get(reverse("accounts:entry_detail", args=[entry.pk]), headers=headers).content.decode()

    sheet = {entry: reverse("accounts:charge_sheet", args=[entry.pk]) for entry in (by_run, by_return)}
    told = page(by_run)
    assert "&lt;time" not in told
    words = ("At most, per item", "20.00", "5 days past due", creditor.name, "approved by", sheet[by_run])
    assert [word for word in words if word not in told] == []
    told = page(by_return)
    words = ("AM04", "a fixed amount each time", sheet[by_return])
    assert [word for word in words if word not in told] == []
    assert "rule, base and steps" in page(by_run, **{"HX-Request": "true"})
    assert "How it was reckoned" not in page(by_hand)
    for address in sheet.values():
        paper = client.get(address).content
        assert pdf.page_count(paper) == 1
        assert client.get(address).content == paper
    assert client.get(reverse("accounts:charge_sheet", args=[by_hand.pk])).status_code == 404
    assert AccessRecord.objects.filter(kind="charge_sheet").count() == 4


def test_a_senior_waives_from_the_entry(client, team, creditor, today):
    account = overdue(creditor, team, today)
    posted(creditor, today)
    as_role(client, team, Role.SENIOR_OFFICER)
    charged = InterestPosting.objects.filter(account=account).first()
    page = client.get(reverse("accounts:entry_detail", args=[charged.entry_id])).content.decode()
    waive = reverse("accounts:interest_posting_waive", args=[charged.pk])
    assert waive in page
    assert client.post(waive, {"reason": "goodwill"}).status_code == 302
    page = client.get(reverse("accounts:entry_detail", args=[charged.entry_id])).content.decode()
    assert "goodwill" in page
    assert "waived" in client.get(reverse("accounts:account_interest", args=[account.pk])).content.decode()


def test_lists_ask_as_much_for_thirty_rows_as_for_one(client, team, creditor, today):
    overdue(creditor, team, today)
    run = posted(creditor, today, 2)
    as_role(client, team, Role.MANAGER)
    charged, runs = reverse("accounts:interest_posting_list"), reverse("accounts:interest_run_list")
    one = statements(client, charged), statements(client, runs)
    assert one <= (14, 14)
    for _n in range(29):
        overdue(creditor, team, today, "100.00")
    posted(creditor, today, 1)
    InterestRun.objects.bulk_create(
        InterestRun(
            creditor=creditor,
            kind="penalty",
            first_day=date(2020, month % 12 + 1, 1),
            last_day=date(2021 + month, 1, 31),
            value_date=date(2021, 1, 31),
            status=RunStatus.DISCARDED,
            made_by=run.made_by,
            made_at=run.made_at,
        )
        for month in range(28)
    )
    assert InterestPosting.objects.count() > 30
    assert (statements(client, charged), statements(client, runs)) == one


def test_terms_say_what_is_charged_and_lead_to_a_proposal(client, team, creditor):
    as_role(client, team, Role.MANAGER)
    page = client.get(reverse("accounts:interest_terms")).content.decode()
    assert "10 % a year from" in page
    assert creditor.name in page
    fees = {"steps": {"40": {"%": "2.50"}, "1": {"EUR": "15.00"}}}
    said = "EUR 15.00 after 1 day; 2.5 % of what is open after 40 days"
    assert charged_words(fees, date(2026, 1, 1)) == said
    assert reverse("accounts:policy_new", args=["interest"]) in page
    form = client.get(reverse("accounts:policy_new", args=["late_fee"]))
    assert form.status_code == 200
