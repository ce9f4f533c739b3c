"""The nine outcomes of a call: what each writes, and what it refuses."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from accounts.arrangements.models import PaymentPlan, Promise
from accounts.arrangements.services import PromiseMoreThanOwed
from accounts.contacts.enums import CALL_OUTCOMES, FollowUpStatus, NonPaymentReason, Outcome
from accounts.contacts.models import ContactAttempt, FollowUp, OpenCall
from accounts.contacts.proof import attempts_that_differ
from accounts.contacts.services import (
    CallBackNeedsTime,
    CallNotAllowed,
    CallNotOpen,
    ClaimedPaymentInFuture,
    DisputeNamesNoItem,
    HardshipNotAsked,
    NoTrace,
    NotSaidHowKnown,
    OutcomeNotHis,
    OutcomeUnknown,
    ReasonMissing,
    RightPartyNotChecked,
    Said,
    SomebodyElses,
    check_right_party,
    close_trace_found,
    close_trace_not_found,
    end_left_call,
    open_call,
    plan_follow_up,
    raise_trace,
    report_left_calls,
    save_outcome,
    trace_step,
)
from accounts.contacts.services.attempts import NewAttempt
from accounts.contacts.suggestions import Step
from accounts.disputes.models import Dispute
from accounts.hardship.models import HardshipCase
from accounts.holds.models import Hold
from accounts.ledger.models import Account
from accounts.parties.models import ContactPoint
from accounts.tasks.models import Task
from collections_app.core.enums import Role
from collections_app.core.models import AuditRecord
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 23, 9, 42, 5, tzinfo=UTC)
AFTER = MORNING + timedelta(seconds=95)
MONDAY = date(2026, 11, 23)


@pytest.fixture
def account():
    made = makers.account(debtor=makers.debtor(country="DE"))
    makers.entry(account=made, amount="120.00", value_date=date(2026, 10, 1), due_date=date(2026, 10, 7))
    makers.entry(account=made, amount="80.00", value_date=date(2026, 11, 1), due_date=date(2026, 11, 7))
    makers.contact_point(debtor=made.debtor)
    return made


@pytest.fixture
def officer():
    return makers.user()


@pytest.fixture
def call(account, officer):
    point = account.debtor.contact_points.get()
    return open_call(account=account, contact_point=point, officer=officer, at=MORNING)


@pytest.fixture
def checked(call, officer):
    return check_right_party(call=call, items=["name", "postcode"], officer=officer)


def save(call, outcome, **said):
    return save_outcome(call=call, outcome=outcome, officer=call.officer, at=AFTER, said=Said(**said))


def promise(**said):
    return {
        "amount": Decimal("120.00"),
        "due_date": date(2026, 11, 26),
        "method": "transfer",
        "nonpayment_reason": NonPaymentReason.INCOME_LATE,
    } | said


def test_no_answer_is_a_try_with_its_next_step(call, account):
    attempt = save(call, "no_answer")
    assert (attempt.outcome, attempt.is_contact_made, attempt.duration_seconds) == ("no_answer", False, 95)
    assert attempt.at == MORNING
    assert attempt.permit.is_allowed
    follow_up = FollowUp.objects.get()
    assert (follow_up.due_on, follow_up.due_time, follow_up.attempt) == (
        date(2026, 11, 24),
        time(16),
        attempt,
    )
    assert not OpenCall.objects.exists()
    assert AuditRecord.objects.filter(code="call.outcome_saved").count() == 1


def test_a_promise_is_taken_with_the_attempt(checked, account):
    attempt = save(checked, "promise", **promise())
    taken = Promise.objects.get()
    assert (taken.amount, taken.due_date, taken.account) == (
        Decimal("120.00"),
        date(2026, 11, 26),
        account,
    )
    assert (attempt.is_right_party, attempt.nonpayment_reason) == (True, "income_late")
    assert attempt.checked_items == ["name", "postcode"]
    assert not FollowUp.objects.exists()


def test_in_several_instalments_it_is_a_payment_plan(checked, account):
    attempt = save(checked, "promise", **promise(number=3, rhythm="monthly"))
    plan = PaymentPlan.objects.get()
    assert (plan.status, plan.account, plan.made_by) == ("in_force", account, checked.officer)
    days = [date(2026, 11, 26), date(2026, 12, 26), date(2027, 1, 26)]
    rows = plan.instalments.order_by("number").values_list("due_date", "amount")
    assert list(rows) == [(day, Decimal(40)) for day in days]
    assert attempt.outcome == "promise"
    assert not Promise.objects.exists()


def test_a_refused_promise_leaves_the_call_open_and_nothing_written(checked):
    with pytest.raises(PromiseMoreThanOwed):
        save(checked, "promise", **promise(amount=Decimal("500.00")))
    assert OpenCall.objects.count() == 1
    assert not ContactAttempt.objects.exists()


@pytest.mark.parametrize(
    "outcome", [Outcome.PROMISE, Outcome.PAID_ALREADY, Outcome.DISPUTES, Outcome.CANNOT_PAY, Outcome.REFUSES]
)
def test_the_debt_is_not_spoken_of_before_the_check(call, outcome):
    with pytest.raises(RightPartyNotChecked):
        save(call, outcome, **promise())
    assert not ContactAttempt.objects.exists()


def test_paid_already_stops_demands_until_the_check(checked, account):
    save(checked, "paid_already", paid_on=date(2026, 11, 20))
    hold, follow_up = Hold.objects.get(), FollowUp.objects.get()
    assert (hold.reason, hold.scopes, hold.account) == ("claims_paid", ["demand"], account)
    assert hold.last_day == follow_up.due_on == date(2026, 11, 30)
    assert follow_up.kind == "check"
    assert ContactAttempt.objects.get().nonpayment_reason == "paid"


def test_what_will_be_paid_is_a_promise(checked):
    with pytest.raises(ClaimedPaymentInFuture):
        save(checked, "paid_already", paid_on=date(2026, 11, 24))


def test_a_dispute_is_raised_on_its_item(checked, account):
    sales = makers.department()
    asked = makers.department_user(sales)
    entry = account.entries.order_by("id").first()
    save(
        checked,
        "disputes",
        items=((entry, Decimal("50.00")),),
        dispute_reason="amount",
        statement="Was told it costs 70",
        department=sales,
        asked=asked,
        question="Which price was agreed?",
    )
    dispute = Dispute.objects.get()
    assert (dispute.amount, dispute.asked) == (Decimal("50.00"), asked)
    assert ContactAttempt.objects.get().nonpayment_reason == "dispute"


def test_a_dispute_names_its_item(checked):
    with pytest.raises(DisputeNamesNoItem):
        save(checked, "disputes", dispute_reason="amount", statement="All wrong")


def test_cannot_pay_asks_for_hardship_and_opens_the_case(checked, account):
    with pytest.raises(HardshipNotAsked):
        save(checked, "cannot_pay", nonpayment_reason="income_lost")
    save(checked, "cannot_pay", nonpayment_reason="income_lost", is_hardship=True, marker="income_lost")
    case = HardshipCase.objects.get()
    assert case.debtor == account.debtor
    assert "contact" in case.hold.scopes
    assert case.task.role == "senior_officer"
    assert not FollowUp.objects.exists()


def test_cannot_pay_now_is_no_hardship_but_has_a_next_step(checked):
    save(checked, "cannot_pay", nonpayment_reason="income_late", is_hardship=False)
    assert not HardshipCase.objects.exists()
    assert FollowUp.objects.get().due_on > MONDAY


def test_a_wrong_party_stops_the_number_everywhere(call, account):
    number = account.debtor.contact_points.get().value
    makers.contact_point(debtor=makers.debtor(), value=number)
    save(call, "wrong_party")
    assert set(ContactPoint.objects.filter(value=number).values_list("status", flat=True)) == {"wrong_party"}
    task = Task.objects.get(kind="trace")
    assert (task.subject_id, task.due_at.date()) == (account.debtor_id, date(2026, 11, 24))
    assert not FollowUp.objects.exists()


def test_ticks_before_it_came_out_who_it_was_make_nobody_the_right_party(checked):
    attempt = save(checked, "wrong_party")
    assert (attempt.is_right_party, attempt.person_reached) == (False, "third_party")
    assert not attempt.counted.is_conversation
    assert attempt.nonpayment_reason == ""
    told = NewAttempt(
        debtor_id=1,
        creditor_id=1,
        account_ids=(1,),
        channel="visit",
        direction="out",
        at=MORNING,
        outcome="wrong_party",
        source="product",
        person_reached="debtor",
        checked_items=("name", "postcode"),
    )
    assert (told.is_right_party, told.reached) == (False, "third_party")


def test_with_another_number_that_one_is_called_next(call, account):
    makers.contact_point(debtor=account.debtor, value="+4930555099")
    save(call, "wrong_party")
    assert FollowUp.objects.get().kind == "call"
    assert not Task.objects.exists()


def test_a_search_goes_on_step_by_step_until_it_finds_a_way_with_its_source(call, account):
    officer, debtor = call.officer, account.debtor
    Account.objects.filter(pk=account.pk).update(officer=officer)
    save(call, "wrong_party")
    who = {"actor": officer, "as_of": MONDAY}

    def search():
        return Task.objects.get(kind="trace", status="open")

    assert (trace_step(debtor, as_of=MONDAY), search().assignee) == ("records", officer)
    close_trace_not_found(task=search(), note="Nothing in the contract", **who)
    assert trace_step(debtor, as_of=MONDAY) == "parties"
    found = {"kind": "phone", "source": "Guarantor", "confidence": 80}
    elsewhere = makers.contact_point(debtor=makers.debtor(), value="+4930555088", status="wrong_party")
    with pytest.raises(SomebodyElses):
        close_trace_found(task=search(), value=elsewhere.value, **found, **who)
    task = search()
    result = close_trace_found(task=task, value="+4930555077", **found, **who)
    task.refresh_from_db()
    point = result.contact_point
    assert (point.source, point.noted_on, point.confidence, point.status) == (
        "Guarantor", MONDAY, 80, "unverified",
    )  # fmt: skip
    assert (task.status, "Guarantor" in task.outcome) == ("done", True)
    assert not Task.objects.filter(status="open").exists()
    assert trace_step(debtor, as_of=MONDAY) == "records"  # the next search begins anew
    raise_trace(debtor=debtor, account=account, reason="Bad again.", **who)
    for _step in range(4):
        close_trace_not_found(task=search(), **who)
    assert Task.objects.get(status="open").kind == "untraced"
    with pytest.raises(NoTrace):
        close_trace_not_found(task=Task.objects.get(status="open"), **who)


def test_a_call_back_stands_on_its_day_and_time(call):
    with pytest.raises(CallBackNeedsTime):
        save(call, "call_back")
    save(call, "call_back", call_back_on=date(2026, 11, 25), call_back_time=time(15, 30))
    follow_up = FollowUp.objects.get()
    assert (follow_up.kind, follow_up.due_on, follow_up.due_time) == (
        "call_back",
        date(2026, 11, 25),
        time(15, 30),
    )


def test_a_refusal_says_its_reason_by_itself(checked):
    assert save(checked, "refuses").nonpayment_reason == "unwilling"


@pytest.mark.parametrize("outcome", ["promise", "cannot_pay"])
def test_why_it_was_not_paid_is_asked(checked, outcome):
    with pytest.raises(ReasonMissing):
        save(checked, outcome, **promise(nonpayment_reason=""))


def test_an_unknown_outcome_and_a_finished_call_are_refused(call):
    with pytest.raises(OutcomeUnknown):
        save(call, "sent")
    save(call, "no_answer")
    with pytest.raises(CallNotOpen):
        save(call, "no_answer")


def test_nobody_ends_the_call_of_another(call):
    with pytest.raises(CallNotOpen):
        save_outcome(call=call, outcome="no_answer", officer=makers.user(), at=AFTER)


def test_a_call_does_what_was_to_be_done_by_today(call, account, officer):
    planned = plan_follow_up(
        account=account, owner=officer, due_on=MONDAY, actor=officer, as_of=date(2026, 11, 20)
    )
    attempt = save(call, "left_word")
    planned.refresh_from_db()
    assert (planned.status, planned.done_attempt) == (FollowUpStatus.DONE, attempt)
    assert FollowUp.objects.open().count() == 1


def test_the_officers_own_next_step_goes_before_the_rules(call):
    save(call, "no_answer", next_step=Step("letter", date(2026, 12, 1)))
    assert FollowUp.objects.get().kind == "letter"


def test_no_next_step_is_planned_when_none_is_wanted(call):
    save(call, "no_answer", without_step=True)
    assert not FollowUp.objects.exists()


def test_the_proposed_step_waits_for_the_gate(call, account):
    """With one try a week, the next call is proposed for the day the window opens again."""
    makers.policy(
        "contact_rules", {"caps": [{"channels": ["call"], "count": "attempts", "limit": 1, "days": 7}]}
    )
    save(call, "no_answer")
    assert FollowUp.objects.get().due_on == date(2026, 11, 30)


def test_one_call_about_several_accounts_is_one_attempt(checked, account):
    other = makers.account(debtor=account.debtor)
    attempt = save(checked, "refuses", accounts=(other,))
    assert set(attempt.accounts.all()) == {account, other}
    assert ContactAttempt.objects.count() == 1


def test_every_key_of_the_panel_is_an_outcome():
    assert len(CALL_OUTCOMES) == len(set(CALL_OUTCOMES)) == 9


@pytest.mark.parametrize(
    ("outcome", "is_made", "rang", "is_conversation"),
    [
        ("no_answer", False, True, False),
        ("not_connected", False, False, False),
        ("not_in_service", False, False, False),
        ("left_word", True, True, False),
        ("wrong_party", True, True, False),
        ("refuses", True, True, True),
    ],
)
def test_the_count_ledger_knows_what_rang_and_with_whom_it_was_spoken(
    call, officer, outcome, is_made, rang, is_conversation
):
    if is_conversation:
        call = check_right_party(call=call, items=["name", "postcode"], officer=officer)
    counted = save(call, outcome, nonpayment_reason="unwilling").counted
    assert (counted.is_contact_made, counted.is_connected, counted.is_conversation) == (
        is_made,
        rang,
        is_conversation,
    )
    assert attempts_that_differ(MORNING - timedelta(days=1), AFTER) == []


def test_a_line_that_never_rang_is_no_try_and_a_word_left_no_conversation_under_regulation_f(officer):
    """Seven calls in seven days, and none for seven days after a conversation (12 CFR 1006.14(b))."""
    creditor = makers.creditor(country="US", kind="third_party", time_zone="America/New_York")
    debtor = makers.debtor(creditor=creditor, country="US", time_zone="America/New_York")
    point = makers.contact_point(debtor=debtor, value="+12125550142")
    account = makers.account(debtor=debtor)
    makers.entry(account=account, amount="120.00", value_date=date(2026, 10, 1), due_date=date(2026, 10, 7))
    noon = datetime(2026, 11, 23, 17, tzinfo=UTC)

    def call_at(moment, outcome):
        made = open_call(account=account, contact_point=point, officer=officer, at=moment)
        return save_outcome(call=made, outcome=outcome, officer=officer, at=moment, said=Said())

    makers.policy("contact_rules", {"caps": []})
    for minutes in range(0, 80, 10):
        call_at(noon + timedelta(minutes=minutes), "not_connected")
    call_at(noon + timedelta(hours=2), "left_word")
    for minutes in range(0, 60, 10):
        call_at(noon + timedelta(hours=3, minutes=minutes), "no_answer")
    with pytest.raises(CallNotAllowed) as refused:
        call_at(noon + timedelta(hours=5), "no_answer")
    assert refused.value.permit.rule == "cap"


def test_a_number_not_in_service_is_bad_on_this_record_alone(call):
    point = call.contact_point
    elsewhere = makers.contact_point(debtor=makers.debtor(), value=point.value)
    save(call, "not_in_service")
    point.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (point.status, elsewhere.status) == ("bad", "good")


def test_a_plan_keeps_the_rhythm_the_debtor_asked_for(checked):
    for_weeks = promise(number=4, rhythm="two_weekly")
    save(checked, "promise", **for_weeks)
    days = list(PaymentPlan.objects.get().instalments.order_by("due_date").values_list("due_date", flat=True))
    assert [(later - earlier).days for earlier, later in pairwise(days)] == [14, 14, 14]


def test_a_call_left_open_is_told_to_the_supervisor_once_and_ended_in_the_officers_place(call, account):
    team = makers.team()
    Account.objects.filter(pk=account.pk).update(team=team)
    system, later = makers.system(), MORNING + timedelta(hours=3)
    assert report_left_calls(at=MORNING + timedelta(hours=1), as_of=MONDAY, actor=system) == []
    (raised,) = report_left_calls(at=later, as_of=MONDAY, actor=system)
    assert report_left_calls(at=later, as_of=MONDAY, actor=system) == []
    task = Task.objects.get(pk=raised)
    assert (task.role, task.team, call.officer.full_name in task.title) == ("supervisor", team, True)
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    said = {"call": call, "actor": supervisor, "at": later}
    with pytest.raises(NotAllowed):
        end_left_call(**said | {"actor": call.officer}, outcome="no_answer", note="Asked him")
    with pytest.raises(OutcomeNotHis):
        end_left_call(**said, outcome="promise", note="Asked him")
    with pytest.raises(NotSaidHowKnown):
        end_left_call(**said, outcome="no_answer", note=" ")
    due = makers.follow_up(account=account, due_on=MONDAY, owner=call.officer)
    attempt = end_left_call(**said, outcome="no_answer", note="Asked him")
    due.refresh_from_db()
    assert (due.status, due.done_attempt) == ("done", attempt)
    assert (attempt.officer, attempt.at, attempt.permit) == (call.officer, MORNING, call.permit)
    task.refresh_from_db()
    assert (task.status, task.outcome) == ("done", "No answer")
    assert open_call(account=account, contact_point=call.contact_point, officer=call.officer, at=later)
