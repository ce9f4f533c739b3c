"""Told in the transaction of the reversal."""

from django.dispatch import Signal

# kwargs: entry (the payment), value_date, reason, actor, as_of. Only for `reverse_payment`, a payment
# posted by mistake; one that came back is `returns.signals.payment_returned`.
payment_reversed = Signal()
