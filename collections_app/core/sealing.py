"""The hash chain over append-only tables.

Nothing is chained inside a payment's own transaction: a chain head locked there would make every
commit wait for the one before. A single sealer follows behind. It must never seal a range of ids
into which a transaction still running may yet commit, so a pass first notes the highest id it
sees, and a later one seals up to there when nobody who could hold a lower id is left:

* every transaction id given out before the note has ended (`pending_xmax`), and
* nobody who drew from the table's sequence before the note is still at work. A transaction keeps
  its lock on the sequence to its end, also when it has not written yet and has no id.

A seal keeps twenty bytes a row: the id and the first twelve of the row's sha256, so that
`verify` can name the row that changed, vanished or was slipped in.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection, models, transaction

from collections_app.core.models import AccessRecord, AuditRecord, Seal, SealCursor, Transition

CHUNK_ROWS = 5_000
ASKED = 3
CHUNKS_A_PASS = 400
DIGEST_BYTES = 12
ENTRY_BYTES = 8 + DIGEST_BYTES
NAMED_FAULTS = 20
SEALER_LOCK = 7_215_001


@dataclass(frozen=True)
class SealedTable:
    """A table under seal and the columns its digests cover, in order."""

    table: str
    columns: tuple[str, ...]
    key: str
    has_recorded_at: bool


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was sealed. `row` is None when the chain itself is meant."""

    table: str
    row: int | None
    what: str

    def __str__(self) -> str:
        where = self.table if self.row is None else f"{self.table} row {self.row}"
        return f"{where}: {self.what}"


@dataclass(frozen=True)
class Tail:
    """What of a table is not sealed yet, and how long the oldest of it has waited."""

    table: str
    rows: int
    age: timedelta | None


@dataclass
class Verdict:
    """The answer of `verify`. `head` is the last hash of the chain, for print on reports."""

    faults: list[Fault] = field(default_factory=list)
    tails: list[Tail] = field(default_factory=list)
    seals: int = 0
    rows: int = 0
    head: str = ""

    @property
    def holds(self) -> bool:
        return not self.faults


_tables: dict[str, SealedTable] = {}


def sealed(
    model: type[models.Model], columns: Sequence[str] | None = None, *, leaving_out: Sequence[str] = ()
) -> None:
    """Put a table under seal: `columns` are field names of the model, by default all but its key.

    `leaving_out` names free text that may hold personal values and must be erasable.
    """
    meta = model._meta
    if columns is None:
        given = [column for column in meta.concrete_fields if not column.primary_key]
        columns = [column.name for column in given if column.name not in leaving_out]
    _tables[meta.db_table] = SealedTable(
        meta.db_table,
        tuple(meta.get_field(name).column for name in columns),
        meta.pk.column,
        any(column.column == "recorded_at" for column in meta.concrete_fields),
    )


def sealed_tables() -> dict[str, SealedTable]:
    """The tables under seal by their name."""
    return dict(_tables)


def _quote(*names: str) -> list[str]:
    return [connection.ops.quote_name(name) for name in names]


def _digests(key: str, columns: tuple[str, ...]) -> str:
    """SQL of the digests of a set of rows, in order of their key."""
    values = ", ".join(_quote(*columns))
    (quoted,) = _quote(key)
    return (
        f"coalesce(string_agg(int8send({quoted}) || substr(sha256(convert_to("
        f"jsonb_build_array({values})::text, 'UTF8')), 1, {DIGEST_BYTES}), ''::bytea"
        f" ORDER BY {quoted}), ''::bytea)"
    )


def _fix_text_forms(cursor) -> None:
    """A moment and a byte string have one text form, whatever the session's own settings are."""
    cursor.execute("SET LOCAL timezone = 'UTC'; SET LOCAL bytea_output = 'hex'")


