"""Signed months: who may still post there, what is marked, and the list of it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.ledger.models import LatePosting, LedgerEntry
from accounts.ledger.naming import reallocate
from accounts.ledger.periods import PeriodClosed, close_period, closed_until
from accounts.ledger.services import NewEntry, post_entries, reverse_entry
from accounts.payments.services import post_payment
from accounts.returns.services import record_return
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def today() -> date:
    return clock.today()


@pytest.fixture
def inside(today) -> date:
    """A day in the month that is closed."""
    return today.replace(day=1) - timedelta(days=5)


@pytest.fixture
def account(today):
    team = makers.team()
    account = makers.account(
        debtor=makers.debtor(creditor=makers.creditor(teams=[team])),
        team=team,
        officer=makers.teammate(team=team),
    )
    makers.entry(account=account, amount="500", value_date=today - timedelta(days=90), as_of=today)
    return account


def close(today, **fields):
    last = today.replace(day=1) - timedelta(days=1)
    return close_period(
        first_day=last.replace(day=1), last_day=last, actor=makers.system(), as_of=today, **fields
    )


def paid(account, day, today, actor, **fields) -> LedgerEntry:
    return post_payment(
        account=account, amount=Decimal("40"), value_date=day, method="direct_debit", actor=actor,
        as_of=today, **fields,
    )  # fmt: skip


def test_a_person_needs_the_permission_and_a_reason(account, today, inside):
    officer = account.officer
    supervisor = makers.teammate(team=account.team, role=Role.SUPERVISOR)
    paid(account, inside, today, officer)
    close(today)
    with pytest.raises(PeriodClosed) as refused:
        paid(account, inside, today, officer, late_reason="the bank told us late")
    assert refused.value.field == "value_date"
    with pytest.raises(PeriodClosed) as refused:
        paid(account, inside, today, supervisor)
    assert refused.value.field == "late_reason"
    entry = paid(account, inside, today, supervisor, late_reason="the bank told us late")
    mark = LatePosting.objects.get()
    assert (mark.entry, mark.effect, mark.month) == (entry, Decimal("-40"), inside.replace(day=1))
    assert mark.reason == "the bank told us late"
    assert paid(account, today, today, officer).value_date == today
    with pytest.raises(PeriodClosed):
        reverse_entry(entry=entry, value_date=inside, reason="wrong", actor=supervisor, as_of=today)
    assert LatePosting.objects.count() == 1


def test_batches_rules_and_returns_are_taken_and_marked(account, today, inside):
    senior = makers.teammate(team=account.team, role=Role.SENIOR_OFFICER)
    receipt = paid(account, inside - timedelta(days=3), today, senior)
    close(today)
    rule = NewEntry(
        account_id=account.pk, kind="fee", amount=Decimal("3"), value_date=inside, source="rule",
        description="Monthly fee",
    )  # fmt: skip
    post_entries(entries=[rule], actor=senior, as_of=today)
    record_return(
        entry=receipt, scheme="sepa", code="AM04", return_date=inside, actor=senior, as_of=today
    )
    marks = LatePosting.objects.order_by("id")
    assert [mark.effect for mark in marks] == [Decimal("3"), Decimal("40")]
    assert marks[0].reason == "Monthly fee"
    assert "AM04" in marks[1].reason


def test_a_month_closes_for_one_creditor_or_for_all(account, today, inside):
    supervisor = makers.teammate(team=account.team, role=Role.SUPERVISOR)
    close(today, creditor=makers.creditor())
    assert closed_until(account.creditor_id) is None
    paid(account, inside, today, supervisor)
    assert not LatePosting.objects.exists()
    close(today, creditor=account.creditor)
    assert closed_until(account.creditor_id) == today.replace(day=1) - timedelta(days=1)
    assert closed_until(account.creditor_id, as_of=today - timedelta(days=1)) is None
    with pytest.raises(PeriodClosed):
        paid(account, inside, today, supervisor)


def test_who_says_from_a_signed_day_on_what_money_pays_needs_both_too(client, account, today, inside):
    senior = makers.teammate(team=account.team, role=Role.SENIOR_OFFICER)
    supervisor = makers.teammate(team=account.team, role=Role.SUPERVISOR)
    charge = account.entries.get()
    receipt = paid(account, inside, today, senior)
    on_time = paid(account, today, today, senior, charge=charge)
    close(today)
    given = {"parts": [(charge, Decimal("10"))], "reason": "he says so", "as_of": today}
    with pytest.raises(PeriodClosed) as refused:
        reallocate(credit=receipt, actor=senior, late_reason="he wrote late", **given)
    assert refused.value.field == "effective_date"
    with pytest.raises(PeriodClosed) as refused:
        reallocate(credit=receipt, actor=supervisor, **given)
    assert refused.value.field == "late_reason"
    reallocate(credit=receipt, actor=senior, effective_date=today, **given)
    reallocate(credit=on_time, actor=senior, **given)
    assert not LatePosting.objects.exists()
    reallocate(credit=receipt, actor=supervisor, late_reason="he wrote late", **given)
    # what is undone counts from the day it was named for, which is open
    mark = LatePosting.objects.get()
    assert (mark.entry, mark.allocation.credit, mark.effect) == (None, receipt, 0)
    assert (mark.month, mark.reason) == (inside.replace(day=1), "he wrote late")
    url = reverse("accounts:entry_allocate", args=[receipt.pk])
    sign_in(client, senior)
    page = client.get(url)
    assert page.context["form"].initial["effective_date"] == today.replace(day=1)
    data = {"effective_date": inside, "reason": "he says so", f"item_{charge.pk}": "20"}
    assert "ask somebody who may" in client.post(url, data).content.decode()
    sign_in(client, supervisor)
    assert 'name="late_reason"' in client.post(url, data).content.decode()
    assert client.post(url, data | {"late_reason": "found"}).status_code == 302
    listed = client.get(reverse("accounts:late_posting_list"), {"kind": "allocation"}).content.decode()
    assert "Allocation changed" in listed
    assert reverse("accounts:entry_detail", args=[receipt.pk]) in listed
    assert supervisor.full_name in listed


def sign_in(client, person):
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")


def test_the_form_asks_why_and_refuses_who_may_not(client, account, today, inside):
    close(today)
    url = reverse("accounts:payment_new", args=[account.pk])
    data = {"amount": "40", "value_date": inside, "method": "cash", "receiver": "creditor"}
    sign_in(client, account.officer)
    assert "late_reason" not in client.get(url).content.decode()
    answer = client.post(url, data)
    assert answer.status_code == 422
    assert "ask somebody who may" in answer.content.decode()
    sign_in(client, makers.teammate(team=account.team, role=Role.SUPERVISOR))
    answer = client.post(url, data)
    assert answer.status_code == 422
    assert 'name="late_reason"' in answer.content.decode()
    assert client.post(url, data | {"late_reason": "cash found in the box"}).status_code == 302
    assert LatePosting.objects.get().reason == "cash found in the box"


def test_the_list_costs_the_same_for_one_row_and_for_thirty(client, account, today, inside):
    supervisor = makers.teammate(team=account.team, role=Role.SUPERVISOR)
    close(today)
    url = reverse("accounts:late_posting_list")
    sign_in(client, supervisor)
    paid(account, inside, today, supervisor, late_reason="first")
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        assert "first" in client.get(url).content.decode()
    for _number in range(29):
        paid(account, inside, today, supervisor, late_reason="again")
    with CaptureQueriesContext(connection) as thirty:
        client.get(url)
    assert len(thirty) == len(one) <= 9
    totals = client.get(url, {"fragment": "totals"}).content.decode()
    assert "1,200.00" in totals
    sign_in(client, account.officer)
    assert client.get(url).status_code == 403
