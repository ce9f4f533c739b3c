"""A queueing worker killed with SIGKILL in the middle of a chunk: nothing twice, and the run goes on.

It is stopped where the database sees it: a trigger makes the line of one account wait for a lock
that the test holds, when the messages of its chunk are written and not yet committed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection

from accounts.ledger.models import Account
from accounts.parties.models import Creditor
from campaigns.sending.models import Message, MessageAccount
from campaigns.sending.queries import run_figures
from campaigns.tests.test_sending_kill import book, open_all_hours
from campaigns.treatment.enums import StepStatus
from campaigns.treatment.jobs import SendDueReminders
from campaigns.treatment.models import ReminderRun, StepRecord
from collections_app.core import clock
from collections_app.core.jobs import run_job
from collections_app.core.models import AuditRecord, Job, Transition
from collections_app.testing import makers
from collections_app.testing.workers import wait_until

NUMBER, CHUNK, STOP_AT = 35, 10, 14  # the fifteenth debtor stands in the middle of the second chunk
GATE = 4_711_0815


def ask(query: str, *params) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchone() if cursor.description else ()


@contextmanager
def stopping_at(account: Account) -> Iterator[None]:
    """Whoever writes this account's line waits; the wait ends with the block."""
    ask("SELECT pg_advisory_lock(%s)", GATE)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION wait_for_test() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" PERFORM pg_advisory_xact_lock_shared({GATE}); RETURN NEW; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER wait_for_test BEFORE INSERT ON campaigns_messageaccount FOR EACH ROW"
            f" WHEN (NEW.account_id = {account.pk}) EXECUTE FUNCTION wait_for_test()"
        )
    try:
        yield
    finally:
        ask("SELECT pg_advisory_unlock_all()")
        assert wait_until(nobody_else_holds_a_lock)
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER wait_for_test ON campaigns_messageaccount")
            cursor.execute("DROP FUNCTION wait_for_test()")


def somebody_waits() -> bool:
    return ask("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE objid = %s AND NOT granted)", GATE)[0]


def nobody_else_holds_a_lock() -> bool:
    """The dead worker's session is over: its transaction is taken back, its pass lock is free."""
    return not ask(
        "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND pid <> pg_backend_pid())"
    )[0]


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_mid_chunk_queues_nothing_twice_and_the_run_resumes(workers):
    today = clock.local_date(clock.now(), "UTC")
    open_all_hours()
    book(NUMBER, today)
    creditor = Creditor.objects.get(accounts__number="K0")
    with stopping_at(Account.objects.get(number=f"K{STOP_AT}")):
        (worker,) = workers.start(1, include="campaigns.tests.small_chunks")
        job = SendDueReminders.enqueue_once(scope=creditor.code, actor=makers.system())
        assert wait_until(somebody_waits), workers.logs()
        workers.kill(worker)

    # the chunk that was committed is whole, of the one under way nothing is left
    assert Message.objects.count() == CHUNK
    assert MessageAccount.objects.count() == CHUNK
    assert StepRecord.objects.filter(status=StepStatus.QUEUED).count() == CHUNK
    job.refresh_from_db()
    assert job.status == "running"

    # its heartbeat stops, and another worker takes the same job over
    Job.objects.filter(pk=job.pk).update(heartbeat_at=clock.now() - timedelta(hours=1))
    run_job(job.pk)

    job.refresh_from_db()
    assert (job.status, job.attempts) == ("done", 2)
    debtors = list(Message.objects.values_list("debtor", flat=True))
    assert len(debtors) == len(set(debtors)) == NUMBER
    assert MessageAccount.objects.count() == NUMBER
    first, second = ReminderRun.objects.order_by("pk")
    assert first.finished_at is None
    assert second.counts["messages"] == NUMBER - CHUNK
    assert run_figures(second.pk, NUMBER - CHUNK).adds_up
    assert Transition.objects.filter(subject_type="campaigns.message").count() == NUMBER
    assert AuditRecord.objects.filter(code="message.queued").count() == 2