def chain_hash(
    previous: bytes, table: str, columns: list[str], first_id: int, last_id: int, digests: bytes
) -> bytes:
    """The hash of a seal: everything it says, after the hash of the one before."""
    head = json.dumps([table, list(columns), first_id, last_id, len(digests) // ENTRY_BYTES])
    return hashlib.sha256(bytes(previous) + head.encode() + bytes(digests)).digest()


def seal() -> int:
    """Seal what is final in every table; returns the number of rows sealed.

    Only one sealer works at a time: a second one returns 0 at once.
    """
    return sum(_seal_table(table) for table in _tables.values())


@transaction.atomic
def _seal_table(table: SealedTable) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        _fix_text_forms(cursor)
        position, _made = SealCursor.objects.get_or_create(table=table.table)
        rows = 0
        # the first round seals what an earlier pass noted, the second what was noted just now
        for _round in range(2):
            if position.pending_through is None and not _note(cursor, table, position):
                break
            if not _is_final(cursor, table, position):
                break
            rows += _seal_pending(cursor, table, position)
        position.save()
    return rows


def _note(cursor, table: SealedTable, position: SealCursor) -> bool:
    """Remember how far the table reaches now; False when nothing new stands in it."""
    key, name = _quote(table.key, table.table)
    cursor.execute(
        f"SELECT max({key}), pg_snapshot_xmax(pg_current_snapshot())::text::bigint,"
        f" clock_timestamp() FROM {name} WHERE {key} > %s",
        [position.sealed_through],
    )
    position.pending_through, xmax, noted_at = cursor.fetchone()
    if position.pending_through is None:
        return False
    position.pending_xmax, position.pending_at = xmax, noted_at
    return True


def _is_final(cursor, table: SealedTable, position: SealCursor) -> bool:
    """Whether nobody is left who could still commit a row at or below the noted id.

    Transaction ids are the whole server's: those proved to be another database's don't count. One
    that ends between the snapshot and the look at whose it was can't be proved, so a "no" is asked
    again before it costs a whole pass.
    """
    return any(_asked_is_final(cursor, table, position) for _try in range(ASKED))


def _asked_is_final(cursor, table: SealedTable, position: SealCursor) -> bool:
    cursor.execute("SELECT pg_stat_clear_snapshot()")
    cursor.execute(
        "SELECT NOT EXISTS (SELECT FROM pg_snapshot_xip(pg_current_snapshot()) AS running"
        " WHERE running::text::bigint < %s"
        " AND NOT EXISTS (SELECT FROM pg_stat_activity AS elsewhere"
        " WHERE elsewhere.datname <> current_database()"
        " AND elsewhere.backend_xid::text::bigint = running::text::bigint & 4294967295))"
        " AND NOT EXISTS (SELECT FROM pg_locks AS held"
        " LEFT JOIN pg_stat_activity AS client ON client.pid = held.pid"
        " WHERE held.locktype = 'relation' AND held.granted AND held.mode = 'RowExclusiveLock'"
        " AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND held.relation = pg_get_serial_sequence(%s, %s)::regclass"
        " AND held.pid IS DISTINCT FROM pg_backend_pid()"
        " AND coalesce(client.xact_start <= %s, true))",
        [position.pending_xmax, _quote(table.table)[0], table.key, position.pending_at],
    )
    return cursor.fetchone()[0]


def _seal_pending(cursor, table: SealedTable, position: SealCursor) -> int:
    """Seal from where the cursor stands to the noted id, in chunks; returns the rows sealed."""
    key, name = _quote(table.key, table.table)
    head = Seal.objects.order_by("-id").values_list("hash", flat=True).first()
    previous, rows = bytes(head) if head else b"", 0
    for _chunk in range(CHUNKS_A_PASS):
        cursor.execute(
            f"SELECT max({key}), count(*), {_digests(table.key, table.columns)}"
            f" FROM (SELECT * FROM {name} WHERE {key} > %s AND {key} <= %s"
            f" ORDER BY {key} LIMIT %s) AS chunk",
            [position.sealed_through, position.pending_through, CHUNK_ROWS],
        )
        last_id, count, digests = cursor.fetchone()
        if not count:
            position.pending_through = position.pending_xmax = position.pending_at = None
            break
        first_id, columns = position.sealed_through + 1, list(table.columns)
        link = chain_hash(previous, table.table, columns, first_id, last_id, digests)
        Seal.objects.create(
            table=table.table,
            columns=columns,
            first_id=first_id,
            last_id=last_id,
            row_count=count,
            digests=digests,
            previous_hash=previous,
            hash=link,
        )
        previous, rows = link, rows + count
        position.sealed_through = last_id
    return rows


def reset_pending() -> None:
    """Forget what was noted: after a restore the transaction ids are those of another server."""
    SealCursor.objects.update(pending_through=None, pending_xmax=None, pending_at=None)


@transaction.atomic
def verify() -> Verdict:
    """Recompute every digest and the chain, and name what is not as it was sealed.

    Reads every sealed row once, in the database; 400,000 rows take seconds.
    """
    verdict = Verdict()
    with connection.cursor() as cursor:
        # the sealer stands still meanwhile: chain, cursor and rows are read one after the other
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEALER_LOCK])
        _fix_text_forms(cursor)
        _check_chain(verdict)
        for name, columns in Seal.objects.values_list("table", "columns").order_by("table").distinct():
            _check_rows(cursor, verdict, name, tuple(columns))
        for table in _tables.values():
            verdict.tails.append(_tail(cursor, table))
    return verdict


