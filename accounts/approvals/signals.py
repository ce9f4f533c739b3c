"""Told in the transaction of the decision, so that what was approved happens with it or not at all."""

from django.dispatch import Signal

# kwargs: approval, actor, as_of. Receivers look at `approval.kind`.
approval_decided = Signal()
