"""A day's pass: who is due, whom a step spares, what one message holds, and that it comes once."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.contacts.signals import told_together
from accounts.ledger.services import contest, reverse_entry
from accounts.payments.services import post_payment
from accounts.policies.queries import read_once
from campaigns.sending.enums import MessageStatus, Spared
from campaigns.sending.gateways import Answer, Gateways
from campaigns.sending.models import Message
from campaigns.sending.queries import run_figures
from campaigns.sending.services import send_due, send_one
from campaigns.treatment.enums import StepStatus
from campaigns.treatment.models import Episode, StepRecord
from campaigns.treatment.previewing import who_would_get_what
from campaigns.treatment.services import run_reminders
from collections_app.testing import makers

DUE = date(2026, 9, 7)  # a Monday; the next day +1 is a Tuesday within hours
MOST_STATEMENTS = 38
pytestmark = pytest.mark.django_db


def at(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def run(day: date, **options):
    """One run of everything on a day at ten in the morning."""
    return run_reminders(as_of=day, now=at(day), actor=makers.system(), **options)


def owing(amount="100.00", *, due=DUE, debtor=None, email="", **fields):
    """An account with one unpaid item and a debtor who can be reached by e-mail."""
    account = makers.account(debtor=debtor or makers.reachable(email=email), **fields)
    makers.entry(account=account, amount=amount, value_date=due - timedelta(days=14), due_date=due)
    return account


def step_of(account):
    return StepRecord.objects.get(account=account)


def test_the_day_after_the_due_day_queues_the_friendly_reminder():
    account = owing()
    (done,) = run(DUE + timedelta(days=1))
    message = Message.objects.get()
    assert (message.stage, message.channel, message.status) == (1, "email", MessageStatus.QUEUED)
    assert message.lines.get().demanded == Decimal("100.00")
    assert step_of(account).status == StepStatus.QUEUED
    assert done.counts["messages"] == 1
    assert message.permit.is_allowed


def test_running_again_queues_nothing_more():
    owing()
    for _again in range(3):
        run(DUE + timedelta(days=1))
    assert Message.objects.count() == 1


def test_exactly_the_steps_of_the_strategy_come_on_their_days(mailbox):
    """D5: -3, +1, +7, +15, +30, +45 and nothing in between or twice."""
    account = owing(email="steps@example.com")
    makers.contact_point(debtor=account.debtor)
    makers.contact_point(debtor=account.debtor, kind="address", value="Ring 1, 10115 Berlin")
    sent_on = []
    for offset in range(-10, 60):
        day = DUE + timedelta(days=offset)
        before = Message.objects.count()
        run(day)
        if Message.objects.count() > before:
            sent_on.append(offset)
        send_due(now=at(day, 12), limit=10, actor=makers.system())
    assert sent_on == [-3, 1, 7, 15, 30, 45]


def test_five_accounts_of_a_debtor_become_one_message_with_a_total_per_currency():
    debtor = makers.reachable()
    for amount in ("10.00", "20.00", "30.00", "40.00"):
        owing(amount, debtor=debtor)
    owing("7.00", debtor=debtor, currency="USD")
    run(DUE + timedelta(days=1))
    message = Message.objects.get()
    sums: dict[str, Decimal] = {}
    for line in message.lines.all():
        sums[line.currency] = sums.get(line.currency, Decimal(0)) + line.demanded
    assert sums == {"EUR": Decimal("100.00"), "USD": Decimal("7.00")}


def test_one_person_known_to_two_creditors_gets_two_messages_neither_naming_the_other(mailbox):
    identity = makers.identity()
    water = makers.creditor(name="Blue Water Works", sender_name="Blue Water Works")
    power = makers.creditor(name="City Power", sender_name="City Power")
    for creditor in (water, power):
        debtor = makers.reachable(
            creditor=creditor, identity=identity, email="layla@example.com", name="Layla Rahman"
        )
        owing(debtor=debtor)
    day = DUE + timedelta(days=1)
    run(day)
    for _turn in range(2):
        send_due(now=at(day, 12), limit=10, actor=makers.system())
    first, second = (str(message) for message in mailbox.to("layla@example.com"))
    assert "Blue Water Works" in first
    assert "City Power" not in first
    assert "City Power" in second
    assert "Blue Water Works" not in second


def test_a_message_demands_overdue_less_disputed_item_by_item(mailbox):
    """300.00 paid without reference on 3 x 300.00, 120.00 of the first disputed: 480.00 is asked."""
    account = makers.account(debtor=makers.reachable(email="d@example.com"))
    items = [
        makers.entry(
            account=account,
            amount="300.00",
            value_date=date(2026, 8, 1),
            due_date=DUE - timedelta(days=20 - number),
            as_of=DUE,
        )
        for number in range(3)
    ]
    contest(
        entry=items[0],
        amount=Decimal("120.00"),
        effective_date=date(2026, 8, 20),
        actor=makers.system(),
        as_of=DUE,
    )
    post_payment(
        account=account,
        amount=Decimal("300.00"),
        value_date=DUE - timedelta(days=10),
        method="transfer",
        receiver="office",
        reference="",
        actor=makers.system(),
        as_of=DUE,
    )
    day = DUE + timedelta(days=1)
    run(day)
    assert Message.objects.get().lines.get().demanded == Decimal("480.00")
    send_due(now=at(day, 12), limit=10, actor=makers.system())
    (mail,) = mailbox.to("d@example.com")
    assert "480.00" in mail.get_body(("plain",)).get_content()
    assert Message.objects.get().lines.get().demanded == Decimal("480.00")


def test_a_returned_payment_reopens_the_same_episode():
    account = owing()
    run(DUE + timedelta(days=1))
    episode = Episode.objects.get()
    day = DUE + timedelta(days=3)
    paid = makers.entry(account=account, amount="100.00", value_date=day, kind="payment")
    run(day)
    episode.refresh_from_db()
    assert episode.cured_on == day
    later = day + timedelta(days=6)
    reverse_entry(
        entry=paid, value_date=later, reason="returned", actor=makers.system(), as_of=later
    )
    run(later)
    episode.refresh_from_db()
    assert episode.cured_on is None
    assert Episode.objects.count() == 1


@pytest.mark.parametrize(
    ("reason", "prepare"),
    [
        (Spared.HOLD, lambda account: makers.hold(account=account, scopes=("demand",))),
        (Spared.HOLD, lambda account: makers.hold(debtor=account.debtor, scopes=("contact",))),
        (
            Spared.OPTED_OUT,
            lambda account: makers.hold(
                debtor=account.debtor, scopes=("contact",), reason="opt_out"
            ),
        ),
        (
            Spared.NO_CONTACT_POINT,
            lambda account: account.debtor.contact_points.update(status="bad"),
        ),
        (
            Spared.OPTED_OUT,
            lambda account: account.debtor.contact_points.update(status="opted_out"),
        ),
        (
            Spared.NOT_RELEASED,
            lambda account: type(account.creditor).objects.update(released_at=None),
        ),
        (
            Spared.FEED,
            lambda account: type(account.creditor).objects.update(
                fed_until=at(DUE - timedelta(days=3))
            ),
        ),
        (Spared.SMALL, lambda account: makers.policy("tolerance", {"table": {"*": "100.00"}})),
        (Spared.DISPUTED, lambda account: makers.contested(account.entries.get(), "100.00")),
        (Spared.PROMISE, lambda account: makers.open_promise(account, due=DUE + timedelta(days=5))),
    ],
)
def test_a_step_spares_and_says_why(reason, prepare):
    account = owing()
    prepare(account)
    (done,) = run(DUE + timedelta(days=1))
    record = step_of(account)
    assert (record.status, record.spared) == (StepStatus.SPARED, reason)
    assert done.counts[f"spared.{reason}"] == 1
    assert not Message.objects.exists()


def test_a_spared_step_is_taken_once_nothing_stops_it_any_more():
    account = owing()
    makers.hold(account=account, scopes=("demand",), last_day=DUE + timedelta(days=3))
    run(DUE + timedelta(days=1))
    run(DUE + timedelta(days=4))
    assert step_of(account).status == StepStatus.QUEUED
    assert Message.objects.count() == 1


def test_outside_hours_a_message_waits_for_the_next_legal_moment():
    owing()
    day = DUE + timedelta(days=1)
    run_reminders(as_of=day, now=at(day, 1), actor=makers.system())
    message = Message.objects.get()
    assert message.status == MessageStatus.DEFERRED
    assert message.not_before > at(day, 1)
    assert message.permit.is_allowed
    assert message.permit.moment == message.not_before


def test_a_later_step_takes_the_place_of_one_that_still_waits():
    owing()
    run(DUE + timedelta(days=1))
    run(DUE + timedelta(days=15))
    first, second = Message.objects.order_by("id")
    assert (first.status, first.spared) == (MessageStatus.WITHHELD, Spared.LATER_STEP)
    assert (second.status, second.stage) == (MessageStatus.QUEUED, 3)


def test_what_was_queued_is_in_one_place_and_the_run_adds_up(mailbox):
    for number in range(4):
        owing(email=f"debtor{number}@example.com")
    day = DUE + timedelta(days=1)
    (done,) = [row for row in run(day) if row.counts["messages"]][:1]
    figures = run_figures(done.pk, done.counts["messages"])
    assert figures.adds_up
    assert figures.waiting == done.counts["messages"]
    send_due(now=at(day, 12), limit=10, actor=makers.system())
    figures = run_figures(done.pk, done.counts["messages"])
    assert figures.adds_up
    assert figures.sent == done.counts["messages"]


def test_a_payment_thanks_once_and_takes_the_waiting_reminder_out(mailbox):
    account = owing(email="thanks@example.com")
    run(DUE + timedelta(days=1))
    send_due(now=at(DUE + timedelta(days=1), 12), limit=10, actor=makers.system())
    makers.contact_point(debtor=account.debtor)
    run(DUE + timedelta(days=7))
    waiting = Message.objects.get(status=MessageStatus.QUEUED)
    day = DUE + timedelta(days=8)
    makers.entry(account=account, amount="100.00", value_date=day, kind="payment")
    waiting.refresh_from_db()
    assert (waiting.status, waiting.spared) == (MessageStatus.WITHHELD, Spared.PAID)
    for later in range(3):
        run(day + timedelta(days=later))
        send_due(now=at(day + timedelta(days=later), 12), limit=10, actor=makers.system())
    mails = [
        message.get_body(("plain",)).get_content() for message in mailbox.to("thanks@example.com")
    ]
    assert sum("up to date" in mail for mail in mails) == 1
    assert len(mails) == 2


def test_gateways_are_closed_even_when_nothing_was_sent(mailbox):
    gateways = Gateways()
    assert send_due(now=at(DUE), limit=5, actor=makers.system(), gateways=gateways) == {}
    gateways.close()


def test_a_preview_says_who_would_get_what_and_leaves_nothing_behind():
    account = owing("100.00", debtor=makers.reachable(name="Adams"))
    other = owing("50.00", debtor=makers.reachable(name="Baker", creditor=account.creditor))
    makers.hold(account=other, scopes=("demand",))
    type(account.creditor).objects.update(released_at=None)
    day = DUE + timedelta(days=1)
    preview = who_would_get_what(account.creditor, day, now=at(day))
    assert (preview.due, preview.messages, preview.spared) == (2, 1, {Spared.HOLD: 1})
    assert [(step.channel, dict(step.totals)) for step in preview.steps] == [
        ("email", {"EUR": Decimal("100.00")})
    ]
    assert [(row.numbers, row.reason) for row in preview.rows] == [
        ([account.number], ""),
        ([other.number], "hold"),
    ]
    assert not Episode.objects.exists()
    assert not StepRecord.objects.exists()
    account.creditor.refresh_from_db()
    assert account.creditor.released_at is None


def statements_of_a_run(day) -> int:
    with CaptureQueriesContext(connection) as asked:
        run(day)
    return len(asked)


def test_a_run_asks_the_same_of_the_database_for_two_debtors_and_twenty():
    owed_to = makers.creditor()
    counts = []
    for number in (2, 20):
        for _debtor in range(number):
            owing(debtor=makers.reachable(creditor=owed_to))
        counts.append(statements_of_a_run(DUE + timedelta(days=1)))
    assert Message.objects.count() == 22
    assert counts[0] == counts[1]


def test_sending_one_message_takes_no_more_statements_than_it_did():
    """Two locked transactions, the judgement of the moment, the attempt and the records of each."""
    owed_to = makers.creditor()
    for _debtor in range(2):
        owing(debtor=makers.reachable(creditor=owed_to))
    run(DUE + timedelta(days=1))
    gateway = Answering()
    everything = Gateways(email=gateway, sms=gateway)
    now, system = at(DUE + timedelta(days=1), 12), makers.system()
    ids = list(Message.objects.values_list("pk", flat=True))
    with told_together(), read_once():
        send_one(message_id=ids[0], now=now, gateways=everything, actor=system)
        with CaptureQueriesContext(connection) as asked:
            send_one(message_id=ids[1], now=now, gateways=everything, actor=system)
    assert Message.objects.filter(status=MessageStatus.SENT).count() == 2
    # both transactions are savepoints in a test
    assert len(asked) <= MOST_STATEMENTS
    assert sum('INSERT INTO "core_auditrecord"' in row["sql"] for row in asked.captured_queries) == 2
    assert not any("policyversion" in row["sql"] for row in asked.captured_queries)


class Answering:
    """A gateway that takes everything."""

    def send(self, _parcel):
        return Answer("sent")

    def close(self):
        pass
