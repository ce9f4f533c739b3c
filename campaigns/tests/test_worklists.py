"""Worklists: why an account is in one, in what order, what comes next, and who sees whose."""

import html
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.arrangements.services import take_promise
from accounts.compliance.enums import Rule
from accounts.contacts.enums import FollowUpKind, Outcome
from accounts.contacts.services.attempts import NewAttempt, log_attempts
from accounts.contacts.services.follow_ups import plan_follow_up
from accounts.holds.services import lift_hold
from accounts.ledger.jobs import RollDay
from accounts.ledger.models import Account, AccountParty
from accounts.ledger.services import reverse_entry
from accounts.parties.models import Debtor
from accounts.payments.services import post_payment
from accounts.policies import wording
from campaigns.campaign.queries import segment_filters
from campaigns.correspondence.enums import NoticeKind
from campaigns.notices.enums import ServiceMethod
from campaigns.worklists import queries
from campaigns.worklists.enums import RankReason
from campaigns.worklists.models import WorklistItem
from campaigns.worklists.services import refresh_worklist
from campaigns.worklists.wording import full_reason_text, last_contact_text, reason_text
from campaigns.worklists.workable import next_to_work
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def today() -> date:
    """The day of these tests: the present one, because signals rank for the present day."""
    return clock.today()


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def officer(team):
    return makers.teammate(team=team)


def owing(officer, team, today, *, amount="100.00", days=20, **fields):
    """An account of the officer with one item so many days past due."""
    account = makers.account(team=team, officer=officer, **fields)
    due = today - timedelta(days=days)
    makers.entry(
        account=account,
        amount=amount,
        value_date=due - timedelta(days=14),
        due_date=due,
        as_of=today,
    )
    return account


def called(account, officer, day, outcome=Outcome.NO_ANSWER):
    [attempt] = log_attempts(
        attempts=[
            NewAttempt(
                debtor_id=account.debtor_id,
                creditor_id=account.creditor_id,
                account_ids=(account.pk,),
                channel="call",
                direction="out",
                at=datetime(day.year, day.month, day.day, 10, tzinfo=UTC),
                outcome=outcome,
                officer_id=officer.pk,
            )
        ],
        actor=officer,
    )
    return attempt


def item(account) -> WorklistItem:
    return WorklistItem.objects.get(account=account)


def ranked(officer, today) -> list[int]:
    return [row.account_id for row in queries.queue(officer, as_of=today)]


def found(query: str, user, today) -> set[int]:
    """The accounts that the account list shows for a query."""
    return set(
        segment_filters(query, user=user, as_of=today, queryset=Account.objects.all()).qs.values_list(
            "pk", flat=True
        )
    )


def test_what_falls_overdue_has_a_next_action_with_a_date_and_an_owner(officer, team, today):
    account = owing(officer, team, today)
    row = item(account)
    assert (row.reason, row.next_action, row.officer) == ("first_time", "call", officer)
    assert row.next_action_on <= today
    assert row.stage == 2


def test_every_overdue_account_without_a_hold_has_a_next_action(officer, team, today):
    free = [owing(officer, team, today, days=5 + 20 * n) for n in range(4)]
    held = owing(officer, team, today)
    makers.hold(account=held, scopes=("contact", "demand"))
    refresh_worklist(as_of=today)
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    assert set(WorklistItem.objects.values_list("account", flat=True)) == {row.pk for row in free}
    assert queries.without_next_action(supervisor, today) == {"no_action": 0, "no_owner": 0}
    assert not found("no_next_action=true", supervisor, today), "a held account needs none"
    WorklistItem.objects.filter(account=free[0]).delete()
    assert queries.without_next_action(supervisor, today)["no_action"] == 1
    assert found("no_next_action=true", supervisor, today) == {free[0].pk}
    assert found("no_next_action=false", supervisor, today) == {held.pk, *(row.pk for row in free[1:])}


