"""Cash handed over to the office: one door for whoever takes it, so that none goes without a number.

The cash desk stands on a higher floor, beside others to whom cash may be handed (a cheque settled in
cash). It registers how it takes money in (`register_desk`); they call `take_in`. Cash that a creditor
received, and payments that were imported, are not taken in here: their receipts are in other books.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ImproperlyConfigured

from accounts.ledger.models import Account, LedgerEntry


@dataclass(frozen=True)
class CashTaken:
    """What was posted, an entry an account in the order given, and the number of its receipt."""

    entries: list[LedgerEntry]
    code: str
    receipt_id: int


_desks: list[Callable[..., CashTaken]] = []


def register_desk(take: Callable[..., CashTaken]) -> None:
    """Say how cash is taken in; there is one desk."""
    if _desks and _desks != [take]:
        raise ImproperlyConfigured("There is one cash desk, and it is registered already.")
    _desks[:] = [take]


def take_in(
    *,
    parts: Sequence[tuple[Account, Decimal]],
    payer_name: str = "",
    note: str = "",
    description: str = "",
    actor,
    as_of: date,
) -> CashTaken:
    """Take cash in today for accounts of one debtor and one currency: payments and one numbered receipt.

    Several parts of one account count as one. The actor must be one who takes cash and whose day at
    the cash desk is open. Call inside the transaction that needs it, after any locks of accounts.
    Raises what `cashdesk.services.take_cash` raises (NotAllowed, DayNotOpen, ReceiptRefused).
    """
    if not _desks:
        raise ImproperlyConfigured("No cash desk is registered.")
    summed: dict[int, tuple[Account, Decimal]] = {}
    for account, amount in parts:
        before = summed[account.pk][1] if account.pk in summed else Decimal(0)
        summed[account.pk] = (account, before + amount)
    return _desks[0](
        parts=list(summed.values()),
        payer_name=payer_name,
        note=note,
        description=description,
        actor=actor,
        as_of=as_of,
    )
