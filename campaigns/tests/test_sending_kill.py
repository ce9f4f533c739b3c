"""Four workers, two of them killed with SIGKILL midway: nothing arrives twice, nothing is lost.

`REMINDERS_KILL` sets how many reminders are sent (200 by default; 2,000 is the full form).
"""

import os
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest

from accounts.compliance.models import ContactProfile
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.services import refresh_standing
from accounts.parties.models import ContactPoint, Debtor
from campaigns.sending import settling
from campaigns.sending.enums import MessageStatus
from campaigns.sending.jobs import SendMessages
from campaigns.sending.models import Message
from campaigns.sending.queries import due_ids, run_figures
from campaigns.treatment.services import run_reminders
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import Job
from collections_app.testing import makers
from collections_app.testing.workers import wait_until

NUMBER = int(os.environ.get("REMINDERS_KILL", "200"))
COUNTRY = "DE"
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def book(number: int, today: date) -> None:
    """So many debtors of one creditor, each a day past due, written as sets."""
    creditor = makers.creditor(time_zone="UTC", country=COUNTRY)
    debtors = Debtor.objects.bulk_create(
        Debtor(
            creditor=creditor, reference=f"K{place}", name=f"Debtor {place}", time_zone="UTC", country=COUNTRY
        )
        for place in range(number)
    )
    ContactPoint.objects.bulk_create(
        ContactPoint(
            debtor=debtor,
            kind="email",
            value=f"k{place}@example.com",
            status="good",
            noted_on=today,
            valid_from=makers.LONG_AGO,
        )
        for place, debtor in enumerate(debtors)
    )
    accounts = Account.objects.bulk_create(
        Account(
            creditor=creditor, debtor=debtor, number=f"K{place}", currency="EUR", opened_date=today
        )
        for place, debtor in enumerate(debtors)
    )
    system = makers.system()
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            account=account,
            currency="EUR",
            kind="charge",
            direction="debit",
            line="charges",
            amount="100.00",
            value_date=today - timedelta(days=10),
            due_date=today - timedelta(days=1),
            actor=system,
        )
        for account in accounts
    )
    refresh_standing(as_of=today, account_ids=[account.pk for account in accounts])


def open_all_hours() -> None:
    """The workers live in real time, which may be a night or a Sunday: no law and no policy of the
    book's country shuts an hour."""
    ContactProfile.objects.create(
        code="no_hours",
        title="No hours",
        country=COUNTRY,
        valid_from=makers.LONG_AGO,
        clauses=[],
        status="approved",
        made_by=makers.user(role=Role.SUPERVISOR),
        approved_by=makers.user(role=Role.MANAGER),
        approved_at=datetime.combine(makers.LONG_AGO, time.min, UTC),
    )
    makers.policy(
        "contact_rules",
        {
            "hours": {"email": dict.fromkeys(WEEK, "00:00-23:59")},
            "holidays_closed": False,
            "caps": [],
        },
    )


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_two_of_four_workers_killed_midway_send_nothing_twice(workers, mailbox):
    now = clock.now()
    today = clock.local_date(now, "UTC")
    open_all_hours()
    book(NUMBER, today)
    (run,) = run_reminders(as_of=today, now=now, actor=makers.system())
    assert run.counts["messages"] == NUMBER
    crew = workers.start(4, EMAIL_URL=f"smtp://127.0.0.1:{mailbox.port}")
    for lane in range(4):
        SendMessages.enqueue_once(scope=f"lane {lane}", actor=makers.system())
    assert wait_until(lambda: len(mailbox.messages) > NUMBER // 5), workers.logs()
    for victim in crew[:2]:
        workers.kill(victim)
    arrived_at_kill = len(mailbox.messages)
    assert arrived_at_kill < NUMBER, "all were sent before anybody was killed"

    assert wait_until(lambda: not due_ids(now=clock.now(), limit=1)), workers.logs()
    assert wait_until(lambda: at_work() <= 2), workers.logs()
    # what the dead left behind: their leases run out, on the database's clock; what they had claimed and
    # not handed over waits again, and the living take it
    Message.objects.filter(status=MessageStatus.SENDING).update(lease_until=now)
    settling.reap(actor=makers.system(), as_of=today)
    SendMessages.enqueue_once(scope="after", actor=makers.system())
    assert wait_until(lambda: not due_ids(now=clock.now(), limit=1) and at_work() <= 2), workers.logs()

    arrived = Counter(str(message["To"]) for message in mailbox.messages)
    assert max(arrived.values()) == 1
    figures = run_figures(run.pk, NUMBER)
    assert figures.adds_up
    assert figures.queued == figures.sent + figures.unknown + figures.withheld + figures.deferred
    assert figures.unknown <= 2
    # every reminder is accounted for: sent ones arrived, and only unknown ones may or may not have
    assert figures.sent <= len(arrived) <= figures.sent + figures.unknown
    listed = Message.objects.filter(status=MessageStatus.UNKNOWN, run_id=run.pk)
    assert listed.count() == figures.unknown
    assert due_ids(now=clock.now() + timedelta(days=1), limit=5) == []


def at_work() -> int:
    """Senders whose job has not ended; those of the two dead never end by themselves."""
    return Job.objects.live().count()
