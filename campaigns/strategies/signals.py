"""A version asks for approval: higher floors may refuse it (a step without an approved text)."""

from django.dispatch import Signal

# kwargs: version. Sent in the transaction before the status moves; a receiver may raise a Refused.
version_submitted = Signal()

# kwargs: version, signed_result, in_flight, actor, as_of. Sent before a version is put in force; a
# receiver may raise a Refused (nobody has seen what it would do).
version_approved = Signal()
