from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.arrangements.models import Promise
from accounts.arrangements.queries import kept_rates, open_promises, promised_by_day
from accounts.arrangements.services import (
    PromiseAccountClosed,
    PromiseDayTaken,
    PromiseDayWrong,
    PromiseMoreThanOwed,
    PromiseNotOpen,
    PromiseOfNothing,
    PromiseWhileHeld,
    cancel_promise,
    note_outcomes_seen,
    review_promises,
)
from accounts.arrangements.signals import promises_judged
from accounts.ledger.services import reverse_entry
from accounts.payments.services import post_payment, reverse_payment
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import AuditRecord, Transition
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.testing import makers

MONDAY = date(2026, 3, 2)
FRIDAY = MONDAY + timedelta(days=4)
pytestmark = pytest.mark.django_db


def day(number):
    return MONDAY + timedelta(days=number)


@pytest.fixture
def account():
    account = makers.account()
    makers.entry(account=account, amount="500.00", value_date=MONDAY, due_date=MONDAY)
    return account


def pay(account, amount, on, as_of=None):
    return post_payment(
        account=account,
        amount=Decimal(amount),
        value_date=on,
        method="transfer",
        actor=makers.system(),
        as_of=as_of or on,
    )


def review(on):
    return review_promises(as_of=on, actor=makers.system())


def state(promise):
    promise.refresh_from_db()
    return promise.status, promise.received, promise.judged_on


def test_grace_is_two_business_days_of_the_creditor():
    account = makers.account(debtor=makers.debtor(creditor=makers.creditor(country="DE")))
    makers.entry(account=account, amount="500.00", value_date=MONDAY)
    promise = makers.promise(account=account, due_date=FRIDAY, as_of=MONDAY)
    assert promise.grace_until == day(8)  # Tuesday: the weekend does not count


def test_grace_follows_policy_and_local_holidays():
    creditor = makers.creditor(country="DE")
    creditor.holiday_overrides.create(day=day(7), is_business_day=False, name="Works outing")
    account = makers.account(debtor=makers.debtor(creditor=creditor))
    makers.entry(account=account, amount="500.00", value_date=MONDAY)
    assert makers.promise(account=account, due_date=FRIDAY, as_of=MONDAY).grace_until == day(9)
    makers.policy("promise_grace", {"days": 3, "unit": "calendar"})
    assert makers.promise(account=account, due_date=FRIDAY, as_of=MONDAY).grace_until == day(7)


