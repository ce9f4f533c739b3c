"""News of holds, sent inside the transaction with sets of ids."""

from django.dispatch import Signal

# A hold was placed, lifted or has lapsed. kwargs: account_ids (list of int, every account the hold
# binds), as_of (date), actor (User)
holds_changed = Signal()
