"""What the product says in its logs names no person."""

import logging

import pytest
from django.conf import settings
from django.db import DataError, IntegrityError, connection, transaction

from collections_app.core.log_lines import LEFT_OUT, LineFormatter
from collections_app.core.models import User
from collections_app.testing import makers

NAME = "Amal Haddad"


def said_of(error: Exception) -> str:
    record = logging.LogRecord(
        "n", logging.ERROR, "", 0, "Job %s failed.", (7,), (type(error), error, error.__traceback__)
    )
    return LineFormatter("%(levelname)s: %(message)s").format(record)


def test_every_line_goes_through_it():
    [handler] = settings.LOGGING["handlers"].values()
    formatter = settings.LOGGING["formatters"][handler["formatter"]]
    assert formatter["()"] == f"{LineFormatter.__module__}.{LineFormatter.__qualname__}"


@pytest.mark.django_db
def test_an_error_of_the_database_is_told_without_the_row():
    """Neither by us nor by our own server."""
    makers.user(username=NAME, full_name=NAME)
    with pytest.raises(IntegrityError) as twice, transaction.atomic():
        User.objects.create(username=NAME, full_name=NAME)
    with pytest.raises(DataError) as wrong, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT %s || '', DATE '2026-02-31'", [NAME])
    for error in (twice.value, wrong.value):
        assert NAME in str(error)
        said = said_of(error)
        assert NAME not in said
        assert LEFT_OUT in said
        assert type(error).__name__ in said
        assert "test_log_lines.py" in said
    if not settings.EMBEDDED_POSTGRES:
        return  # whose server it is says what it logs; docs/operators.md tells him
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name LIKE 'log_%%'", [])
        kept = dict(cursor.fetchall())
    assert (kept["log_min_error_statement"], kept["log_error_verbosity"]) == ("panic", "terse")
    assert (kept["log_min_duration_statement"], kept["log_statement"]) == ("-1", "none")
