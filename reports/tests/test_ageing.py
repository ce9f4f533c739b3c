"""The ageing of any day with its parts: it sums to the ledger, as known then, for who may see it."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.ledger.services import reverse_entry
from accounts.position.aged_accounts import accounts_of_bucket
from accounts.position.ageing import AgeingQuestion, ageing_in_parts
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.jobs import run_job
from collections_app.core.models import Job
from collections_app.testing import makers
from reports.closing.models import ReportBuild
from reports.rendering.ageing import ageing_strip

pytestmark = pytest.mark.django_db


@pytest.fixture
def today() -> date:
    return clock.today()


@pytest.fixture
def book(today):
    """Four debts of 100, 20 days overdue: disputed by 30, on hold, promised 60, plain; and a credit."""
    team = makers.team()
    creditor = makers.creditor(teams=[team])
    accounts = []
    for _number in range(5):
        account = makers.account(debtor=makers.debtor(creditor=creditor), team=team)
        accounts.append(account)
        bill = makers.entry(
            account=account, amount="100", value_date=today - timedelta(days=50),
            due_date=today - timedelta(days=20), as_of=today,
        )  # fmt: skip
        if len(accounts) == 1:
            makers.contested(bill, "30")
    makers.hold(account=accounts[1], scopes=["demand"], first_day=today - timedelta(days=3))
    makers.promise(account=accounts[2], due_date=today + timedelta(days=5), amount="60", as_of=today)
    makers.entry(account=accounts[4], amount="130", kind="payment", value_date=today, as_of=today)
    return {"accounts": accounts, "team": team, "creditor": creditor}


def test_each_amount_stands_in_one_part_and_all_sum_to_the_ledger(book, today):
    [row] = ageing_in_parts(AgeingQuestion(as_of=today))
    month = next(bucket for bucket in row.buckets if bucket.label == "1-30")
    assert (month.accounts, month.balance) == (4, Decimal(400))
    assert (month.disputed, month.on_hold, month.promised, month.covered) == (30, 100, 60, 0)
    assert month.free == Decimal(210)
    assert (row.credit_balance, row.ledger, row.holds) == (Decimal(-30), Decimal(370), True)
    astray = ageing_strip(replace(row, ledger=Decimal(371)))
    assert astray.figures[-1][2] == Decimal(371), "the ledger's own sum, where the ages miss it"
    rows, count = accounts_of_bucket(AgeingQuestion(as_of=today), currency="EUR", label="1-30", limit=2)
    assert (len(rows), count) == (2, 4)
    [narrow] = ageing_in_parts(AgeingQuestion(as_of=today, seen_team_ids=(book["team"].pk,)))
    assert narrow == row
    assert ageing_in_parts(AgeingQuestion(as_of=today, seen_team_ids=(0,))) == []


def test_another_day_and_another_knowledge(book, today):
    before = today - timedelta(days=1)
    [row] = ageing_in_parts(AgeingQuestion(as_of=before))
    assert row.total.balance == row.ledger == Decimal(500)
    [young] = ageing_in_parts(AgeingQuestion(as_of=today - timedelta(days=30)))
    assert young.buckets[0].balance == Decimal(500)
    [invoiced] = ageing_in_parts(AgeingQuestion(as_of=today, basis="invoice"))
    assert next(box.balance for box in invoiced.buckets if box.label == "31-60") == Decimal(400)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment = cursor.fetchone()[0]
    [entry] = book["accounts"][3].entries.all()
    reverse_entry(entry=entry, value_date=before, reason="wrong bill", actor=makers.system(), as_of=today)
    [then] = ageing_in_parts(AgeingQuestion(as_of=today, known_at=moment))
    [now] = ageing_in_parts(AgeingQuestion(as_of=today))
    assert (then.total.balance, now.total.balance) == (Decimal(400), Decimal(300))
    assert then.holds
    assert now.holds


def sign_in(client, person):
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")


def test_the_page_its_accounts_and_its_files(client, book, today):
    supervisor = makers.teammate(team=book["team"], role=Role.SUPERVISOR)
    sign_in(client, supervisor)
    url = reverse("reports:ageing")
    assert client.get(url).status_code == 200
    with CaptureQueriesContext(connection) as captured:
        body = client.get(url, {"fragment": "figures"}).content.decode()
    assert "It sums to the ledger." in body
    assert "370.00" in body
    assert len(captured) <= 12
    drill = reverse("reports:ageing_accounts", args=["EUR", "1-30"])
    assert drill in body
    assert re.search(r">?4(</bdi>)? accounts", client.get(drill).content.decode())
    assert client.get(url, {"as_of": "2026-13-01", "fragment": "figures"}).status_code == 200
    answers = {
        kind: client.get(reverse("reports:ageing_file", args=[kind]), {"basis": "due"})
        for kind in ("csv", "xlsx", "pdf")
    }
    text = b"".join(answers["csv"].streaming_content).decode("utf-8-sig")
    assert "400.00" in text
    assert b"".join(answers["xlsx"].streaming_content)[:2] == b"PK"
    assert answers["pdf"].content[:4] == b"%PDF"
    asked = {"as_of": "2026-02-28", "known_at": "2026-03-05"}
    assert "as known on 2026-03-05" in client.get(url, asked).content.decode()
    ordered = client.post(
        reverse("reports:report_build"),
        {"month": "2026-02", "kinds": ["collection"], "known_at": "2026-03-05 17:00"},
    )
    job = Job.objects.get(runner="reports.build_reports")
    assert ordered["Location"] == reverse("core:job_detail", args=[job.pk])
    run_job(job.pk)
    assert ReportBuild.objects.get().known_at == datetime(2026, 3, 5, 17, tzinfo=UTC)
    sign_in(client, makers.teammate(team=makers.team(), role=Role.SUPERVISOR))
    assert "No entry by that day." in client.get(url, {"fragment": "figures"}).content.decode()
    sign_in(client, makers.teammate(team=book["team"]))
    assert client.get(url).status_code == 403
