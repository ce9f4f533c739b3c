"""Prepared reads: the same rows as without, planned once a connection, and never a write."""

from datetime import UTC, date, datetime
from weakref import WeakKeyDictionary

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collections_app.core import prepared
from collections_app.core.web.read_only import WroteWhileReading, read_only

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _room_for_these(monkeypatch):
    """The session may hold all it keeps already, of the tests before."""
    monkeypatch.setattr(prepared, "MOST_STATEMENTS", 10_000)


SUMS = "SELECT count(*), coalesce(sum(n), 0) FROM generate_series(1, 100) n WHERE n = ANY(%(ids)s)"


def executed(sql: str, params: dict) -> tuple[list, str]:
    """The rows, and the statement that the page is seen to run."""
    with CaptureQueriesContext(connection) as captured:
        rows = prepared.select(sql, params)
    (query,) = captured
    return rows, query["sql"]


def test_every_list_of_ids_gives_its_own_rows_time_and_again():
    for _request in range(8):  # the plan is kept from the sixth on
        for ids in ([], [1], [100], [101], [1, 2], [3, 4, 5], [1, 2, 3, 100], list(range(1, 101))):
            within = [pk for pk in ids if pk <= 100]
            assert prepared.select(SUMS, {"ids": ids}) == [(len(within), sum(within))]


def test_a_few_ids_run_prepared_and_a_set_does_not():
    assert executed(SUMS, {"ids": [7]})[1].startswith("EXECUTE read_")
    assert executed(SUMS, {"ids": list(range(prepared.MOST_IDS + 1))})[1].startswith("SELECT")


def test_a_key_runs_prepared_and_a_number_that_can_be_none_does_not():
    above = "SELECT count(*) FROM generate_series(1, 9) n WHERE n > %(pk)s"
    for pk, left, is_key in [(4, 5, True), (-1, 9, True), (2**63 - 1, 0, True), (2**63, 0, False)]:
        rows, sql = executed(above, {"pk": pk})
        assert rows == [(left,)]
        assert sql.startswith("EXECUTE read_") is is_key


def test_days_moments_texts_and_percent_signs_come_through():
    sql = """SELECT %(day)s + 1, %(at)s AT TIME ZONE %(zone)s, mod(7, 4), 7 %% 4, %(day)s
             WHERE 'a%%b' LIKE 'a%%'"""
    at = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
    values = {"day": date(2026, 11, 20), "at": at, "zone": "Asia/Dubai", "unused": object()}
    for _request in range(7):
        ((tomorrow, local, three, also, day),) = prepared.select(sql, values)
        assert (tomorrow, day) == (date(2026, 11, 21), date(2026, 11, 20))
        assert local == datetime(2026, 11, 21, 1, 30)  # noqa: DTZ001 PostgreSQL gives the wall clock
        assert (three, also) == (3, 3)


def test_what_changes_between_two_requests_is_seen():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE told (id bigint) ON COMMIT DROP")
        for count in range(1, 9):
            cursor.execute("INSERT INTO told VALUES (1)")
            assert prepared.select("SELECT count(*) FROM told WHERE id = ANY(%(ids)s)", {"ids": [1]}) == [
                (count,)
            ]


def test_behind_a_pooler_nothing_is_prepared(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    assert executed(SUMS, {"ids": [7]})[1].startswith("SELECT")


def test_a_full_session_gives_up_what_it_used_longest_ago(monkeypatch):
    def names() -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM pg_prepared_statements")
            return {name for (name,) in cursor.fetchall()}

    def asked(other: int) -> str:
        rows, sql = executed(SUMS + f" AND n <> {other}", {"ids": [7]})
        assert rows == [(1, 7)]
        return sql.split()[1]

    monkeypatch.setattr(prepared, "_prepared", WeakKeyDictionary())  # as a session that holds nothing yet
    before = names()
    monkeypatch.setattr(prepared, "MOST_STATEMENTS", 2)
    first, second = asked(8), asked(9)
    assert asked(8) == first, "kept"
    third = asked(10)
    assert names() - before == {first, third}, "the second was asked for longest ago"
    assert asked(9) not in (first, second, third)
    assert len(names() - before) == 2


def test_a_session_may_be_told_to_hold_none(monkeypatch):
    monkeypatch.setattr(prepared, "MOST_STATEMENTS", 0)
    assert executed(SUMS + " AND n <> 8", {"ids": [7]})[1].startswith("SELECT")


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM core_user WHERE id = ANY(%(ids)s)",
        "WITH gone AS (DELETE FROM core_user WHERE id = ANY(%(ids)s) RETURNING id) SELECT id FROM gone",
        "SELECT id FROM core_user WHERE id = ANY(%(ids)s) FOR UPDATE",
    ],
)
def test_a_write_is_never_prepared_so_that_a_looking_page_cannot_run_one(sql, monkeypatch):
    with pytest.raises(prepared.NotARead):
        prepared.select(sql, {"ids": [0]})
    monkeypatch.setattr(prepared, "MOST_STATEMENTS", 0)
    with pytest.raises(prepared.NotARead):
        prepared.select(sql, {"ids": [0]})


def test_a_looking_page_may_run_prepared_reads_and_no_writes():
    with read_only():
        assert prepared.select(SUMS, {"ids": [7]}) == [(1, 7)]
        with pytest.raises(WroteWhileReading), connection.cursor() as cursor:
            cursor.execute("UPDATE core_user SET id = id")


def test_a_write_with_typed_parameters_is_prepared_under_a_name_that_looking_pages_refuse():
    sql = "INSERT INTO told (id, word) SELECT * FROM unnest(%(ids)s::bigint[], %(words)s::text[])"
    types = {"ids": "bigint[]", "words": "text[]"}
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE told (id bigint, word text) ON COMMIT DROP")
        for number in range(7):
            with CaptureQueriesContext(connection) as captured, connection.cursor() as watched:
                prepared.write(watched, sql, {"ids": [number, 100], "words": ["a'b", None]}, types)
                assert watched.rowcount == 2
            assert captured[0]["sql"].startswith("EXECUTE write_")
        prepared.write(cursor, sql, {"ids": list(range(9)), "words": ["w"] * 9}, types)
        assert prepared.select_some("SELECT count(*) FROM told WHERE id = ANY(%(ids)s::bigint[])", [3]) == [
            (2,)
        ]
        assert prepared.select_some(
            "SELECT count(*) FROM told WHERE id = ANY(%(ids)s::bigint[])", range(101)
        ) == [(23,)]
        with pytest.raises(WroteWhileReading), read_only(), connection.cursor() as looking:
            prepared.write(looking, sql, {"ids": [1, 2], "words": ["", ""]}, types)
