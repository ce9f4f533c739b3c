"""The pages of contact: log, breaches, follow-ups, calendar, and the call panel with and without script."""

from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.arrangements.models import Promise
from accounts.compliance.clauses import TIME_BARRED_WORDS
from accounts.compliance.enums import ContactFactKind
from accounts.compliance.models import ContactFact, Permit
from accounts.compliance.queries import Asked, known_for
from accounts.compliance.replay import replay
from accounts.compliance.standing import note_contact_fact
from accounts.contacts.models import ContactAttempt, FollowUp, Note, OpenCall
from accounts.contacts.queries import asked_to_call_back, lines_of_call, who_asked_to_call_back
from accounts.contacts.services import correct_attempt, log_attempt, plan_follow_up
from accounts.hardship.models import HardshipCase
from accounts.holds.models import Hold
from accounts.ledger.models import AccountParty
from collections_app.core.enums import Role
from collections_app.core.models import AccessRecord, AuditRecord
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 23, 9, 42, 5, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def monday_morning():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def officer(team):
    return makers.member(makers.user(), team)


@pytest.fixture
def account(team):
    made = makers.account(debtor=makers.debtor(country="DE", name="Rahman, Layla"), team=team)
    makers.entry(account=made, amount="120.00", value_date=date(2026, 10, 1), due_date=date(2026, 10, 7))
    makers.entry(account=made, amount="80.00", value_date=date(2026, 11, 1), due_date=date(2026, 11, 7))
    makers.contact_point(debtor=made.debtor)
    return made


@pytest.fixture
def page(officer):
    return signed_in(officer)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def url(name, *args):
    return reverse(f"accounts:{name}", args=args)


def log(account, officer, at=MORNING - timedelta(hours=1), **more):
    fields = {"channel": "call", "direction": "out", "outcome": "no_answer"} | more
    return log_attempt(debtor=account.debtor, accounts=[account], at=at, officer=officer, **fields)


def begin(page, account):
    point = account.debtor.contact_points.get()
    page.post(url("call_open", account.pk), {"contact_point": point.pk})
    return OpenCall.objects.get()


def tick(page, account):
    page.post(url("call_check", account.pk), {"items": ["name", "account_number"]})


# --- lists ---


def test_the_log_shows_each_attempt_of_ones_team_once(page, account, officer):
    log(account, officer)
    log(makers.account(debtor=makers.debtor(name="Other, Team")), makers.user())
    answer = page.get(url("contact_list")).content.decode()
    assert answer.count("Rahman, Layla") == 1 or "Rahman, Layla" in answer
    assert "Other, Team" not in answer
    assert account.number in answer


@pytest.mark.parametrize("name", ["contact_list", "follow_up_list"])
def test_a_list_costs_the_same_for_one_and_for_thirty_rows(page, account, officer, name):
    def cost():
        with CaptureQueriesContext(connection) as captured:
            assert page.get(url(name)).status_code == 200
        return len(captured)

    log(account, officer)
    plan_follow_up(account=account, owner=officer, due_on=MONDAY, actor=officer, as_of=MONDAY, kind="check")
    cost()
    one = cost()
    for n in range(29):
        log(account, officer, MORNING - timedelta(days=1, minutes=n))
        plan_follow_up(
            account=account, owner=officer, due_on=MONDAY, actor=officer, as_of=MONDAY, kind="check"
        )
    assert cost() == one


def test_breaches_are_for_supervisors_and_auditors(page, account, officer, team):
    log(account, officer, MORNING - timedelta(hours=6))
    assert page.get(url("breach_list")).status_code == 403
    supervisor = makers.member(makers.user(role=Role.SUPERVISOR), team)
    for user in (supervisor, makers.user(role=Role.AUDITOR), makers.user(role=Role.MANAGER)):
        answer = signed_in(user).get(url("breach_list"))
        assert "Outside contact hours" in answer.content.decode()
    stranger = makers.member(makers.user(role=Role.SUPERVISOR), makers.team())
    assert "Rahman" not in signed_in(stranger).get(url("breach_list")).content.decode()


def test_filters_select_by_outcome_and_day(page, account, officer):
    log(account, officer, outcome="refuses", note="first")
    answer = page.get(url("contact_list"), {"outcome": "promise"}).content.decode()
    assert "Rahman" not in answer
    answer = page.get(url("contact_list"), {"outcome": "refuses", "at_min": "2026-11-23"}).content.decode()
    assert "Rahman" in answer


