"""Told in the transaction of the act."""

from django.dispatch import Signal

# kwargs: cheque, entries (the payments in cash just posted in its place), actor, as_of. Whoever keeps
# the cash desk gives the receipt; a refusal of his undoes the settlement.
cash_taken = Signal()

# kwargs: cheque_ids, actor, as_of. The bank answered these, or an answer was taken back; told once the
# cheques are what they are by it.
cheques_answered = Signal()
