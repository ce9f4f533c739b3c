"""A book brought in by file: accounts, then their entries; a real one where REAL_DATA is given."""

import csv
import gzip
import io
import os
import random
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction

from accounts.ledger.models import LedgerEntry
from benchmarks.runner import Measured
from collections_app.core import clock

REAL = "road_fines"
MAPPINGS = Path(__file__).resolve().parent.parent / "accounts" / "tests" / "mappings"
# The stated limit: 411,818 entries of 150,370 accounts in a minute.
ENTRIES_PER_SECOND = 411_818 / 60
SMALLEST_LIMIT = 10
COPY = "COPY bare_line FROM STDIN (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')"
EACH = (("charge", 30), ("charge", 0), ("payment", None))


def measure(*, accounts: int, seed: int) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        files = real_files() or generated(Path(folder), accounts, seed)
        before = LedgerEntry.objects.count()
        bare = bare_seconds(files["entries"][0])
        with transaction.atomic():
            begun = time.perf_counter()
            for kind, (path, mapping) in files.items():
                given = ["--mapping", str(mapping)] if mapping else []
                call_command("import_file", kind, str(path), *given, json=True, stdout=io.StringIO())
            with connection.cursor() as cursor:
                # Part of the price: the keys that a commit of each file would have checked.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            seconds = time.perf_counter() - begun
            made = LedgerEntry.objects.count() - before
            transaction.set_rollback(True)
    if made == 0:
        raise AssertionError("The import made no entry.")
    limit = max(made / ENTRIES_PER_SECOND, SMALLEST_LIMIT)
    return Measured(
        seconds,
        bare,
        figures={"seconds": seconds},
        limits={"seconds": round(limit, 1)},
        detail={"entries": made, "source": REAL if real_files() else "generated"},
    )


def real_files() -> dict[str, tuple[Path, Path | None]]:
    folder = os.environ.get("REAL_DATA", "")
    if not folder:
        return {}
    book = Path(folder) / REAL
    return {
        "accounts": (book / "cases.csv.gz", MAPPINGS / "road_fines_cases.json"),
        "entries": (book / "ledger.csv.gz", MAPPINGS / "road_fines_ledger.json"),
    }


def generated(folder: Path, accounts: int, seed: int) -> dict[str, tuple[Path, Path | None]]:
    """Two files in the standard format: accounts of a new creditor, and three entries of each."""
    chance, today = random.Random(seed), clock.today()
    files = {"accounts": (folder / "accounts.csv", None), "entries": (folder / "entries.csv", None)}
    with files["accounts"][0].open("w", newline="", encoding="utf-8") as stream:
        write = csv.writer(stream).writerow
        write(["account_number", "creditor", "debtor_reference", "debtor_name", "debtor_type", "phone",
               "country", "time_zone", "currency", "opened_date"])  # fmt: skip
        for i in range(accounts):
            write([f"B{i:07}", "BENCH", f"R{i:07}", f"Debtor {i}", "person", f"+97150{i:07}", "AE",
                   "Asia/Dubai", "AED", today - timedelta(days=400)])  # fmt: skip
    with files["entries"][0].open("w", newline="", encoding="utf-8") as stream:
        write = csv.writer(stream).writerow
        write(["account_number", "creditor", "entry_reference", "kind", "amount", "value_date", "due_date"])
        for i in range(accounts):
            for n, (kind, terms) in enumerate(EACH):
                day = today - timedelta(days=300 - 100 * n + chance.randrange(60))
                due = day + timedelta(days=terms) if terms is not None else ""
                write([f"B{i:07}", "BENCH", f"E{i}-{n}", kind, chance.randrange(100, 90_000) / 100, day, due])
    return files


def bare_seconds(path: Path) -> float:
    """COPY the file's lines as text, then insert as many entries with all indexes and keys."""
    entries = LedgerEntry._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bare_line (line text) ON COMMIT DROP")
        cursor.execute(f"CREATE TEMP TABLE bare_entry (LIKE {entries} INCLUDING ALL) ON COMMIT DROP")
        begun = time.perf_counter()
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            cursor.copy_expert(COPY, stream)
        cursor.execute(
            """
            INSERT INTO bare_entry (account_id, currency, kind, direction, line, amount, tax_amount, tax_code,
                value_date, due_date, is_due_date_assumed, reference, description, reason, method, receiver,
                source, actor_id)
            SELECT row_number() OVER () / 3, 'AED', 'charge', 'debit', 'charges', 1 + length(line), 0, '',
                   %s, %s, FALSE, left(line, 40), '', '', '', '', 'import', 1 FROM bare_line
            """,
            [date(2026, 1, 1), date(2026, 2, 1)],
        )
        taken = time.perf_counter() - begun
        transaction.set_rollback(True)
    return taken