def test_my_day_shows_what_is_due_and_what_is_late(page, account, officer):
    plan_follow_up(
        account=account,
        owner=officer,
        due_on=MONDAY - timedelta(days=3),
        actor=officer,
        as_of=MONDAY - timedelta(days=3),
        kind="check",
    )
    plan_follow_up(
        account=account, owner=officer, due_on=date(2026, 11, 30), actor=officer, as_of=MONDAY, kind="letter"
    )
    answer = page.get(url("follow_up_list"), {"mine": "on", "when": "today"}).content.decode()
    assert "late, 3 d" in answer
    assert "Letter</td>" not in answer
    late = page.get(url("follow_up_list"), {"mine": "on", "when": "late"}).content.decode()
    assert "late, 3 d" in late


def test_a_deputy_sees_the_follow_ups_of_whom_he_stands_in_for(page, account, officer):
    away = makers.user()
    makers.absence(away, officer, MONDAY, MONDAY)
    plan_follow_up(account=account, owner=away, due_on=MONDAY, actor=away, as_of=MONDAY)
    answer = page.get(url("follow_up_list"), {"mine": "on", "when": "today"}).content.decode()
    assert account.number in answer


# --- verbs ---


def test_a_contact_is_logged_judged_and_corrected(page, account):
    form = {
        "channel": "call",
        "direction": "out",
        "at": "2026-11-22T23:10",
        "outcome": "no_answer",
        "accounts": [account.pk],
    }
    assert page.get(url("contact_log", account.pk)).status_code == 200
    answer = page.post(url("contact_log", account.pk), form, follow=True).content.decode()
    assert "It broke a rule" in answer
    attempt = ContactAttempt.objects.get()
    assert page.get(url("contact_detail", attempt.pk)).status_code == 200
    correction = {"outcome": "left_word", "at": "2026-11-22T23:10", "note": "Her brother answered"}
    page.post(url("contact_correct", attempt.pk), correction)
    corrected = ContactAttempt.objects.standing().get()
    assert corrected.note == "Her brother answered"
    assert "Corrected by" in page.get(url("contact_detail", attempt.pk)).content.decode()
    # a promise that is only written down as an outcome is none: the way to its form is shown
    for outcome, form_of in (
        ("promise", url("promise_new", account.pk)),
        ("cannot_pay", url("hardship_new", account.debtor_id)),
    ):
        last = ContactAttempt.objects.standing().get()
        answer = page.post(
            url("contact_correct", last.pk), correction | {"outcome": outcome}, follow=True
        ).content.decode()
        assert f'Enter what was said: <a class="u" href="{form_of}">' in answer
    assert not Promise.objects.exists()


def test_a_contact_still_to_come_is_not_logged(page, account):
    form = {"channel": "call", "direction": "out", "at": "2026-11-24T10:00", "outcome": "no_answer"}
    answer = page.post(url("contact_log", account.pk), form | {"accounts": [account.pk]})
    assert answer.status_code == 422
    assert "still to come" in answer.content.decode()


def test_a_note_a_plan_and_their_ends(page, account, officer):
    page.post(url("note_add", account.pk), {"body": "Speaks Turkish"})
    assert Note.objects.get().account == account
    page.post(url("follow_up_plan", account.pk), {"kind": "call", "due_on": "2026-11-24"})
    follow_up = FollowUp.objects.get()
    page.post(url("follow_up_done", follow_up.pk))
    follow_up.refresh_from_db()
    assert follow_up.status == "done"


def test_follow_ups_are_done_and_called_off_as_a_set(page, account, officer):
    ids = [
        plan_follow_up(
            account=account, owner=officer, due_on=MONDAY, actor=officer, as_of=MONDAY, kind=kind
        ).pk
        for kind in ("check", "letter", "visit")
    ]
    done = {"ids": ids[:2], "_chosen": "1"}
    assert page.post(url("follow_up_done_many"), done | {"_chosen": ""}).status_code == 200
    page.post(url("follow_up_done_many"), done)
    page.post(url("follow_up_cancel_many"), {"ids": ids[2:], "_chosen": "1", "reason": "Paid"})
    statuses = FollowUp.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["done", "done", "cancelled"]


