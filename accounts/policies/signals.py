"""News of the policies, sent inside the transaction."""

from django.dispatch import Signal

# kwargs: version (PolicyVersion), as_of (date), actor (User)
policy_approved = Signal()
