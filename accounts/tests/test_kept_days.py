"""Kept days say what the entries say, whatever came later; verify_ledger names the row that does not."""

import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.ledger import kept
from accounts.ledger.jobs import KeepDays
from accounts.ledger.keeping import bring_up, keep_day, keep_days
from accounts.ledger.models import DayEnd, DayEndAge, DayEndBalance
from accounts.ledger.naming import name_allocation, reallocate
from accounts.ledger.queries import ageing
from accounts.ledger.reconciliation import NotKept, reconcile
from accounts.ledger.services import contest, refresh_standing, reverse_entry
from accounts.ledger.verification import verify_ledger
from collections_app.core import clock
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 18)
MONTH_END = date(2026, 5, 31)
FIRST = date(2026, 2, 10)


def post(account, amount, day, **fields):
    return makers.entry(account=account, amount=amount, value_date=day, as_of=TODAY, **fields)


@pytest.fixture
def book():
    """Six accounts of two creditors and two currencies: open, paid, overpaid, disputed, named."""
    accounts = []
    for creditor in (makers.creditor(), makers.creditor(currency="KWD")):
        debtor = makers.debtor(creditor=creditor)
        for index in range(3):
            account = makers.account(debtor=debtor, currency=creditor.currency, opened_date=FIRST)
            for step in range(3):
                day = FIRST + timedelta(days=40 * step + index)
                post(account, 100 + 10 * index, day, due_date=day + timedelta(days=20))
            post(account, 90 * (1 + 2 * index), FIRST + timedelta(days=50), kind="payment")
            accounts.append(account)
    disputed = accounts[0].entries.filter(kind="charge").order_by("id")[1]
    contest(
        entry=disputed, amount=Decimal(40), effective_date=FIRST + timedelta(days=60),
        actor=makers.system(), as_of=TODAY,
    )  # fmt: skip
    return accounts


def asked(day):
    creditor_id = DayEndAge.objects.values_list("creditor_id", flat=True).first()
    return [
        {"as_of": day},
        {"as_of": day, "basis": "invoice"},
        {"as_of": day, "basis": "opened"},
        {"as_of": day, "creditor_id": creditor_id},
    ]


def assert_same(day, **more):
    for question in asked(day):
        question |= more
        assert ageing(**question) == ageing(**question, from_entries=True), question


def from_kept(day, **more) -> bool:
    return kept.kept_rows(as_of=day, basis="due", **more) is not None


def late_events(accounts):
    """What is learned later about days before the month's end; and what is not about them."""
    actor = makers.system()
    first, second, third = accounts[:3]
    post(first, "33.10", MONTH_END - timedelta(days=9), kind="payment")
    post(second, "12", MONTH_END - timedelta(days=70), due_date=MONTH_END + timedelta(days=3))
    payment = third.entries.get(kind="payment")
    reverse_entry(entry=payment, value_date=MONTH_END, reason="returned", actor=actor, as_of=TODAY)
    charge = second.entries.filter(kind="charge").order_by("-id").first()
    money = second.entries.get(kind="payment")
    name_allocation(credit=money, debit=charge, amount=Decimal(12), reason="his", actor=actor, as_of=TODAY)
    reallocate(credit=money, parts=[], reason="his mistake", actor=actor, as_of=TODAY, effective_date=TODAY)
    contest(
        entry=accounts[3].entries.filter(kind="charge").first(), amount=Decimal(7),
        effective_date=MONTH_END, actor=actor, as_of=TODAY,
    )  # fmt: skip
    post(accounts[4], "5", TODAY, kind="payment")