def test_the_panel_shows_what_is_planned(page, account, officer):
    plan_follow_up(
        account=account, owner=officer, due_on=MONDAY, actor=officer, as_of=MONDAY, note="Ask for the cheque"
    )
    assert "Ask for the cheque" in page.get(url("account_detail", account.pk)).content.decode()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_log_is_exported_as_filtered(page, account, officer, kind):
    log(account, officer, outcome="refuses")
    log(account, officer, MORNING - timedelta(hours=2))
    answer = page.post(url("contact_list") + "?outcome=refuses", {"_verb": "export", "format": kind})
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert content
    if kind == "csv":
        assert content.decode("utf-8-sig").count("Rahman") == 1


def test_a_channel_is_stopped(page, account):
    page.post(url("channel_opt_out", account.debtor_id), {"channel": "sms", "reason": "STOP"})
    account.debtor.refresh_from_db()
    assert "sms" not in account.debtor.allowed_channels


def test_who_asks_us_to_cease_is_left_in_peace_by_every_channel_at_once(page, account):
    asked = {"channel": "every_one", "reason": "Leave me alone"}
    assert page.post(url("channel_opt_out", account.debtor_id), asked).status_code == 302
    hold = Hold.objects.get(debtor=account.debtor, reason="opt_out")
    assert (hold.scopes, hold.last_day) == (["contact"], None)
    known = known_for([Asked(account.debtor_id, (account.pk,), "call", MORNING)])[0]
    assert {known.verdict(channel).rule for channel in ("call", "sms", "email", "letter")} == {"opted_out"}


# --- the calendar ---


def test_the_feed_names_no_person_and_answers_only_its_address(page, account, officer):
    plan_follow_up(account=account, owner=officer, due_on=MONDAY, actor=officer, as_of=MONDAY)
    answer = Client().get(url("calendar_feed", officer.calendar_token))
    assert answer["Content-Type"].startswith("text/calendar")
    calendar = icalendar.Calendar.from_ical(answer.content)
    (event,) = calendar.walk("VEVENT")
    assert account.number in event["SUMMARY"]
    assert b"Rahman" not in answer.content
    page.post(url("calendar_rotate"))
    assert Client().get(url("calendar_feed", officer.calendar_token)).status_code == 404


# --- the call panel ---


def test_the_account_page_shows_the_chip_and_the_call_button(page, account):
    answer = page.get(url("account_detail", account.pk)).content.decode()
    assert "May call until" in answer
    assert url("call_open", account.pk) in answer


def test_at_night_the_chip_says_from_when(page, account, monday_morning):
    monday_morning.move_to(NIGHT)
    answer = page.get(url("account_detail", account.pk)).content.decode()
    assert "No call before" in answer
    answer = page.post(
        url("call_open", account.pk), {"contact_point": account.debtor.contact_points.get().pk}
    )
    assert "Outside contact hours" in answer.content.decode()
    assert Permit.objects.filter(is_allowed=False).exists()


def test_an_auditor_sees_the_chip_and_no_button(account):
    answer = signed_in(makers.user(role=Role.AUDITOR)).get(url("account_detail", account.pk))
    assert "May call until" in answer.content.decode()
    assert url("call_open", account.pk) not in answer.content.decode()


