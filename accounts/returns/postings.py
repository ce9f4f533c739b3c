"""The entries a return posts: the reversal of the receipt, and the fee its reason lays on the debtor."""

from collections.abc import Mapping, Set
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.holds.enums import HoldScope
from accounts.ledger.enums import EntryKind, EntrySource
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.services import NewEntry
from accounts.policies.queries import amount_in
from accounts.returns.models import ReturnReason
from collections_app.core.money import quantise


def _words(reason: ReturnReason) -> str:
    return (_("Came back: %(reason)s") % {"reason": reason})[:300]


def reversal_of_return(entry: LedgerEntry, reason: ReturnReason, day: date) -> NewEntry:
    """What takes a receipt back on the day it came back."""
    return NewEntry(
        account_id=entry.account_id,
        kind=EntryKind.REVERSAL,
        amount=entry.amount,
        value_date=day,
        reverses_id=entry.pk,
        reference=entry.reference,
        reason=_words(reason),
        source=entry.source,
    )


def fee_of_return(entry: LedgerEntry, reason: ReturnReason, day: date, amount: Decimal) -> NewEntry:
    """What the debtor is charged for it, in the currency of his account."""
    return NewEntry(
        account_id=entry.account_id,
        kind=EntryKind.FEE,
        amount=amount,
        value_date=day,
        reference=entry.reference,
        description=_("Fee for a returned payment"),
        source=EntrySource.RULE,
        reason=_words(reason),
    )


def fee_of(
    account: Account, reason: ReturnReason, values: Mapping[str, Any], held_scopes: Set[str]
) -> tuple[Decimal, str]:
    """How much a reason charges by the policy `return_fee` (its `values` for the account), and in
    words why nothing where there is a fee but fees are on hold."""
    if not reason.charges_fee:
        return Decimal(0), ""
    amount = quantise(amount_in(values[reason.scheme], account.currency), account.currency)
    if amount and HoldScope.FEE in held_scopes:
        return Decimal(0), _("No fee: fees are on hold.")
    return amount, ""
