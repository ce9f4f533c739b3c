"""The interest of days that ended: kept as sums, put right when something was learned, equal to the month."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.urls import reverse

from accounts.interest import accrual_check
from accounts.interest.accrual_check import PLACE, check_month
from accounts.interest.accruing import accrue, mark_stale
from accounts.interest.jobs import AccrueInterest, CheckAccrual, last_checks
from accounts.interest.models import AccrualBook, AccruedInterest, InterestWindow
from accounts.interest.queries import accrued
from accounts.interest.services import approve_run, post_run, prepare_run, reckon_run
from accounts.ledger.enums import EntryKind
from accounts.ledger.models import Account
from accounts.parties.creditors import merge_debtors, undo_merge
from accounts.tests.test_interest_queries import OF_A_DAY, random_book
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

D = Decimal
DAY = timedelta(days=1)
FROM, TO, END = date(2024, 12, 27), date(2025, 1, 5), date(2024, 12, 31)
pytestmark = pytest.mark.django_db


def by_creditor(field="interest"):
    sums = defaultdict(Decimal)
    for row in AccruedInterest.objects.all():
        sums[row.creditor_id] += getattr(row, field)
    return sums


def of_days(creditor):
    rows = AccruedInterest.objects.filter(creditor=creditor).order_by("day")
    return {row.day: (row.pk, row.interest) for row in rows}


def charged(amount="3650", since=date(2024, 11, 1)):
    creditor = makers.creditor()
    makers.policy(
        "interest", {"rates": {"2024-01-01": "10"}, "posting": "demand", "second_person": False},
        valid_from=date(2024, 1, 1), scope_type="creditor", scope_id=creditor.pk,
    )  # fmt: skip
    account = makers.account(debtor=makers.debtor(creditor=creditor), opened_date=since, as_of=since)
    makers.entry(account=account, amount=amount, value_date=since, due_date=since)
    return creditor, account


def test_the_days_of_seven_terms_sum_to_their_windows_and_to_what_each_account_bears():
    accounts = random_book(random.Random(7), OF_A_DAY, each=3)
    # grace of twenty days after three free ones ends with the year: its days are borne on the first
    grace = accounts[3]
    due = END - timedelta(days=23)
    makers.entry(account=grace, amount="500.00", value_date=due, due_date=due)
    creditors = {account.creditor_id for account in accounts}
    done = accrue(through=dict.fromkeys(creditors, TO), since=FROM)
    assert done == {"creditors": 7, "days": 10}
    ids = [account.pk for account in accounts]
    through, before = accrued(ids, as_of=TO), accrued(ids, as_of=FROM - DAY)
    expected = defaultdict(Decimal)
    for account in accounts:
        for found, sign in ((through, 1), (before, -1)):
            if account.pk in found:
                expected[account.creditor_id] += sign * sum(w.interest for w in found[account.pk].windows)
    kept, items = by_creditor(), by_creditor("items")
    for creditor in creditors:
        assert abs(kept[creditor] - expected[creditor]) <= items[creditor] * PLACE
        for month, first, last in ((date(2024, 12, 1), FROM, END), (date(2025, 1, 1), END + DAY, TO)):
            checked = check_month(creditor, month)
            assert (checked["differing"], checked["accounts"], checked["days"]) == (0, [], [])
            assert (checked["first"], checked["last"]) == (first.isoformat(), last.isoformat())
    assert sum(1 for amount in kept.values() if amount > 0) >= 6
    of_grace = {
        row.day: row.interest for row in AccruedInterest.objects.filter(creditor_id=grace.creditor_id)
    }
    assert of_grace[END + DAY] > 10 * (of_grace[END + 2 * DAY] - of_grace.get(END, D(0))) > 0
    # nothing was learned: nothing to do
    assert accrue(through=dict.fromkeys(creditors, TO)) == {"creditors": 0, "days": 0}


def test_a_back_dated_payment_changes_the_days_from_its_own_and_no_others():
    creditor, account = charged()
    other, beside = charged()
    through = {creditor.pk: TO, other.pk: TO}
    accrue(through=through, since=FROM)
    before, of_other = of_days(creditor), of_days(other)
    assert {interest for _pk, interest in before.values()} == {D(1)}
    paid = date(2025, 1, 2)
    makers.entry(account=account, amount="1825", value_date=paid, kind=EntryKind.PAYMENT)
    assert mark_stale(through=through) == 1
    assert AccrualBook.objects.get(creditor=creditor).stale_from == paid
    assert AccrualBook.objects.get(creditor=other).stale_from is None
    assert accrue(through=through) == {"creditors": 1, "days": 4}
    after = of_days(creditor)
    assert of_days(other) == of_other
    for day in before:
        # the day on which money comes still counts in full
        assert after[day][1] == (D("0.5") if day > paid else D(1))
        assert (after[day] == before[day]) == (day < paid)
    assert AccrualBook.objects.get(creditor=creditor).stale_from is None
    # a payment of today says nothing about days that ended
    makers.entry(account=account, amount="5", value_date=TO + DAY, kind=EntryKind.PAYMENT)
    assert accrue(through=through)["days"] == 0
    makers.hold(account=account, scopes=("interest",), first_day=TO, as_of=TO)
    assert accrue(through=through)["days"] == 1
    assert TO not in of_days(creditor)
    # who is merged with somebody on hold bears nothing since that hold began; taken apart, all again
    twin, since = makers.debtor(creditor=other), TO - 2 * DAY
    makers.hold(debtor=twin, scopes=("interest",), first_day=since, as_of=since)
    assert accrue(through=through)["days"] == 0
    acts = {"reason": "one person", "actor": makers.system(), "as_of": TO + DAY}
    merge_debtors(debtor=twin, root=beside.debtor, **acts)
    assert (mark_stale(through=through), accrue(through=through)["days"]) == (1, 3)
    assert {day for day in of_other if day not in of_days(other)} == {since, since + DAY, TO}
    undo_merge(debtor=twin, **acts)
    assert accrue(through=through)["days"] == 3
    assert {day: row[1] for day, row in of_days(other).items()} == {
        day: row[1] for day, row in of_other.items()
    }


def test_a_rate_learned_late_is_reckoned_from_its_own_day_and_what_ended_stays_as_it_was():
    creditor, _account = charged()
    accrue(through={creditor.pk: TO}, since=FROM)
    by = {"scope_type": "creditor", "scope_id": creditor.pk}
    rates = {"rates": {"2024-01-01": "10", "2025-01-03": "20"}, "posting": "demand", "second_person": False}
    makers.policy("interest", rates, valid_from=TO + DAY, **by)
    following = TO + DAY
    assert accrue(through={creditor.pk: following}) == {"creditors": 1, "days": 4}
    days = {day: interest for day, (_pk, interest) in of_days(creditor).items()}
    assert {day for day, interest in days.items() if interest == 2} == {
        date(2025, 1, 3) + number * DAY for number in range(4)
    }
    makers.policy("interest", {"rates": {}}, valid_from=TO + 2 * DAY, **by)
    assert accrue(through={creditor.pk: TO + 4 * DAY}) == {"creditors": 1, "days": 3}
    assert {day: interest for day, (_pk, interest) in of_days(creditor).items()} == days


def test_the_days_of_a_month_are_what_its_run_reckons_and_what_differs_is_named(monkeypatch):
    creditor, account = charged(since=date(2024, 11, 20))
    makers.entry(account=account, amount="1000", value_date=date(2024, 12, 11), kind=EntryKind.PAYMENT)
    system = makers.system()
    accrue(through={creditor.pk: END}, since=date(2024, 11, 1))
    run = prepare_run(creditor=creditor, kind="interest", last_day=END, actor=system, as_of=TO)
    run = reckon_run(run=run, actor=system, as_of=TO)
    windows = InterestWindow.objects.filter(posting__run=run, posting__period=date(2024, 12, 1))
    reckoned = windows.aggregate(Sum("interest"))["interest__sum"]
    month = AccruedInterest.objects.filter(day__month=12)
    kept = month.aggregate(Sum("interest"))["interest__sum"]
    assert abs(reckoned - kept) <= 31 * PLACE
    assert reckoned > 20
    approve_run(run=run, actor=system, as_of=TO)
    post_run(run=run, actor=system, as_of=TO)
    accrue(through={creditor.pk: TO})
    job = CheckAccrual.run_now(scope=f"{creditor.pk}:2024-12-01", actor=system)
    assert job.result["differing"] == 0
    assert last_checks() == {f"{creditor.pk}:2024-12-01": job}
    changed = date(2024, 12, 9)
    month.filter(day=changed).update(interest=D("7"))
    found = check_month(creditor.pk, date(2024, 12, 1))
    assert [(day["day"], D(day["kept"]), D(day["now"])) for day in found["days"]] == [
        (changed.isoformat(), D(7), D(1))
    ]
    assert found["accounts"] == []
    says = accrual_check.borne_by_windows

    def twice(first, last, terms, **told):
        return [(*row[:-1], row[-1] * 2) for row in says(first, last, terms, **told)]

    monkeypatch.setattr(accrual_check, "borne_by_windows", twice)
    [named] = check_month(creditor.pk, date(2024, 12, 1))["accounts"]
    assert (named["account"], named["number"]) == (account.pk, account.number)
    assert abs(D(named["difference"]) + D(named["days"])) <= 62 * PLACE


def test_a_day_ends_for_each_creditor_in_its_own_zone(monkeypatch):
    moment = datetime(2025, 1, 5, 11, 30, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: moment)
    early, _account = charged()
    late, _account = charged()
    early.time_zone, late.time_zone = "Pacific/Auckland", "Pacific/Honolulu"
    early.save()
    late.save()
    job = AccrueInterest.run_now(actor=makers.system())
    assert job.result == {"creditors": 2, "days": 36, "stale": 0}
    books = dict(AccrualBook.objects.values_list("creditor_id", "last_day"))
    assert books == {early.pk: date(2025, 1, 5), late.pk: date(2025, 1, 4)}
    # what is kept without being asked for: the month before, and the running one
    assert set(AccrualBook.objects.values_list("first_day", flat=True)) == {date(2024, 12, 1)}
    AccrueInterest.run_now(
        scope=str(late.pk), params={"since": "2024-11-25"}, actor=makers.user(role=Role.SUPERVISOR)
    )
    assert AccrualBook.objects.get(creditor=late).first_day == date(2024, 11, 25)
    assert AccruedInterest.objects.filter(creditor=late).count() == 41
    assert Account.objects.count() == 2
    with pytest.raises(NotAllowed):
        AccrueInterest.enqueue_once(actor=makers.user(role=Role.AUDITOR))


def signed_in(client, role):
    client.force_login(makers.user(role=role))
    return client


def test_a_manager_sees_what_accrued_what_is_posted_and_whether_it_adds_up(
    client, django_assert_max_num_queries
):
    page, listed = reverse("accounts:interest_accrued"), reverse("accounts:interest_accrued_list")
    manager = signed_in(client, Role.MANAGER)
    assert "No day is kept yet" in manager.get(page).content.decode()
    creditor, account = charged(since=date(2024, 11, 20))
    accrue(through={creditor.pk: TO}, since=date(2024, 12, 1))
    with django_assert_max_num_queries(24):
        text = manager.get(page, {"month": "2024-12"}).content.decode()
    assert "31.00" in text
    assert "not compared yet" in text
    assert "31 of 31" in text
    system = makers.system()
    run = prepare_run(creditor=creditor, kind="interest", last_day=END, actor=system, as_of=TO)
    run = reckon_run(run=run, actor=system, as_of=TO)
    approve_run(run=run, actor=system, as_of=TO)
    post_run(run=run, actor=system, as_of=TO)
    CheckAccrual.run_now(scope=f"{creditor.pk}:2024-12-01", actor=system)
    shown = manager.get(page, {"month": "2024-12", "creditor": creditor.pk})
    [part] = shown.context["currencies"]
    assert (part["accrued"], part["posted"], part["left"]) == (D(31), D(31), D(0))
    assert "They are equal." in shown.content.decode()
    day = reverse("accounts:interest_accrued_accounts", args=["2024-12-09", "EUR"])
    drilled = manager.get(day).content.decode()
    assert account.number in drilled
    assert reverse("accounts:account_interest", args=[account.pk]) in drilled
    assert (
        manager.get(reverse("accounts:interest_accrued_accounts", args=["2025-02-09", "EUR"])).status_code
        == 404
    )
    assert "1.00" in manager.get(listed, {"day_min": "2024-12-09", "day_max": "2024-12-09"}).content.decode()
    AccruedInterest.objects.filter(day=date(2024, 12, 9)).update(interest=D(7))
    CheckAccrual.run_now(scope=f"{creditor.pk}:2024-12-01", actor=system)
    broken = manager.get(page, {"month": "2024-12"}).content.decode()
    assert "They differ." in broken
    assert "2024-12-09 is kept as 7.00000000 and is 1.00000000 now" in broken
    begun = manager.post(reverse("accounts:interest_accrued_reckon", args=[creditor.pk, "2024-12"]))
    assert begun.status_code == 302
    auditor = signed_in(client, Role.AUDITOR)
    assert auditor.get(page).status_code == 200
    assert "Reckon anew" not in auditor.get(page).content.decode()
    for name in ("interest_accrued", "interest_accrued_list"):
        assert signed_in(client, Role.COLLECTION_OFFICER).get(reverse(f"accounts:{name}")).status_code == 403
