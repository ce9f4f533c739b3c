"""A bank line follows what becomes of the receipts it was."""

from accounts.bank.services import receipt_reversed
from accounts.payments.signals import payment_reversed


def reversal_follows(sender, *, entry, reason, as_of, **news) -> None:
    receipt_reversed(entry=entry, reason=reason, as_of=as_of)


payment_reversed.connect(reversal_follows, dispatch_uid="bank.reversal_follows")
