"""News of the ledger, sent inside the transaction with sets of ids."""

from django.dispatch import Signal

# kwargs: account_ids (list of int), as_of (date), actor (User)
entries_posted = Signal()

# kwargs: account_ids, as_of, actor
accounts_assigned = Signal()

# A day has begun for these accounts: something fell due or began to count. kwargs as above.
standings_rolled = Signal()
