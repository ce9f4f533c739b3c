"""Passing tables: shared with workers where many rows come, temporary else, gone in either case."""

import pytest
from django.db import connection, transaction

from collections_app.core import passing

pytestmark = pytest.mark.django_db


def value(sql: str, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]


def make(name: str, definition: str) -> str:
    """Make one; how it is kept: `u` unlogged, `t` temporary."""
    passing.drop(name)
    with connection.cursor() as cursor:
        cursor.execute(passing.table(name, definition))
    return value("SELECT relpersistence::text FROM pg_class WHERE oid = to_regclass(%s)", name)


def test_a_room_shares_its_tables_and_takes_them_away_with_what_it_set():
    before = value("SHOW search_path"), value("SHOW parallel_tuple_cost")
    with passing.room():
        passing.make_room(passing.MANY - 1)
        assert make("few", "AS SELECT 1 AS id") == "t"
        with passing.room():
            passing.make_room(passing.MANY)
            assert make("few", "(id int)") == make("many", "\nAS SELECT 2 AS id") == "u"
        # the shared one stands before the temporary one of its name
        assert value("SELECT count(*) FROM few") == 0
        assert value("SELECT id FROM many") == 2
    assert value("SELECT to_regclass('many')") is None
    assert value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'passing%%'") == 0
    assert (value("SHOW search_path"), value("SHOW parallel_tuple_cost")) == before
    passing.make_room(passing.MANY)
    assert make("many", "(id int)") == "t"


@transaction.atomic
@passing.room()
def fail_in_a_room() -> None:
    passing.make_room(passing.MANY)
    make("many", "(id int)")
    raise ZeroDivisionError


def test_a_room_that_fails_leaves_nothing():
    before = value("SHOW search_path")
    with pytest.raises(ZeroDivisionError):
        fail_in_a_room()
    assert value("SHOW search_path") == before
    assert value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'passing%%'") == 0


def test_whoever_may_not_make_a_schema_gets_temporary_tables():
    with transaction.atomic(), passing.room():
        with connection.cursor() as cursor:
            cursor.execute("CREATE ROLE passer; SET LOCAL ROLE passer")
        passing.make_room(passing.MANY)
        assert make("many", "(id int)") == "t"
        transaction.set_rollback(True)