def test_what_falls_overdue_at_midnight_is_on_a_list_with_the_roll_of_the_day(officer, team, today):
    account = makers.account(team=team, officer=officer)
    makers.entry(account=account, amount="80.00", value_date=today, due_date=today, as_of=today)
    assert not WorklistItem.objects.filter(account=account).exists()
    tomorrow = today + timedelta(days=1)
    with time_machine.travel(
        datetime(tomorrow.year, tomorrow.month, tomorrow.day, 12, tzinfo=UTC), tick=False
    ):
        RollDay.run_now(actor=makers.system())
    assert (item(account).reason, item(account).next_action_on) == ("first_time", tomorrow)
    assert queries.accounts_without_next_action(tomorrow) == []


def test_an_account_of_an_officer_who_is_gone_is_offered_for_assignment(officer, team, today):
    """Nobody works his rows, so they count as nobody's, in the list, the filter and the counts."""
    gone, his = makers.teammate(team=team), owing(officer, team, today)
    left, planned = owing(gone, team, today), owing(officer, team, today)
    makers.follow_up(account=planned, due_on=today, owner=gone)
    gone.is_active = False
    gone.save(update_fields=["is_active"])
    refresh_worklist(as_of=today)
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    assert queries.without_next_action(supervisor, today) == {"no_action": 0, "no_owner": 1}
    assert found("officer=none", supervisor, today) == {left.pk}
    assert found(f"officer=none&officer={officer.pk}", supervisor, today) == {left.pk, his.pk, planned.pk}
    assert (item(left).officer, item(planned).officer) == (None, officer)
    assert item(left).next_action_on <= today


def test_what_is_too_small_to_chase_is_nobodys_call_and_waits_until_it_grows(officer, team, today):
    """The smallest amount chased is 5.00 EUR, of all that a debtor owes at a creditor."""
    account = owing(officer, team, today, amount="4.00")
    row = item(account)
    assert (row.next_action, row.officer) == ("await_growth", officer)
    assert row.next_action_on > today
    assert reason_text(row.reason, row.reason_values, today=today) == "Too small to chase"
    assert ranked(officer, today) == []
    other = owing(officer, team, today, amount="3.00", debtor=account.debtor)
    refresh_worklist(as_of=today)
    assert set(ranked(officer, today)) == {account.pk, other.pk}


def test_a_payment_takes_the_account_out_at_once(officer, team, today):
    account = owing(officer, team, today)
    post_payment(
        account=account,
        amount=Decimal("100.00"),
        value_date=today,
        method="transfer",
        actor=officer,
        as_of=today,
    )
    assert not WorklistItem.objects.filter(account=account).exists()


def test_a_returned_payment_leads_and_says_how_much(officer, team, today):
    account = owing(officer, team, today, amount="640.00")
    entry = post_payment(
        account=account,
        amount=Decimal("640.00"),
        value_date=today - timedelta(days=3),
        method="cheque",
        actor=officer,
        as_of=today,
    )
    reverse_entry(entry=entry, value_date=today, reason="no funds", actor=makers.system(), as_of=today)
    row = item(account)
    assert row.reason == "payment_returned"
    assert full_reason_text(row.reason, row.reason_values, currency="EUR", today=today) == (
        "Payment of 640.00 returned today"
    )


def test_a_broken_promise_comes_before_what_is_merely_overdue(officer, team, today):
    plain = owing(officer, team, today, amount="900.00", days=200)
    broken = owing(officer, team, today, amount="50.00")
    promise = makers.open_promise(broken, due=today - timedelta(days=4))
    type(promise).objects.filter(pk=promise.pk).update(status="broken", judged_on=today - timedelta(days=1))
    refresh_worklist(as_of=today)
    assert ranked(officer, today) == [broken.pk, plain.pk]
    assert reason_text(item(broken).reason, item(broken).reason_values, today=today).startswith(
        "Promise broken "
    )


def test_an_open_promise_waits_until_its_grace_is_over(officer, team, today):
    account = owing(officer, team, today)
    promise = makers.open_promise(account, due=today + timedelta(days=3))
    refresh_worklist(as_of=today)
    row = item(account)
    assert (row.next_action, row.next_action_on) == (
        "await_promise",
        promise.grace_until + timedelta(days=1),
    )
    assert ranked(officer, today) == []


def test_no_answer_pauses_the_account_until_it_is_tried_again(officer, team, today):
    account = owing(officer, team, today)
    called(account, officer, today)
    assert ranked(officer, today) == []
    refresh_worklist(as_of=today + timedelta(days=2))
    assert ranked(officer, today) == [account.pk]
    assert item(account).reason == "no_answer"