def test_who_stands_for_the_debtor_is_offered_and_called_with_a_permit_of_his_own(page, account, officer):
    lawyer = makers.debtor(creditor=account.creditor, country="DE", name="Lind & Partners")
    office = makers.contact_point(debtor=lawyer, value="+493012345678")
    AccountParty.objects.create(
        account=account, debtor=lawyer, role="representative", valid_from=account.opened_date
    )
    own = account.debtor.contact_points.get()
    panel = page.get(url("account_detail", account.pk)).content.decode()
    # the debtor stands there with why not, and without a key that would ring him up
    assert f'<button name="contact_point" value="{own.pk}"' not in panel
    assert "Represented: contact the representative only" in panel
    assert f'<button name="contact_point" value="{office.pk}"' in panel
    assert "Lind &amp; Partners" in panel

    page.post(url("call_open", account.pk), {"contact_point": own.pk})
    assert not OpenCall.objects.exists()
    # logged afterwards it is judged by who was called, too
    elsewhere = {"channel": "call", "direction": "out", "at": "2026-11-23T09:10", "outcome": "no_answer"}
    elsewhere |= {"accounts": [account.pk]}
    page.post(url("contact_log", account.pk), elsewhere | {"person": lawyer.pk, "contact_point": office.pk})
    page.post(url("contact_log", account.pk), elsewhere | {"person": account.debtor_id})
    mixed = elsewhere | {"person": account.debtor_id, "contact_point": office.pk}
    assert "This is Lind &amp; Partners" in page.post(url("contact_log", account.pk), mixed).content.decode()
    judged = ContactAttempt.objects.order_by("pk").values_list("debtor", "counted__judgement")
    assert list(judged) == [(lawyer.pk, "lawful"), (account.debtor_id, "breach")]
    live = page.post(url("call_open", account.pk), {"contact_point": office.pk}, **HTMX).content.decode()
    call = OpenCall.objects.get()
    assert (call.debtor, call.permit.debtor, call.permit.is_allowed) == (lawyer, lawyer, True)
    assert "May I speak with Lind &amp; Partners?" in live
    stranger = signed_in(makers.member(makers.user(), makers.team()))
    verdict = url("permit_detail", call.permit_id)
    assert (page.get(verdict).status_code, stranger.get(verdict).status_code) == (200, 404)
    assert 'href="tel:+493012345678"' in live

    tick(page, account)
    back = {"outcome": "call_back", "call_back_on": "2026-11-24", "call_back_time": "10:00"}
    page.post(url("call_outcome", account.pk), back)
    attempt, step = ContactAttempt.objects.latest("pk"), FollowUp.objects.get()
    assert (attempt.debtor, attempt.person_reached, attempt.is_right_party) == (
        lawyer,
        "representative",
        True,
    )
    assert (step.debtor, step.account) == (lawyer, account)
    told = page.get(url("account_detail", account.pk)).content.decode()
    assert "with Lind &amp; Partners" in told
    assert correct_attempt(attempt=attempt, actor=officer, note="x").person_reached == "representative"
    # it is he who asked: a call to the debtor is as little wanted as before
    tomorrow = MORNING + timedelta(days=1, hours=2)
    assert who_asked_to_call_back(account, tomorrow) == {lawyer.pk}
    assert asked_to_call_back([account.pk], tomorrow) == set()


def test_he_who_calls_in_for_the_debtor_is_found_and_a_number_of_nobody_is_refused(page, account):
    adviser = makers.debtor(creditor=account.creditor, name="Debt Advice")
    office = makers.contact_point(debtor=adviser, value="+493055555555")
    party = AccountParty.objects.create(
        account=account, debtor=adviser, role="representative", valid_from=account.opened_date
    )
    found = page.get(url("incoming_call"), {"number": "+493055555555"}).content.decode()
    assert account.number in found
    assert "Representative" in found
    page.post(url("call_open", account.pk), {"caller": office.pk})
    call = OpenCall.objects.get()
    assert (call.debtor, call.direction) == (adviser, "in")
    cannot = {"outcome": "cannot_pay", "is_hardship": "yes", "nonpayment_reason": "illness"}
    tick(page, account)
    page.post(url("call_outcome", account.pk), cannot | {"marker": "illness", "hardship_note": "In hospital"})
    assert HardshipCase.objects.get().debtor == account.debtor

    party.valid_to = MONDAY
    party.save()
    answer = page.post(url("call_open", account.pk), {"contact_point": office.pk}).content.decode()
    assert "stands for nobody of this account" in answer
    assert not OpenCall.objects.exists()
    assert account.number not in page.get(url("incoming_call"), {"number": "+493055555555"}).content.decode()


def test_no_amount_before_two_items_are_ticked(page, account):
    begin(page, account)
    answer = page.get(
        url("call_outcome", account.pk), {"outcome": "promise"}, **HTMX, HTTP_HX_TARGET="outcome"
    )
    assert "Tick two things" in answer.content.decode()
    assert "200.00" not in answer.content.decode()
    tick(page, account)
    answer = page.get(
        url("call_outcome", account.pk), {"outcome": "promise"}, **HTMX, HTTP_HX_TARGET="outcome"
    )
    assert "200.00" in answer.content.decode()


def test_an_outcome_and_the_ticks_for_it_are_one_request(page, account):
    begin(page, account)
    sent = {"items": ["name", "account_number"], "outcome": "promise"}
    answer = page.post(url("call_check", account.pk), sent, **HTMX, HTTP_HX_TARGET="outcome")
    assert "200.00" in answer.content.decode()
    assert OpenCall.objects.get().checked_items == ["name", "account_number"]
    page.post(url("call_check", account.pk), sent, **HTMX, HTTP_HX_TARGET="outcome")
    assert AuditRecord.objects.filter(code="call.right_party_checked").count() == 1


