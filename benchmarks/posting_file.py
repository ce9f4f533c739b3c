"""Payments in one file through `import_file`, in one commit; against COPY and one INSERT of as many."""

import csv
import io
import random
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction

from accounts.ledger.models import Account, LedgerEntry
from benchmarks.imports import bare_seconds
from benchmarks.runner import Measured
from benchmarks.timing import cpu_now
from collections_app.core import clock

AT_LEAST = 20_000  # payments a second
MOST_PAYMENTS = 400_000


def measure(*, accounts: int, seed: int) -> Measured:
    number = min(accounts, MOST_PAYMENTS)
    with tempfile.TemporaryDirectory() as folder:
        path = payments_file(Path(folder), number=number, seed=seed)
        bare = bare_seconds(path)
        before = LedgerEntry.objects.count()
        with transaction.atomic():
            begun, (client, server) = time.perf_counter(), cpu_now()
            call_command("import_file", "entries", str(path), json=True, stdout=io.StringIO())
            with connection.cursor() as cursor:
                # Part of the price: the keys that a commit would have checked.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            seconds, (client_now, server_now) = time.perf_counter() - begun, cpu_now()
            made = LedgerEntry.objects.count() - before
            transaction.set_rollback(True)
    sweep()
    if made != number:
        raise AssertionError(f"{made} of {number} payments were posted.")
    return Measured(
        seconds,
        bare,
        figures={"payments_a_second": made / seconds},
        at_least={"payments_a_second": AT_LEAST},
        detail={
            "payments": made,
            "bare_payments_a_second": round(made / bare),
            "client_cpu_seconds": round(client_now - client, 2),
            "server_cpu_seconds": round(server_now - server, 2),
        },
    )


def sweep() -> None:
    """Take the rows that were rolled back out of the tables: no book has so many dead ones."""
    with connection.cursor() as cursor:
        for table in ("accounts_ledgerentry", "accounts_standing", "accounts_importedrecord"):
            cursor.execute(f"VACUUM {table}")


def payments_file(folder: Path, *, number: int, seed: int) -> Path:
    """A file of payments of the last days, one on each of so many accounts of the lean book."""
    # The command's day, so that none of them lies ahead of it.
    chance, today = random.Random(seed), clock.today()
    path = folder / "payments.csv"
    chosen = Account.objects.order_by("pk").values_list("number", "creditor__code")[:number]
    with path.open("w", newline="", encoding="utf-8") as stream:
        write = csv.writer(stream).writerow
        write(["account_number", "creditor", "entry_reference", "kind", "amount", "value_date"])
        for place, (account, creditor) in enumerate(chosen.iterator()):
            day = today - timedelta(days=chance.randrange(3))
            write([account, creditor, f"T{place}", "payment", chance.randrange(100, 90_000) / 100, day])
    return path
