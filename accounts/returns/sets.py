"""Many plain returns at once, as a bank's file tells them: a few statements for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.holds.queries import held
from accounts.ledger import posting
from accounts.ledger.models import GroupedEntry, LedgerEntry
from accounts.ledger.services import NewEntry, post_entries
from accounts.policies.queries import resolver
from accounts.returns.enums import Scheme
from accounts.returns.following import Kept, follow
from accounts.returns.models import PaymentReturn, Retry, ReturnReason
from accounts.returns.postings import fee_of, fee_of_return, reversal_of_return
from accounts.returns.queries import attempt_of, reason_on
from accounts.returns.rules import RECORD_RETURN
from accounts.returns.services import check_return
from accounts.returns.signals import payment_returned
from collections_app.core import audit
from collections_app.core.bulk import id_array
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused


@dataclass(frozen=True)
class ToldReturn:
    """One return as a file tells it, of the payment it was found to mean. `amount` in its currency."""

    row_id: int
    entry_id: int
    account_id: int
    code: str
    return_date: date
    amount: Decimal
    note: str = ""


@dataclass(frozen=True)
class _Plain:
    told: ToldReturn
    entry: LedgerEntry
    reason: ReturnReason


class Reasons:
    """What codes mean on days; each is asked once for as long as this lives."""

    def __init__(self, scheme: str) -> None:
        self._scheme, self._known = scheme, {}  # type: str, dict[tuple[str, date], ReturnReason | None]

    def on(self, code: str, day: date) -> ReturnReason | None:
        key = (code.strip().lower(), day)
        if key not in self._known:
            self._known[key] = reason_on(self._scheme, code, day)
        return self._known[key]


def rounds(told: Sequence[ToldReturn]) -> list[list[ToldReturn]]:
    """The returns in order, such that no account stands twice in one round: of two that came back on
    one account the second follows from what the first left."""
    turn: dict[int, int] = {}
    made: list[list[ToldReturn]] = []
    for row in told:
        place = turn.get(row.account_id, 0)
        turn[row.account_id] = place + 1
        if place == len(made):
            made.append([])
        made[place].append(row)
    return made


@transaction.atomic
def record_return_set(
    *,
    told: Sequence[ToldReturn],
    scheme: str,
    reasons: Reasons,
    actor,
    as_of: date,
    permission: str = RECORD_RETURN,
) -> dict[int, PaymentReturn]:
    """Record those returns that are plain, with all that `record_return` does for one; by row.

    Plain is a payment that stands alone (no part of a group), came back whole, and by a known reason.
    Whatever is missing in the answer is for `record_return`, which says why it can't be. Of an account
    at most one row (`rounds`). Posting is one set, the audit one record a step.
    """
    require(actor, permission)
    scheme = Scheme(scheme)
    if not told:
        return {}
    ids = id_array(sorted({row.account_id for row in told}))
    posting.lock_accounts("(SELECT unnest(%(ids)s::bigint[]) AS account_id)", {"ids": ids})
    plain = _plain(told, scheme, reasons, as_of)
    if not plain:
        return {}
    held_by = held([one.told.account_id for one in plain], as_of)
    reversals, fees, fee_notes = _posted(plain, held_by, actor=actor, as_of=as_of, permission=permission)
    firsts = _attempts([one.entry for one in plain])
    returned = PaymentReturn.objects.bulk_create(
        PaymentReturn(
            account=one.entry.account,
            entry=one.entry,
            scheme=scheme,
            reason=one.reason,
            return_date=one.told.return_date,
            amount=one.entry.amount,
            currency=one.entry.currency,
            reversal=reversals[one.entry.pk],
            fee=fees.get(one.entry.pk),
            fee_note=fee_notes.get(one.entry.pk, ""),
            note=one.told.note.strip()[:300],
            attempt=firsts[one.entry.pk][0],
            actor=actor,
        )
        for one in plain
    )
    ids = [row.pk for row in returned]
    audit.record_set("payment.returned", PaymentReturn, ids=ids, actor=actor, after={"scheme": scheme})
    kept = [
        Kept(row, row.account, firsts[row.entry_id][1], held_by.get(row.account_id, set()))
        for row in returned
    ]
    follow(kept, actor=actor, as_of=as_of, permission=permission)
    if scheme == Scheme.CHEQUE:
        # who hears of it looks after cheques, and no other scheme returns one
        for row in returned:
            payment_returned.send(PaymentReturn, payment_return=row, actor=actor, as_of=as_of)
    return {one.told.row_id: row for one, row in zip(plain, returned, strict=True)}


def _plain(told: Sequence[ToldReturn], scheme: str, reasons: Reasons, as_of: date) -> list[_Plain]:
    entries = (
        LedgerEntry.objects.filter(pk__in=[row.entry_id for row in told])
        .select_related("account__creditor", "account__debtor", "account__team", "account__officer")
        .annotate(
            is_back=Exists(LedgerEntry.objects.filter(reverses=OuterRef("pk"))),
            is_returned=Exists(PaymentReturn.objects.filter(entry=OuterRef("pk"))),
            is_grouped=Exists(GroupedEntry.objects.filter(entry=OuterRef("pk"))),
        )
        .in_bulk()
    )
    found, seen = [], set()
    for row in told:
        entry = entries[row.entry_id]
        if entry.is_back or entry.is_returned or entry.is_grouped or row.amount != entry.amount:
            continue
        reason = reasons.on(row.code, row.return_date)
        if reason is None or entry.account_id in seen:
            continue
        try:
            check_return(entry, scheme, row.return_date, as_of)
        except Refused:
            continue
        seen.add(entry.account_id)
        found.append(_Plain(row, entry, reason))
    return found


def _posted(
    plain: Sequence[_Plain], held_by: dict[int, set[str]], *, actor, as_of: date, permission: str
) -> tuple[dict[int, LedgerEntry], dict[int, LedgerEntry], dict[int, str]]:
    """Post reversals and fees as one set; both by the receipt, and why there is no fee."""
    fee_values: dict[date, Any] = {}
    fees: list[tuple[int, NewEntry]] = []
    notes: dict[int, str] = {}
    for one in plain:
        if not one.reason.charges_fee:
            continue
        day, account = one.told.return_date, one.entry.account
        if day not in fee_values:
            fee_values[day] = resolver("return_fee", as_of=day)
        values = fee_values[day](account.creditor_id, account.portfolio_id)
        amount, notes[one.entry.pk] = fee_of(account, one.reason, values, held_by.get(account.pk, set()))
        if amount:
            fees.append((one.entry.pk, fee_of_return(one.entry, one.reason, day, amount)))
    posted = post_entries(
        entries=[
            *(reversal_of_return(one.entry, one.reason, one.told.return_date) for one in plain),
            *(fee for _pk, fee in fees),
        ],
        actor=actor,
        as_of=as_of,
        permission=permission,
        day_is_given=True,
    )
    return (
        {one.entry.pk: entry for one, entry in zip(plain, posted, strict=False)},
        {pk: entry for (pk, _fee), entry in zip(fees, posted[len(plain) :], strict=True)},
        notes,
    )


def _attempts(entries: Sequence[LedgerEntry]) -> dict[int, tuple[int, date]]:
    """For the how manieth time each was presented and when first; only those paid by a retry are asked."""
    again = set(
        Retry.objects.filter(entry__in=[entry.pk for entry in entries]).values_list("entry", flat=True)
    )
    return {entry.pk: attempt_of(entry) if entry.pk in again else (1, entry.value_date) for entry in entries}
