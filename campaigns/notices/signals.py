"""What became of notices, for the slices that rest on them."""

from django.dispatch import Signal

# kwargs: notice, account_ids, as_of. It came back unserved, so it must be given again. In the transaction.
notice_returned = Signal()