def _check_chain(verdict: Verdict) -> None:
    """Every seal follows the one before it, and every table is covered without a gap."""
    previous, reached = b"", {}
    for link in Seal.objects.order_by("id").iterator(chunk_size=50):
        verdict.seals += 1
        verdict.rows += link.row_count
        if bytes(link.previous_hash) != previous:
            verdict.faults.append(Fault("core_seal", link.pk, "does not follow the seal before it"))
        expected = chain_hash(
            link.previous_hash, link.table, link.columns, link.first_id, link.last_id, link.digests
        )
        if bytes(link.hash) != expected or len(link.digests) != link.row_count * ENTRY_BYTES:
            verdict.faults.append(Fault("core_seal", link.pk, "was changed"))
        if link.first_id != reached.get(link.table, 0) + 1:
            verdict.faults.append(Fault("core_seal", link.pk, "leaves a gap in its table"))
        previous, reached[link.table] = bytes(link.hash), link.last_id
    verdict.head = previous.hex()
    for position in SealCursor.objects.order_by("table"):
        if position.sealed_through != reached.get(position.table, 0):
            verdict.faults.append(Fault(position.table, None, "its last seals are missing"))


def _check_rows(cursor, verdict: Verdict, name: str, columns: tuple[str, ...]) -> None:
    """Compare each seal of these columns with its rows; only seals that differ leave the database."""
    known = _tables.get(name)
    key = known.key if known else "id"
    quoted_key, quoted_name = _quote(key, name)
    cursor.execute(
        "SELECT count(*) FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name = %s AND column_name = ANY(%s)",
        [name, [key, *columns]],
    )
    if cursor.fetchone()[0] != len({key, *columns}):
        verdict.faults.append(Fault(name, None, "the table or a sealed column is gone"))
        return
    cursor.execute(
        "SELECT seal.digests, now.digests FROM core_seal AS seal CROSS JOIN LATERAL"
        f" (SELECT {_digests(key, columns)} AS digests FROM {quoted_name}"
        f" WHERE {quoted_key} BETWEEN seal.first_id AND seal.last_id) AS now"
        ' WHERE seal."table" = %s AND seal.columns = %s::varchar[] AND seal.digests <> now.digests'
        " ORDER BY seal.id",
        [name, list(columns)],
    )
    for was, now in cursor.fetchall():
        verdict.faults.extend(_name_rows(name, bytes(was), bytes(now)))


def _entries(digests: bytes) -> dict[int, bytes]:
    steps = range(0, len(digests), ENTRY_BYTES)
    return {
        int.from_bytes(digests[at : at + 8], "big", signed=True): digests[at + 8 : at + ENTRY_BYTES]
        for at in steps
    }


def _name_rows(table: str, was: bytes, now: bytes) -> list[Fault]:
    """The rows in which two digests differ, with what happened to each."""
    before, after = _entries(was), _entries(now)
    faults = []
    for row in sorted(before.keys() | after.keys()):
        if row not in after:
            faults.append(Fault(table, row, "vanished after it was sealed"))
        elif row not in before:
            faults.append(Fault(table, row, "was slipped into a sealed range"))
        elif before[row] != after[row]:
            faults.append(Fault(table, row, "was changed after it was sealed"))
    if len(faults) > NAMED_FAULTS:
        rest = len(faults) - NAMED_FAULTS
        faults = [*faults[:NAMED_FAULTS], Fault(table, None, f"and {rest} more rows of this seal")]
    return faults


def _tail(cursor, table: SealedTable) -> Tail:
    key, name = _quote(table.key, table.table)
    age = "clock_timestamp() - min(recorded_at)" if table.has_recorded_at else "NULL::interval"
    cursor.execute(
        f"SELECT count(*), {age} FROM {name} WHERE {key} > coalesce("
        '(SELECT sealed_through FROM core_sealcursor WHERE "table" = %s), 0)',
        [table.table],
    )
    rows, waited = cursor.fetchone()
    return Tail(table.table, rows, waited)


for kernels_own in (AuditRecord, Transition, AccessRecord):
    sealed(kernels_own)
