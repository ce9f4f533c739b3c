"""The book itself: debtors, accounts, 18 months of money and what was said about it.

Everything follows from (seed, number, day) through a hash, so that the same arguments give the
same book. Each account behaves in one way (`behaviour`) and, if it is late, is in one situation
(`story`), so that money, promises and contacts tell the same tale.
"""

from datetime import date
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from accounts.ledger.services import refresh_standing
from campaigns.worklists.services import refresh_worklist
from collections_app.core.models import User
from reports.demonstration import names
from reports.demonstration.office import make_office

STATEMENTS = Path(__file__).parent / "sql"
# In the order they run; each file says what it makes.
STEPS = ("parties", "accounts", "money", "claims", "contacts", "finish")
COUNTED = (
    ("debtors", "accounts_debtor"),
    ("accounts", "accounts_account"),
    ("entries", "accounts_ledgerentry"),
    ("promises", "accounts_promise"),
    ("disputes", "accounts_dispute"),
    ("holds", "accounts_hold"),
    ("contacts", "accounts_contactattempt"),
    ("follow-ups", "accounts_followup"),
    ("worklist rows", "campaigns_worklistitem"),
)


@transaction.atomic
def make_book(*, accounts: int, seed: int, as_of: date) -> dict[str, int]:
    """Make office and book; returns how many rows of each noun there are.

    Raises ImproperlyConfigured on a production setting: a demonstration sign-in may not exist there.
    """
    if settings.PRODUCTION:
        raise ImproperlyConfigured("A production installation takes no demonstration book.")
    make_office(as_of=as_of)
    with connection.cursor() as cursor:
        _prepare(cursor, accounts=accounts, seed=seed, as_of=as_of)
        for step in STEPS:
            cursor.execute((STATEMENTS / f"{step}.sql").read_text(encoding="utf-8"))
            # Keys are checked step by step: a row trigger that asks a question costs milliseconds
            # while millions of checks are still waiting for the commit.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        refresh_standing(as_of=as_of)
        cursor.execute("ANALYZE accounts_standing")
        refresh_worklist(as_of=as_of)
        counts = {}
        for noun, table in COUNTED:
            cursor.execute(f"SELECT count(*) FROM {table}")
            counts[noun] = cursor.fetchone()[0]
    return counts


def _prepare(cursor, *, accounts: int, seed: int, as_of: date) -> None:
    """Give the statements their parameters: functions of the seed, the day and the actor."""
    system = User.objects.system().pk
    cursor.execute(
        f"""
        CREATE FUNCTION pg_temp.dice(what text, i bigint, sides int) RETURNS int
            LANGUAGE sql IMMUTABLE AS
            $$ SELECT ((hashtextextended(what || ':' || i, {int(seed)}) & 2147483647) % sides)::int $$;
        CREATE FUNCTION pg_temp.last_day() RETURNS date LANGUAGE sql IMMUTABLE AS
            $$ SELECT DATE '{as_of.isoformat()}' $$;
        CREATE FUNCTION pg_temp.size() RETURNS int LANGUAGE sql IMMUTABLE AS
            $$ SELECT {int(accounts)} $$;
        CREATE FUNCTION pg_temp.system() RETURNS bigint LANGUAGE sql IMMUTABLE AS
            $$ SELECT {int(system)}::bigint $$;
        CREATE FUNCTION pg_temp.moment(day date, minutes int) RETURNS timestamptz
            LANGUAGE sql STABLE AS
            $$ SELECT LEAST(day::timestamp AT TIME ZONE 'UTC' + minutes * INTERVAL '1 minute',
                            clock_timestamp()) $$;
        CREATE TEMP TABLE name_pool (pool int, language text, families text[], givens text[])
            ON COMMIT DROP;
        CREATE TEMP TABLE firm_words (firms text[], trades text[], areas text[], buildings text[])
            ON COMMIT DROP;
        """
    )
    cursor.executemany(
        "INSERT INTO name_pool VALUES (%s, %s, %s, %s)",
        [
            (pool, language, families.split(), givens.split())
            for pool, language, families, givens in names.PEOPLE
        ],
    )
    cursor.execute(
        "INSERT INTO firm_words VALUES (%s, %s, %s, %s)",
        [text.split("|") for text in (names.FIRMS, names.TRADES, names.AREAS, names.BUILDINGS)],
    )
