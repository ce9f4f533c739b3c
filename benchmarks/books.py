"""Databases of benchmarks: one per size, seed and state of the code that makes books."""

import hashlib
from datetime import date
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.models import Max

from accounts.ledger.models import Account, Standing
from accounts.ledger.services import roll_standing
from campaigns.worklists.services import refresh_worklist
from collections_app.core import clock, prepare
from collections_app.core.models import User
from reports import demonstration
from reports.demonstration.book import make_book
from reports.demonstration.office import TIME_ZONE

MAINTENANCE = "postgres"


def use_book(*, accounts: int, seed: int) -> None:
    """Connect to the database of this book; make it first where there is none."""
    name = f"benchmark_{accounts}_{seed}_{_digest()}"
    _connect_to(MAINTENANCE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    _connect_to(name)
    if not _is_filled(accounts):
        call_command("migrate", verbosity=0, interactive=False)
        prepare.run()
        make_book(accounts=accounts, seed=seed, as_of=clock.today(TIME_ZONE))
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    _bring_up_to(clock.today(TIME_ZONE))


def _digest() -> str:
    """Of everything that decides what a book looks like: its makers and the tables' history."""
    found = hashlib.sha256()
    folder = Path(demonstration.__file__).parent
    for path in sorted([*folder.glob("*.py"), *folder.glob("sql/*.sql")]):
        found.update(path.read_bytes())
    for path in sorted(Path(settings.BASE_DIR).glob("*/migrations/*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()[:8]


def _connect_to(name: str) -> None:
    connection.close()
    for other in connections.all():
        other.settings_dict["NAME"] = name


def _is_filled(accounts: int) -> bool:
    if Account._meta.db_table not in connection.introspection.table_names():
        return False
    return Account.objects.count() == accounts


def _bring_up_to(today: date) -> None:
    """A book made on an earlier day is rolled on, as the night would."""
    known = Standing.objects.aggregate(day=Max("standing_as_of"))["day"]
    if known < today:
        roll_standing(as_of=today)
        refresh_worklist(as_of=today)


def officer() -> User:
    """The officer whose pages are looked at: one with a full list."""
    return User.objects.get(username="amal")


def manager() -> User:
    return User.objects.get(username="tanaka")