class TestTaking:
    @pytest.mark.parametrize(
        "wrong, refusal, field",
        [
            ({"amount": "0"}, PromiseOfNothing, "amount"),
            ({"amount": "-5"}, PromiseOfNothing, "amount"),
            ({"amount": "5.001"}, PromiseOfNothing, "amount"),
            ({"amount": "500.01"}, PromiseMoreThanOwed, "amount"),
            ({"due_date": MONDAY - timedelta(days=1)}, PromiseDayWrong, "due_date"),
            ({"due_date": MONDAY + timedelta(days=46)}, PromiseDayWrong, "due_date"),
        ],
    )
    def test_what_is_refused(self, account, wrong, refusal, field):
        with pytest.raises(refusal) as refused:
            makers.promise(**{"account": account, "due_date": FRIDAY, "as_of": MONDAY, **wrong})
        assert refused.value.field == field
        assert not Promise.objects.exists()

    def test_at_the_limits(self, account):
        makers.promise(account=account, amount="500.00", due_date=day(45), as_of=MONDAY)
        makers.promise(account=account, amount="0.01", due_date=MONDAY, as_of=MONDAY)

    @pytest.mark.parametrize("scope, refused", [("demand", True), ("contact", False), ("fee", False)])
    def test_not_while_demands_are_held(self, account, scope, refused):
        makers.hold(debtor=account.debtor, scopes=[scope], as_of=MONDAY)
        if refused:
            with pytest.raises(PromiseWhileHeld):
                makers.promise(account=account, due_date=FRIDAY, as_of=MONDAY)
        else:
            makers.promise(account=account, due_date=FRIDAY, as_of=MONDAY)

    def test_not_on_a_closed_account(self, account):
        type(account).objects.filter(pk=account.pk).update(status="closed")
        with pytest.raises(PromiseAccountClosed):
            makers.promise(account=account, due_date=FRIDAY, as_of=MONDAY)

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR, Role.DEPARTMENT_USER])
    def test_who_may_not(self, account, role):
        with pytest.raises(NotAllowed):
            makers.promise(account=account, due_date=FRIDAY, as_of=MONDAY, actor=makers.user(role=role))

    def test_a_new_one_replaces_the_old_and_leaves_the_rate(self, account):
        old = makers.promise(account=account, due_date=FRIDAY, as_of=MONDAY)
        new = makers.promise(account=account, amount="200.00", due_date=day(9), as_of=day(1))
        assert state(old)[0] == "replaced"
        assert old.replaced_by == new
        review(day(60))
        assert state(old)[0] == "replaced"
        [rate] = kept_rates(Promise.objects.all())
        assert (rate.matured, rate.broken) == (1, 1)

    def test_besides_the_old_they_promise_no_more_than_is_owed(self, account):
        makers.promise(account=account, amount="300.00", due_date=FRIDAY, as_of=MONDAY)
        with pytest.raises(PromiseMoreThanOwed):
            makers.promise(account=account, amount="200.01", due_date=day(9), besides=True, as_of=MONDAY)
        with pytest.raises(PromiseDayTaken):
            makers.promise(account=account, amount="1", due_date=FRIDAY, besides=True, as_of=MONDAY)
        makers.promise(account=account, amount="200", due_date=day(9), besides=True, as_of=MONDAY)
        assert [p.amount for p in open_promises([account.pk])[account.pk]] == [300, 200]

    def test_money_that_came_earlier_today_counts(self, account):
        pay(account, "100.00", MONDAY)
        promise = makers.promise(account=account, due_date=FRIDAY, as_of=MONDAY)
        assert state(promise) == ("kept", Decimal(100), MONDAY)


class TestJudging:
    @pytest.fixture
    def promise(self, account):
        return makers.promise(account=account, due_date=FRIDAY, as_of=MONDAY)

    def test_a_payment_keeps_it_at_once(self, account, promise):
        heard = []

        def hear(sender, promise_ids, account_ids, **kwargs):
            heard.append((account_ids, promise_ids))

        promises_judged.connect(hear)
        pay(account, "100.00", day(1))
        promises_judged.disconnect(hear)
        assert state(promise) == ("kept", Decimal(100), day(1))
        assert heard == [([account.pk], [promise.pk])]
        assert AuditRecord.objects.get(code="promise.kept").actor == makers.system()

    def test_the_night_after_grace_breaks_it(self, promise):
        assert review(promise.grace_until) == []
        assert review(promise.grace_until + timedelta(days=1)) == [promise.pk]
        assert review(promise.grace_until + timedelta(days=1)) == []
        assert state(promise) == ("broken", 0, promise.grace_until + timedelta(days=1))

    def test_late_knowledge_mends_it_with_the_day_the_money_came(self, account, promise):
        review(day(20))
        pay(account, "100.00", on=day(2), as_of=day(21))
        assert state(promise) == ("kept", Decimal(100), day(2))

    def test_a_return_rejudges_with_its_own_day(self, account, promise):
        payment = pay(account, "100.00", day(1))
        reverse_payment(
            entry=payment, value_date=day(20), reason="No funds", actor=makers.system(), as_of=day(21)
        )
        assert state(promise) == ("broken", 0, day(20))
        steps = Transition.objects.filter(subject_type="accounts.promise", subject_id=promise.pk)
        assert list(steps.order_by("id").values_list("to_status", flat=True)) == [
            "open",
            "kept",
            "broken",
        ]

    @pytest.mark.parametrize("kind", ["credit_note", "write_off", "discount"])
    def test_other_credits_cancel_and_do_not_keep(self, account, promise, kind):
        credit = makers.entry(account=account, amount="500.00", kind=kind, value_date=day(1))
        assert state(promise) == ("cancelled", 0, day(1))
        reverse_entry(entry=credit, value_date=day(1), reason="Mistake", actor=makers.system(), as_of=day(2))
        assert state(promise)[0] == "open"

    def test_a_payment_ahead_counts_when_its_day_comes(self, account, promise):
        makers.entry(account=account, amount="100", kind="payment", value_date=day(3), as_of=day(1))
        assert state(promise)[0] == "open"
        review(day(3))
        assert state(promise) == ("kept", Decimal(100), day(3))

    def test_an_office_behind_its_creditor_opens_nothing_again(self, account, promise):
        """West of the creditor it is still yesterday: what was judged on his day stands."""
        night = promise.grace_until + timedelta(days=1)
        review(night)
        pay(account, "10.00", on=day(1), as_of=promise.grace_until)
        assert state(promise) == ("partly_kept", Decimal(10), night)
        steps = Transition.objects.filter(subject_type="accounts.promise", subject_id=promise.pk)
        assert set(steps.values_list("effective_date", flat=True)) == {MONDAY, night}

    def test_a_return_of_the_creditors_day_is_not_forgotten_on_the_offices(self, account, promise):
        payment = pay(account, "100.00", day(1))
        reverse_payment(
            entry=payment, value_date=day(3), reason="No funds", actor=makers.system(), as_of=day(3)
        )
        assert state(promise)[0] == "open"
        makers.entry(account=account, amount="5.00", kind="fee", value_date=day(2), as_of=day(2))
        assert state(promise) == ("open", 0, None)

    def test_only_accounts_of_the_creditors_asked_for(self, promise):
        night = promise.grace_until + timedelta(days=1)
        other = makers.creditor()
        assert review_promises(as_of=night, creditor_ids=[other.pk], actor=makers.system()) == []
        own = [promise.account.creditor_id]
        assert review_promises(as_of=night, creditor_ids=own, actor=makers.system()) == [promise.pk]


