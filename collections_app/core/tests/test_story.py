"""Timelines read in one statement: order, exact amounts, and words for what is shown only."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from collections_app.core import story
from collections_app.core.story import Story

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 20)


def rows(*lines: str) -> str:
    return " UNION ALL ".join(f"SELECT timestamptz '2026-11-{line}" for line in lines)


def test_several_stories_are_one_statement_newest_first(django_assert_num_queries):
    paid = Story(rows("18 09:00Z' AS at, 'first' AS what", "20 09:00Z', 'third'"), lambda row, day: vars(row))
    called = Story(rows("19 09:00Z' AS at, 'second' AS what"), lambda row, day: vars(row))
    with django_assert_num_queries(1):
        found = story.read([paid, called], [1], DAY)
    assert [row.words()["what"] for row in found] == ["third", "second", "first"]
    assert found[0].at == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_at_the_same_moment_the_order_of_the_stories_and_of_their_rows_stands():
    one = Story(rows("18' AS at, 1 AS n", "18', 2"), lambda row, day: {"n": row.n})
    two = Story(rows("18' AS at, 3 AS n"), lambda row, day: {"n": row.n})
    assert [row.words()["n"] for row in story.read([one, two], [1], DAY)] == [1, 2, 3]


def test_amounts_come_through_unrounded_and_days_as_days():
    small, large = "0.10::numeric(19, 4) AS small", "99999999999999.9999::numeric(19, 4) AS large"
    line = f"18' AS at, {small}, {large}, date '2026-11-02' AS due"
    (row,) = Story(rows(line), lambda row, day: vars(row))([1], None, DAY)
    assert (row["small"], row["large"]) == (Decimal("0.1000"), Decimal("99999999999999.9999"))
    assert story.day_of(row["due"]) == date(2026, 11, 2)


def test_nothing_is_put_into_words_before_it_is_shown():
    worded = []
    told = Story(rows("18' AS at, 1 AS n", "19', 2", "20', 3"), lambda row, day: worded.append(row.n) or {})
    found = story.read([told], [1], DAY)
    assert worded == []
    found[0].event()
    assert worded == [3]


def test_a_story_has_its_own_parameters_beside_ids_and_day():
    told = Story(
        "SELECT now() AS at, %(ids)s::int[] AS ids, %(as_of)s::date AS day, %(people)s::int[] AS people",
        lambda row, day: vars(row),
        lambda ids: {"people": [pk * 10 for pk in ids]},
    )
    (event,) = told([4, 5], None, DAY)
    assert (event["ids"], event["day"], event["people"]) == ([4, 5], "2026-11-20", [40, 50])


@pytest.mark.parametrize(
    ("recorded", "stands"),
    [
        ("2026-11-18 15:30:00.000007Z", "2026-11-18 15:30:00.000007+00:00"),
        ("2026-11-19 00:00:00.000007Z", "2026-11-18 12:00:00.000007+00:00"),
        ("2026-11-17 23:59:59.999999Z", "2026-11-18 12:00:00.999999+00:00"),
    ],
)
def test_a_dated_fact_stands_on_its_day(recorded, stands):
    moment = story.moment_sql("date '2026-11-18'", f"timestamptz '{recorded}'")
    (found,) = story.read([Story(f"SELECT {moment} AS at", lambda row, day: {})], [1], DAY)
    assert found.at == datetime.fromisoformat(stands)


@pytest.mark.parametrize(("moment", "count"), [("2026-11-20 23:59:59Z", 1), ("2026-11-21 00:00:00Z", 0)])
def test_what_comes_after_the_day_is_not_told(moment, count):
    select = f"SELECT x.at FROM (SELECT timestamptz '{moment}' AS at) x WHERE {story.until_sql('x.at')}"
    assert len(story.read([Story(select, lambda row, day: {})], [1], DAY)) == count


def test_no_stories_ask_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert story.read([], [1], DAY) == []
