"""One payment over several accounts of a debtor, with one creditor and in one currency."""

from collections.abc import Mapping, Sequence, Set
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.ledger.enums import AccountStatus, EntryKind, GroupKind, Receiver
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.services import NewEntry, post_entries
from accounts.payments.bank_details import guard_of
from accounts.payments.services import PaymentRefused
from accounts.policies.queries import policy
from collections_app.core import audit
from collections_app.core.money import quantise
from collections_app.core.permissions import require

ZERO = Decimal(0)


class SplitRefused(PaymentRefused):
    """The split can't stand: other creditors, other currencies, or parts that are not the sum."""


def accounts_beside(account: Account) -> list[Account]:
    """The debtor's open accounts with the same creditor in the same currency, this one included.

    Records merged with the debtor's count as his. Never across creditors.
    """
    root = account.debtor.merged_into_id or account.debtor_id
    own = Account.objects.filter(debtor=root) | Account.objects.filter(debtor__merged_into=root)
    return list(
        own.filter(creditor_id=account.creditor_id, currency=account.currency, status=AccountStatus.OPEN)
        .select_related("standing")
        .order_by("id")
    )


def may_split(account: Account, *, as_of: date) -> bool:
    """Whether the policy in force says that one payment may be split over the debtor's accounts."""
    values = policy(
        "allocation", as_of=as_of, creditor_id=account.creditor_id, portfolio_id=account.portfolio_id
    )
    return values["across_accounts"]


def proposed_split(accounts: Sequence[Account], amount: Decimal, *, as_of: date) -> dict[int, Decimal]:
    """How the agreed order splits an amount: what is overdue first, then what is owed at all.

    Amounts in the accounts' currency; they sum to `amount`. What is beyond every balance stands as
    credit on the first account in turn.
    """
    first = accounts[0]
    values = policy("allocation", as_of=as_of, creditor_id=first.creditor_id, portfolio_id=first.portfolio_id)
    turn = sorted(accounts, key=TURNS[values["across_order"]])
    parts = dict.fromkeys((account.pk for account in accounts), ZERO)
    left = quantise(amount, first.currency)
    for wanted in (lambda s: s.overdue, lambda s: s.balance):
        for account in turn:
            share = min(left, max(wanted(account.standing) - parts[account.pk], ZERO))
            parts[account.pk] += share
            left -= share
    parts[turn[0].pk] += left
    return parts


TURNS = {
    "oldest": lambda account: (account.standing.oldest_due_date or date.max, account.pk),
    "smallest": lambda account: (max(account.standing.balance, ZERO), account.pk),
    "largest": lambda account: (-account.standing.balance, account.pk),
}


def refuse_others(parts: Mapping[int, Decimal], allowed: Set[int]) -> None:
    """Raises SplitRefused where a part stands on an account that is not one of the allowed ids."""
    if set(parts) - allowed:
        raise SplitRefused(
            _("A payment is split over accounts of one debtor, one creditor and one currency only.")
        )


def entries_of_parts(parts: Mapping[int, Decimal], **shared: Any) -> list[NewEntry]:
    """One payment as an entry for each part (by account id), in the order of the accounts; what is
    `shared` stands on each. They stand or fall together."""
    belongs = GroupKind.SPLIT if len(parts) > 1 else ""
    return [
        NewEntry(account_id=pk, kind=EntryKind.PAYMENT, amount=part, belongs=belongs, **shared)
        for pk, part in sorted(parts.items())
    ]


@transaction.atomic
def post_split_payment(
    *,
    account: Account,
    parts: Mapping[int, Decimal],
    value_date: date,
    method: str,
    actor,
    as_of: date,
    receiver: str = Receiver.OFFICE,
    reference: str = "",
    reason: str = "",
    late_reason: str = "",
) -> list[LedgerEntry]:
    """Post one payment as a part on each account; the parts stand or fall together.

    `parts` by account id, in the currency of `account`. Parts other than the agreed order's need the
    permission to name what is paid, and a reason. A return of one part takes back all of them.
    Raises SplitRefused and what `post_entries` raises.
    """
    require(actor, "accounts.post_payment")
    beside = {one.pk: one for one in accounts_beside(account)}
    given = {pk: quantise(part, account.currency) for pk, part in parts.items() if part}
    if not given or any(part < 0 for part in given.values()):
        raise SplitRefused(_("Enter an amount above zero."), field="amount")
    refuse_others(given, beside.keys())
    if value_date > as_of:
        raise SplitRefused(_("Money can't have arrived in the future."), field="value_date")
    total = sum(given.values(), ZERO)
    agreed = proposed_split(list(beside.values()), total, as_of=as_of)
    if not may_split(account, as_of=as_of) or {pk: part for pk, part in agreed.items() if part} != given:
        require(actor, "accounts.name_allocation")
        if not reason.strip():
            raise SplitRefused(_("This is not the agreed order. Say why it is split so."), field="reason")
    posted = post_entries(
        entries=entries_of_parts(
            given,
            value_date=value_date,
            method=method,
            receiver=receiver,
            reference=reference,
            reason=reason,
            late_reason=late_reason,
        ),
        actor=actor,
        as_of=as_of,
        permission="accounts.post_payment",
        guard=guard_of(actor, as_of),
    )
    for entry in posted:
        audit.record(
            "payment.posted",
            entry,
            actor=actor,
            after={"account": entry.account_id, "amount": entry.amount, "of": total},
            reason=reason,
        )
    return posted