MOVES = ["pay 60 on 1", "pay 40 on 2", "pay 100 on 3", "return the 60 on 4"]


@pytest.mark.parametrize("order", [o for o in permutations(range(4)) if o.index(0) < o.index(3)], ids=str)
def test_the_same_money_in_any_order_of_arrival(account, order):
    first = makers.promise(account=account, due_date=FRIDAY, as_of=MONDAY)
    second = makers.promise(account=account, due_date=day(7), besides=True, as_of=MONDAY)
    sixty = None
    for move in order:
        if move == 0:
            sixty = pay(account, "60", day(1), as_of=day(5))
        elif move == 1:
            pay(account, "40", day(2), as_of=day(5))
        elif move == 2:
            pay(account, "100", day(3), as_of=day(5))
        else:
            reverse_payment(
                entry=sixty, value_date=day(4), reason="Back", actor=makers.system(), as_of=day(5)
            )
    review(day(30))
    assert state(first) == ("kept", Decimal(140), day(2))
    assert state(second)[:2] == ("broken", 0)


class TestCancelling:
    def test_a_senior_with_a_reason_and_the_rule_leaves_it(self, account):
        promise = makers.promise(account=account, due_date=FRIDAY, as_of=MONDAY)
        with pytest.raises(NotAllowed):
            cancel_promise(promise=promise, reason="?", actor=makers.user(), as_of=MONDAY)
        senior = makers.user(role=Role.SENIOR_OFFICER)
        with pytest.raises(Refused):
            cancel_promise(promise=promise, reason="", actor=senior, as_of=MONDAY)
        cancel_promise(promise=promise, reason="Wrong account", actor=senior, as_of=MONDAY)
        pay(account, "100.00", day(1))
        assert state(promise) == ("cancelled", 0, None)
        assert kept_rates(Promise.objects.all()) == []

    def test_an_outcome_is_never_set_by_hand(self, account):
        promise = makers.promise(account=account, due_date=FRIDAY, as_of=MONDAY)
        pay(account, "100.00", day(1))
        with pytest.raises(PromiseNotOpen):
            cancel_promise(promise=promise, reason="?", actor=makers.user(role=Role.MANAGER), as_of=day(1))


