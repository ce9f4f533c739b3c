"""Why not? Every overdue account has one answer, by the facts of the moment, and they sum."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.compliance.enums import Rule
from accounts.ledger.services import assign_accounts, refresh_standing
from accounts.parties.enums import LegalFactKind
from accounts.payments.services import post_payment
from campaigns.sending.pausing import pause_sending
from campaigns.strategies.models import StrategyVersion
from campaigns.tests import making
from campaigns.treatment.models import Episode
from campaigns.why_not.enums import GATE, HELD, WAY, AnswerState, DayReason, reason_label
from campaigns.why_not.jobs import WorkOutAnswers
from campaigns.why_not.models import DayAnswer
from campaigns.why_not.queries import answer_of, answers_now
from campaigns.why_not.services import work_out_answers
from campaigns.why_not.wording import BY_ITSELF, NOBODY, meaning_of, until_text
from campaigns.worklists.models import WorklistItem
from campaigns.worklists.services import refresh_worklist
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.testing import makers

DAY = date(2026, 9, 8)  # a Tuesday
NOW = datetime(2026, 9, 8, 10, tzinfo=UTC)
MOST_STATEMENTS = 16
pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    """A released creditor whose books are fed."""
    return makers.creditor(released_at=NOW - timedelta(days=90), released_by=makers.system())


@pytest.fixture
def team():
    return makers.team()


@pytest.fixture
def officer(team):
    return makers.teammate(team=team)


@pytest.fixture
def owing(house, team, officer):
    """Makes accounts of the house with one item twenty days past due; the debtor has a telephone."""

    def make(amount="100.00", *, debtor=None, phone=True, **fields):
        debtor = debtor or makers.debtor(creditor=house)
        if phone:
            makers.contact_point(debtor=debtor)
        account = makers.account(debtor=debtor, **({"team": team, "officer": officer} | fields))
        due = DAY - timedelta(days=20)
        made = due - timedelta(days=14)
        makers.entry(account=account, amount=amount, value_date=made, due_date=due, as_of=DAY)
        return account

    return make


def told(account, now=NOW):
    """The account's answer at a moment, after the night before it."""
    refresh_standing(as_of=now.date())
    refresh_worklist(as_of=now.date())
    return answer_of(account, now=now)


def test_an_account_on_an_officers_list_is_on_a_list(owing):
    answer = told(owing())
    assert (answer.reason, answer.state, answer.action) == ("worklist", AnswerState.LISTED, "call")
    assert answer.overdue == Decimal("100.00")


def test_one_contacted_today_says_so_and_is_asked_again_tomorrow(owing, officer):
    account = owing()
    makers.attempt(account=account, at=NOW - timedelta(hours=1), officer=officer)
    assert told(account).reason == DayReason.CONTACTED
    later = told(account, NOW + timedelta(days=1))
    assert later.reason == DayReason.NEXT_STEP_LATER or later.state == AnswerState.LISTED


def test_a_hold_stops_until_its_last_day(owing):
    account = owing()
    makers.hold(
        account=account, scopes=("contact",), reason="hardship", as_of=DAY, last_day=DAY + timedelta(days=9)
    )
    answer = told(account)
    assert (answer.reason, answer.until_day) == ("hold_hardship", DAY + timedelta(days=9))
    assert reason_label(answer.reason) == "Hold: Hardship"


def test_of_two_holds_the_longer_one_is_told(owing):
    account = owing()
    makers.hold(account=account, reason="requested", as_of=DAY, last_day=DAY + timedelta(days=9))
    makers.hold(account=account, reason="represented", scopes=("contact",), as_of=DAY)
    assert (told(account).reason, told(account).until_day) == ("hold_represented", None)


def test_a_promise_spares_until_its_grace_is_over(owing):
    account = owing()
    makers.open_promise(account, due=DAY + timedelta(days=3))
    assert (told(account).reason, told(account).until_day) == ("promise", DAY + timedelta(days=3))


def test_a_plan_in_force_spares_its_account(owing):
    account = owing("300.00")
    makers.payment_plan(account=account, as_of=DAY, first_due=DAY + timedelta(days=7))
    assert told(account).reason == DayReason.PLAN


def test_what_is_wholly_disputed_waits_for_its_answer(owing):
    account = owing()
    makers.dispute(account=account, items=[(account.entries.get(), "100.00")], as_of=DAY)
    answer = told(account)
    assert answer.reason == DayReason.DISPUTED
    assert answer.until_day > DAY


