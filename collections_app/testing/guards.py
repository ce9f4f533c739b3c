"""Guards that tests put around the product."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

WRITES = re.compile(
    r"\s*(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|CREATE|ALTER|DROP|REFRESH|COPY\s+\S+\s+FROM|EXECUTE\s+write_\d+)\b"
    r"|\s*WITH\b.*\b(INSERT\s+INTO|DELETE\s+FROM|MERGE\s+INTO|UPDATE\s+\S+\s+(AS\s+\S+\s+)?SET)\b",
    re.IGNORECASE | re.DOTALL,
)


class WrittenOnGet(AssertionError):
    """A statement that writes was sent where only reading is allowed."""


@contextmanager
def nothing_written() -> Iterator[None]:
    """Inside, every statement that writes raises: a GET must pass under it.

    The one exception is the kernel's own connection for access records (`own_connection`), which
    is outside the request's work by design.
    """

    def refuse(execute, statement, params, many, context):
        if WRITES.match(str(statement)):
            raise WrittenOnGet(str(statement)[:300])
        return execute(statement, params, many, context)

    with connection.execute_wrapper(refuse):
        yield


class UndefinedVariable(Exception):
    """A template asked for a variable that nobody gave it."""


class FailOnUndefined(str):
    """Django's `string_if_invalid` that raises in place of printing; `{% if x %}` may still ask."""

    __slots__ = ()

    def __contains__(self, item: object) -> bool:
        return item == "%s"

    def __mod__(self, variable: object) -> str:
        raise UndefinedVariable(f"undefined template variable: {variable}")
