"""A page that is only looked at writes nothing: the guard around every GET."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from django.db import connection

from collections_app.core.prepared import WRITES

# EXECUTE runs what `prepared` made ready; `select` takes reads alone, and a write says so by its name.
READS = re.compile(
    r"^\s*\(*\s*(SELECT|WITH|SHOW|EXPLAIN|SAVEPOINT|RELEASE|ROLLBACK|SET|DECLARE|FETCH|CLOSE|EXECUTE)\b",
    re.I,
)


class WroteWhileReading(Exception):
    """A GET tried to change the database. The page must use POST for what it does."""


@lru_cache(maxsize=1024)
def _only_reads(text: str) -> bool:
    """Remembered, because a page runs the same few dozen long statements again and again."""
    return bool(READS.match(text)) and not WRITES.search(text)


def _refuse_writes(execute, sql, params, many, context):
    text = str(sql)
    if not _only_reads(text):
        raise WroteWhileReading(text[:300])
    return execute(sql, params, many, context)


@contextmanager
def read_only() -> Iterator[None]:
    """Let only reading statements through on this thread's connection while the block runs.

    `audit.record_access` uses a connection of its own, so a protected row that is seen is logged.
    """
    with connection.execute_wrapper(_refuse_writes):
        yield
