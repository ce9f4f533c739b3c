"""Payment plans: who agrees on what, what the money makes of them, and which days bear no interest."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.approvals.models import Approval
from accounts.approvals.services import decide_approval
from accounts.arrangements.jobs import ReviewPlans
from accounts.arrangements.judging import Credit
from accounts.arrangements.models import PaymentPlan, PlanSpan, Promise
from accounts.arrangements.plan_facts import facts_of_plans
from accounts.arrangements.plan_judging import judge_plan
from accounts.arrangements.services import (
    PlanAccountsDiffer,
    PlanBeyondAuthority,
    PlanBeyondPolicy,
    PlanMoreThanOwed,
    PlanNotOpen,
    PlanStandsAlready,
    PlanTermsWrong,
    PlanTooLate,
    PlanWhileHeld,
    accept_plan,
    cancel_plan,
    lapse_drafts,
    review_plans,
)
from accounts.interest.queries import accrual_of_day, accrued
from accounts.ledger.services import reverse_entry
from accounts.payments.services import post_payment, reverse_payment
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import AuditRecord, Transition
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.testing import makers

D = Decimal
MONDAY = date(2026, 3, 2)
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
        amount=D(amount),
        value_date=on,
        method="transfer",
        actor=makers.system(),
        as_of=as_of or on,
    )


def review(on):
    return review_plans(as_of=on, actor=makers.system())


def state(plan):
    plan.refresh_from_db()
    return plan.status, plan.received, plan.judged_on


def days_in_force(plan):
    rows = PlanSpan.objects.filter(plan=plan, superseded_at__isnull=True).order_by("first_day")
    return list(rows.values_list("first_day", "last_day"))


class TestProposing:
    def test_in_force_at_once_where_agreed_and_within_authority(self, account):
        promise = makers.promise(account=account, due_date=day(4), as_of=MONDAY)
        plan = makers.payment_plan(account=account, as_of=day(1), freezes=["interest"])
        assert (plan.status, plan.starts_on, plan.last_due) == ("in_force", day(1), date(2026, 5, 3))
        rows = plan.instalments.order_by("number")
        assert [(row.number, row.due_date, row.amount) for row in rows] == [
            (1, date(2026, 3, 3), 100),
            (2, date(2026, 4, 3), 100),
            (3, date(2026, 5, 3), 100),
        ]
        assert rows[0].grace_until == date(2026, 3, 10)
        assert days_in_force(plan) == [(day(1), None)]
        promise.refresh_from_db()
        assert promise.status == "cancelled"
        assert "plan" in promise.cancel_reason
        assert set(AuditRecord.objects.filter(subject_id=plan.pk).values_list("code", flat=True)) >= {
            "plan.proposed",
            "plan.in_force",
        }

    def test_an_offer_waits_for_the_debtor(self, account):
        plan = makers.payment_plan(account=account, as_of=MONDAY, first_due=day(3), is_agreed=False)
        assert (plan.status, days_in_force(plan)) == ("offered", [])
        pay(account, "100", day(1))
        assert state(plan)[1] == 0
        accept_plan(plan=plan, actor=makers.user(), as_of=day(2))
        assert state(plan)[0] == "in_force"
        assert days_in_force(plan) == [(day(2), None)]
        with pytest.raises(Refused):
            accept_plan(plan=plan, actor=makers.user(), as_of=day(2))

    def test_an_offer_whose_first_day_has_gone_by(self, account):
        plan = makers.payment_plan(account=account, as_of=MONDAY, is_agreed=False)
        with pytest.raises(PlanTooLate):
            accept_plan(plan=plan, actor=makers.user(), as_of=day(1))

    @pytest.mark.parametrize(
        "wrong, refusal, field",
        [
            ({"amount": "500.01"}, PlanMoreThanOwed, "amount"),
            ({"first_due": MONDAY - timedelta(days=1)}, PlanTermsWrong, "first_due"),
            ({"number": 31}, PlanBeyondPolicy, "number"),
            ({"amount": "5", "number": 1}, PlanBeyondPolicy, "number"),
            ({"first_due": date(2031, 4, 1), "number": 1}, PlanBeyondPolicy, "number"),
            ({"number": 0}, PlanTermsWrong, "number"),
        ],
    )
    def test_what_is_refused(self, account, wrong, refusal, field):
        with pytest.raises(refusal) as refused:
            makers.payment_plan(**{"account": account, "as_of": MONDAY, **wrong})
        assert refused.value.field == field
        assert not PaymentPlan.objects.exists()

    def test_not_twice_nor_while_held_nor_across_currencies(self, account):
        makers.payment_plan(account=account, as_of=MONDAY, is_agreed=False)
        with pytest.raises(PlanStandsAlready):
            makers.payment_plan(account=account, as_of=MONDAY)
        other = makers.account(debtor=account.debtor, currency="USD")
        makers.entry(account=other, amount="500.00", value_date=MONDAY)
        with pytest.raises(PlanAccountsDiffer):
            makers.payment_plan(account=other, accounts=[other, account], as_of=MONDAY)
        makers.hold(account=other, scopes=["demand"], as_of=MONDAY)
        with pytest.raises(PlanWhileHeld):
            makers.payment_plan(account=other, as_of=MONDAY)

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR, Role.DEPARTMENT_USER])
    def test_who_may_not(self, account, role):
        with pytest.raises(NotAllowed):
            makers.payment_plan(account=account, as_of=MONDAY, actor=makers.user(role=role))


class TestApproval:
    @pytest.fixture
    def officer(self):
        return makers.user()

    @pytest.mark.parametrize(
        "more, within",
        [
            ({}, True),
            ({"number": 7}, True),
            ({"number": 8}, False),
            ({"freezes": ["interest"]}, False),
        ],
    )
    def test_an_officers_authority_is_amount_length_and_freezing(self, account, officer, more, within):
        plan = {"account": account, "as_of": MONDAY, "actor": officer, **more}
        if within:
            assert makers.payment_plan(**plan).status == "in_force"
            return
        with pytest.raises(PlanBeyondAuthority):
            makers.payment_plan(**plan)
        assert makers.payment_plan(ask=True, **plan).status == "waiting"

    def test_a_supervisor_approves_and_the_officer_cannot(self, account, officer):
        plan = makers.payment_plan(
            account=account, as_of=MONDAY, first_due=day(2), freezes=["fee"], actor=officer, ask=True
        )
        approval = Approval.objects.get()
        assert approval.roles == ["senior_officer", "supervisor", "manager"]
        with pytest.raises(NotAllowed):
            decide_approval(approval=approval, approve=True, actor=officer, as_of=day(1))
        manager = makers.user(role=Role.MANAGER)
        decide_approval(approval=approval, approve=True, actor=manager, as_of=day(1))
        assert state(plan)[0] == "in_force"
        assert plan.starts_on == day(1)

    def test_refused_with_its_reason(self, account, officer):
        plan = makers.payment_plan(account=account, as_of=MONDAY, number=8, actor=officer, ask=True)
        manager = makers.user(role=Role.MANAGER)
        decide_approval(
            approval=Approval.objects.get(), approve=False, comment="Too long", actor=manager, as_of=day(1)
        )
        assert state(plan)[0] == "refused"
        assert plan.cancel_reason == "Too long"

    def test_approved_after_its_first_day_lapses(self, account, officer):
        plan = makers.payment_plan(account=account, as_of=MONDAY, number=8, actor=officer, ask=True)
        approval = Approval.objects.get()
        manager = makers.user(role=Role.MANAGER)
        decided = decide_approval(approval=approval, approve=True, actor=manager, as_of=day(1))
        assert decided.status == "lapsed"
        assert state(plan)[0] == "waiting"
        cancel_plan(plan=plan, reason="Too late", actor=officer, as_of=day(1))
        assert state(plan)[0] == "cancelled"


class TestLateYes:
    """What was true when a plan was written down must be so when it comes into force."""

    def test_a_first_day_gone_by_cancels_what_nobody_agreed_on(self, account):
        offer = makers.payment_plan(account=account, as_of=MONDAY, first_due=day(2), is_agreed=False)
        other = makers.account()
        makers.entry(account=other, amount="300.00", value_date=MONDAY)
        officer = makers.user()
        waits = makers.payment_plan(
            account=other, as_of=MONDAY, first_due=day(2), freezes=["fee"], ask=True, actor=officer
        )
        assert lapse_drafts(as_of=day(2), actor=makers.system()) == []
        ReviewPlans.run_now(as_of=day(3), actor=makers.system())
        assert {state(offer)[0], state(waits)[0]} == {"cancelled"}
        assert Approval.objects.get().status == "lapsed"
        assert makers.payment_plan(account=account, as_of=day(3)).status == "in_force"

    def test_money_that_came_or_a_hold_stands_in_the_way(self, account):
        offer = makers.payment_plan(
            account=account, amount="500.00", as_of=MONDAY, first_due=day(9), is_agreed=False
        )
        pay(account, "100", day(1))
        with pytest.raises(PlanMoreThanOwed):
            accept_plan(plan=offer, actor=makers.user(), as_of=day(2))
        cancel_plan(plan=offer, reason="For less", actor=makers.system(), as_of=day(2))
        less = makers.payment_plan(
            account=account, amount="400.00", as_of=day(2), first_due=day(9), is_agreed=False
        )
        makers.hold(account=account, scopes=["demand"], as_of=day(3))
        with pytest.raises(PlanWhileHeld):
            accept_plan(plan=less, actor=makers.user(), as_of=day(3))


class TestMoney:
    def test_kept_by_payments_on_any_of_its_accounts(self, account):
        other = makers.account(debtor=account.debtor)
        makers.entry(account=other, amount="100.00", value_date=MONDAY, due_date=MONDAY)
        plan = makers.payment_plan(
            account=account, accounts=[account, other], amount="600.00", number=2, as_of=MONDAY
        )
        assert dict(plan.plan_accounts.values_list("account_id", "amount")) == {
            account.pk: 500,
            other.pk: 100,
        }
        pay(other, "100", day(1))
        pay(account, "200", day(2))
        assert list(plan.instalments.order_by("number").values_list("received", "paid_on")) == [
            (300, day(2)),
            (0, None),
        ]
        pay(account, "300", day(20))
        assert state(plan) == ("completed", D(600), day(20))
        assert days_in_force(plan) == [(MONDAY, day(20))] * 2

    def test_broken_mended_by_a_late_record_and_broken_again_by_a_return(self, account):
        plan = makers.payment_plan(account=account, as_of=MONDAY)
        assert review(day(7)) == []
        assert review(day(8)) == [plan.pk]
        assert review(day(8)) == []
        assert state(plan) == ("broken", D(0), day(8))
        assert days_in_force(plan) == [(MONDAY, day(7))]
        entry = pay(account, "100", day(4), as_of=day(10))
        assert state(plan) == ("in_force", D(100), None)
        assert days_in_force(plan) == [(MONDAY, None)]
        reverse_payment(
            entry=entry, value_date=day(11), reason="Came back", actor=makers.system(), as_of=day(11)
        )
        assert state(plan) == ("broken", D(0), day(11))
        assert days_in_force(plan) == [(MONDAY, day(10))]
        steps = Transition.objects.filter(subject_type="accounts.paymentplan", subject_id=plan.pk)
        assert list(steps.order_by("id").values_list("to_status", flat=True)) == [
            "offered",
            "in_force",
            "broken",
            "in_force",
            "broken",
        ]

    def test_a_credit_that_leaves_nothing_clears_it(self, account):
        plan = makers.payment_plan(account=account, as_of=MONDAY)
        makers.entry(account=account, amount="500.00", kind="credit_note", value_date=day(3))
        review(day(3))
        assert state(plan)[0] == "cleared"

    def test_cancelled_by_hand_ends_the_day_before(self, account):
        plan = makers.payment_plan(account=account, as_of=MONDAY)
        with pytest.raises(NotAllowed):
            cancel_plan(plan=plan, reason="Why not", actor=makers.user(), as_of=day(3))
        cancel_plan(plan=plan, reason="Left", actor=makers.user(role=Role.SENIOR_OFFICER), as_of=day(3))
        assert state(plan)[0] == "cancelled"
        assert days_in_force(plan) == [(MONDAY, day(2))]
        with pytest.raises(PlanNotOpen):
            cancel_plan(plan=plan, reason="Again", actor=makers.system(), as_of=day(3))
        review(day(60))
        assert state(plan)[0] == "cancelled"

    def test_a_replan_takes_the_place_of_the_old_from_its_first_day(self, account):
        old = makers.payment_plan(account=account, as_of=MONDAY, freezes=["interest"])
        new = makers.payment_plan(
            account=account, as_of=day(5), number=5, amount="500.00", replacing=old, freezes=["interest"]
        )
        assert (state(old)[0], old.replaced_by, new.status) == ("replaced", new, "in_force")
        assert days_in_force(old) == [(MONDAY, day(4))]
        assert days_in_force(new) == [(day(5), None)]

    def test_many_plans_are_judged_in_as_many_statements_as_one(self, account):
        def cost(on):
            with CaptureQueriesContext(connection) as seen:
                review(on)
            return len(seen)

        makers.payment_plan(account=account, as_of=MONDAY)
        one = cost(day(8))
        for _n in range(12):
            more = makers.account()
            makers.entry(account=more, amount="300.00", value_date=MONDAY)
            makers.payment_plan(account=more, as_of=MONDAY)
        assert cost(day(8)) == one
        assert PaymentPlan.objects.filter(status="broken").count() == 13


class TestFrozenDays:
    """Interest stops on the days in force and on no other, whatever is learned later."""

    @pytest.fixture
    def account(self):
        creditor = makers.creditor()
        makers.policy(
            "interest",
            {"rates": {"2026-01-01": "10"}},
            scope_type="creditor",
            scope_id=creditor.pk,
        )
        account = makers.account(debtor=makers.debtor(creditor=creditor), opened_date=date(2026, 1, 1))
        makers.entry(account=account, amount="3650", value_date=date(2026, 1, 1), due_date=date(2026, 1, 1))
        return account

    @staticmethod
    def frozen_days(account, as_of, known_at=None):
        found = accrued([account.pk], as_of=as_of, known_at=known_at)[account.pk]
        frozen = {w for w in found.windows if w.frozen}
        assert {w.frozen for w in frozen} <= {"payment_plan"}
        assert all(w.interest == 0 for w in frozen)
        return sorted(w.first + timedelta(days=n) for w in frozen for n in range((w.last - w.first).days + 1))

    @staticmethod
    def days(first, last):
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    def test_frozen_days_are_the_days_of_the_plan(self, account):
        plan = makers.payment_plan(account=account, as_of=MONDAY, freezes=["interest"])
        assert self.frozen_days(account, day(30)) == self.days(MONDAY, day(30))
        review(day(8))
        before = clock.now()
        assert self.frozen_days(account, day(30)) == self.days(MONDAY, day(7))
        around = [bool(accrual_of_day(when)) for when in (day(-1), MONDAY, day(7), day(8))]
        assert around == [True, False, False, True]
        pay(account, "100", day(4), as_of=day(45))
        review(day(45))
        assert state(plan)[0] == "broken"  # the second instalment of 2 April is past its grace
        assert self.frozen_days(account, day(60)) == self.days(MONDAY, plan.judged_on - timedelta(days=1))
        assert self.frozen_days(account, day(30), known_at=before) == self.days(MONDAY, day(7))

    def test_without_the_concession_nothing_stops(self, account):
        makers.payment_plan(account=account, as_of=MONDAY, freezes=["fee"])
        assert self.frozen_days(account, day(30)) == []

    @pytest.mark.parametrize("late", [2, 9, 12])
    def test_completed_cancelled_or_replaced_the_days_are_exact(self, account, late):
        plan = makers.payment_plan(
            account=account, amount="3650", number=1, first_due=day(10), as_of=MONDAY, freezes=["interest"]
        )
        cancel_plan(plan=plan, reason="Left", actor=makers.system(), as_of=day(late))
        assert self.frozen_days(account, day(30)) == self.days(MONDAY, day(late - 1))
        again = makers.payment_plan(
            account=account, amount="3650", number=1, as_of=day(late + 3), freezes=["interest"]
        )
        entry = pay(account, "3650", day(late + 4))
        assert state(again)[0] == "completed"
        assert self.frozen_days(account, day(60)) == [
            *self.days(MONDAY, day(late - 1)),
            *self.days(day(late + 3), day(late + 4)),
        ]
        reverse_entry(
            entry=entry, value_date=day(late + 5), reason="Back", actor=makers.system(), as_of=day(late + 5)
        )
        assert self.frozen_days(account, day(late + 6))[-1] == day(late + 6)
        assert not Promise.objects.exists()

    @given(
        moves=st.lists(st.tuples(st.integers(0, 70), st.integers(1, 200)), max_size=4),
        back=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 75)), max_size=2),
        order=st.randoms(use_true_random=False),
    )
    @settings(
        max_examples=12,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    def test_frozen_days_are_plan_days_whatever_comes_in_whatever_order(self, account, moves, back, order):
        """Payments and returns are learned in any order after the fact; interest then stops on exactly
        the days that the rule, asked once with all of it, calls days of the plan."""
        with transaction.atomic():
            plan = makers.payment_plan(account=account, as_of=MONDAY, freezes=["interest"])
            entries = {}
            numbered = list(enumerate(moves))
            order.shuffle(numbered)
            for number, (when, amount) in numbered:
                entries[number] = pay(account, amount, day(when), as_of=day(75))
            returned = {}
            for number, when in back:
                if number in entries and number not in returned:
                    returned[number] = max(when, moves[number][0])
                    reverse_entry(
                        entry=entries[number],
                        value_date=day(returned[number]),
                        reason="Back",
                        actor=makers.system(),
                        as_of=day(75),
                    )
            review(day(75))
            fact = facts_of_plans([PaymentPlan.objects.get(pk=plan.pk)], day(75))[plan.pk]
            expected = judge_plan(
                fact.plan,
                [Credit(n, D(amount), day(when)) for n, (when, amount) in enumerate(moves)],
                {n: day(when) for n, when in returned.items()},
                day(75),
                (),
                D(3650),
            )
            days = [
                day(n)
                for n in range(76)
                if any(s.first <= day(n) and (s.last is None or day(n) <= s.last) for s in expected.spans)
            ]
            assert self.frozen_days(account, day(75)) == days
            transaction.set_rollback(True)
