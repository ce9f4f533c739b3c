"""Money beyond what is owed: paid back, or moved to another account of the same debtor."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.ledger.enums import Direction, EntryKind, GroupKind
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.posting import EntryRefused, NewEntry
from accounts.ledger.services import post_entries
from collections_app.core import audit
from collections_app.core.money import format_amount, quantise


def check_credit(account: Account, amount: Decimal) -> None:
    """Refuse more than the account has as credit; locks the account. Raises EntryRefused."""
    locked = Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)
    if amount <= 0 or amount > locked.standing.credit:
        raise EntryRefused(
            _("Take more than zero and no more than the credit, which is %(credit)s.")
            % {"credit": format_amount(locked.standing.credit, locked.currency)},
            field="amount",
        )


def refund_of(
    account: Account, *, amount: Decimal, reason: str, reference: str, as_of: date
) -> list[NewEntry]:
    """What pays credit back to the debtor."""
    check_credit(account, amount)
    return [
        NewEntry(
            account_id=account.pk,
            kind=EntryKind.REFUND,
            amount=quantise(amount, account.currency),
            value_date=as_of,
            due_date=as_of,
            reference=reference,
            reason=reason,
            description=_("Credit paid back"),
        )
    ]


def move_of(account: Account, *, to: Account, amount: Decimal, reason: str, as_of: date) -> list[NewEntry]:
    """What moves credit to another account: a debit here and a credit there, tied together.

    Raises EntryRefused for an account of another debtor, creditor or currency.
    """
    # both, in the ledger's order: two who move credit to and fro never wait for each other
    both = Account.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=[account.pk, to.pk])
    list(both.order_by("pk"))
    check_credit(account, amount)
    same_person = (account.debtor.merged_into_id or account.debtor_id) == (
        to.debtor.merged_into_id or to.debtor_id
    )
    same = (account.creditor_id, account.currency) == (to.creditor_id, to.currency)
    if account.pk == to.pk or not (same and same_person):
        raise EntryRefused(
            _("Credit moves only to another account of the same debtor, creditor and currency."), field="to"
        )
    common = {
        "kind": EntryKind.ADJUSTMENT,
        "amount": quantise(amount, account.currency),
        "value_date": as_of,
        "reason": reason,
        "belongs": GroupKind.MOVE.value,
    }
    return [
        NewEntry(
            account_id=account.pk,
            direction=Direction.DEBIT,
            due_date=as_of,
            description=_("Credit moved to %(number)s") % {"number": to.number},
            **common,
        ),
        NewEntry(
            account_id=to.pk,
            direction=Direction.CREDIT,
            description=_("Credit moved from %(number)s") % {"number": account.number},
            **common,
        ),
    ]


@transaction.atomic
def refund_credit(
    *, account: Account, amount: Decimal, reason: str, actor, as_of: date, reference: str = ""
) -> LedgerEntry:
    """Pay credit back. Raises EntryRefused, BeyondAuthority (then ask for approval)."""
    [entry] = post_entries(
        entries=refund_of(account, amount=amount, reason=reason, reference=reference, as_of=as_of),
        actor=actor,
        as_of=as_of,
    )
    audit.record("credit.refunded", account, actor=actor, after={"amount": amount}, reason=reason)
    return entry


@transaction.atomic
def move_credit(
    *, account: Account, to: Account, amount: Decimal, reason: str, actor, as_of: date
) -> list[LedgerEntry]:
    """Move credit to another account of the debtor. Raises EntryRefused, BeyondAuthority."""
    posted = post_entries(
        entries=move_of(account, to=to, amount=amount, reason=reason, as_of=as_of),
        actor=actor,
        as_of=as_of,
    )
    audit.record(
        "credit.moved", account, actor=actor, after={"amount": amount, "to": to.number}, reason=reason
    )
    return posted
