"""Told in the transaction of the act."""

from django.dispatch import Signal

# kwargs: cheque, entries (the payments in cash just posted in its place), actor, as_of. Whoever keeps
# the cash desk gives the receipt; a refusal of his undoes the settlement.
cash_taken = Signal()
