"""Cash that was missing or too much: kept with the count, and a case for a supervisor."""

from datetime import date
from decimal import Decimal

from accounts.cashdesk.enums import FoundAt
from accounts.cashdesk.models import CashDay, CashDifference
from accounts.cashdesk.queries import supervisor_of
from accounts.irregularities.enums import IrregularityKind
from accounts.irregularities.services import open_irregularity
from collections_app.core import audit
from collections_app.core.models import User


def record_difference(
    *,
    holder: User,
    collector: User,
    currency: str,
    amount: Decimal,
    note: str,
    found_at: FoundAt,
    cash_day: CashDay | None = None,
    actor,
    as_of: date,
) -> CashDifference:
    """Keep what was missing (positive) or too much, and open its irregularity for a supervisor."""
    case = open_irregularity(
        kind=IrregularityKind.SHORT if amount > 0 else IrregularityKind.OVER,
        amount=abs(amount),
        currency=currency,
        note=note,
        owner=supervisor_of(collector, as_of=as_of),
        subject=None,
        actor=actor,
        as_of=as_of,
    )
    made = CashDifference.objects.create(
        cash_day=cash_day,
        holder=holder,
        currency=currency,
        amount=amount,
        found_on=as_of,
        found_at=found_at,
        irregularity=case,
    )
    audit.record(
        "cash_difference.found",
        made,
        actor=actor,
        after={"holder": holder.pk, "amount": amount, "currency": currency, "irregularity": case.pk},
        reason=note,
    )
    return made
