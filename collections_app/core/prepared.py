"""Long reads that a page makes about one thing, planned once a connection instead of once a request.

The position of one account, its open items or its whole story are statements of a hundred lines
over a dozen tables. PostgreSQL runs them in half a millisecond and takes five to ten times as long
to parse and plan them, so that planning was half of what the database did for a page. A prepared
statement is planned for the first five requests of a connection and then keeps its plan; it makes a
new one by itself after ANALYZE or a change of the tables.

Behind a pooler that hands out another session for each transaction, prepared statements get lost:
with Django's own setting for that case (`DISABLE_SERVER_SIDE_CURSORS`) everything runs unprepared.
"""

import re
from datetime import date, datetime
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

# A longer list is a set; the best plan for it depends on how long it is.
MOST_IDS = 4
# Kept on one connection; what comes after runs unprepared.
MOST_STATEMENTS = 60
NAMED = re.compile(r"%\((\w+)\)s")
READS = re.compile(r"^\s*\(*\s*(SELECT|WITH)\b", re.I)
WRITES = re.compile(r"\b(INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|MERGE\s+INTO|FOR\s+UPDATE)\b", re.I)

# database session -> (statement, shape of its parameters) -> name of the prepared statement
_prepared: "WeakKeyDictionary[Any, dict[tuple, str]]" = WeakKeyDictionary()


class NotARead(Exception):
    """Only reads are prepared: the guard of looking pages cannot see into an EXECUTE."""


def select(sql: str, params: dict[str, Any]) -> list[tuple]:
    """The rows of a reading statement with parameters `%(name)s`, by a prepared one where that pays.

    Parameters are days, moments, texts, and lists of ids. Raises NotARead for what writes.
    """
    names = list(dict.fromkeys(NAMED.findall(sql)))
    with connection.cursor() as cursor:
        if not _pays(params[name] for name in names):
            cursor.execute(sql, params)
            return cursor.fetchall()
        statement = _statement(sql, {name: params[name] for name in names})
        if statement is None:
            cursor.execute(sql, params)
            return cursor.fetchall()
        values = [value for name in names for value in _flat(params[name])]
        places = f" ({', '.join(['%s'] * len(values))})" if values else ""
        cursor.execute(f"EXECUTE {statement}{places}", values)
        return cursor.fetchall()


def _pays(values) -> bool:
    if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        return False
    return all(
        len(value) <= MOST_IDS if isinstance(value, list) else isinstance(value, date | str)
        for value in values
    )


def _flat(value: Any) -> list:
    return value if isinstance(value, list) else [value]


def _statement(sql: str, params: dict[str, Any]) -> str | None:
    """The name of the prepared statement, made on this session where it has none yet; None where
    the session holds enough of them."""
    known = _prepared.setdefault(connection.connection, {})
    key = (sql, tuple(len(value) if isinstance(value, list) else -1 for value in params.values()))
    if key in known:
        return known[key]
    if len(known) >= MOST_STATEMENTS:
        return None
    if not READS.match(sql) or WRITES.search(sql):
        raise NotARead(sql[:300])
    places: dict[str, str] = {}
    types: list[str] = []
    for name, value in params.items():
        first = len(types) + 1
        types += [_type_of(each) for each in _flat(value)]
        numbers = [f"${number}" for number in range(first, len(types) + 1)]
        # An array written out, because of one whose length it cannot see the planner expects ten rows.
        places[name] = f"ARRAY[{', '.join(numbers)}]::bigint[]" if isinstance(value, list) else numbers[0]
    statement = f"read_{len(known) + 1}"
    declared = f" ({', '.join(types)})" if types else ""
    # Below Django's cursor: making ready is not one of the page's statements.
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        cursor.execute(f"PREPARE {statement}{declared} AS {sql % places}")
    known[key] = statement
    return statement


def _type_of(value: Any) -> str:
    if isinstance(value, datetime):
        return "timestamptz"
    if isinstance(value, date):
        return "date"
    return "text" if isinstance(value, str) else "bigint"