def test_a_small_rest_is_not_chased_but_two_of_one_debtor_add_up(owing, house):
    makers.policy("tolerance", {"table": {"*": "0", "EUR": "5.00"}})
    alone = owing("4.00")
    pair = makers.debtor(creditor=house)
    first, second = owing("3.00", debtor=pair), owing("3.00", debtor=pair)
    answers = {row.account_id: row.reason for row in answers_told(house)}
    assert answers[alone.pk] == DayReason.SMALL
    assert answers[first.pk] == answers[second.pk] == DayReason.WORKLIST


def test_a_strategys_own_smallest_amount_holds_for_its_accounts(owing, house):
    """Its messages ask from its own amount on, the officers' list from the office's."""
    makers.policy("tolerance", {"table": {"*": "0", "EUR": "5.00"}})
    version = making.strategy_version(creditor=house)
    StrategyVersion.objects.filter(pk=version.pk).update(tolerances={"EUR": "50.00"})
    spared, listed, below_both, above_own = (
        owing(amount) for amount in ("40.00", "45.00", "4.00", "60.00")
    )
    for account in (spared, listed, below_both, above_own):
        Episode.objects.create(account=account, first_due_date=DAY - timedelta(days=9), version=version)
    refresh_standing(as_of=DAY)
    refresh_worklist(as_of=DAY)
    later = DAY + timedelta(days=9)
    WorklistItem.objects.filter(account=spared).update(next_action_on=later)
    told = {row.account_id: row.reason for row in answers_now(house, now=NOW)}
    assert told[spared.pk] == told[below_both.pk] == DayReason.SMALL
    assert told[listed.pk] == told[above_own.pk] == DayReason.WORKLIST
    StrategyVersion.objects.filter(pk=version.pk).update(tolerances={"EUR": "1.00"})
    making.message(account=below_both)
    told = {row.account_id: row.reason for row in answers_now(house, now=NOW)}
    assert told[below_both.pk] == DayReason.MESSAGE


def answers_told(house):
    refresh_standing(as_of=DAY)
    refresh_worklist(as_of=DAY)
    return answers_now(house, now=NOW)


def test_outside_hours_today_it_stays_on_the_list_and_on_a_closed_day_it_does_not(owing):
    account = owing()
    early = told(account, NOW.replace(hour=3))
    assert early.state == AnswerState.LISTED
    assert early.until is not None
    assert early.until.date() == DAY
    late = told(account, NOW.replace(hour=21))
    assert late.state == AnswerState.STOPPED
    assert late.reason == "gate_contact_hours"
    assert late.until.date() == DAY + timedelta(days=1)


def test_without_a_number_nobody_can_be_called(owing):
    assert told(owing(phone=False)).reason == "gate_no_point"


def test_with_only_an_address_another_channel_is_named(owing, house):
    debtor = makers.debtor(creditor=house)
    makers.contact_point(debtor=debtor, kind="address", value="Ring 1, 10115 Berlin")
    answer = told(owing(debtor=debtor, phone=False))
    assert answer.reason == "way_no_point"
    assert "letter" in dict(answer.ways)
    assert "call" not in dict(answer.ways)
    assert meaning_of(answer.reason).mover != NOBODY


def test_what_no_clock_ends_is_not_said_to_end_by_itself():
    for rule in Rule.values:
        for kind in (GATE, WAY):
            meaning = meaning_of(kind + rule)
            assert reason_label(kind + rule)
            ends_by_clock = rule in {"conversation", "cap", "public_holiday", "own_hours", "contact_hours"}
            assert (meaning.helps == BY_ITSELF) is ends_by_clock, rule
    for fact in LegalFactKind.values:  # no hold is there to be lifted
        assert meaning_of(HELD + fact).page == ""
        assert until_text(HELD + fact, None, None, DAY) != until_text(HELD + "opt_out", None, None, DAY)


def test_an_account_on_nobodys_list_is_told_as_such(owing):
    assert told(owing(team=None, officer=None)).reason == DayReason.NOBODY


def test_a_waiting_message_goes_out_today_unless_sending_is_paused(owing, house):
    account = owing()
    making.message(account=account)
    assert told(account).reason == DayReason.MESSAGE
    pause_sending(creditor=house, reason="Wrong text", actor=makers.user(role=Role.MANAGER))
    assert told(account).reason == DayReason.PAUSED


def test_a_message_nobody_knows_about_waits_for_a_person(owing):
    account = owing()
    making.message(account=account, status="unknown")
    assert told(account).reason == DayReason.UNKNOWN


def test_a_paid_account_has_no_answer(owing):
    account = owing()
    post_payment(
        account=account,
        amount=Decimal("100.00"),
        value_date=DAY,
        method="transfer",
        receiver="office",
        reference="P1",
        actor=makers.system(),
        as_of=DAY,
    )
    assert told(account) is None


