"""Posting a file of returns: at once, or step by step for a file of many rows; each row ends in one way.

A step takes the next rows that were matched, posts the plain ones as a set and the others one by one.
What it posted is kept when the next one fails, and whoever goes on begins with the rows that are left.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.ledger.enums import GroupKind
from accounts.ledger.models import LedgerEntry
from accounts.ledger.posting import lock_accounts
from accounts.returns import instruments
from accounts.returns.enums import RETURN_FILE, ROW, TAKEN_IN, FileStatus, RowFinding
from accounts.returns.files import ReturnFileRefused, note_of
from accounts.returns.models import PaymentReturn, ReturnFile, ReturnRow
from accounts.returns.rules import LOAD_RETURN_FILE
from accounts.returns.services import record_return
from accounts.returns.sets import Reasons, ToldReturn, record_return_set, rounds
from collections_app.core import clock
from collections_app.core.bulk import id_array
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

# So many returns a browser waits for; more are posted by a job.
POSTED_AT_ONCE = 500
STEP = 1_000


def _begin(return_file: ReturnFile, to: str, actor, as_of: date) -> ReturnFile:
    locked = ReturnFile.objects.select_for_update(of=("self",)).get(pk=return_file.pk)
    if not locked.rows.exists():
        raise ReturnFileRefused(_("Say first which column of the file is what."))
    ended = {"posted_at": clock.now()} if to == FileStatus.POSTED else {}
    RETURN_FILE.advance(locked, to=to, actor=actor, as_of=as_of, is_locked=True, posted_by=actor, **ended)
    return locked


@transaction.atomic
def post_return_file(*, return_file: ReturnFile, actor, as_of: date) -> ReturnFile:
    """Record every return whose receipt was found; the rest waits in the queue. All in one go.

    A row that has become impossible meanwhile (its receipt was reversed) waits too, with the reason.
    Raises StatusHasMoved for a file that was posted before.
    """
    require(actor, LOAD_RETURN_FILE)
    locked = _begin(return_file, FileStatus.POSTED, actor, as_of)
    reasons = Reasons(locked.scheme)
    while _post_rows(locked, reasons, actor, as_of):
        pass
    return locked


@transaction.atomic
def begin_posting(*, return_file: ReturnFile, actor, as_of: date) -> ReturnFile:
    """From now on the file is posted, step by step. Raises StatusHasMoved, ReturnFileRefused."""
    require(actor, LOAD_RETURN_FILE)
    return _begin(return_file, FileStatus.POSTING, actor, as_of)


@transaction.atomic
def post_step(*, return_file: ReturnFile, reasons: Reasons, actor, as_of: date) -> int:
    """Post the next rows of a file that is being posted; how many. With none left the file is posted.

    Two who post one file at once take turns.
    """
    require(actor, LOAD_RETURN_FILE)
    locked = ReturnFile.objects.select_for_update(of=("self",)).get(pk=return_file.pk)
    if locked.status != FileStatus.POSTING:
        return 0
    done = _post_rows(locked, reasons, actor, as_of)
    if not done:
        RETURN_FILE.advance(
            locked,
            to=FileStatus.POSTED,
            actor=actor,
            as_of=as_of,
            is_locked=True,
            posted_at=clock.now(),
        )
    return done


def _post_rows(return_file: ReturnFile, reasons: Reasons, actor, as_of: date) -> int:
    """Bring the next matched rows to their end: returned, already there, or waiting; how many."""
    rows = {
        row.pk: row
        for row in return_file.rows.filter(finding=RowFinding.MATCHED, entry__isnull=False)
        # of each account the first that is left: the larger the sets, the fewer the statements
        .order_by("entry__account_id", "number")
        .distinct("entry__account_id")
        .select_related("entry")[:STEP]
    }
    if not rows:
        return _give_back_papers(return_file, actor, as_of)
    _lock(rows.values())
    known = set(
        ReturnRow.objects.filter(key__in=[row.key for row in rows.values()], return_file__status__in=TAKEN_IN)
        .exclude(return_file=return_file)
        .values_list("key", flat=True)
    )
    told_before = [row.pk for row in rows.values() if row.key in known]
    ROW.advance_many(told_before, to=RowFinding.ALREADY, actor=actor, as_of=as_of)
    for turn in rounds([_told(row) for row in rows.values() if row.key not in known]):
        returned = record_return_set(
            told=turn,
            scheme=return_file.scheme,
            reasons=reasons,
            actor=actor,
            as_of=as_of,
            permission=LOAD_RETURN_FILE,
        )
        _end_rows(returned, actor, as_of)
        for told in turn:
            if told.row_id not in returned:
                _record_one(rows[told.row_id], return_file.scheme, actor, as_of)
    return len(rows)


def _give_back_papers(return_file: ReturnFile, actor, as_of: date) -> int:
    """Bring the next rows that mean a paper, no receipt, to their end; how many."""
    rows = list(return_file.rows.filter(finding=RowFinding.MATCHED).order_by("instrument_id")[:STEP])
    papers = instruments.of(return_file.scheme)
    if not rows or papers is None:
        return 0
    papers.lock(row.instrument_id for row in rows)
    for row in rows:
        try:
            with transaction.atomic():
                returned = papers.give_back(
                    row.instrument_id,
                    code=row.code,
                    return_date=row.return_date,
                    amount=row.amount,
                    certificate="",
                    note=note_of(row),
                    actor=actor,
                    as_of=as_of,
                    permission=LOAD_RETURN_FILE,
                )
        except Refused as refusal:
            why = {"reason": refusal.message[:300], "note": refusal.message[:300], "instrument_id": None}
            ROW.advance(row, to=RowFinding.UNKNOWN, actor=actor, as_of=as_of, **why)
            continue
        ROW.advance(row, to=RowFinding.RETURNED, actor=actor, as_of=as_of, payment_return=returned)
    return len(rows)


def _lock(rows: Iterable[ReturnRow]) -> None:
    """Lock at once, in the ledger's order, every account these rows may touch: the other parts of a
    payment over several accounts come back with it."""
    entries = [row.entry for row in rows]
    accounts = {entry.account_id for entry in entries}
    accounts |= set(
        LedgerEntry.objects.filter(
            groups__group__kind=GroupKind.SPLIT,
            groups__group__members__entry__in=[entry.pk for entry in entries],
        ).values_list("account", flat=True)
    )
    lock_accounts("(SELECT unnest(%(ids)s::bigint[]) AS account_id)", {"ids": id_array(sorted(accounts))})


def _told(row: ReturnRow) -> ToldReturn:
    entry = row.entry
    return ToldReturn(
        row_id=row.pk,
        entry_id=entry.pk,
        account_id=entry.account_id,
        code=row.code,
        return_date=row.return_date,
        amount=min(row.amount, entry.amount),
        note=note_of(row),
    )


def _end_rows(returned: dict[int, PaymentReturn], actor, as_of: date) -> None:
    """Say of rows which return each became."""
    if not returned:
        return
    ids: Sequence[int] = list(returned)
    ROW.advance_many(ids, to=RowFinding.RETURNED, actor=actor, as_of=as_of)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {ReturnRow._meta.db_table} r SET payment_return_id = g.returned"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS g(id, returned) WHERE r.id = g.id",
            [id_array(ids), id_array([returned[pk].pk for pk in ids])],
        )


def _record_one(row: ReturnRow, scheme: str, actor, as_of: date) -> PaymentReturn | None:
    """Record one row's return; where that is refused the row waits, with the reason."""
    entry = row.entry
    try:
        with transaction.atomic():
            returned = record_return(
                entry=entry,
                scheme=scheme,
                code=row.code,
                return_date=row.return_date,
                amount=min(row.amount, entry.amount),
                note=note_of(row),
                actor=actor,
                as_of=as_of,
                permission=LOAD_RETURN_FILE,
            )
    except Refused as refusal:
        ROW.advance(
            row,
            to=RowFinding.UNKNOWN,
            actor=actor,
            as_of=as_of,
            reason=refusal.message[:300],
            note=refusal.message[:300],
            entry=None,
        )
        return None
    ROW.advance(row, to=RowFinding.RETURNED, actor=actor, as_of=as_of, entry=entry, payment_return=returned)
    return returned