def test_a_kept_day_is_what_the_entries_say_at_any_knowledge(book):
    keep_day(MONTH_END, with_balances=True)
    keep_day(TODAY, with_balances=False)
    before = clock.now()
    assert from_kept(MONTH_END)
    assert not from_kept(MONTH_END - timedelta(days=1))
    for day in (MONTH_END, TODAY):
        assert_same(day)
    late_events(book)
    between = clock.now()
    late = post(book[5], "8.125", MONTH_END)
    for day in (MONTH_END, TODAY):
        assert from_kept(day)
        assert_same(day)
        for known_at in (before, between):
            assert_same(day, known_at=known_at)
    assert verify_ledger(as_of=TODAY).faults == []

    assert keep_days(as_of=TODAY) == {"kept": 3, "brought_up": 2, "dropped": 0}
    assert {row.has_balances for row in DayEnd.objects.exclude(day=TODAY)} == {True}
    for day in (MONTH_END, TODAY):
        assert_same(day)
        assert_same(day, known_at=before)
    assert DayEndBalance.objects.get(day_end__day=MONTH_END, account=book[5]).balance == sum(
        (e.amount if e.direction == "debit" else -e.amount)
        for e in book[5].entries.filter(value_date__lte=MONTH_END)
    )
    assert late.amount == Decimal("8.125")
    assert verify_ledger(as_of=TODAY).faults == []
    # the next day drops the running day and keeps its own
    tomorrow = TODAY + timedelta(days=1)
    assert KeepDays.run_now(as_of=tomorrow, actor=makers.system()).result == {
        "kept": 1, "brought_up": 4, "dropped": 1,
    }  # fmt: skip
    assert not from_kept(TODAY)


def test_too_much_that_was_learned_and_another_order_are_reckoned_anew(book, monkeypatch):
    day_end = keep_day(MONTH_END, with_balances=True)
    monkeypatch.setattr(kept, "MOST_LEARNED", 1)
    late_events(book)
    assert not from_kept(MONTH_END)
    assert_same(MONTH_END)
    monkeypatch.undo()
    assert from_kept(MONTH_END)
    post(book[1], "30", FIRST, kind="fee")
    makers.policy("allocation", {"order": ["fees", "interest", "penalties", "charges"]}, valid_from=MONTH_END)
    assert not from_kept(MONTH_END)
    assert_same(MONTH_END)
    assert not bring_up(day_end)
    keep_days(as_of=TODAY)
    assert from_kept(MONTH_END)
    assert_same(MONTH_END)
    refresh_standing(as_of=TODAY)
    assert verify_ledger(as_of=TODAY).faults == []


def test_verify_ledger_names_the_kept_row_that_is_wrong(book):
    keep_day(MONTH_END, with_balances=True)
    wrong = book[2]
    DayEndBalance.objects.filter(account=wrong).update(balance=Decimal("1.50"))
    age = DayEndAge.objects.filter(basis="due", box=1, currency="EUR").get()
    DayEndAge.objects.filter(pk=age.pk).update(balance=age.balance + 1)
    proof = verify_ledger(as_of=TODAY)
    assert proof.fault_count == 2
    assert proof.faults[0].startswith(f"kept balance of account {wrong.number} at the end of 2026-05-31")
    assert "EUR, by due date, 1-30: says" in proof.faults[1]
    assert age.creditor.code in proof.faults[1]


def test_a_month_reconciles_account_by_account_and_the_wrong_one_is_named(book):
    april = date(2026, 4, 30)
    with pytest.raises(NotKept):
        reconcile(first_day=date(2026, 5, 1))
    for day in (april, MONTH_END):
        keep_day(day, with_balances=True)
    late_events(book)
    for question in (
        {"first_day": date(2026, 5, 1), "last_day": MONTH_END},
        {"first_day": date(2026, 6, 1)},
        {"first_day": date(2026, 5, 1)},
    ):
        rows = {row.currency: row for row in reconcile(**question)}
        assert set(rows) == {"EUR", "KWD"}
        for row in rows.values():
            assert row.holds, row
            assert row.accounts == 3
            assert row.opening + row.debits - row.credits == row.closing
    told = io.StringIO()
    call_command("reconcile", "--month=2026-05", stdout=told)
    assert told.getvalue().startswith("EUR  3 accounts: ")
    with pytest.raises(CommandError) as refused:
        call_command("reconcile", "--month=2026-02")
    assert refused.value.returncode == 2
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_standing SET balance = balance + 1, overdue = overdue + 1 WHERE account_id = %s",
            [book[4].pk],
        )
    [euro, dinar] = reconcile(first_day=date(2026, 6, 1))
    assert euro.holds
    assert not dinar.holds
    assert [(row.number, row.closing - row.expected) for row in dinar.named] == [(book[4].number, Decimal(1))]