@pytest.fixture
def book(owing, officer):
    """Accounts of many answers: held, promised, called, listed, without a number, on nobody's list."""
    held, promised, called, *_rest = [owing(f"{place + 10}.00") for place in range(6)]
    makers.hold(account=held, as_of=DAY)
    makers.open_promise(promised, due=DAY)
    makers.attempt(account=called, at=NOW - timedelta(hours=1), officer=officer)
    owing(phone=False)
    owing(team=None, officer=None)


def test_the_answers_of_a_book_sum_to_its_overdue_accounts(book, house):
    refresh_standing(as_of=DAY)
    refresh_worklist(as_of=DAY)
    assert work_out_answers(house, now=NOW) == 8
    answers = DayAnswer.objects.order_by()
    assert answers.count() == 8
    states = [answers.filter(state=state).count() for state in AnswerState]
    assert states == [1, 3, 4]
    assert not answers.filter(reason=DayReason.NO_RULE).exists()
    for row in answers:
        assert meaning_of(row.reason).icon
        assert row.reason_label
        assert until_text(row.reason, row.until_day, row.until, DAY)


def test_working_out_again_writes_nothing_and_forgets_who_paid(book, house):
    refresh_standing(as_of=DAY)
    refresh_worklist(as_of=DAY)
    work_out_answers(house, now=NOW)
    before = set(DayAnswer.objects.values_list("account_id", "worked_out_at"))
    work_out_answers(house, now=NOW + timedelta(minutes=5))
    assert set(DayAnswer.objects.values_list("account_id", "worked_out_at")) == before
    paid = DayAnswer.objects.order_by("account_id").first().account
    post_payment(
        account=paid,
        amount=paid.standing.overdue,
        value_date=DAY,
        method="transfer",
        receiver="office",
        reference="P2",
        actor=makers.system(),
        as_of=DAY,
    )
    work_out_answers(house, now=NOW)
    assert {row[0] for row in before} - {paid.pk} == set(
        DayAnswer.objects.values_list("account_id", flat=True)
    )


def test_as_many_statements_for_one_account_as_for_thirty(owing, house, django_assert_max_num_queries):
    owing()
    answers_told(house)
    with django_assert_max_num_queries(MOST_STATEMENTS):
        assert len(answers_now(house, now=NOW)) == 1
    for _more in range(30):
        owing()
    answers_told(house)
    with django_assert_max_num_queries(MOST_STATEMENTS):
        assert len(answers_now(house, now=NOW)) == 31


def test_the_page_counts_each_overdue_account_once(client, book, house, team):
    WorkOutAnswers.run_now(actor=User.objects.system())
    leader = makers.teammate(team=team, role=Role.SUPERVISOR)
    client.force_login(leader)
    page = client.get(reverse("campaigns:why_not"))
    counts = page.context["counts"]
    # the one on nobody's list is in no team of the leader's
    assert page.context["accounts"] == 7
    assert sum(counts.values()) + page.context["unanswered"] == 7
    assert sum(row.accounts for row in page.context["rows"]) == counts[AnswerState.STOPPED]
    for row in page.context["rows"]:
        if row.accounts:
            found = client.get(row.url)
            assert found.status_code == 200
            assert found.content.decode().count("<tr") - 1 == row.accounts


def test_an_account_became_overdue_since_is_not_hidden(client, book, owing, team):
    WorkOutAnswers.run_now(actor=User.objects.system())
    owing()
    client.force_login(makers.teammate(team=team, role=Role.SUPERVISOR))
    page = client.get(reverse("campaigns:why_not"))
    assert page.context["unanswered"] == 1
    assert "no answer yet" in page.content.decode()


def test_officers_see_the_answer_of_their_own_accounts_only(client, owing, officer):
    account, other = owing(), owing(team=makers.team(), officer=None)
    client.force_login(officer)
    assert client.get(reverse("campaigns:why_not_account", args=[account.pk])).status_code == 200
    assert client.get(reverse("campaigns:why_not_account", args=[other.pk])).status_code == 404
    assert client.get(reverse("campaigns:why_not")).status_code == 403


def test_assigning_an_account_takes_it_from_nobodys_list(owing, team, officer):
    account = owing(team=None, officer=None)
    assert told(account).reason == DayReason.NOBODY
    assign_accounts(
        account_ids=[account.pk],
        team=team,
        officer=officer,
        effective_date=DAY,
        reason="New",
        actor=makers.user(role=Role.MANAGER),
    )
    assert told(account).state == AnswerState.LISTED
