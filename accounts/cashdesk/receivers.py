"""The desk takes cash in for others; a receipt hears that its payment is taken back."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from accounts.cashdesk.corrections import payment_taken_back
from accounts.cashdesk.services import take_cash
from accounts.ledger.models import Account
from accounts.payments.cash import CashTaken, register_desk
from accounts.payments.signals import payment_reversed


def take_in_for_others(
    *,
    parts: Sequence[tuple[Account, Decimal]],
    payer_name: str,
    note: str,
    description: str,
    actor,
    as_of: date,
) -> CashTaken:
    """`take_cash` as `payments.cash.take_in` asks for it."""
    (account, amount), *others = parts
    receipt = take_cash(
        account=account,
        amount=amount,
        others=others,
        payer_name=payer_name,
        note=note,
        description=description,
        actor=actor,
        as_of=as_of,
    )
    by_account = {line.account_id: line.entry for line in receipt.lines.select_related("entry")}
    return CashTaken([by_account[part.pk] for part, _amount in parts], receipt.code, receipt.pk)


def taken_back(sender, *, entry, actor, as_of, **news) -> None:
    payment_taken_back(entry=entry, actor=actor, as_of=as_of)


register_desk(take_in_for_others)
payment_reversed.connect(taken_back, dispatch_uid="cashdesk.taken_back")
