"""The audit record: who did what to what, when and why.

`record` and `record_set` write in the caller's transaction, so that a thing and its record stand
or fall together. `record_access` writes on a connection of its own, because looking at something
happens in a request that must not write and may be rolled back. No personal values in `before`
and `after`: references and figures only. Sealing of the rows stands in `sealing.py`.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.utils.functional import Promise

from collections_app.core import prepared
from collections_app.core.models import AccessRecord, AuditRecord
from collections_app.core.own_connection import execute_apart
from collections_app.core.sealing import (
    Fault,
    Verdict,
    reset_pending,
    seal,
    sealed,
    sealed_tables,
    verify,
)

__all__ = [
    "Fault",
    "Verdict",
    "digest_of_ids",
    "plain",
    "record",
    "record_access",
    "record_set",
    "request_id",
    "reset_pending",
    "seal",
    "sealed",
    "sealed_tables",
    "together",
    "verify",
]

# Set by the web for the time of a request and by a job for its run; ties records to the log.
request_id: ContextVar[str] = ContextVar("request_id", default="")


_unwritten: ContextVar[list[AuditRecord] | None] = ContextVar("unwritten", default=None)


@contextmanager
def together() -> Iterator[None]:
    """The records of one act in one insert, at its end and in its order.

    Stands just inside the transaction of the act, whose records stand or fall as a whole: what
    raises out of it leaves none. Nothing inside may catch the failure of a part of the act, nor ask
    for a record's key. Inside another one it does nothing.
    """
    if _unwritten.get() is not None:
        yield
        return
    found: list[AuditRecord] = []
    token = _unwritten.set(found)
    try:
        yield
    finally:
        _unwritten.reset(token)
    _insert(found)


# Of the records of one act, in its order; their moment is the database's own.
TYPES = {
    "code": "text[]", "subject_type": "text[]", "subject_id": "bigint[]", "actor_id": "bigint[]",
    "reason": "text[]", "before": "text[]", "after": "text[]", "rows": "int[]", "request_id": "text[]",
}  # fmt: skip
INSERT = """
    INSERT INTO "core_auditrecord"
        (code, subject_type, subject_id, actor_id, reason, before, after, rows, request_id)
    SELECT code, subject_type, subject_id, actor_id, reason, before::jsonb, after::jsonb, rows, request_id
    FROM unnest(%(code)s::text[], %(subject_type)s::text[], %(subject_id)s::bigint[], %(actor_id)s::bigint[],
                %(reason)s::text[], %(before)s::text[], %(after)s::text[], %(rows)s::int[],
                %(request_id)s::text[])
         WITH ORDINALITY AS given (code, subject_type, subject_id, actor_id, reason, before, after, rows,
                                   request_id, place)
    ORDER BY place
"""


def _insert(found: list[AuditRecord]) -> None:
    if not found:
        return
    columns: dict[str, list] = {name: [getattr(row, name) for row in found] for name in TYPES}
    for name in ("before", "after"):
        columns[name] = [json.dumps(facts) for facts in columns[name]]
    with connection.cursor() as cursor:
        prepared.write(cursor, INSERT, columns, TYPES)


def _written(row: AuditRecord) -> AuditRecord:
    waiting = _unwritten.get()
    if waiting is None:
        row.save(force_insert=True)
    else:
        waiting.append(row)
    return row


def subject_type(subject) -> str:
    """`app.model` of an instance or a model class."""
    return subject._meta.label_lower


def plain(value: Any) -> Any:
    """The value as JSON holds it: amounts and days as text, a row as its key."""
    if value is None or isinstance(value, (bool, int, str)):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, (Decimal, UUID, Promise)):
        return str(value)
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if isinstance(value, (list, tuple, set, frozenset)):
        entries = [plain(entry) for entry in value]
        return sorted(entries, key=str) if isinstance(value, (set, frozenset)) else entries
    raise TypeError(f"{type(value).__name__} has no place in an audit record.")


def _checked_actor(actor):
    """An actor is mandatory, for jobs too: `User.objects.system()`."""
    if actor is None or getattr(actor, "pk", None) is None:
        raise ValueError("An audit record needs an actor; scheduled work acts as the system user.")
    return actor


def record(
    code: str,
    subject: models.Model,
    *,
    actor,
    before: Mapping | None = None,
    after: Mapping | None = None,
    reason: str = "",
    rows: int = 1,
) -> AuditRecord:
    """Say that `actor` did `code` (`payment.reversed`) to `subject`, in the same transaction."""
    return _written(
        AuditRecord(
            code=code,
            subject_type=subject_type(subject),
            subject_id=subject.pk,
            actor=_checked_actor(actor),
            reason=reason,
            before=plain(before or {}),
            after=plain(after or {}),
            rows=rows,
            request_id=request_id.get(),
        )
    )


def digest_of_ids(ids: Iterable[int]) -> str:
    """sha256 over the ids in order, so that a set record can be held against its rows."""
    return hashlib.sha256(",".join(map(str, sorted(ids))).encode()).hexdigest()


def record_set(
    code: str,
    model: type[models.Model],
    *,
    ids: Iterable[int],
    actor,
    after: Mapping | None = None,
    reason: str = "",
) -> AuditRecord | None:
    """One record for a set of rows: their number and a digest of their ids; none for no rows.

    Up to 100 ids are named themselves.
    """
    touched = sorted(set(ids))
    if not touched:
        return None
    facts = {**(after or {}), "count": len(touched), "ids_sha256": digest_of_ids(touched)}
    if len(touched) <= 100:
        facts["ids"] = touched
    return _written(
        AuditRecord(
            code=code,
            subject_type=subject_type(model),
            subject_id=touched[0] if len(touched) == 1 else None,
            actor=_checked_actor(actor),
            reason=reason,
            after=plain(facts),
            rows=len(touched),
            request_id=request_id.get(),
        )
    )


def record_access(
    kind: str,
    subject_or_type: models.Model | type[models.Model] | str,
    *,
    user,
    rows: int = 1,
    detail: Mapping | None = None,
) -> None:
    """Say that `user` saw, revealed, downloaded or exported something.

    Kept even when the request is rolled back and written even where the request may not write:
    the row goes through a connection of its own that commits at once.
    """
    is_row = isinstance(subject_or_type, models.Model)
    kind_of_subject = subject_or_type if isinstance(subject_or_type, str) else subject_type(subject_or_type)
    execute_apart(
        f"INSERT INTO {AccessRecord._meta.db_table}"
        " (kind, subject_type, subject_id, user_id, rows, detail) VALUES (%s, %s, %s, %s, %s, %s)",
        [
            kind,
            kind_of_subject,
            subject_or_type.pk if is_row else None,
            _checked_actor(user).pk,
            rows,
            json.dumps(plain(detail or {})),
        ],
    )