def test_a_follow_up_goes_to_its_owner_and_is_late_when_missed(officer, team, today):
    field = makers.teammate(team=team, role=Role.FIELD_OFFICER)
    account = owing(officer, team, today)
    plan_follow_up(
        account=account,
        owner=field,
        kind=FollowUpKind.VISIT,
        due_on=today,
        note="Bring the notice",
        actor=officer,
        as_of=today,
    )
    assert (item(account).reason, item(account).officer) == ("follow_up_today", field)
    assert ranked(officer, today) == []
    refresh_worklist(as_of=today + timedelta(days=1))
    assert item(account).reason == "follow_up_late"


def test_a_hold_takes_it_out_and_lifting_brings_it_back(officer, team, today):
    account = owing(officer, team, today)
    hold = makers.hold(account=account, scopes=("contact",))
    refresh_worklist(as_of=today)
    assert not WorklistItem.objects.filter(account=account).exists()
    lift_hold(
        hold=hold,
        reason="over",
        actor=makers.teammate(team=team, role=Role.SUPERVISOR),
        as_of=today,
    )
    assert item(account).reason == "first_time"


def test_the_deputy_works_the_absent_officers_list_and_it_flows_back(officer, team, today):
    deputy = makers.teammate(team=team)
    account = owing(officer, team, today)
    makers.absence(officer, deputy, today, today + timedelta(days=1))
    assert ranked(deputy, today) == [account.pk]
    assert queries.next_account(deputy, today) == account.pk
    assert ranked(deputy, today + timedelta(days=2)) == []


def test_next_account_goes_down_the_list_and_starts_over_at_its_end(officer, team, today):
    big = owing(officer, team, today, amount="9000.00", days=15)
    middle = owing(officer, team, today, amount="500.00", days=15)
    small = owing(officer, team, today, amount="10.00", days=15)
    assert ranked(officer, today) == [big.pk, middle.pk, small.pk]
    assert queries.next_account(officer, today) == big.pk
    # big was passed over; middle is worked and leaves its place: on to small, not back to big
    place = item(middle).rank
    WorklistItem.objects.filter(pk=middle.pk).delete()
    assert queries.next_account(officer, today, after=middle.pk, below=place) == small.pk
    assert queries.next_account(officer, today, after=big.pk) == small.pk
    assert queries.next_account(officer, today, after=small.pk) == big.pk
    assert queries.place_of(small.pk, officer, today) == (2, 2)


def test_the_next_account_is_one_that_can_be_worked_now_and_those_passed_over_are_shown(
    officer, team, client
):
    day = date(2026, 11, 23)
    with time_machine.travel(datetime(2026, 11, 23, 10, tzinfo=UTC), tick=False):
        start, wants_letters, silent, lost, spoken_for, visit = (
            owing(officer, team, day, amount=f"{amount}.00", days=15, debtor=makers.debtor(country="DE"))
            for amount in (9000, 8000, 7000, 6000, 500, 100)
        )
        for account in (start, wants_letters, silent, spoken_for):
            makers.contact_point(debtor=account.debtor)
        for account in (wants_letters, silent):
            Debtor.objects.filter(pk=account.debtor_id).update(allowed_channels=["letter"])
        lawyer = makers.debtor(creditor=spoken_for.creditor, country="DE")
        makers.contact_point(debtor=lawyer)
        AccountParty.objects.create(
            account=spoken_for, debtor=lawyer, role="representative", valid_from=spoken_for.opened_date
        )
        plan_follow_up(account=visit, owner=officer, kind="visit", due_on=day, actor=officer, as_of=day)
        order = ranked(officer, day)
        assert set(order) == {row.pk for row in (start, wants_letters, silent, lost, spoken_for, visit)}
        client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
        below = item(start).rank
        answer = client.get(reverse("campaigns:next_account"), {"after": start.pk, "below": below})
        assert answer.url.startswith(reverse("accounts:account_detail", args=[spoken_for.pk]))
        (said,) = get_messages(answer.wsgi_request)
        assert "3 accounts passed over" in str(said)
        doors = re.findall(r'href="([^"]+)">([^<]+) <b class="n">(\d)</b>', html.unescape(str(said)))
        assert {(words, n) for _door, words, n in doors} == {
            (Rule.CHANNEL_NOT_WANTED.label, "2"),
            (Rule.NO_POINT.label, "1"),
        }
        behind = {
            words: {row.account_id for row in client.get(door).context["rows"]} for door, words, _n in doors
        }
        assert behind[Rule.CHANNEL_NOT_WANTED.label] == {wants_letters.pk, silent.pk}
        assert behind[Rule.NO_POINT.label] == {lost.pk}
        # a visit needs nobody on the phone; at night nothing but that is left
        night = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
        by_night = next_to_work(officer, day, now=night, after=start.pk, below=below)
        assert by_night.account_id == visit.pk
        WorklistItem.objects.filter(pk=visit.pk).delete()
        by_night = next_to_work(officer, day, now=night, after=start.pk, below=below)
        assert (by_night.account_id, by_night.passed.total()) == (None, 4)
        assert by_night.opens == datetime(2026, 11, 24, 8, tzinfo=UTC)


