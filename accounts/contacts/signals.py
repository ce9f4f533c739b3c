"""News of contacts, sent inside the transaction with sets of ids."""

from django.dispatch import Signal

# An attempt, an outcome or a follow-up was written. kwargs: account_ids (list of int),
# as_of (date), actor (User)
contacts_recorded = Signal()
