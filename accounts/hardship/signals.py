"""News of hardship cases, sent inside the transaction."""

from django.dispatch import Signal

# kwargs: account_ids (list of int, those of the debtor), case_ids, as_of, actor.
hardship_changed = Signal()
