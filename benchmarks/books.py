"""Databases of benchmarks: one per size, seed and state of the code that makes books."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from accounts.ledger.models import Account
from benchmarks.databases import bring_up_to, has_table, make_database
from collections_app.core import clock, prepare
from collections_app.core.models import User
from reports import demonstration
from reports.demonstration.book import make_book
from reports.demonstration.office import TIME_ZONE


def use_book(*, accounts: int, seed: int) -> None:
    """Connect to the database of this book; make it first where there is none."""
    make_database(f"benchmark_{accounts}_{seed}_{_digest()}")
    if not _is_filled(accounts):
        call_command("migrate", verbosity=0, interactive=False)
        prepare.run()
        make_book(accounts=accounts, seed=seed, as_of=clock.today(TIME_ZONE))
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    bring_up_to(clock.today(TIME_ZONE))


def _digest() -> str:
    """Of everything that decides what a book looks like: its makers and the tables' history."""
    found = hashlib.sha256()
    folder = Path(demonstration.__file__).parent
    for path in sorted([*folder.glob("*.py"), *folder.glob("sql/*.sql")]):
        found.update(path.read_bytes())
    for path in sorted(Path(settings.BASE_DIR).glob("*/migrations/*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()[:8]


def _is_filled(accounts: int) -> bool:
    if not has_table(Account._meta.db_table):
        return False
    return Account.objects.count() == accounts


def officer() -> User:
    """The officer whose pages are looked at: one with a full list."""
    return User.objects.get(username="amal")


def manager() -> User:
    return User.objects.get(username="tanaka")
