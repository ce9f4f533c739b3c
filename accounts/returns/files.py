"""A bank's file of returns: taken once and looked at; what nobody knows waits for a person.

How its returns are posted stands in `file_posting`.
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.irregularities.enums import IrregularityKind
from accounts.irregularities.services import open_irregularity
from accounts.ledger.models import LedgerEntry
from accounts.returns import instruments
from accounts.returns.enums import (
    RETURN_FILE,
    ROW,
    TAKEN_IN,
    TO_DECIDE,
    FileStatus,
    ReturnFormat,
    RowFinding,
    Scheme,
)
from accounts.returns.formats import MOST_ROWS, FoundReturn
from accounts.returns.matching import judged_rows, payments_of
from accounts.returns.models import PaymentReturn, ReturnFile, ReturnRow
from accounts.returns.queries import split_with
from accounts.returns.rules import LOAD_RETURN_FILE
from accounts.returns.services import record_return
from collections_app.core import audit, clock, documents
from collections_app.core.bulk import copy_rows
from collections_app.core.money import format_amount
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

CONTENT_TYPES = {
    ReturnFormat.CAMT: "application/xml",
    ReturnFormat.PAIN002: "application/xml",
    ReturnFormat.BACS: "application/xml",
}
XML = tuple(CONTENT_TYPES)


class ReturnFileRefused(Refused):
    """The file can't be taken as it is."""


class RowRefused(Refused):
    """The row can't be decided so."""


@transaction.atomic
def load_return_file(
    *,
    content: bytes,
    filename: str,
    scheme: str,
    format: str,
    found: Sequence[FoundReturn] | None,
    mapping: dict | None = None,
    is_read: bool = True,
    size_limit: int = documents.SIZE_LIMIT,
    actor,
    as_of: date,
) -> ReturnFile:
    """Keep a file and its rows with what the product makes of each; nothing is posted yet.

    `found` are the rows the format's reader made; None where a person must first say which column of
    a table is what (`read_rows`), or where it is to be read yet (`is_read` false). The same bytes are
    taken once: a second time the first file is returned (`was_there`). Rows known from another file
    are marked as already there.
    Raises ReturnFileRefused (empty, too many rows, a colleague's), NotAllowed and what
    `documents.store` raises.
    """
    require(actor, LOAD_RETURN_FILE)
    digest = hashlib.sha256(content).hexdigest()
    known = ReturnFile.objects.filter(sha256=digest).exclude(status=FileStatus.DISCARDED).first()
    if known is not None and not ReturnFile.objects.visible_to(actor).filter(pk=known.pk).exists():
        raise ReturnFileRefused(
            _("%(name)s brought this file on %(day)s already.")
            % {"name": known.loaded_by, "day": clock.written(known.loaded_at.date())},
            field="file",
        )
    if known is not None:
        known.was_there = True
        return known
    if found is not None:
        _check_size(found)
    stored = documents.store(
        content=content,
        filename=filename,
        kind="return_file",
        owner=actor,
        content_type=CONTENT_TYPES.get(ReturnFormat(format), "text/plain"),
        size_limit=size_limit,
    )
    loaded = ReturnFile.objects.create(
        file=stored,
        sha256=digest,
        name=stored.filename,
        scheme=Scheme(scheme),
        format=ReturnFormat(format),
        mapping=mapping or {},
        is_read=is_read,
        loaded_by=actor,
    )
    RETURN_FILE.start(loaded, actor=actor, as_of=as_of)
    rows = judged_rows(loaded, found or [], actor, as_of)
    _write(rows)
    audit.record(
        "return_file.loaded",
        loaded,
        actor=actor,
        after={"sha256": digest, "rows": len(rows), "format": format, "scheme": scheme},
    )
    return loaded


def _write(rows: Sequence[ReturnRow]) -> None:
    names = [field.attname for field in ReturnRow._meta.concrete_fields if not field.primary_key]
    copy_rows(ReturnRow, names, ([getattr(row, name) for name in names] for row in rows))


def _check_size(found: Sequence[FoundReturn]) -> None:
    if not found:
        raise ReturnFileRefused(_("The file says of no payment that it came back."), field="file")
    if len(found) > MOST_ROWS:
        raise ReturnFileRefused(
            _("The file has more than %(most)s rows, which are the most that are taken at once. Split it.")
            % {"most": MOST_ROWS},
            field="file",
        )


@transaction.atomic
def read_rows(
    *, return_file: ReturnFile, found: Sequence[FoundReturn], mapping: dict, actor, as_of: date
) -> ReturnFile:
    """Read a table that is not posted yet under other columns; its rows are made anew."""
    require(actor, LOAD_RETURN_FILE)
    locked = _locked(return_file)
    RETURN_FILE.edge(locked.status, FileStatus.POSTED)
    _check_size(found)
    locked.rows.all().delete()
    locked.mapping, locked.is_read, locked.fault = mapping, True, ""
    locked.save(update_fields=["mapping", "is_read", "fault"])
    rows = judged_rows(locked, found, actor, as_of)
    _write(rows)
    audit.record("return_file.read", locked, actor=actor, after={"rows": len(rows), "mapping": mapping})
    return locked


@transaction.atomic
def read_again(*, return_file: ReturnFile, mapping: dict, actor) -> ReturnFile:
    """Have a large table read under other columns: the worker makes its rows anew."""
    require(actor, LOAD_RETURN_FILE)
    locked = _locked(return_file)
    RETURN_FILE.edge(locked.status, FileStatus.POSTED)
    locked.mapping, locked.is_read, locked.fault = mapping, False, ""
    locked.save(update_fields=["mapping", "is_read", "fault"])
    audit.record("return_file.read", locked, actor=actor, after={"mapping": mapping})
    return locked


