"""A bank's file of returns: taken once, looked at, posted in one go; what nobody knows waits."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.ledger.enums import EntryKind, GroupKind
from accounts.ledger.models import Account, LedgerEntry
from accounts.returns.enums import (
    METHODS_OF,
    RETURN_FILE,
    ROW,
    TO_DECIDE,
    FileStatus,
    ReturnFormat,
    RowFinding,
    Scheme,
)
from accounts.returns.formats import FoundReturn
from accounts.returns.models import PaymentReturn, ReturnFile, ReturnReason, ReturnRow
from accounts.returns.rules import LOAD_RETURN_FILE
from accounts.returns.services import record_return
from collections_app.core import audit, clock, documents
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

CONTENT_TYPES = {
    ReturnFormat.CAMT: "application/xml",
    ReturnFormat.PAIN002: "application/xml",
    ReturnFormat.BACS: "application/xml",
}
MOST_ROWS = 5_000
# How long before its return a payment is looked for where only amount and words agree.
LOOK_BACK = timedelta(days=120)
CANDIDATES_SHOWN = 12


class ReturnFileRefused(Refused):
    """The file can't be taken as it is."""


class RowRefused(Refused):
    """The row can't be decided so."""


def fingerprint(scheme: str, row: FoundReturn) -> str:
    """What makes a row this row, whatever file it comes in."""
    parts = (
        scheme,
        row.code,
        f"{row.amount.normalize():f}",
        row.currency,
        row.return_date.isoformat(),
        row.reference,
        row.trace,
        row.payer,
        row.number_end,
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:60]


@transaction.atomic
def load_return_file(
    *,
    content: bytes,
    filename: str,
    scheme: str,
    format: str,
    found: Sequence[FoundReturn] | None,
    mapping: dict | None = None,
    actor,
    as_of: date,
) -> ReturnFile:
    """Keep a file and its rows with what the product makes of each; nothing is posted yet.

    `found` are the rows the format's reader made; None where a person must first say which column of
    a table is what (`read_rows`). The same bytes are taken once: a second time the first file is
    returned. Rows known from another file are marked as already there.
    Raises ReturnFileRefused (empty, too many rows), NotAllowed and what `documents.store` raises.
    """
    require(actor, LOAD_RETURN_FILE)
    digest = hashlib.sha256(content).hexdigest()
    known = ReturnFile.objects.filter(sha256=digest).exclude(status=FileStatus.DISCARDED).first()
    if known is not None:
        return known
    if found is not None:
        _check_size(found)
    stored = documents.store(
        content=content,
        filename=filename,
        kind="return_file",
        owner=actor,
        content_type=CONTENT_TYPES.get(ReturnFormat(format), "text/plain"),
    )
    loaded = ReturnFile.objects.create(
        file=stored,
        sha256=digest,
        name=stored.filename,
        scheme=Scheme(scheme),
        format=ReturnFormat(format),
        mapping=mapping or {},
        loaded_by=actor,
    )
    RETURN_FILE.start(loaded, actor=actor, as_of=as_of)
    rows = _judged(loaded, found or [], actor, as_of)
    ReturnRow.objects.bulk_create(rows, batch_size=1000)
    audit.record(
        "return_file.loaded",
        loaded,
        actor=actor,
        after={"sha256": digest, "rows": len(rows), "format": format, "scheme": scheme},
    )
    return loaded


