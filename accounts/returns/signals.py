"""Told in the transaction of the return, when everything that follows from it was done."""

from django.dispatch import Signal

# kwargs: payment_return, actor, as_of.
payment_returned = Signal()