def test_a_colleagues_list_stays_his(officer, team, today):
    owing(officer, team, today)
    assert ranked(makers.teammate(team=team), today) == []


def test_the_stage_follows_the_days(officer, team, today):
    stages = {days: item(owing(officer, team, today, days=days)).stage for days in (1, 20, 60, 100, 150)}
    assert stages == {1: 1, 20: 2, 60: 3, 100: 4, 150: 5}


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    books=st.lists(
        st.tuples(st.integers(1, 400), st.integers(1, 90_000), st.booleans()),
        min_size=2,
        max_size=5,
    ),
    seed=st.randoms(use_true_random=False),
)
def test_the_same_data_gives_the_same_order_however_it_is_ranked(officer, team, today, books, seed):
    """D17: all at once, one by one in any order, and once more: the same rows, and none rewritten."""
    start = transaction.savepoint()
    accounts = []
    for days, cents, tried in books:
        account = owing(officer, team, today, amount=str(Decimal(cents) / 100), days=days)
        if tried:
            called(account, officer, today - timedelta(days=9))
        accounts.append(account.pk)
    refresh_worklist(as_of=today)
    at_once = order()
    assert len(at_once) == len(accounts)
    assert refresh_worklist(as_of=today) == 0
    WorklistItem.objects.all().delete()
    seed.shuffle(accounts)
    for pk in accounts:
        refresh_worklist(as_of=today, account_ids=[pk])
    assert order() == at_once
    transaction.savepoint_rollback(start)


def order() -> list[tuple]:
    return list(WorklistItem.objects.order_by("rank", "account").values_list("account", "rank", "reason"))


def test_a_new_day_rewrites_only_what_moved(officer, team, today):
    for days in (10, 40, 70):
        owing(officer, team, today, days=days)
    assert refresh_worklist(as_of=today + timedelta(days=1)) == 0


@pytest.mark.parametrize(
    ("outcome", "channel", "words"),
    [("no_answer", "call", "3 d, no answer"), ("delivered", "email", "3 d, e-mail")],
)
def test_the_last_contact_says_how_it_went(outcome, channel, words, today):
    moment = clock.now() - timedelta(days=3)
    assert last_contact_text(moment, outcome, channel, today=clock.local_date(clock.now())) == words
    assert last_contact_text(None, "", "", today=today) == "never"


def test_a_promise_taken_lets_the_account_wait_at_once(officer, team, today):
    account = owing(officer, team, today)
    take_promise(
        account=account,
        amount=Decimal("60.00"),
        due_date=today + timedelta(days=5),
        method="transfer",
        actor=officer,
        as_of=today,
    )
    assert item(account).next_action == "await_promise"
    assert ranked(officer, today) == []


@pytest.mark.parametrize(
    ("names", "choices"),
    [(wording.REASONS, RankReason), (wording.METHODS, ServiceMethod), (wording.NOTICES, NoticeKind)],
)
def test_the_words_of_a_policy_are_those_of_the_pages(names, choices):
    assert {word: str(choices(word).label) for word in names} == {
        word: str(label) for word, label in names.items()
    }
