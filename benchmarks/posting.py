"""Payments one by one through the product's door, four writers at once, fsync on; against the same
statements without the product, and beside a trial of seven statements by hand."""

import random
from statistics import median

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.ledger.models import LedgerEntry
from accounts.ledger.services import refresh_standing
from benchmarks import doors
from benchmarks.runner import Measured
from benchmarks.timing import median_cpu_seconds
from benchmarks.writers import WARM_UP, posted_per_second
from campaigns.worklists.services import refresh_worklist
from collections_app.core import clock
from collections_app.core.models import AuditRecord
from reports.demonstration.office import TIME_ZONE

WRITERS, EACH, ROUNDS = 4, 400, 3
AT_LEAST = 0.6
KINDS = ("product", "statements", "trial")


def measure(*, accounts: int, seed: int) -> Measured:
    chance = random.Random(seed)
    each = min(EACH, accounts // WRITERS // 4)
    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        if cursor.fetchone()[0] != "on":
            raise AssertionError("A server without fsync says nothing of posting.")
    before = [LedgerEntry.objects.latest("pk").pk, AuditRecord.objects.latest("pk").pk]
    rates: dict[str, list[float]] = {kind: [] for kind in KINDS}
    try:
        for _round in range(ROUNDS):
            for kind in KINDS:
                chosen = chance.sample(range(1, accounts + 1), WRITERS * (each + WARM_UP))
                spans = [chosen[number::WRITERS] for number in range(WRITERS)]
                name = str(connection.settings_dict["NAME"])
                connection.close()  # the writers have the server for themselves
                rates[kind].append(posted_per_second(kind, spans, name))
    finally:
        _take_back(*before)
    product, statements, trial = (median(rates[kind]) for kind in KINDS)
    return Measured(
        1 / product,
        1 / statements,
        figures={"of_bare_sql": product / statements},
        at_least={"of_bare_sql": AT_LEAST},
        detail={
            "payments_a_second": round(product),
            "bare_statements_a_second": round(statements),
            "trial_of_seven_a_second": round(trial),
            "of_the_trial": round(product / trial, 2),
            "rounds": {kind: [round(rate) for rate in found] for kind, found in rates.items()},
            "writers": WRITERS,
            **_one_payment(accounts),
        },
    )


def _one_payment(accounts: int) -> dict[str, float]:
    """How many statements a payment takes and how much of Python's time, rolled back."""
    post = doors.product([accounts // 2])

    def once() -> None:
        with transaction.atomic():
            post(accounts // 2)
            transaction.set_rollback(True)

    cpu = median_cpu_seconds(once)
    with CaptureQueriesContext(connection) as captured:
        once()
    told = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
    return {"statements": len(told), "python_cpu_ms": round(cpu * 1000, 2)}


def _take_back(entry_id: int, audit_id: int) -> None:
    """Remove what was posted, as only the server's owner can: the tables take no deletes."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM core_auditrecord WHERE id > %s", [audit_id])
        cursor.execute("DELETE FROM accounts_ledgerentry WHERE id > %s RETURNING account_id", [entry_id])
        touched = sorted({row[0] for row in cursor.fetchall()})
    today = clock.today(TIME_ZONE)
    refresh_standing(as_of=today, account_ids=touched)
    refresh_worklist(as_of=today, account_ids=touched)
