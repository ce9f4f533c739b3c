"""Allocations that somebody named: stored facts, undone by rows of their own, never edited."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.ledger.models import Account, LatePosting, LedgerEntry, NamedAllocation
from accounts.ledger.periods import check_allocation_day, mark_late_allocations
from accounts.ledger.posting import share_ledger
from accounts.ledger.standing import refresh_standing
from collections_app.core import audit
from collections_app.core.money import quantise
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused


class AllocationRefused(Refused):
    """The named allocation does not fit the money or the item."""


@transaction.atomic
def name_allocation(
    *,
    credit: LedgerEntry,
    debit: LedgerEntry,
    amount: Decimal,
    reason: str,
    actor,
    as_of: date,
    permission: str = "accounts.name_allocation",
    effective_date: date | None = None,
) -> NamedAllocation:
    """Store that a credit pays this much of a named debit of the same account, from a day on.

    By default from the first day on which both count; in a signed month it is listed, unless the
    money is so itself. Callers with a rule of their own pass its permission.
    """
    row = _store(
        credit=credit, debit=debit, amount=amount, reason=reason, actor=actor, as_of=as_of,
        permission=permission, effective_date=effective_date,
    )  # fmt: skip
    if row.effective_date < as_of and not LatePosting.objects.filter(entry=credit).exists():
        mark_late_allocations([row.pk])
    return row


def _store(*, credit, debit, amount, reason, actor, as_of, permission, effective_date) -> NamedAllocation:
    require(actor, permission)
    share_ledger()
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=debit.account_id)
    if credit.account_id != debit.account_id or credit.direction == debit.direction:
        raise AllocationRefused(_("Name money and an item of the same account."))
    if amount <= 0 or amount > min(unnamed_part(credit, "credit"), unnamed_part(debit, "debit")):
        raise AllocationRefused(_("The amount is more than is left of the money or of the item."))
    row = NamedAllocation.objects.create(
        credit=credit,
        debit=debit,
        amount=quantise(amount, debit.currency),
        currency=debit.currency,
        effective_date=max(credit.value_date, debit.value_date, effective_date or credit.value_date),
        reason=reason,
        actor=actor,
    )
    refresh_standing(as_of=as_of, account_ids=[debit.account_id])
    audit.record(
        "allocation.named",
        credit,
        actor=actor,
        after={"debit": debit.pk, "amount": amount},
        reason=reason,
    )
    return row


def unnamed_part(entry: LedgerEntry, side: str) -> Decimal:
    """How much of a `credit` or `debit` no named allocation takes yet; a reversed credit names nothing."""
    named = NamedAllocation.objects.filter(
        **{side: entry},
        undoes__isnull=True,
        undone_by__isnull=True,
        credit__reversed_by__isnull=True,
        debit__reversed_by__isnull=True,
    ).values_list("amount", flat=True)
    return entry.amount - sum(named, Decimal(0))


@transaction.atomic
def reallocate(
    *,
    credit: LedgerEntry,
    parts: Sequence[tuple[LedgerEntry, Decimal]],
    reason: str,
    actor,
    as_of: date,
    effective_date: date | None = None,
    permission: str = "accounts.name_allocation",
    late_reason: str = "",
) -> list[NamedAllocation]:
    """Say anew which items a credit pays, from `effective_date` (by default its own day) on.

    What was named before is undone from that day; what `parts` leave of the credit follows the
    policy again. A day in a signed month asks for the permission to post there and a `late_reason`,
    and is listed. Raises AllocationRefused, PeriodClosed.
    """
    require(actor, permission)
    if not reason.strip():
        raise AllocationRefused(_("Say why this money pays other items."), field="reason")
    share_ledger()
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=credit.account_id)
    day = max(credit.value_date, effective_date or credit.value_date)
    if day > as_of:
        raise AllocationRefused(_("Choose today or an earlier day."), field="effective_date")
    check_allocation_day(credit.account, day, actor, late_reason)
    before = NamedAllocation.objects.filter(
        credit=credit, undoes__isnull=True, undone_by__isnull=True
    ).order_by("id")
    undone = [
        NamedAllocation.objects.create(
            credit=row.credit,
            debit=row.debit,
            amount=row.amount,
            currency=row.currency,
            effective_date=max(day, row.effective_date),
            undoes=row,
            reason=reason,
            actor=actor,
        )
        for row in before
    ]
    named = [
        _store(
            credit=credit,
            debit=debit,
            amount=amount,
            reason=reason,
            actor=actor,
            as_of=as_of,
            permission=permission,
            effective_date=day,
        )
        for debit, amount in parts
        if amount > 0
    ]
    mark_late_allocations([row.pk for row in (*undone, *named)], late_reason)
    refresh_standing(as_of=as_of, account_ids=[credit.account_id])
    audit.record(
        "allocation.changed",
        credit,
        actor=actor,
        before={"named": [(row.debit_id, row.amount) for row in before]},
        after={"named": [(row.debit_id, row.amount) for row in named], "undone": len(undone)},
        reason=reason,
    )
    return named
