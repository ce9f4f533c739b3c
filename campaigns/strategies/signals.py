"""A version asks for approval: higher floors may refuse it (a step without an approved text)."""

from django.dispatch import Signal

# kwargs: version. Sent in the transaction before the status moves; a receiver may raise a Refused.
version_submitted = Signal()
