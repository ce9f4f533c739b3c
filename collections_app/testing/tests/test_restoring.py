"""A test database put back: what is left equals what was, or a new copy is asked for."""

from datetime import date

import pytest
from django.db import connection, transaction

from accounts.ledger.models import LedgerEntry
from accounts.policies.models import PolicyVersion
from collections_app.core.models import AuditRecord, User
from collections_app.testing import makers
from collections_app.testing.restoring import Prepared

pytestmark = pytest.mark.django_db(transaction=True)
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"


def contents() -> set[tuple]:
    """A hash of the rows of each table, and where each sequence stands."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        hashes = " UNION ALL ".join(
            f"SELECT '{name}', md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} t"  # noqa: S608
            for (name,) in cursor.fetchall()
        )
        cursor.execute(f"{hashes} UNION ALL SELECT sequencename, last_value::text FROM pg_sequences")
        return set(cursor.fetchall())


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_rows_added_changed_and_gone_are_put_right():
    prepared, before = Prepared(), contents()
    assert {"core_user", "accounts_policyversion"} <= {name for name, rows in before if rows}
    for _turn in range(2):
        makers.entry(
            account=makers.account(), amount="100", value_date=date(2026, 11, 1), as_of=date(2026, 11, 2)
        )
        User.objects.filter(username="system").update(full_name="Somebody")
        run("SET session_replication_role = replica")
        PolicyVersion.objects.all()._raw_delete("default")
        run("RESET session_replication_role")
        assert LedgerEntry.objects.exists()
        assert AuditRecord.objects.exists()
        assert contents() != before
        assert prepared.restore()
        assert contents() == before


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE added (id int)",
        "TRUNCATE accounts_policyversion CASCADE",
        "ALTER TABLE core_user ALTER COLUMN phone DROP NOT NULL",
        "ALTER TABLE core_user DISABLE TRIGGER ALL",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_another_schema_is_seen(statement):
    prepared = Prepared()
    assert prepared.has_its_schema()
    transaction.set_autocommit(False)
    try:
        run(statement)
        assert not prepared.has_its_schema()
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)


def test_another_schema_asks_for_a_new_copy():
    prepared = Prepared()
    run("CREATE TABLE added (id int)")
    assert not prepared.restore()


def test_temporary_tables_are_nobodys_business():
    prepared, before = Prepared(), contents()
    run("CREATE TEMP TABLE mine AS SELECT 1 AS id")
    assert prepared.restore()
    assert contents() == before
