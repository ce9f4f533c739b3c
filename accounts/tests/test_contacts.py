"""Logging, planning, noting, stopping: what is written and what is refused."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from accounts.compliance.enums import Judgement
from accounts.compliance.models import CountedContact, Permit
from accounts.compliance.services import preview
from accounts.contacts.enums import FollowUpStatus, Outcome, PersonReached
from accounts.contacts.models import ContactAttempt, FollowUp, OpenCall
from accounts.contacts.queries import asked_to_call_back
from accounts.contacts.services import (
    AccountOfAnother,
    AttemptAlreadyCorrected,
    AttemptOfAColleague,
    CallNotAllowed,
    CallStillOpen,
    ColleagueInTheSameMinute,
    FollowUpInThePast,
    NewAttempt,
    NoteIsEmpty,
    PermitMissing,
    UnknownIdentityItem,
    add_note,
    cancel_follow_up,
    check_right_party,
    complete_follow_up,
    correct_attempt,
    log_attempt,
    log_attempts,
    mark_wrong_party,
    open_call,
    opt_out,
    plan_follow_up,
    rotate_calendar_token,
)
from accounts.contacts.suggestions import Step, next_step
from accounts.holds.models import Hold
from collections_app.core.clock import BusinessCalendar
from collections_app.core.enums import Role
from collections_app.core.lifecycle import StatusHasMoved
from collections_app.core.models import AuditRecord
from collections_app.core.refusal import NotAllowed
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

# Monday 23 November 2026, 10:42 in Berlin
MORNING = datetime(2026, 11, 23, 9, 42, 5, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
MONDAY = date(2026, 11, 23)


@pytest.fixture
def account():
    made = makers.account(debtor=makers.debtor(country="DE"))
    makers.contact_point(debtor=made.debtor)
    return made


@pytest.fixture
def officer():
    return makers.user()


def log(account, officer, at=MORNING, **more):
    fields = {"channel": "call", "direction": "out", "outcome": "no_answer"} | more
    accounts = fields.pop("accounts", [account])
    return log_attempt(debtor=account.debtor, accounts=accounts, at=at, officer=officer, **fields)


# --- attempts ---


def test_an_attempt_logged_afterwards_is_judged_and_audited(account, officer):
    lawful, breach = log(account, officer), log(account, officer, NIGHT)
    assert lawful.counted.judgement == Judgement.LAWFUL
    assert breach.counted.judgement == Judgement.BREACH
    assert AuditRecord.objects.filter(code="contact.logged").count() == 2


def test_one_attempt_about_three_accounts_counts_once(account, officer):
    more = [makers.account(debtor=account.debtor) for _ in range(2)]
    attempt = log(account, officer, accounts=[account, *more])
    assert attempt.attempt_accounts.count() == 3
    assert CountedContact.objects.count() == 1


def test_an_account_of_somebody_else_or_another_creditor_is_refused(account, officer):
    with pytest.raises(AccountOfAnother):
        log(account, officer, accounts=[account, makers.account(debtor=makers.debtor())])
    with pytest.raises(AccountOfAnother):
        log(account, officer, accounts=[])


def test_made_here_without_a_permit_is_refused(account, officer):
    with pytest.raises(PermitMissing):
        log(account, officer, source="product")
    log(account, officer, source="product", direction="in")


def test_who_was_reached_follows_the_outcome(account, officer):
    assert log(account, officer).person_reached == PersonReached.NOBODY
    reached = log(account, officer, MORNING + timedelta(hours=1), outcome="refuses")
    assert (reached.person_reached, reached.is_contact_made) == (PersonReached.DEBTOR, True)
    left = log(account, officer, MORNING + timedelta(hours=2), outcome="left_word")
    assert left.person_reached == PersonReached.THIRD_PARTY


def test_the_right_party_needs_two_different_items(account, officer):
    one = log(account, officer, outcome="reached", checked_items=["name", "name"])
    assert not one.is_right_party
    two = log(
        account, officer, MORNING + timedelta(hours=1), outcome="reached", checked_items=["name", "postcode"]
    )
    assert two.is_right_party


def test_a_colleague_in_the_same_minute_must_say_why(account, officer):
    log(account, officer)
    other = makers.user()
    with pytest.raises(ColleagueInTheSameMinute):
        log(account, other, MORNING + timedelta(seconds=20))
    log(account, other, MORNING + timedelta(seconds=60))
    said = log(account, other, MORNING, colleague_reason="Three-way call")
    assert said.colleague_reason == "Three-way call"


def test_a_correction_takes_the_place_and_does_not_count_again(account, officer):
    wrong = log(account, officer)
    right = correct_attempt(attempt=wrong, outcome=Outcome.REFUSES, actor=officer)
    assert list(ContactAttempt.objects.standing()) == [right]
    assert list(right.attempt_accounts.values_list("account", flat=True)) == [account.pk]
    counts = preview(account_ids=[account.pk], at=MORNING + timedelta(hours=1))[account.pk]["call"].counts
    assert counts[0].used == 1
    with pytest.raises(AttemptAlreadyCorrected):
        correct_attempt(attempt=wrong, outcome=Outcome.PROMISE, actor=officer)


def test_only_its_maker_or_a_senior_corrects(account, officer):
    wrong = log(account, officer)
    with pytest.raises(AttemptOfAColleague):
        correct_attempt(attempt=wrong, outcome=Outcome.REFUSES, actor=makers.user())
    assert correct_attempt(
        attempt=wrong, outcome=Outcome.REFUSES, actor=makers.user(role=Role.SENIOR_OFFICER)
    )


def test_an_auditor_logs_nothing(account):
    with pytest.raises(NotAllowed):
        log(account, makers.user(role=Role.AUDITOR))


@pytest.mark.parametrize("number", [1, 30])
def test_a_set_of_attempts_costs_the_same_statements(number, account, officer, django_assert_num_queries):
    attempts = [
        NewAttempt(
            debtor_id=account.debtor_id,
            creditor_id=account.creditor_id,
            account_ids=(account.pk,),
            channel="letter",
            direction="out",
            at=MORNING + timedelta(hours=n),
            outcome="sent",
            officer_id=officer.pk,
        )
        for n in range(number)
    ]
    with django_assert_num_queries(19):
        log_attempts(attempts=attempts, actor=officer)


def test_rows_are_seen_by_the_team_only(officer):
    team = makers.team()
    mine = makers.member(makers.user(), team)
    account = makers.account(debtor=makers.debtor(), team=team)
    attempt = log(account, mine)
    assert list(ContactAttempt.objects.visible_to(mine)) == [attempt]
    assert not ContactAttempt.objects.visible_to(officer).exists()
    assert ContactAttempt.objects.visible_to(makers.user(role=Role.AUDITOR)).exists()
    assert not ContactAttempt.objects.visible_to(makers.user(role=Role.DEPARTMENT_USER)).exists()


# --- calls ---


def test_an_outbound_call_opens_on_an_allowed_permit(account, officer):
    call = open_call(account=account, officer=officer, at=MORNING)
    assert call.permit.is_allowed
    assert open_call(account=account, officer=officer, at=MORNING + timedelta(minutes=3)) == call
    assert OpenCall.objects.count() == 1


def test_a_refused_call_says_why_and_from_when_and_stays_on_record(account, officer):
    with pytest.raises(CallNotAllowed) as refused:
        open_call(account=account, officer=officer, at=NIGHT)
    assert "Outside contact hours" in refused.value.message
    assert "24 Nov" in refused.value.message
    assert Permit.objects.filter(is_allowed=False).count() == 1
    assert not OpenCall.objects.exists()


def test_an_inbound_call_needs_no_permit(account, officer):
    call = open_call(account=account, officer=officer, at=NIGHT, direction="in")
    assert call.permit is None


def test_one_open_call_an_officer(account, officer):
    open_call(account=account, officer=officer, at=MORNING)
    with pytest.raises(CallStillOpen) as refused:
        open_call(account=makers.account(debtor=account.debtor), officer=officer, at=MORNING)
    assert refused.value.call.account == account


def test_two_officers_on_one_debtor_need_a_reason(account, officer):
    open_call(account=account, officer=officer, at=MORNING)
    other = makers.user()
    with pytest.raises(ColleagueInTheSameMinute):
        open_call(account=account, officer=other, at=MORNING + timedelta(minutes=2))
    call = open_call(
        account=account, officer=other, at=MORNING, colleague_reason="She asked for a second opinion"
    )
    assert call.colleague_reason


def test_a_call_in_progress_takes_up_the_cap(account, officer):
    makers.policy(
        "contact_rules",
        {"caps": [{"channels": ["call"], "count": "attempts", "limit": 1, "days": 7}]},
    )
    open_call(account=account, officer=officer, at=MORNING)
    with pytest.raises(CallNotAllowed):
        open_call(account=account, officer=makers.user(), at=MORNING, colleague_reason="Why not")


def test_a_call_back_he_asked_for_passes_the_cap_on_its_day(account, officer):
    makers.policy(
        "contact_rules",
        {"caps": [{"channels": ["call"], "count": "attempts", "limit": 1, "days": 7}]},
    )
    spoke = log(account, officer, MORNING - timedelta(days=3), outcome="call_back")
    with pytest.raises(CallNotAllowed):
        open_call(account=account, officer=officer, at=MORNING)
    plan_follow_up(
        account=account,
        owner=officer,
        kind="call_back",
        due_on=MONDAY,
        attempt=spoke,
        actor=officer,
        as_of=date(2026, 11, 20),
    )
    assert open_call(account=account, officer=officer, at=MORNING).permit.purpose == "requested"


def test_a_call_back_asked_for_is_a_wish_of_seven_days(account, officer):
    spoke = log(account, officer, MORNING - timedelta(days=3), outcome="call_back")
    plan_follow_up(
        account=account,
        owner=officer,
        kind="call_back",
        due_on=MONDAY,
        attempt=spoke,
        actor=officer,
        as_of=date(2026, 11, 20),
    )
    wishes = [
        account.pk in asked_to_call_back([account.pk], MORNING + timedelta(days=days))
        for days in (-1, 0, 6, 7)
    ]
    assert wishes == [False, True, True, False]
    capped = preview(account_ids=[account.pk], at=MORNING)[account.pk]["call"]
    assert (capped.rule, capped.source) == (
        "conversation",
        "strictest of all: 12 CFR 1006.14(b)(2)(i)(B)",
    )
    asked = preview(account_ids=[account.pk], at=MORNING, requested_calls={account.pk})[account.pk]
    assert asked["call"].allowed


def test_ticked_items_are_stored(account, officer):
    call = open_call(account=account, officer=officer, at=MORNING)
    assert not check_right_party(call=call, items=["name"], officer=officer).is_right_party
    call = check_right_party(call=call, items=["name", "postcode"], officer=officer)
    assert call.is_right_party
    assert OpenCall.objects.get().checked_items == ["name", "postcode"]
    with pytest.raises(UnknownIdentityItem):
        check_right_party(call=call, items=["shoe size"], officer=officer)


# --- the next step ---

CALENDAR = BusinessCalendar("DE")
DAYS = {"no_answer": 1, "left_word": 2, "paid_already": 5}


@pytest.mark.parametrize(
    ("outcome", "day", "local", "step"),
    [
        ("no_answer", MONDAY, time(10, 30), Step("call", date(2026, 11, 24), time(16))),
        ("no_answer", date(2026, 11, 27), time(15), Step("call", date(2026, 11, 30), time(10))),
        ("left_word", MONDAY, time(10), Step("call", date(2026, 11, 25))),
        ("paid_already", MONDAY, time(10), Step("check", date(2026, 11, 30))),
        ("promise", MONDAY, time(10), None),
    ],
)
def test_the_rule_proposes_the_next_step(outcome, day, local, step):
    assert next_step(outcome, day=day, local_time=local, days=DAYS, calendar=CALENDAR) == step


# --- follow-ups ---


def plan(account, owner, due_on=MONDAY, **more):
    return plan_follow_up(account=account, owner=owner, due_on=due_on, actor=owner, as_of=MONDAY, **more)


def test_late_is_derived_from_the_day(account, officer):
    follow_up = plan(account, officer)
    assert not FollowUp.objects.late(MONDAY).exists()
    assert list(FollowUp.objects.late(MONDAY + timedelta(days=1))) == [follow_up]
    assert follow_up.status == FollowUpStatus.OPEN


def test_a_newly_planned_call_supersedes_the_open_one_but_no_check(account, officer):
    check, call = plan(account, officer, kind="check"), plan(account, officer)
    newer = plan(account, officer, MONDAY + timedelta(days=2), kind="call_back")
    call.refresh_from_db()
    assert call.status == FollowUpStatus.SUPERSEDED
    assert set(FollowUp.objects.open()) == {check, newer}


def test_a_follow_up_is_done_once_and_not_in_the_past(account, officer):
    with pytest.raises(FollowUpInThePast):
        plan(account, officer, MONDAY - timedelta(days=1))
    follow_up = complete_follow_up(follow_up=plan(account, officer), actor=officer, as_of=MONDAY)
    assert follow_up.done_on == MONDAY
    with pytest.raises(StatusHasMoved):
        cancel_follow_up(follow_up=follow_up, reason="No longer", actor=officer, as_of=MONDAY)


def test_a_calendar_feed_gets_a_new_address(officer):
    before = officer.calendar_token
    assert rotate_calendar_token(user=officer, actor=officer).calendar_token != before


# --- notes and stops ---


def test_a_note_says_something_and_is_never_edited(account, officer):
    with pytest.raises(NoteIsEmpty):
        add_note(debtor=account.debtor, body="  ", actor=officer)
    note = add_note(debtor=account.debtor, account=account, body=" Speaks Turkish ", actor=officer)
    assert note.body == "Speaks Turkish"
    with pytest.raises(Exception, match="append_only"):
        note.save()


def test_a_wrong_number_is_stopped_wherever_it_stands(account, officer):
    point = account.debtor.contact_points.get()
    elsewhere = makers.contact_point(debtor=makers.debtor(), value=point.value)
    other = makers.contact_point(debtor=account.debtor)
    assert mark_wrong_party(contact_point=point, actor=officer, as_of=MONDAY) == [point.pk, elsewhere.pk]
    elsewhere.refresh_from_db()
    assert (elsewhere.status, elsewhere.status_on) == ("wrong_party", MONDAY)
    other.refresh_from_db()
    assert other.status == "good"


def test_a_stop_takes_the_channel_away_and_the_last_one_all_contact(account, officer):
    opt_out(debtor=account.debtor, channel="sms", actor=officer, as_of=MONDAY)
    assert "sms" not in account.debtor.allowed_channels
    assert preview(account_ids=[account.pk], at=MORNING)[account.pk]["call"].allowed
    assert not preview(account_ids=[account.pk], at=MORNING)[account.pk]["sms"].allowed
    for channel in ("call", "email", "letter", "visit"):
        opt_out(debtor=account.debtor, channel=channel, actor=officer, as_of=MONDAY)
    assert Hold.objects.get().reason == "opt_out"
    assert not preview(account_ids=[account.pk], at=MORNING)[account.pk]["letter"].allowed


def test_an_opted_out_number_is_not_used(account, officer):
    point = account.debtor.contact_points.get()
    opt_out(debtor=account.debtor, contact_point=point, actor=officer, as_of=MONDAY)
    assert preview(account_ids=[account.pk], at=MORNING)[account.pk]["call"].rule == "opted_out"
