"""Payers who get worse: the pure rule against plain reckoning, the set, and the page."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.arrangements.services import review_plans, review_promises, take_promise
from accounts.ledger.services import reverse_entry
from accounts.payments.services import post_payment
from campaigns.worsening.enums import Sign
from campaigns.worsening.jobs import SpotWorsening
from campaigns.worsening.models import WorseningPayer
from campaigns.worsening.queries import PayerFacts, about_to_change, facts_of_chunk
from campaigns.worsening.rules import (
    WorseningRules,
    bucket_of,
    days_to_pay,
    judge,
    last_near_day,
    rule_set,
)
from campaigns.worsening.services import spot_worsening
from campaigns.worsening.wording import sign_text
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers

DAY = date(2026, 6, 1)
RULES = WorseningRules("Standard", 4, 7, 150, 5, 60, 1, 30, 10)


def days(number: int) -> date:
    return DAY - timedelta(days=number)


def payer(**facts) -> PayerFacts:
    given = {"balance": Decimal(100), "oldest_due_date": days(12), "next_due_date": None}
    return PayerFacts(1, "EUR", **given | facts)


def habit(*taken: int, amount=100):
    """A monthly item of 100, each paid so many days after its day; newest first, the last one open."""
    dues = [days(12 + 30 * (len(taken) - n)) for n in range(len(taken))]
    charges = [(days(12), Decimal(100), True)]
    charges += [(due, Decimal(100), True) for due in reversed(dues)]
    paid = sorted(((due + timedelta(days=n), Decimal(amount)) for due, n in zip(dues, taken, strict=True)))
    return {"charges": charges, "credits": paid[::-1], "payments": paid[::-1]}


def signs(**facts):
    return set(judge(payer(**facts), RULES, DAY).signs)


def test_each_sign_is_held_against_the_payers_own_median_and_stands_for_its_days():
    assert signs(**habit(3, 2, 4, 3, 3, 2)) == set()
    slow = judge(payer(**habit(3, 2, 4, 3, 15, 20)), RULES, DAY)
    assert (slow.signs, slow.facts, slow.days_taken) == (
        (Sign.TAKES_LONGER,), {"took": 15, "usual": 3}, (3, 2, 4, 3, 15, 20),
    )  # fmt: skip
    assert signs(**habit(30, 31, 30, 32, 31, 30)) == set(), "who is always late has not got worse"
    assert signs(**habit(3, 2, 15, 20)) == set(), "too few payments to know a habit"
    quiet = habit(3, 2, 4, 3, 2, 3)
    quiet["payments"] = [(day - timedelta(days=30), amount) for day, amount in quiet["payments"]]
    assert signs(**quiet) == {Sign.STOPPED_PAYING}
    small = habit(3, 2, 4, 3, 2, 3)
    small["payments"][0] = (small["payments"][0][0], Decimal(50))
    small["payments"][0] = (days(20), Decimal("59.99"))
    assert signs(**small) == {Sign.PAYS_LESS}
    small["payments"][0] = (days(20), Decimal(60))
    assert signs(**small) == set()
    assert signs(broken=1, broken_on=days(29)) == {Sign.PROMISE_BROKEN}
    assert signs(broken=1, broken_on=days(30)) == set()
    assert signs(instalment_on=days(1), instalment=Decimal(50)) == {Sign.INSTALMENT_MISSED}
    assert signs(instalment_on=DAY, instalment=Decimal(50)) == set()
    assert signs(returned_on=days(2), returned=Decimal(50)) == {Sign.PAYMENT_RETURNED}


def test_the_bucket_changes_on_the_day_the_ageing_says():
    cases = {1: ("1-30", 30), 30: ("1-30", 1), 31: ("31-60", 30), 365: ("181-365", 1)}
    for age, (label, left) in cases.items():
        assert bucket_of(payer(oldest_due_date=days(age)), DAY) == (label, DAY + timedelta(days=left))
    assert bucket_of(payer(oldest_due_date=days(366)), DAY) == ("365+", None)
    ahead = payer(oldest_due_date=None, next_due_date=DAY + timedelta(days=3))
    assert bucket_of(ahead, DAY) == ("current", DAY + timedelta(days=4))


moved = st.tuples(st.integers(0, 60), st.integers(1, 9))


@settings(max_examples=150, deadline=None)
@given(st.lists(moved, min_size=1, max_size=12), st.lists(moved, max_size=12))
def test_what_is_covered_when_is_what_paying_oldest_first_day_by_day_finds(charged, credited):
    """Against a plain walk forward through the days."""
    charges = sorted((DAY + timedelta(days=n), Decimal(amount)) for n, amount in charged)
    credits = sorted((DAY + timedelta(days=n), Decimal(amount)) for n, amount in credited)
    balance = sum(a for _d, a in charges) - sum(a for _d, a in credits)
    if balance <= 0:
        return
    expected, paid, needed = [], Decimal(0), Decimal(0)
    for due, amount in charges:
        needed += amount
        paid, covered = Decimal(0), None
        for day, credit in credits:
            paid += credit
            if paid >= needed:
                covered = day
                break
        if covered is not None:
            expected.append((due, covered))
    newest = [(due, amount, True) for due, amount in reversed(charges)]
    assert days_to_pay(payer(balance=balance, charges=newest, credits=credits[::-1])) == expected


@pytest.fixture
def book(db):
    """A slow payer, one as ever, a held one, one with a broken promise; of one officer."""
    today, team = clock.today(), makers.team()
    officer, creditor = makers.teammate(team=team), makers.creditor()

    def account(*taken, **fields):
        row = makers.account(debtor=makers.debtor(creditor=creditor), team=team, officer=officer, **fields)
        for n in range(len(taken) + 1):
            due = today - timedelta(days=12 + 30 * (len(taken) - n))
            makers.entry(account=row, amount="100", value_date=due, due_date=due, as_of=today)
            if n < len(taken):
                makers.entry(
                    account=row, amount="100", kind="payment", value_date=due + timedelta(days=taken[n]),
                    as_of=today,
                )  # fmt: skip
        return row

    return {
        "today": today, "officer": officer, "creditor": creditor, "team": team, "account": account,
        "slow": account(3, 2, 4, 3, 12, 16), "even": account(3, 2, 4, 3, 3, 2),
    }  # fmt: skip


def test_the_set_lists_them_with_what_it_rests_on_and_a_second_look_writes_nothing(
    book, client, django_assert_num_queries
):
    today, officer, creditor = book["today"], book["officer"], book["creditor"]
    held = book["account"](3, 2, 4, 3, 12, 16)
    makers.hold(account=held, scopes=("contact", "demand"))
    broke = book["account"]()
    take_promise(
        account=broke, amount=Decimal(40), due_date=today - timedelta(days=9), method="transfer",
        actor=officer, as_of=today - timedelta(days=10),
    )  # fmt: skip
    review_promises(as_of=today, account_ids=[broke.pk], actor=makers.system())
    back = book["account"]()
    entry = post_payment(
        account=back, amount=Decimal(30), value_date=today - timedelta(days=3), method="cheque",
        actor=officer, as_of=today,
    )  # fmt: skip
    reverse_entry(entry=entry, value_date=today, reason="Returned", actor=makers.system(), as_of=today)
    planned = book["account"]()
    makers.payment_plan(account=planned, amount="100", number=2, as_of=today - timedelta(days=1))
    review_plans(as_of=today, account_ids=[planned.pk], actor=makers.system())
    rules = rule_set(as_of=today)
    assert rules == RULES
    with django_assert_num_queries(1):
        found, after = facts_of_chunk(creditor.pk, as_of=today, ahead_days=10, within_days=30)
    assert after is None
    assert held.pk not in {row.account_id for row in found}
    assert spot_worsening(creditor, as_of=today) == 4
    rows = {row.account_id: row for row in WorseningPayer.objects.all()}
    assert {pk: row.signs for pk, row in rows.items()} == {
        book["slow"].pk: ["takes_longer"],
        broke.pk: ["promise_broken"],
        back.pk: ["payment_returned"],
        planned.pk: ["instalment_missed"],
    }
    slow = rows[book["slow"].pk]
    assert (slow.facts, slow.days_taken, slow.bucket) == (
        {"took": 12, "usual": 3},
        [3, 2, 4, 3, 12, 16],
        "1-30",
    )
    assert slow.changes_on == today + timedelta(days=19)
    said = sign_text("takes_longer", slow.facts, currency="EUR", today=today)
    assert said == "Takes 12 days to pay, before 3"
    with django_assert_num_queries(3):  # his teams, the rules, the count
        assert about_to_change(officer, until=last_near_day(today)) == 0
    tomorrow = today + timedelta(days=1)
    assert spot_worsening(creditor, as_of=tomorrow) == 4
    assert WorseningPayer.objects.get(pk=slow.pk).listed_on == today, "it came on the list before"
    # the pages: the list for the officer, the count on Today, nothing for other teams
    client.force_login(officer)
    url = reverse("campaigns:worsening_list")
    page = client.get(url).content.decode()
    assert "Takes 12 days to pay, before 3" in page
    assert book["slow"].number in client.get(url + "?signs=takes_longer").content.decode()
    assert book["slow"].number not in client.get(url + "?near=true").content.decode()
    assert "Getting worse" in client.get(reverse("campaigns:today") + "?fragment=month").content.decode()
    client.force_login(makers.teammate(team=makers.team()))
    assert book["slow"].number not in client.get(url).content.decode()
    client.force_login(makers.user(role=Role.ADMINISTRATOR))
    assert client.get(url).status_code == 403
    # whoever pays is off the list at once, and out of the table with the next look
    post_payment(
        account=book["slow"], amount=Decimal(100), value_date=today, method="transfer", actor=officer,
        as_of=today,
    )  # fmt: skip
    client.force_login(officer)
    assert book["slow"].number not in client.get(url).content.decode()
    SpotWorsening.run_now(actor=makers.system())
    assert not WorseningPayer.objects.filter(account=book["slow"]).exists()