def _check_size(found: Sequence[FoundReturn]) -> None:
    if not found:
        raise ReturnFileRefused(_("The file says of no payment that it came back."), field="file")
    if len(found) > MOST_ROWS:
        raise ReturnFileRefused(
            _("The file has %(n)s rows; at most %(most)s are taken at once. Split it.")
            % {"n": len(found), "most": MOST_ROWS},
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
    locked.mapping = mapping
    locked.save(update_fields=["mapping"])
    rows = _judged(locked, found, actor, as_of)
    ReturnRow.objects.bulk_create(rows, batch_size=1000)
    audit.record("return_file.read", locked, actor=actor, after={"rows": len(rows), "mapping": mapping})
    return locked


def _judged(loaded: ReturnFile, found: Sequence[FoundReturn], actor, as_of: date) -> list[ReturnRow]:
    """The rows of a file with what was found out about each; a few statements for all of them."""
    keys: list[str] = []
    seen: Counter[str] = Counter()
    for row in found:
        print_ = fingerprint(loaded.scheme, row)
        seen[print_] += 1
        keys.append(f"{print_}#{seen[print_]}")
    known = set(
        ReturnRow.objects.filter(key__in=keys, return_file__status=FileStatus.POSTED).values_list(
            "key", flat=True
        )
    )
    codes = {
        reason.code.lower() for reason in ReturnReason.objects.in_force(as_of).filter(scheme=loaded.scheme)
    }
    receipts = _receipts(loaded.scheme, found, actor)
    taken: set[int] = set()
    rows = []
    for row, key in zip(found, keys, strict=True):
        entry: LedgerEntry | None = None
        if row.is_success:
            finding = RowFinding.SUCCESS
        elif key in known:
            finding = RowFinding.ALREADY
        else:
            entry, is_back = _receipt_of(row, receipts, taken)
            if is_back:
                finding = RowFinding.ALREADY
            elif entry is None or not row.is_ours:
                entry, finding = None, RowFinding.UNKNOWN
            elif row.code.lower() not in codes:
                finding = RowFinding.NO_REASON
            else:
                finding = RowFinding.MATCHED
            if entry is not None:
                taken.add(entry.pk)
        rows.append(
            ReturnRow(
                return_file=loaded,
                number=len(rows) + 1,
                key=key,
                code=row.code[:24],
                amount=row.amount,
                currency=row.currency,
                return_date=row.return_date,
                payment_date=row.payment_date,
                reference=row.reference[:80],
                trace=row.trace[:80],
                payer=row.payer[:140],
                number_end=row.number_end,
                detail=row.detail[:200],
                finding=finding,
                entry=entry,
            )
        )
    return rows


def _payments(scheme: str, actor):
    """Payments in view that this scheme can return."""
    return LedgerEntry.objects.filter(
        kind=EntryKind.PAYMENT,
        account__in=Account.objects.visible_to(actor),
        method__in=["", *METHODS_OF[Scheme(scheme)]],
    )


def _receipts(scheme: str, found: Sequence[FoundReturn], actor) -> dict[str, list[LedgerEntry]]:
    """The payments that bear a reference or trace of these rows, by it."""
    wanted = {text for row in found if not row.is_success for text in (row.reference, row.trace) if text}
    by_reference: dict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in (
        _payments(scheme, actor)
        .filter(reference__in=wanted)
        .select_related("reversed_by", "payment_return")
        .prefetch_related("groups__group")
        .order_by("value_date", "id")
    ):
        by_reference[entry.reference].append(entry)
    return by_reference


def _receipt_of(
    row: FoundReturn, receipts: dict[str, list[LedgerEntry]], taken: set[int]
) -> tuple[LedgerEntry | None, bool]:
    """The one payment a row means: same reference, currency and amount, paid by then. Second, whether
    it came back already. None where none or more than one fits."""
    fits = {
        entry.pk: entry
        for text in (row.reference, row.trace)
        if text
        for entry in receipts.get(text, ())
        if entry.currency == row.currency and entry.value_date <= row.return_date
    }
    free = [
        entry
        for entry in fits.values()
        if getattr(entry, "reversed_by", None) is None and entry.pk not in taken
    ]
    standing = [entry for entry in free if entry.amount == row.amount]
    if not standing and (parts := _split(free, row)):
        taken.update(part.pk for part in parts)
        return parts[0], False
    if row.payment_date is not None and len(standing) > 1:
        standing = [entry for entry in standing if entry.value_date == row.payment_date] or standing
    if len(standing) == 1:
        return standing[0], False
    back = [
        entry
        for entry in fits.values()
        if (returned := getattr(entry, "payment_return", None)) is not None
        and returned.return_date == row.return_date
        and entry.amount == row.amount
        and entry.pk not in taken
    ]
    if not standing and len(back) == 1:
        return back[0], True
    return None, False


def _split(free: list[LedgerEntry], row: FoundReturn) -> list[LedgerEntry]:
    """The parts of one payment over several accounts that come to the row's amount; none otherwise."""
    by_group: dict[int, list[LedgerEntry]] = defaultdict(list)
    for entry in free:
        for grouped in entry.groups.all():
            if grouped.group.kind == GroupKind.SPLIT:
                by_group[grouped.group_id].append(entry)
    whole = [parts for parts in by_group.values() if sum(part.amount for part in parts) == row.amount]
    return whole[0] if len(whole) == 1 else []


def _locked(loaded: ReturnFile) -> ReturnFile:
    return ReturnFile.objects.select_for_update(of=("self",)).get(pk=loaded.pk)


@transaction.atomic
def post_return_file(*, return_file: ReturnFile, actor, as_of: date) -> ReturnFile:
    """Record every return whose receipt was found; the rest waits in the queue. All in one go.

    A row that has become impossible meanwhile (its receipt was reversed) waits too, with the reason.
    Raises StatusHasMoved for a file that was posted before.
    """
    require(actor, LOAD_RETURN_FILE)
    locked = _locked(return_file)
    if not locked.rows.exists():
        raise ReturnFileRefused(_("Say first which column of the file is what."))
    RETURN_FILE.advance(
        locked,
        to=FileStatus.POSTED,
        actor=actor,
        as_of=as_of,
        is_locked=True,
        posted_by=actor,
        posted_at=clock.now(),
    )
    known = set(
        ReturnRow.objects.filter(key__in=locked.rows.values("key"), return_file__status=FileStatus.POSTED)
        .exclude(return_file=locked)
        .values_list("key", flat=True)
    )
    rows = (
        locked.rows.filter(finding=RowFinding.MATCHED).select_related("entry").order_by("entry__account_id")
    )
    for row in rows:
        if row.key in known:
            ROW.advance(row, to=RowFinding.ALREADY, actor=actor, as_of=as_of)
            continue
        _record(row, locked.scheme, row.code, row.entry, actor=actor, as_of=as_of)
    return locked


def _record(row: ReturnRow, scheme: str, code: str, entry, *, actor, as_of: date) -> PaymentReturn | None:
    """Record one row's return; where that is refused the row waits, with the reason."""
    try:
        with transaction.atomic():
            returned = record_return(
                entry=entry,
                scheme=scheme,
                code=code,
                return_date=row.return_date,
                amount=min(row.amount, entry.amount),
                note=", ".join(filter(None, [row.trace or row.reference, row.detail]))[:300],
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
    ROW.advance(
        row,
        to=RowFinding.RETURNED,
        actor=actor,
        as_of=as_of,
        entry=entry,
        payment_return=returned,
    )
    return returned


@transaction.atomic
def discard_return_file(*, return_file: ReturnFile, reason: str, actor, as_of: date) -> ReturnFile:
    """Put a file away unposted; its bytes may come again."""
    if not reason.strip():
        raise ReturnFileRefused(_("Say why it is not posted."), field="reason")
    return RETURN_FILE.advance(
        return_file, to=FileStatus.DISCARDED, actor=actor, as_of=as_of, reason=reason[:300]
    )


def candidates_of(row: ReturnRow, actor) -> list[tuple[LedgerEntry, list[str]]]:
    """Payments that may be meant, each with what speaks for it; the likeliest first."""
    scheme = row.return_file.scheme
    near = _payments(scheme, actor).filter(
        currency=row.currency,
        value_date__range=(row.return_date - LOOK_BACK, row.return_date),
        reversed_by__isnull=True,
    )
    words = [text for text in (row.reference, row.trace) if text]
    same = near.filter(amount=row.amount) | near.filter(reference__in=words)
    if words:
        same |= near.filter(account__number__in=words)
    found = []
    for entry in same.select_related("account__debtor").order_by("-value_date", "-id")[:200]:
        evidence = _evidence(row, entry)
        found.append((entry, evidence))
    found.sort(key=lambda pair: -len(pair[1]))
    return found[:CANDIDATES_SHOWN]


def _evidence(row: ReturnRow, entry: LedgerEntry) -> list[str]:
    """What speaks for a payment, in words."""
    said = []
    if entry.reference and entry.reference in (row.reference, row.trace):
        said.append(_("same reference"))
    if entry.account.number in (row.reference, row.trace):
        said.append(_("account number in the reference"))
    if entry.amount == row.amount:
        said.append(_("same amount"))
    if row.payment_date is not None and entry.value_date == row.payment_date:
        said.append(_("same day"))
    names = {word for word in row.payer.lower().split() if len(word) > 2}
    if names & set(entry.account.debtor.name.lower().split()):
        said.append(_("name agrees"))
    return said


@transaction.atomic
def match_row(*, row: ReturnRow, entry: LedgerEntry, code: str, actor, as_of: date) -> PaymentReturn:
    """Say which receipt a waiting row means, and by which reason it came back; the return is recorded.

    A smaller amount than the receipt's is a part. Raises RowRefused and what `record_return` raises.
    """
    require(actor, LOAD_RETURN_FILE)
    locked = ReturnRow.objects.select_for_update(of=("self",)).select_related("return_file").get(pk=row.pk)
    if locked.finding not in TO_DECIDE or locked.return_file.status != FileStatus.POSTED:
        raise RowRefused(_("This row was decided already, or its file is not posted."))
    if entry.currency != locked.currency:
        raise RowRefused(_("That payment is in another currency."), field="entry")
    if not _payments(locked.return_file.scheme, actor).filter(pk=entry.pk).exists():
        raise RowRefused(_("That payment can't be what came back."), field="entry")
    returned = record_return(
        entry=entry,
        scheme=locked.return_file.scheme,
        code=code,
        return_date=locked.return_date,
        amount=min(locked.amount, entry.amount) or Decimal(0),
        note=", ".join(filter(None, [locked.trace or locked.reference, locked.detail]))[:300],
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
def dismiss_row(*, row: ReturnRow, reason: str, actor, as_of: date) -> ReturnRow:
    """A waiting row concerns no receipt of ours, with the reason."""
    if not reason.strip():
        raise RowRefused(_("Say why it concerns no receipt of ours."), field="reason")
    return ROW.advance(
        row, to=RowFinding.DISMISSED, actor=actor, as_of=as_of, reason=reason[:300], note=reason[:300]
    )