def test_the_officer_hears_of_outcomes_on_his_own_accounts_once():
    officer = makers.user()
    account = makers.account(officer=officer, team=makers.team())
    makers.entry(account=account, amount="500.00", value_date=MONDAY)
    promise = makers.promise(account=account, due_date=FRIDAY, as_of=MONDAY)
    assert not Promise.objects.unseen_by(officer).exists()
    pay(account, "100.00", day(1))
    assert list(Promise.objects.unseen_by(officer)) == [promise]
    assert note_outcomes_seen(promise_ids=[promise.pk], actor=makers.user()) == 0
    assert note_outcomes_seen(promise_ids=[promise.pk], actor=officer) == 1
    assert note_outcomes_seen(promise_ids=[promise.pk], actor=officer) == 0
    [payment] = account.entries.filter(kind="payment")
    reverse_payment(entry=payment, value_date=day(9), reason="Back", actor=makers.system(), as_of=day(9))
    assert list(Promise.objects.unseen_by(officer)) == [promise]


def test_the_deputy_hears_while_he_stands_in():
    officer, deputy = makers.user(), makers.user()
    account = makers.account(officer=officer, team=makers.team())
    makers.entry(account=account, amount="500.00", value_date=MONDAY)
    promise = makers.promise(account=account, due_date=FRIDAY, as_of=MONDAY)
    pay(account, "100.00", day(1))
    assert not Promise.objects.unseen_by(deputy).exists()
    makers.absence(officer, deputy, clock.today(), clock.today())
    assert list(Promise.objects.unseen_by(deputy)) == [promise]


def test_kept_rate_by_number_and_amount_in_each_currency():
    for currency, amount, paid in (
        ("EUR", "100", "100"),
        ("EUR", "300", "60"),
        ("EUR", "100", ""),
        ("USD", "50", "50"),
    ):
        account = makers.account(currency=currency)
        makers.entry(account=account, amount="500.00", value_date=MONDAY)
        makers.promise(account=account, amount=amount, due_date=FRIDAY, as_of=MONDAY)
        if paid:
            pay(account, paid, day(1))
    account = makers.account()
    makers.entry(account=account, amount="500.00", value_date=day(50))
    makers.promise(account=account, due_date=day(60), as_of=day(50))
    review(day(50))
    euro, dollar = kept_rates(Promise.objects.all())
    assert (euro.kept, euro.partly_kept, euro.broken) == (1, 1, 1)
    assert euro.by_number == Decimal(1) / 3
    assert euro.by_amount == Decimal(100) / 500
    assert (dollar.by_number, dollar.by_amount) == (1, 1)
    assert [
        (d.day, d.number, d.amount) for d in promised_by_day(Promise.objects.all(), day(51), day(70))
    ] == [(day(60), 1, Decimal(100))]


def test_judging_many_costs_the_same_statements_as_few():
    promises = []
    for _number in range(12):
        account = makers.account()
        makers.entry(account=account, amount="500.00", value_date=MONDAY)
        promises.append(makers.promise(account=account, due_date=FRIDAY, as_of=MONDAY))
    counts = []
    for some in (promises[:2], promises[2:]):
        with CaptureQueriesContext(connection) as queries:
            changed = review_promises(
                as_of=day(20), account_ids=[p.account_id for p in some], actor=makers.system()
            )
        assert sorted(changed) == [p.pk for p in some]
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_what_was_open_on_a_past_day(account):
    first = makers.promise(account=account, due_date=FRIDAY, as_of=MONDAY)
    second = makers.promise(account=account, due_date=day(9), as_of=day(2))
    pay(account, "100.00", day(5))
    on = {
        number: [promise.pk for promise in open_promises([account.pk], as_of=day(number))[account.pk]]
        for number in (-1, 0, 1, 2, 4, 5)
    }
    assert on == {-1: [], 0: [first.pk], 1: [first.pk], 2: [second.pk], 4: [second.pk], 5: []}
    assert open_promises([account.pk]) == {account.pk: []}