@transaction.atomic
def keep_fault(*, return_file: ReturnFile, fault: str, mapping: dict | None = None) -> ReturnFile:
    """Say with a file why it could not be read, or that its columns must be told first."""
    locked = _locked(return_file)
    locked.is_read, locked.fault = True, fault[:300]
    locked.mapping = mapping if mapping is not None else locked.mapping
    locked.save(update_fields=["is_read", "fault", "mapping"])
    return locked


def _locked(loaded: ReturnFile) -> ReturnFile:
    return ReturnFile.objects.select_for_update(of=("self",)).get(pk=loaded.pk)


def note_of(row: ReturnRow) -> str:
    """What the file says beside the code, kept with the return."""
    return ", ".join(filter(None, [row.trace or row.reference, row.detail]))[:300]


@transaction.atomic
def discard_return_file(*, return_file: ReturnFile, reason: str, actor, as_of: date) -> ReturnFile:
    """Put a file away unposted; its bytes may come again."""
    if not reason.strip():
        raise ReturnFileRefused(_("Say why it is not posted."), field="reason")
    return RETURN_FILE.advance(
        return_file, to=FileStatus.DISCARDED, actor=actor, as_of=as_of, reason=reason[:300]
    )


@transaction.atomic
def match_row(*, row: ReturnRow, entry: LedgerEntry, code: str, actor, as_of: date) -> PaymentReturn:
    """Say which receipt a waiting row means, and by which reason it came back; the return is recorded.

    A smaller amount than the receipt's is a part; what the bank took beyond the receipt opens an
    irregularity, for the bank's balance lacks it. Raises RowRefused and what `record_return` raises.
    """
    require(actor, LOAD_RETURN_FILE)
    locked = ReturnRow.objects.select_for_update(of=("self",)).select_related("return_file").get(pk=row.pk)
    if locked.finding not in TO_DECIDE or locked.return_file.status not in TAKEN_IN:
        raise RowRefused(_("This row was decided already, or its file is not posted."))
    if entry.currency != locked.currency:
        raise RowRefused(_("That payment is in another currency."), field="entry")
    if not payments_of(locked.return_file.scheme, actor).filter(pk=entry.pk).exists():
        raise RowRefused(_("That payment can't be what came back."), field="entry")
    paid = sum((part.amount for part in split_with(entry)), entry.amount)
    returned = record_return(
        entry=entry,
        scheme=locked.return_file.scheme,
        code=code,
        return_date=locked.return_date,
        amount=min(locked.amount, entry.amount) or Decimal(0),
        note=note_of(locked),
        actor=actor,
        as_of=as_of,
        permission=LOAD_RETURN_FILE,
    )
    if locked.amount > paid:
        open_irregularity(
            kind=IrregularityKind.SHORT,
            amount=locked.amount - paid,
            currency=locked.currency,
            account=returned.account,
            note=_("The bank took back %(back)s of a payment of %(paid)s.")
            % {
                "back": format_amount(locked.amount, locked.currency, with_currency=True),
                "paid": format_amount(paid, locked.currency, with_currency=True),
            },
            subject=returned,
            actor=actor,
            as_of=as_of,
            permission=LOAD_RETURN_FILE,
        )
    ROW.advance(
        locked,
        to=RowFinding.RETURNED,
        actor=actor,
        as_of=as_of,
        entry=entry,
        payment_return=returned,
        reason=_("Matched by hand"),
    )
    return returned


@transaction.atomic
def match_paper(
    *, row: ReturnRow, instrument_id: int, code: str, certificate: str = "", actor, as_of: date
) -> ReturnRow:
    """Say which paper, a cheque, a waiting row means; it is given back by its own verbs.

    A smaller amount than the paper's is a part, which takes the bank's certificate. Raises RowRefused
    and what the paper's own verbs raise.
    """
    require(actor, LOAD_RETURN_FILE)
    locked = ReturnRow.objects.select_for_update(of=("self",)).select_related("return_file").get(pk=row.pk)
    if locked.finding not in TO_DECIDE or locked.return_file.status not in TAKEN_IN:
        raise RowRefused(_("This row was decided already, or its file is not posted."))
    papers = instruments.of(locked.return_file.scheme)
    offered = {one.pk: one for one in papers.offered(locked, actor)} if papers is not None else {}
    if papers is None or instrument_id not in offered:
        raise RowRefused(_("That paper can't be what came back."), field="paper")
    returned = papers.give_back(
        instrument_id,
        code=code,
        return_date=locked.return_date,
        amount=locked.amount,
        certificate=certificate,
        note=note_of(locked),
        actor=actor,
        as_of=as_of,
        permission=LOAD_RETURN_FILE,
    )
    return ROW.advance(
        locked,
        to=RowFinding.RETURNED,
        actor=actor,
        as_of=as_of,
        is_locked=True,
        instrument_id=instrument_id,
        payment_return=returned,
        note=offered[instrument_id].label[:300],
        reason=_("Matched by hand"),
    )


@transaction.atomic
def dismiss_row(*, row: ReturnRow, reason: str, actor, as_of: date) -> ReturnRow:
    """A waiting row concerns no receipt of ours, with the reason."""
    if not reason.strip():
        raise RowRefused(_("Say why it concerns no receipt of ours."), field="reason")
    return ROW.advance(
        row, to=RowFinding.DISMISSED, actor=actor, as_of=as_of, reason=reason[:300], note=reason[:300]
    )
