"""No step of an episode is skipped or repeated, whatever is paid, returned, held or missed."""

import os
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from django.urls import reverse

from accounts.contacts.models import FollowUp
from accounts.ledger.services import reverse_entry
from accounts.tasks.models import Task
from accounts.teams.models import DepartmentMembership
from campaigns.escalation.models import Escalation
from campaigns.sending.enums import WAITING, MessageStatus, Spared
from campaigns.sending.models import Message
from campaigns.statements.models import StatementRun
from campaigns.strategies import services as strategies
from campaigns.strategies.services import NewStep
from campaigns.tests import making
from campaigns.treatment.enums import StepStatus
from campaigns.treatment.ladders import ladder_of, stage_of
from campaigns.treatment.models import Episode, StepRecord
from campaigns.treatment.services import run_reminders
from collections_app.core import documents
from collections_app.core.enums import Role
from collections_app.testing import makers

DUE = date(2026, 9, 7)
SEEDS = int(os.environ.get("LADDER_SEEDS", "1"))
pytestmark = pytest.mark.django_db


def at(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def run(day: date) -> None:
    """A run of the day whose messages leave."""
    run_reminders(as_of=day, now=at(day), actor=makers.system())
    making.sent(list(Message.objects.filter(status__in=WAITING).values_list("pk", flat=True)))


def in_force(steps, *, strategy=None, in_flight="move", from_day=date(2026, 1, 1), **said):
    """A version of (the same) strategy with these steps, approved."""
    maker, manager = makers.user(role=Role.SENIOR_OFFICER), makers.user(role=Role.MANAGER)
    if strategy is None:
        version = making.strategy_version(maker=maker, creditor=said.pop("creditor", None))
    else:
        version = strategies.draft_version(strategy=strategy, actor=maker, as_of=from_day)
    version = strategies.save_version(version=version, steps=steps, actor=maker, **said)
    return making.approved(version, actor=manager, as_of=from_day, in_flight=in_flight)


def mails(*days: int, **fields) -> list[NewStep]:
    return [NewStep(f"d{day}", f"Day {day}", 1, day, "email", "friendly", **fields) for day in days]


def owing(amount="100.00", *, due=DUE, debtor=None, **fields):
    account = makers.account(debtor=debtor or makers.reachable(), **fields)
    makers.entry(account=account, amount=amount, value_date=due - timedelta(days=14), due_date=due)
    return account


def taken(account) -> list[tuple[int, int]]:
    """(day of the step, day it was taken), both counted from the due day, in the order of taking."""
    rows = StepRecord.objects.filter(account=account, status__in=["queued", "done"])
    return [
        (row.step.day_offset, (row.taken_on - DUE).days)
        for row in rows.select_related("step").order_by("taken_on", "id")
    ]


def test_missed_days_are_caught_up_in_order_and_apart():
    """No run from day 1 to day 20: the steps of 7 and 15 come then, three days apart, not at once."""
    in_force(mails(1, 7, 15, 30))
    account = owing()
    for day in (1, *range(20, 32)):
        run(DUE + timedelta(days=day))
    assert taken(account) == [(1, 1), (7, 20), (15, 23), (30, 30)]


def test_a_hold_makes_the_ladder_wait_where_it_is():
    in_force(mails(1, 7, 15), catch_up_days=5)
    account = owing()
    run(DUE + timedelta(days=1))
    makers.hold(account=account, scopes=("demand",), last_day=DUE + timedelta(days=18))
    for day in range(2, 30):
        run(DUE + timedelta(days=day))
    assert taken(account) == [(1, 1), (7, 19), (15, 24)]


def test_a_part_payment_neither_skips_nor_repeats():
    """The first of two items is paid: he is still behind, in the same episode, and is not asked anew."""
    in_force(mails(1, 7, 15))
    account = owing()
    makers.entry(account=account, amount="100.00", value_date=DUE, due_date=DUE + timedelta(days=6))
    for day in range(1, 9):
        run(DUE + timedelta(days=day))
    makers.entry(
        account=account, amount="100.00", value_date=DUE + timedelta(days=9), kind="payment"
    )
    for day in range(9, 30):
        run(DUE + timedelta(days=day))
    assert Episode.objects.count() == 1
    assert taken(account) == [(1, 1), (7, 7), (15, 21)]


def test_who_comes_in_late_begins_with_the_step_of_his_day_or_with_the_first():
    creditor = makers.creditor()
    in_force(mails(1, 7, 15, 30), creditor=creditor, entry="from_start")
    in_force(mails(1, 7, 15, 30))
    early = owing(debtor=makers.reachable(creditor=creditor))
    late = owing()
    for day in range(16, 24):
        run(DUE + timedelta(days=day))
    assert taken(late) == [(15, 16)]
    assert taken(early) == [(1, 16), (7, 19), (15, 22)]


def test_who_falls_behind_again_soon_goes_on_where_he_stopped():
    in_force(mails(1, 7, 15), reentry_days=30)
    account = owing()
    for day in range(1, 9):
        run(DUE + timedelta(days=day))
    makers.entry(
        account=account, amount="100.00", value_date=DUE + timedelta(days=9), kind="payment"
    )
    run(DUE + timedelta(days=9))
    makers.entry(
        account=account, amount="50.00", value_date=DUE, due_date=DUE + timedelta(days=12)
    )
    for day in range(10, 30):
        run(DUE + timedelta(days=day))
    assert Episode.objects.count() == 2
    assert taken(account) == [(1, 1), (7, 7), (15, 27)]


def test_accounts_under_way_stay_or_move_as_the_approver_chose():
    first = in_force(mails(1, 7, 15))
    account = owing()
    run(DUE + timedelta(days=1))
    day = DUE + timedelta(days=5)
    staying = in_force(
        mails(1, 6, 12), strategy=first.strategy, in_flight="stay", from_day=day
    )
    fresh = owing(due=DUE + timedelta(days=5))
    run(DUE + timedelta(days=6))
    assert {row.account_id: row.version for row in Episode.objects.all()} == {
        account.pk: first, fresh.pk: staying
    }  # fmt: skip
    run(DUE + timedelta(days=7))
    in_force(mails(1, 9), strategy=first.strategy, from_day=DUE + timedelta(days=8))
    for later in range(8, 20):
        run(DUE + timedelta(days=later))
    assert taken(account) == [(1, 1), (7, 7), (9, 9)]


def test_rolled_back_the_earlier_version_treats_everybody_again():
    manager = makers.user(role=Role.MANAGER)
    first = in_force(mails(1, 7, 15))
    second = in_force(mails(1, 3), strategy=first.strategy, from_day=DUE)
    account = owing()
    run(DUE + timedelta(days=1))
    assert Episode.objects.get().version == second
    strategies.roll_back(
        version=first, reason="too sharp", actor=manager, as_of=DUE + timedelta(days=2)
    )
    for day in range(2, 9):
        run(DUE + timedelta(days=day))
    assert taken(account) == [(1, 1), (7, 7)]
    with pytest.raises(strategies.NothingToRollBack):
        strategies.roll_back(version=first, reason="again", actor=manager, as_of=DUE)


def test_criteria_choose_among_strategies_by_amount_payer_product_and_risk():
    creditor = makers.creditor()
    def general(days, **criteria):
        return in_force(mails(days), creditor=creditor, criteria=criteria)

    large = general(1, amount_from={"EUR": "1000"})
    gas = general(2, products=["gas"])
    risky = general(3, risk=["raised", "high"])
    everyone = in_force(mails(4), creditor=creditor)
    cases = {
        large: owing("1000.00", debtor=makers.reachable(creditor=creditor)),
        gas: owing("999.99", debtor=makers.reachable(creditor=creditor), product="gas"),
        risky: owing("100.00", debtor=makers.reachable(creditor=creditor)),
        everyone: owing("100.00", debtor=makers.reachable(creditor=creditor)),
    }
    paid = makers.entry(account=cases[risky], amount="10", value_date=DUE, kind="payment")
    reverse_entry(
        entry=paid, value_date=DUE, reason="returned", actor=makers.system(), as_of=DUE
    )
    run(DUE + timedelta(days=4))
    assert {row.account_id: row.version for row in Episode.objects.all()} == {
        account.pk: version for version, account in cases.items()
    }


def test_a_channel_that_cannot_be_used_is_passed_by_when_the_next_step_is_due():
    in_force([*mails(1), NewStep("s", "Text", 1, 3, "sms", "reminder"), *mails(5)])
    account = owing()
    for day in range(1, 8):
        run(DUE + timedelta(days=day))
    records = {row.step.day_offset: row for row in StepRecord.objects.select_related("step")}
    assert taken(account) == [(1, 1), (5, 5)]
    assert (records[3].status, records[3].spared) == (StepStatus.MISSED, Spared.NO_CONTACT_POINT)


def test_a_step_gives_work_to_officer_department_and_senior(client):
    """A call on the officer's day list, a pack for the credit department after silence, an escalation."""
    credit = makers.department(code="credit", name="Credit")
    in_force(
        [
            NewStep("call", "Ring him", 1, 1, "", "", kind="call"),
            NewStep("pack", "Pack", 2, 3, "", "", kind="statement", silent_days=2,
                    department_id=credit.pk),
            NewStep("up", "Escalate", 3, 5, "", "", kind="escalation"),
        ]
    )  # fmt: skip
    officer = makers.user()
    account = owing(officer=officer)
    makers.contact_point(debtor=account.debtor)
    for day in range(1, 7):
        run(DUE + timedelta(days=day))
    assert [step for step, _day in taken(account)] == [1, 3, 5]
    call = FollowUp.objects.get()
    assert (call.owner, call.kind, call.due_on) == (officer, "call", DUE + timedelta(days=1))
    task = Task.objects.get(department=credit)
    assert StepRecord.objects.get(step__kind="statement").task == task
    assert StatementRun.objects.get().account_ids == [account.pk]
    assert Escalation.objects.get().rule == "strategy"

    # the department opens the papers of its task, and nobody else's department does (D79)
    pack = StatementRun.objects.get()
    file = documents.store(
        content=b"%PDF-1.7 statements", filename="pack.pdf", kind="statements", owner=makers.system(),
        subject=pack,
    )  # fmt: skip
    reader, other = makers.user(role=Role.DEPARTMENT_USER), makers.user(role=Role.DEPARTMENT_USER)
    for user, department in ((reader, credit), (other, makers.department(code="sales", name="Sales"))):
        DepartmentMembership.objects.create(user=user, department=department, valid_from=DUE)
    client.force_login(reader)
    page = client.get(reverse("accounts:task_detail", args=[task.pk])).content.decode()
    download = reverse("core:file_download", args=[file.token])
    assert download in page
    assert client.get(download).status_code == 200
    client.force_login(other)
    assert client.get(download).status_code == 404
    assert client.get(reverse("accounts:task_detail", args=[task.pk])).status_code == 404


def test_who_was_heard_of_gets_no_pack():
    credit = makers.department(code="credit", name="Credit")
    in_force(
        [NewStep("pack", "Pack", 1, 3, "", "", kind="statement", silent_days=5, department_id=credit.pk)]
    )
    account = owing()
    makers.entry(account=account, amount="5", value_date=DUE, kind="payment")
    run(DUE + timedelta(days=3))
    assert StepRecord.objects.get().spared == Spared.ANSWERED
    run(DUE + timedelta(days=6))
    assert StepRecord.objects.get().status == StepStatus.QUEUED


@pytest.mark.parametrize("seed", range(SEEDS))
def test_random_payments_reversals_holds_and_missed_days(seed):
    dice = Random(seed)
    in_force(mails(-3, 1, 4, 8, 13, 20, 28), reentry_days=dice.choice([0, 10]),
             catch_up_days=dice.choice([1, 3]), entry=dice.choice(["at_day", "from_start"]))  # fmt: skip
    creditor = makers.creditor()
    accounts = []
    for _number in range(6):
        account = owing(
            debtor=makers.reachable(creditor=creditor), due=DUE + timedelta(days=dice.randint(-9, 9))
        )
        for later in range(dice.randint(0, 3)):
            due = DUE + timedelta(days=dice.randint(0, 12) + 9 * later)
            makers.entry(account=account, amount="50", value_date=due - timedelta(days=20), due_date=due)
        accounts.append(account)
    payments: dict[int, list] = defaultdict(list)
    for offset in range(-4, 40):
        day = DUE + timedelta(days=offset)
        for account in accounts:
            what = dice.random()
            if what < 0.06:
                amount = dice.choice(["25", "50", "100", "250"])
                payments[account.pk].append(
                    makers.entry(account=account, amount=amount, value_date=day, kind="payment")
                )
            elif what < 0.10 and payments[account.pk]:
                reverse_entry(
                    entry=payments[account.pk].pop(), value_date=day, reason="returned",
                    actor=makers.system(), as_of=day,
                )  # fmt: skip
            elif what < 0.12:
                makers.hold(account=account, scopes=("demand",), first_day=day,
                            last_day=day + timedelta(days=dice.randint(1, 9)))  # fmt: skip
        if dice.random() < 0.75:
            run_reminders(as_of=day, now=at(day), actor=makers.system())
            settle(dice)
        assert_nothing_skipped_or_repeated(day)
    assert StepRecord.objects.filter(status=StepStatus.DONE).count() > len(accounts)


def settle(dice) -> None:
    """Some of what waits is sent."""
    waiting = list(Message.objects.filter(status=MessageStatus.QUEUED).values_list("pk", flat=True))
    chosen = [pk for pk in waiting if dice.random() < 0.8]
    making.sent(chosen)


def assert_nothing_skipped_or_repeated(day) -> None:
    for episode in Episode.objects.select_related("version"):
        records = list(episode.steps.select_related("step").order_by("taken_on", "id"))
        by_day = {row.step.day_offset: row for row in records}
        assert len(by_day) == len(records)
        done = [row for row in records if row.status in (StepStatus.QUEUED, StepStatus.DONE)]
        offsets = [row.step.day_offset for row in done]
        assert offsets == sorted(offsets)
        assert len({row.taken_on for row in done}) == len(done)
        if not offsets:
            continue
        required = [
            step.day_offset
            for step in episode.version.steps.all()
            if episode.began_after < step.day_offset <= max(offsets)
        ]
        assert set(required) <= {
            offset for offset, row in by_day.items() if row.status != StepStatus.SPARED
            or row.spared == Spared.LATER_STEP
        }  # fmt: skip


def test_each_step_of_an_account_is_done_late_skipped_or_ahead_and_it_is_in_one_stage():
    in_force(
        [
            NewStep("d1", "Day 1", 1, 1, "email", "friendly"),
            NewStep("d3", "Day 3", 1, 3, "sms", "reminder"),
            NewStep("d5", "Day 5", 2, 5, "email", "friendly"),
            NewStep("d9", "Day 9", 3, 9, "email", "friendly"),
            NewStep("d20", "Day 20", 4, 20, "email", "friendly"),
        ]
    )
    account = owing()
    for day in (3, 4, 5, 11):
        run(DUE + timedelta(days=day))
    found = ladder_of(account, as_of=DUE + timedelta(days=11))
    assert (found.stage, found.days) == (3, 11)
    states = {rung.step.day_offset: str(rung.state) for rung in found.rungs}
    assert states == {1: "skipped", 3: "skipped", 5: "done", 9: "late", 20: "ahead"}
    every_day = [stage_of(found.episode.version.steps.all(), day)[0] for day in range(30)]
    assert every_day == [0] + [1] * 4 + [2] * 4 + [3] * 11 + [4] * 10
