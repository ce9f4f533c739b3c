"""What became of messages, for the slices that queued them."""

from django.dispatch import Signal

# kwargs: message_ids, status, spared ("" or a Spared), as_of, actor. In the transaction.
messages_settled = Signal()
