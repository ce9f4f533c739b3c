"""Payment plans in the browser's terms: proposed, previewed, approved, refused, listed, printed."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.approvals.models import Approval
from accounts.arrangements.models import PaymentPlan
from accounts.arrangements.paper_words import WORDS, words_of
from accounts.arrangements.papers import options_of
from accounts.arrangements.services import cancel_plan
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import AccessRecord, AuditRecord
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return clock.today()


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def officer(team):
    return makers.teammate(team=team)


def owing(team, officer, today, amount="900.00", **fields):
    account = makers.account(team=team, officer=officer, **fields)
    due = today - timedelta(days=40)
    makers.entry(account=account, amount=amount, value_date=due, due_date=due, as_of=today)
    return account


@pytest.fixture
def account(team, officer, today):
    return owing(team, officer, today)


def typed(today, **changes):
    return {
        "amount": "900.00",
        "rhythm": "monthly",
        "number": "3",
        "first_due": (today + timedelta(days=3)).isoformat(),
        "is_agreed": "on",
        **changes,
    }


def test_an_officer_agrees_and_sees_it_on_the_account(client, account, officer, today):
    client.force_login(officer)
    url = f"/accounts/{account.pk}/plan/"
    assert "Payment plan" in client.get(url).content.decode()
    preview = client.get(f"{url}preview/", typed(today)).content.decode()
    assert preview.count("300.00") == 3
    assert "Together, in 3 months" in preview
    assert not PaymentPlan.objects.exists()
    saved = client.post(url, typed(today), follow=True).content.decode()
    plan = PaymentPlan.objects.get()
    assert plan.status == "in_force"
    assert "0 of 3" in saved
    page = client.get(f"/accounts/{account.pk}/").content.decode()
    assert "Next instalment" in page
    assert "Payment plan: in force" in page
    assert f"/plans/{plan.pk}/" in page
    # an officer can't end it, a senior officer can
    assert "Cancel plan" not in saved
    cancel = f"/plans/{plan.pk}/cancel/"
    assert client.post(cancel, {"reason": "No"}).status_code == 403
    client.force_login(makers.teammate(team=account.team, role=Role.SENIOR_OFFICER))
    assert client.post(cancel, {"reason": "Moved away"}).status_code == 302
    plan.refresh_from_db()
    assert plan.status == "cancelled"


def test_above_his_authority_it_waits_for_a_supervisor(client, account, team, officer, today):
    client.force_login(officer)
    url = f"/accounts/{account.pk}/plan/"
    wanted = typed(today, number="12", freezes="interest")
    preview = client.get(f"{url}preview/", wanted).content.decode()
    assert "up to 6 months" in preview
    assert "somebody else" in preview
    refused = client.post(url, wanted)
    assert refused.status_code == 422
    assert b"Ask for approval" in refused.content
    waits = client.post(url, wanted | {"_ask": "1"}, follow=True).content.decode()
    assert "Waiting for approval" in waits
    approval = Approval.objects.get()
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    client.force_login(supervisor)
    assert "12 instalments" in client.get("/approvals/").content.decode()
    shown = client.get(f"/approvals/{approval.pk}/").content.decode()
    assert f"/plans/{approval.subject_id}/" in shown
    assert shown.count("75.00") >= 12
    assert "interest" in shown
    client.post(f"/approvals/{approval.pk}/decide/", {"decision": "approve", "comment": ""})
    plan = PaymentPlan.objects.get()
    assert plan.status == "in_force"
    assert AuditRecord.objects.filter(code="plan.in_force", actor=supervisor).exists()


def test_an_offer_is_accepted_and_agreed_anew(client, account, officer, today):
    client.force_login(officer)
    url = f"/accounts/{account.pk}/plan/"
    offer = typed(today)
    del offer["is_agreed"]
    assert b"Debtor agrees" in client.post(url, offer, follow=True).content
    first = PaymentPlan.objects.get()
    assert b"In force" in client.post(f"/plans/{first.pk}/accept/", follow=True).content
    assert b"It replaces" in client.get(url).content
    client.post(url, typed(today, number="4"))
    first.refresh_from_db()
    assert first.status == "replaced"
    assert first.replaced_by.instalments.count() == 4


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.DEPARTMENT_USER])
def test_who_may_not_even_look(client, account, role, today):
    plan = makers.payment_plan(account=account, amount="900.00", as_of=today)
    client.force_login(makers.user(role=role))
    for url in ("/plans/", f"/plans/{plan.pk}/", f"/accounts/{account.pk}/plan/"):
        assert client.get(url).status_code in (403, 404), url


def test_an_auditor_looks_and_does_nothing_and_another_team_sees_none(client, account, today):
    plan = makers.payment_plan(account=account, amount="900.00", as_of=today)
    client.force_login(makers.user(role=Role.AUDITOR))
    assert client.get(f"/plans/{plan.pk}/").status_code == 200
    assert account.debtor.name in client.get("/plans/").content.decode()
    for url in (f"/accounts/{account.pk}/plan/", f"/accounts/{account.pk}/plan/options/"):
        assert client.get(url).status_code == 403
    client.force_login(makers.teammate(team=makers.team()))
    assert client.get(f"/plans/{plan.pk}/").status_code == 404
    assert account.debtor.name not in client.get("/plans/").content.decode()


def test_the_list_costs_the_same_for_one_and_thirty_and_picks(client, team, officer, today):
    client.force_login(makers.user(role=Role.MANAGER))

    def plan(number):
        return makers.payment_plan(
            account=owing(team, officer, today), amount="900.00", as_of=today, first_due=today
        )

    def cost(url="/plans/"):
        client.get(url)
        with CaptureQueriesContext(connection) as seen:
            page = client.get(url)
        assert page.status_code == 200
        return len(seen)

    first = plan(0)
    one, one_page = cost(), cost(f"/plans/{first.pk}/")
    rest = [plan(number) for number in range(29)]
    assert cost() <= one
    assert cost(f"/plans/{first.pk}/") == one_page
    cancel_plan(plan=rest[0], reason="Gone", actor=makers.system(), as_of=today)
    for query, found in (("", 30), ("?which=due", 29), ("?which=late", 0), ("?which=ending", 0)):
        listed = set(re.findall(r"/plans/(\d+)/", client.get(f"/plans/{query}").content.decode()))
        assert len(listed) == found, query


def test_the_options_are_what_a_plan_would_be(client, account, officer, today):
    found = options_of(account, as_of=today)
    assert [len(rows) for rows in found.schedules] == [3, 6, 12]
    client.force_login(officer)
    sheet = client.get(f"/accounts/{account.pk}/plan/options/")
    assert sheet["Content-Type"] == "application/pdf"
    assert sheet.content.startswith(b"%PDF")
    assert AccessRecord.objects.filter(kind="plan_options").exists()
    rows = found.schedules[1]
    plan = makers.payment_plan(
        account=account, amount="900.00", number=6, first_due=found.first_due, as_of=today
    )
    paper = client.get(f"/plans/{plan.pk}/paper/")
    assert paper.content.startswith(b"%PDF")
    assert client.get(f"/plans/{plan.pk}/paper/").content == paper.content
    made = list(plan.instalments.order_by("number").values_list("number", "due_date", "amount"))
    assert made == [(row.number, row.due_date, row.amount) for row in rows]


def test_the_sheet_speaks_its_languages_alike():
    assert words_of("de-AT")[0] == "de"
    assert words_of("ur") == words_of("en")
    for words in WORDS.values():
        assert words.keys() == WORDS["en"].keys()
        assert words["at_once_text"] % {"amount": "1", "day": "2"}
        assert words["plan"] % {"letter": "A", "number": 3}
