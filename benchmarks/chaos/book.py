"""So many debtors of one creditor with one overdue charge each.

Even ones are a day past due and are reminded by e-mail, odd ones eight days and by text message.
"""

from datetime import UTC, date, datetime, timedelta

from django.core.management import call_command
from django.db import connection, transaction

from accounts.compliance.models import ContactProfile
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.services import refresh_standing
from accounts.parties.models import ContactPoint, Creditor, Debtor
from accounts.policies.enums import PolicyStatus
from accounts.policies.kinds import KINDS
from accounts.policies.models import PolicyVersion
from benchmarks.databases import connect_to, make_database
from collections_app.core import bulk, prepare
from collections_app.core.enums import Role
from collections_app.core.models import User

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
AMOUNT = 100
COUNTRY = "DE"
DUE_DAYS_AGO = (1, 8)  # of even and odd debtors: the days of the standard strategy's e-mail and text


def make_book(name: str, *, number: int, today: date) -> Creditor:
    """A database of that name, made anew, with the book in it; returns its creditor."""
    connect_to("postgres")
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    make_database(name)
    call_command("migrate", verbosity=0, interactive=False)
    prepare.run()
    _open_all_hours()
    creditor = Creditor.objects.create(
        code="CHAOS",
        name="Chaos Power",
        currency="EUR",
        country=COUNTRY,
        time_zone="UTC",
        released_at=LONG_AGO,
    )
    with transaction.atomic():
        _write(creditor, number, today)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    refresh_standing(as_of=today)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return creditor


def address_of(place: int) -> str:
    """Where the debtor of that number is reached."""
    return f"+49151{10_000_000 + place}" if place % 2 else f"d{place}@example.com"


def _write(creditor: Creditor, number: int, today: date) -> None:
    places = range(1, number + 1)
    system = User.objects.system()
    bulk.copy_rows(
        Debtor,
        ["id", "creditor_id", "reference", "name", "time_zone", "country"],
        ([place, creditor.pk, f"D{place}", f"Debtor {place}", "UTC", COUNTRY] for place in places),
    )
    bulk.copy_rows(
        ContactPoint,
        ["debtor_id", "kind", "value", "status", "noted_on", "valid_from", "is_primary"],
        (
            [place, "phone" if place % 2 else "email", address_of(place), "good", today, today, True]
            for place in places
        ),
    )
    bulk.copy_rows(
        Account,
        ["id", "creditor_id", "debtor_id", "number", "currency", "opened_date"],
        ([place, creditor.pk, place, f"K{place}", "EUR", today] for place in places),
    )
    bulk.copy_rows(
        LedgerEntry,
        ["id", "account_id", "currency", "kind", "direction", "line", "amount", "value_date", "due_date",
         "actor_id"],
        (
            [place, place, "EUR", "charge", "debit", "charges", AMOUNT, today - timedelta(days=30),
             today - timedelta(days=DUE_DAYS_AGO[place % 2]), system.pk]
            for place in places
        ),
    )  # fmt: skip
    with connection.cursor() as cursor:
        for model in (Debtor, Account, LedgerEntry):
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [model._meta.db_table, number]
            )


def _open_all_hours() -> None:
    """The workers live in real time, which may be a night or a Sunday: no law and no policy of the
    book's country shuts an hour."""
    maker = User.objects.create_user("chaos-maker", role=Role.SUPERVISOR)
    approver = User.objects.create_user("chaos-approver", role=Role.MANAGER)
    ContactProfile.objects.create(
        code="chaos",
        title="No hours",
        country=COUNTRY,
        valid_from=LONG_AGO.date(),
        clauses=[],
        status="approved",
        made_by=maker,
        approved_by=approver,
        approved_at=LONG_AGO,
    )
    hours = dict.fromkeys(WEEK, "00:00-23:59")
    PolicyVersion.objects.create(
        kind="contact_rules",
        values=KINDS["contact_rules"].clean(
            {"hours": {"email": hours, "sms": hours}, "holidays_closed": False, "caps": []}
        ),
        valid_from=LONG_AGO.date(),
        status=PolicyStatus.APPROVED,
        made_by=maker,
        approved_by=approver,
        approved_at=LONG_AGO,
    )
