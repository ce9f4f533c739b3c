"""Long statements about one thing, planned once a connection instead of once a request.

The position of one account, its open items or its whole story are statements of a hundred lines
over a dozen tables, and so are the standing and the worklist row that follow a payment. PostgreSQL
runs them in half a millisecond and takes five to ten times as long to parse and plan them, so that
planning was half of what the database did for a page. A prepared statement is planned for the first
five requests of a connection and then keeps its plan; it makes a new one by itself after ANALYZE or
a change of the tables.

Behind a pooler that hands out another session for each transaction, prepared statements get lost:
with Django's own setting for that case (`DISABLE_SERVER_SIDE_CURSORS`) everything runs unprepared.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

from collections_app.core.bulk import id_array

# A longer list is a set; the best plan for it depends on how long it is.
MOST_IDS = 4
# Kept on one connection, as each costs it half a megabyte; one more takes the place of the one that was
# not asked for longest.
MOST_STATEMENTS = 60
KEY_BITS = 64  # its sign is one of them
NAMED = re.compile(r"%\((\w+)\)s")
READS = re.compile(r"^\s*\(*\s*(SELECT|WITH)\b", re.I)
WRITES = re.compile(
    r"\b(INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|MERGE\s+INTO|FOR\s+UPDATE|EXECUTE\s+write_\d+)\b",
    re.I,
)
WRITTEN = re.compile(r"\b(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+[\w\"]+")

# database session -> (kind, statement, shape of its parameters) -> name of the prepared statement, in the
# order of their last use
_prepared: "WeakKeyDictionary[Any, dict[tuple, str]]" = WeakKeyDictionary()
_numbers = count(1)


class NotARead(Exception):
    """A write among the reads: the guard of looking pages goes by the name of what is executed."""


def select(sql: str, params: dict[str, Any]) -> list[tuple]:
    """The rows of a reading statement with parameters `%(name)s`, by a prepared one where that pays.

    Parameters are days, moments, texts, keys, and lists of ids. Raises NotARead for what writes.
    """
    with connection.cursor() as cursor:
        _execute(cursor, sql, params, {}, "read")
        return cursor.fetchall()


def select_some(sql: str, ids: Iterable[int], **params: Any) -> list[tuple]:
    """As `select` with `%(ids)s::bigint[]`: a few keys run prepared, a set is one constant."""
    keys = list(ids)
    if len(keys) <= MOST_IDS:
        return select(sql, {**params, "ids": keys})
    with connection.cursor() as cursor:
        cursor.execute(sql, {**params, "ids": id_array(keys)})
        return cursor.fetchall()


def write(cursor, sql: str, params: dict[str, Any], types: dict[str, str] | None = None) -> None:
    """Run a writing statement on the cursor, by a prepared one where that pays.

    `types` are the SQL types of parameters that are not days, moments, texts, keys or lists of ids;
    a list with a type of its own (`text[]`) is one parameter.
    """
    _execute(cursor, sql, params, types or {}, "write")


def _execute(cursor, sql: str, params: dict[str, Any], types: dict[str, str], kind: str) -> None:
    wanted = {name: params[name] for name in _names(sql)}
    statement = _statement(sql, wanted, types, kind) if _pays(wanted, types) else None
    if statement is None:
        cursor.execute(sql, params)
        return
    values: list[Any] = []
    places: list[str] = []
    for name, value in wanted.items():
        if name in types:
            values.append(value)
            places.append(f"%s::{types[name]}")
        else:
            values += _flat(value)
            places += ["%s"] * len(_flat(value))
    given = f" ({', '.join(places)})" if places else ""
    cursor.execute(f"EXECUTE {statement}{given}{_said(sql) if kind == 'write' else ''}", values)


@lru_cache(maxsize=256)
def _names(sql: str) -> tuple[str, ...]:
    """The parameters of a statement; remembered, for the longest have ten thousand characters."""
    return tuple(dict.fromkeys(NAMED.findall(sql)))


@lru_cache(maxsize=256)
def _said(sql: str) -> str:
    """What a write does, for whoever reads the log of statements."""
    found = WRITTEN.search(sql)
    return f" /* {found.group(0)} */" if found else ""


def _pays(params: dict[str, Any], types: dict[str, str]) -> bool:
    if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        return False
    return all(
        len(value) <= MOST_IDS if isinstance(value, list) else name in types or _is_plain(value)
        for name, value in params.items()
    )


def _is_plain(value: Any) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool) and value.bit_length() < KEY_BITS
    return isinstance(value, date | str)


def _flat(value: Any) -> list:
    return value if isinstance(value, list) else [value]


def _statement(sql: str, params: dict[str, Any], types: dict[str, str], kind: str) -> str | None:
    """The name of the prepared statement, made on this session where it has none yet; None where
    sessions hold none. What was used longest ago makes room."""
    known = _prepared.setdefault(connection.connection, {})
    shape = (
        len(value) if isinstance(value, list) and name not in types else -1 for name, value in params.items()
    )
    key = (kind, sql, tuple(shape))
    if key in known:
        known[key] = known.pop(key)  # to the end
        return known[key]
    if kind == "read" and (not READS.match(sql) or WRITES.search(sql)):
        raise NotARead(sql[:300])
    if not MOST_STATEMENTS:
        return None
    places: dict[str, str] = {}
    declared: list[str] = []
    for name, value in params.items():
        first = len(declared) + 1
        if name in types:
            declared.append(types[name])
            places[name] = f"${first}"
            continue
        declared += [_type_of(each) for each in _flat(value)]
        numbers = [f"${number}" for number in range(first, len(declared) + 1)]
        # An array written out, because of one whose length it cannot see the planner expects ten rows.
        places[name] = f"ARRAY[{', '.join(numbers)}]::bigint[]" if isinstance(value, list) else numbers[0]
    statement = f"{kind}_{next(_numbers)}"
    of_types = f" ({', '.join(declared)})" if declared else ""
    # Below Django's cursor: making ready is not one of the page's statements.
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        while len(known) >= MOST_STATEMENTS:
            oldest = next(iter(known))
            cursor.execute(f"DEALLOCATE {known[oldest]}")
            del known[oldest]
        cursor.execute(f"PREPARE {statement}{of_types} AS {sql % places}")
    known[key] = statement
    return statement


def _type_of(value: Any) -> str:
    if isinstance(value, datetime):
        return "timestamptz"
    if isinstance(value, date):
        return "date"
    return "text" if isinstance(value, str) else "bigint"
