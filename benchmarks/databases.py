"""The databases that books stand in, on the server of the benchmarks."""

from datetime import date

from django.db import connection, connections
from django.db.models import Max

from accounts.ledger.models import Standing
from accounts.ledger.services import roll_standing
from accounts.parties.models import Creditor
from campaigns.worklists.services import refresh_worklist

MAINTENANCE = "postgres"


def make_database(name: str) -> None:
    """Connect to the database of that name, made empty where there is none."""
    connect_to(MAINTENANCE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    connect_to(name)


def connect_to(name: str) -> None:
    connection.close()
    for other in connections.all():
        other.settings_dict["NAME"] = name


def has_table(name: str) -> bool:
    return name in connection.introspection.table_names()


def bring_up_to(today: date) -> None:
    """A book made on an earlier day is rolled on, as the night would."""
    known = Standing.objects.aggregate(day=Max("standing_as_of"))["day"]
    if known < today:
        roll_standing(as_of=today, creditor_ids=Creditor.objects.values_list("pk", flat=True))
        refresh_worklist(as_of=today)
