"""Giving money up: write-offs, and putting back what was given up.

Of a written-off amount so much is left in the memo: written off - recovered - reinstated. Recovery
is posted by itself with a payment; a reinstatement is somebody's decision.
"""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.ledger.enums import Direction, EntryKind, ReportLine
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.posting import EntryRefused, NewEntry
from accounts.ledger.services import post_entries
from collections_app.core import audit
from collections_app.core.money import format_amount, quantise
from collections_app.core.permissions import require


def check_write_off(account: Account, amount: Decimal) -> None:
    """Refuse a write-off the account has no balance for; locks the account."""
    locked = Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)
    if amount <= 0 or amount > locked.standing.balance:
        raise EntryRefused(
            _("Write off more than zero and no more than the balance, which is %(balance)s.")
            % {"balance": format_amount(locked.standing.balance, locked.currency)},
            field="amount",
        )


def write_off_of(account: Account, *, amount: Decimal, reason: str, as_of: date) -> NewEntry:
    """What writes an amount off, with that day's value."""
    return NewEntry(
        account_id=account.pk,
        kind=EntryKind.WRITE_OFF,
        amount=quantise(amount, account.currency),
        value_date=as_of,
        reason=reason,
        description=reason,
    )


@transaction.atomic
def write_off(*, account: Account, amount: Decimal, reason: str, actor, as_of: date) -> LedgerEntry:
    """Write off part or all of the active balance; it stays collectable as a memo balance."""
    require(actor, "accounts.write_off")
    check_write_off(account, amount)
    [entry] = post_entries(
        entries=[write_off_of(account, amount=amount, reason=reason, as_of=as_of)],
        actor=actor,
        as_of=as_of,
        permission="accounts.write_off",
    )
    audit.record("account.written_off", account, actor=actor, after={"amount": amount}, reason=reason)
    return entry


@transaction.atomic
def reinstate(*, account: Account, amount: Decimal, reason: str, actor, as_of: date) -> LedgerEntry:
    """Put so much of what was written off back into the active balance, due today."""
    require(actor, "accounts.write_off")
    locked = Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)
    left = locked.standing.written_off
    if amount <= 0 or amount > left:
        raise EntryRefused(
            _("Reinstate more than zero and no more than is written off, which is %(left)s.")
            % {"left": format_amount(left, locked.currency)},
            field="amount",
        )
    [entry] = post_entries(
        entries=[
            NewEntry(
                account_id=account.pk,
                kind=EntryKind.ADJUSTMENT,
                direction=Direction.DEBIT,
                line=ReportLine.WRITE_OFFS_REVERSED,
                amount=quantise(amount, account.currency),
                value_date=as_of,
                due_date=as_of,
                reason=reason,
                description=_("Reinstated after write-off"),
            )
        ],
        actor=actor,
        as_of=as_of,
        permission="accounts.write_off",
    )
    audit.record("account.reinstated", account, actor=actor, after={"amount": amount}, reason=reason)
    return entry
