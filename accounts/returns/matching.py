"""Which receipt a row of a return file means: the sure ones by themselves, the rest with evidence."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.ledger.enums import EntryKind, GroupKind
from accounts.ledger.models import Account, GroupedEntry, LedgerEntry
from accounts.returns import instruments
from accounts.returns.enums import METHODS_OF, TAKEN_IN, RowFinding, Scheme
from accounts.returns.formats import FoundReturn
from accounts.returns.models import ReturnFile, ReturnReason, ReturnRow
from accounts.returns.queries import TOLD_TWICE

# How long before its return a payment is looked for where only amount and words agree.
LOOK_BACK = timedelta(days=120)
CANDIDATES_SHOWN = 12
ASKED_AT_ONCE = 5_000


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


def _pieces(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many at a time as a statement may name."""
    return (texts[at : at + ASKED_AT_ONCE] for at in range(0, len(texts), ASKED_AT_ONCE))


def judged_rows(loaded: ReturnFile, found: Sequence[FoundReturn], actor, as_of: date) -> list[ReturnRow]:
    """The rows of a file with what was found out about each; a few statements for all of them."""
    keys: list[str] = []
    seen: Counter[str] = Counter()
    for row in found:
        print_ = fingerprint(loaded.scheme, row)
        seen[print_] += 1
        keys.append(f"{print_}#{seen[print_]}")
    known = {
        key
        for piece in _pieces(keys)
        for key in ReturnRow.objects.filter(key__in=piece, return_file__status__in=TAKEN_IN).values_list(
            "key", flat=True
        )
    }
    codes = {
        reason.code.lower() for reason in ReturnReason.objects.in_force(as_of).filter(scheme=loaded.scheme)
    }
    asked = [row for row, key in zip(found, keys, strict=True) if key not in known and not row.is_success]
    receipts = _receipts(loaded.scheme, asked, actor)
    taken: set[int] = set()
    rows: list[ReturnRow] = []
    unknown: list[tuple[ReturnRow, FoundReturn]] = []
    for row, key in zip(found, keys, strict=True):
        entry: _Receipt | None = None
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
                entry_id=entry.pk if entry is not None else None,
            )
        )
        if finding == RowFinding.UNKNOWN and row.is_ours:
            unknown.append((rows[-1], row))
    _find_papers(loaded.scheme, unknown, codes, actor)
    return rows


def _find_papers(
    scheme: str, unknown: Sequence[tuple[ReturnRow, FoundReturn]], codes: set[str], actor
) -> None:
    """Rows that mean no receipt may mean a paper that never became one."""
    papers = instruments.of(scheme)
    if papers is None or not unknown:
        return
    for place, meant in papers.meant_by([found for _row, found in unknown], actor).items():
        row = unknown[place][0]
        row.instrument_id, row.note = meant.pk, meant.label[:300]
        if meant.is_back:
            row.finding = RowFinding.ALREADY  # no lifecycle
        else:
            known = row.code.lower() in codes
            row.finding = RowFinding.MATCHED if known else RowFinding.NO_REASON  # no lifecycle


def payments_of(scheme: str, actor):
    """Payments in view that this scheme can return."""
    return LedgerEntry.objects.filter(
        kind=EntryKind.PAYMENT,
        account__in=Account.objects.visible_to(actor),
        method__in=["", *METHODS_OF[Scheme(scheme)]],
    )


class _Receipt(NamedTuple):
    """As much of a payment as is asked of it here: there may be fifty thousand."""

    pk: int
    reference: str
    amount: Decimal
    currency: str
    value_date: date
    reversal_id: int | None
    returned_on: date | None
    split_ids: tuple[int, ...] = ()


def _receipts(scheme: str, asked: Sequence[FoundReturn], actor) -> dict[str, list[_Receipt]]:
    """The payments that bear a reference or trace of these rows, by it."""
    wanted = {text for row in asked for text in (row.reference, row.trace) if text}
    by_reference: dict[str, list[_Receipt]] = defaultdict(list)
    for piece in _pieces(sorted(wanted)):
        rows = list(
            payments_of(scheme, actor)
            .filter(reference__in=piece)
            .order_by("value_date", "id")
            .values_list(
                "pk",
                "reference",
                "amount",
                "currency",
                "value_date",
                "reversed_by",
                "payment_return__return_date",
            )
        )
        splits: dict[int, list[int]] = defaultdict(list)
        for entry_id, group_id in GroupedEntry.objects.filter(
            entry__in=[row[0] for row in rows], group__kind=GroupKind.SPLIT
        ).values_list("entry", "group"):
            splits[entry_id].append(group_id)
        for row in rows:
            by_reference[row[1]].append(_Receipt(*row, tuple(splits.get(row[0], ()))))
    return by_reference


def _receipt_of(
    row: FoundReturn, receipts: dict[str, list[_Receipt]], taken: set[int]
) -> tuple[_Receipt | None, bool]:
    """The one payment a row means: same reference, currency and amount, paid by then. Second, whether
    it came back already. None where none or more than one fits."""
    fits = {
        entry.pk: entry
        for text in (row.reference, row.trace)
        if text
        for entry in receipts.get(text, ())
        if entry.currency == row.currency and entry.value_date <= row.return_date
    }
    free = [entry for entry in fits.values() if entry.reversal_id is None and entry.pk not in taken]
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
        if entry.returned_on is not None
        and abs(entry.returned_on - row.return_date) <= TOLD_TWICE
        and entry.amount == row.amount
        and entry.pk not in taken
    ]
    if not standing and len(back) == 1:
        return back[0], True
    return None, False


def _split(free: list[_Receipt], row: FoundReturn) -> list[_Receipt]:
    """The parts of one payment over several accounts that come to the row's amount; none otherwise."""
    by_group: dict[int, list[_Receipt]] = defaultdict(list)
    for entry in free:
        for group_id in entry.split_ids:
            by_group[group_id].append(entry)
    whole = [parts for parts in by_group.values() if sum(part.amount for part in parts) == row.amount]
    return whole[0] if len(whole) == 1 else []


def candidates_of(row: ReturnRow, actor, looked_for: str = "") -> list[tuple[LedgerEntry, list[str]]]:
    """Payments that may be meant, each with what speaks for it; the likeliest first.

    `looked_for`, an account's number, a reference or part of a name, finds those that nothing in the
    row leads to.
    """
    scheme = row.return_file.scheme
    near = payments_of(scheme, actor).filter(
        currency=row.currency,
        value_date__range=(row.return_date - LOOK_BACK, row.return_date),
        reversed_by__isnull=True,
    )
    words = [text for text in (row.reference, row.trace) if text]
    same = near.filter(amount=row.amount) | near.filter(reference__in=words)
    if words:
        same |= near.filter(account__number__in=words)
    if looked_for:
        same = near.filter(
            Q(account__number__iexact=looked_for)
            | Q(reference__iexact=looked_for)
            | Q(account__debtor__name__icontains=looked_for)
        )
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
