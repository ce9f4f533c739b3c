"""A receipt hears that its payment is taken back."""

from accounts.cashdesk.corrections import payment_taken_back
from accounts.payments.signals import payment_reversed


def taken_back(sender, *, entry, actor, as_of, **news) -> None:
    payment_taken_back(entry=entry, actor=actor, as_of=as_of)


payment_reversed.connect(taken_back, dispatch_uid="cashdesk.taken_back")
