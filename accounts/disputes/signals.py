"""News of disputes, sent inside the transaction with sets of ids."""

from django.dispatch import Signal

# A dispute was raised or routed anew. kwargs: account_ids (list of int), dispute_ids, as_of, actor.
dispute_raised = Signal()

# A dispute was answered or withdrawn. kwargs: account_ids (list of int), dispute_ids, as_of, actor.
dispute_resolved = Signal()
