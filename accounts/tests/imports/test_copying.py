"""Lines that the server takes in while more are read; and a connection that is given back."""

import pytest
from django.db import DataError, connection, transaction

from accounts.imports.copying import WAITING_PIECES, Copying

pytestmark = pytest.mark.django_db


def numbers() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM taken_in")
        return cursor.fetchone()[0]


@pytest.fixture(autouse=True)
def taken_in():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE taken_in (id int) ON COMMIT DROP")


def test_all_lines_are_there_when_it_ends():
    copying = Copying("taken_in", ["id"])
    for number in range(WAITING_PIECES * 3):
        copying.put(f"{number}\n".encode())
    copying.end()
    assert numbers() == list(range(WAITING_PIECES * 3))


def test_what_the_server_refuses_is_raised_where_the_lines_come_from():
    with pytest.raises(DataError), transaction.atomic():
        end_with(Copying("taken_in", ["id"]), b"no number\n")
    assert numbers() == []


def end_with(copying: Copying, piece: bytes) -> None:
    copying.put(piece)
    copying.end()


def test_a_reading_that_fails_gives_the_connection_back():
    sid = transaction.savepoint()
    copying = Copying("taken_in", ["id"])
    copying.put(b"1\n")
    copying.abandon()
    transaction.savepoint_rollback(sid)
    assert numbers() == []
