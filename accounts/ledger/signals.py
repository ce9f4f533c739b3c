"""News of the ledger, sent inside the transaction with sets of ids."""

from django.dispatch import Signal

# kwargs: account_ids (list of int), as_of (date), actor (User)
entries_posted = Signal()

# kwargs: account_ids, as_of, actor
accounts_assigned = Signal()