def test_a_promise_is_saved_without_script(page, account):
    begin(page, account)
    pressed = {"items": ["name", "account_number"], "outcome": "promise"}
    asked = page.post(url("call_check", account.pk), pressed, follow=True)
    assert asked.redirect_chain == [(f"{url('call_panel', account.pk)}?outcome=promise", 302)]
    assert "200.00" in asked.content.decode()
    form = {
        "outcome": "promise",
        "amount": "120.00",
        "due_date": "2026-11-26",
        "method": "transfer",
        "nonpayment_reason": "income_late",
        "next_on": "2026-12-01",
    }
    answer = page.post(url("call_outcome", account.pk), form)
    assert answer.status_code == 302
    assert Promise.objects.get().amount == 120
    assert FollowUp.objects.get().due_on == date(2026, 12, 1)
    assert not OpenCall.objects.exists()


def test_a_refusal_stands_beside_its_field(page, account):
    begin(page, account)
    tick(page, account)
    form = {
        "outcome": "promise",
        "amount": "900.00",
        "due_date": "2026-11-26",
        "method": "transfer",
        "nonpayment_reason": "income_late",
    }
    answer = page.post(url("call_outcome", account.pk), form, **HTMX, HTTP_HX_TARGET="outcome")
    assert answer.status_code == 422
    assert "At most" in answer.content.decode()


@pytest.mark.parametrize(
    "outcome",
    [
        "no_answer",
        "left_word",
        "promise",
        "paid_already",
        "disputes",
        "cannot_pay",
        "wrong_party",
        "call_back",
        "refuses",
    ],
)
def test_every_outcome_draws_its_fields(page, account, outcome):
    begin(page, account)
    tick(page, account)
    target = {"HTTP_HX_TARGET": "outcome"}
    fragment = page.get(url("call_outcome", account.pk), {"outcome": outcome}, **HTMX, **target)
    assert fragment.status_code == 200
    assert "btn-primary" in fragment.content.decode()
    assert page.get(url("call_panel", account.pk), {"outcome": outcome}).status_code == 200


def test_the_consequence_names_the_exact_day(page, account):
    begin(page, account)
    answer = page.get(
        url("call_consequence", account.pk), {"amount": "120.00", "due_date": "2026-11-26"}, **HTMX
    )
    # two business days after Thursday 26 November
    assert "Mon 30 Nov" in answer.content.decode()
    answer = page.get(
        url("call_consequence", account.pk), {"amount": "99999.00", "due_date": "2026-11-26"}, **HTMX
    )
    assert "can be promised" in answer.content.decode(), "said before it is sent, not after"


def test_answers_are_shown_on_asking_and_written_down(page, account):
    begin(page, account)
    answer = page.post(url("call_answers", account.pk), **HTMX)
    assert account.number in answer.content.decode()
    assert AccessRecord.objects.filter(kind="identity_shown").count() == 1


def test_two_officers_see_each_other(page, account, team, officer):
    colleague = makers.member(makers.user(full_name="Sara Lind"), team)
    signed_in(colleague).post(url("presence", account.debtor_id), **HTMX)
    answer = page.post(url("presence", account.debtor_id), **HTMX)
    assert "Sara Lind is on this debtor now" in answer.content.decode()
    assert officer.full_name not in answer.content.decode()


def test_presence_ends_by_itself(page, account, team, monday_morning):
    signed_in(makers.member(makers.user(full_name="Sara Lind"), team)).post(
        url("presence", account.debtor_id)
    )
    monday_morning.shift(timedelta(seconds=46))
    assert "Sara" not in page.post(url("presence", account.debtor_id), **HTMX).content.decode()


def test_the_second_officer_is_asked_why(page, account, team):
    begin(signed_in(makers.member(makers.user(), team)), account)
    answer = page.post(url("call_open", account.pk), {}, **HTMX, HTTP_HX_TARGET="now")
    assert "Say why you call too" in answer.content.decode()
    page.post(url("call_open", account.pk), {"colleague_reason": "Asked to listen in"}, **HTMX)
    assert OpenCall.objects.count() == 2


