"""What became of messages, for the slices that queued them."""

from django.dispatch import Signal

# kwargs: message_ids, notice_ids (those sent that are formal notices), status, spared ("" or a
# Spared), as_of, actor. In the transaction.
messages_settled = Signal()

# kwargs: message (read under a lock), now, as_of, actor, is_address_bad. It did not reach the debtor; where
# the address is to blame, the point is marked bad already. In the transaction.
message_bounced = Signal()

# kwargs: old_id, new_id. Another message took the place of one that came back. In the transaction.
message_replaced = Signal()

# kwargs: message_ids, as_of, actor. Their prints were spoilt before they left the house. In the transaction.
letters_spoilt = Signal()