def test_a_call_about_a_time_barred_debt_is_logged_with_the_words_that_were_read(page, account):
    form = {
        "channel": "call", "direction": "out", "at": "2026-11-20T11:00", "outcome": "refuses",
        "accounts": [account.pk],
    }  # fmt: skip
    address = url("contact_log", account.pk)
    assert "Time-barred" not in page.get(address).content.decode()
    type(account.debtor).objects.filter(pk=account.debtor_id).update(country="GB")
    ContactFact.objects.create(
        kind=ContactFactKind.TIME_BARRED, account=account, since=date(2026, 1, 1),
        actor=makers.user(role=Role.SUPERVISOR), recorded_at=datetime(2026, 1, 2, tzinfo=UTC),
    )  # fmt: skip
    assert TIME_BARRED_WORDS["en"] in page.get(address).content.decode()
    words = ["wording:time_barred"]
    assert "is logged" in page.post(address, form | {"lines_said": words}, follow=True).content.decode()
    read = ContactAttempt.objects.get()
    assert (read.counted.judgement, read.lines_said, read.lines_unsaid) == ("lawful", words, [])
    answer = page.post(address, form | {"at": "2026-11-09T15:00"}, follow=True).content.decode()
    assert "It broke a rule: Time-barred" in answer
    unread = ContactAttempt.objects.exclude(pk=read.pk).get()
    assert (unread.counted.judgement, unread.lines_said, unread.lines_unsaid) == ("breach", [], words)
    corrected = correct_attempt(attempt=read, actor=makers.user(role=Role.MANAGER), note="Twice")
    assert corrected.counted.judgement == "lawful"
    found = replay(first=date(2026, 11, 1), last=date(2026, 11, 30))
    assert (found.agrees, found.judged, len(found.breaches)) == (True, 3, 1)


def test_a_time_barred_debt_is_called_about_only_with_its_words(page, account, officer):
    """No call without undertaking to read them, no amount and no promise before they were read."""
    type(account.debtor).objects.filter(pk=account.debtor_id).update(country="GB")
    note_contact_fact(
        kind=ContactFactKind.TIME_BARRED, account=account, since=date(2026, 1, 1), source="Six years",
        actor=makers.user(role=Role.SUPERVISOR),
    )  # fmt: skip
    shown = page.get(url("call_panel", account.pk)).content.decode()
    assert "May call" in shown
    assert TIME_BARRED_WORDS["en"] in shown
    point = account.debtor.contact_points.get()
    answer = page.post(url("call_open", account.pk), {"contact_point": point.pk}, **HTMX)
    assert "Time-barred" in answer.content.decode()
    assert not OpenCall.objects.exists()
    assert Permit.objects.get().rule == "time_barred"
    page.post(url("call_open", account.pk), {"contact_point": point.pk, "reads": "time_barred"}, **HTMX)
    call = OpenCall.objects.get()
    assert call.permit.carries == ["time_barred"]
    tick(page, account)
    panel = f"{url('call_panel', account.pk)}?outcome=promise"
    shown = page.get(panel).content.decode()
    assert "wording:time_barred" in shown
    assert "200.00" not in shown.split('id="script"')[1]
    promise = {
        "outcome": "promise", "amount": "120.00", "due_date": "2026-11-26", "method": "transfer",
        "nonpayment_reason": "income_late", "next_on": "2026-12-01",
    }  # fmt: skip
    assert "Read out the words" in page.post(url("call_outcome", account.pk), promise).content.decode()
    assert not Promise.objects.exists()
    lines = [line.name for line in lines_of_call(known_for([asked_about(call)])[0], call)]
    page.post(url("call_check", account.pk), {"items": ["name", "account_number"], "lines": lines})
    assert "200.00" in page.get(panel).content.decode().split('id="script"')[1]
    page.post(url("call_outcome", account.pk), promise)
    assert Promise.objects.exists()
    assert ContactAttempt.objects.get().lines_unsaid == []


def asked_about(call):
    return Asked(call.debtor_id, (call.account_id,), "call", call.opened_at)


def test_an_open_call_elsewhere_leads_back(page, account, team):
    begin(page, account)
    other = makers.account(debtor=makers.debtor(), team=team)
    answer = page.get(url("account_detail", other.pk)).content.decode()
    assert f"Go to account {account.number}" in answer


def test_another_teams_account_is_not_there(account):
    stranger = signed_in(makers.member(makers.user(), makers.team()))
    assert stranger.get(url("call_panel", account.pk)).status_code == 404
    assert stranger.post(url("call_open", account.pk)).status_code == 404
    assert stranger.post(url("presence", account.debtor_id)).status_code == 404
