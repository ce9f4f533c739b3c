"""Tells approvals what the approval of an amount does: it posts what was asked."""

from accounts.approvals import acts
from accounts.ledger.proposals import KINDS, post_approved

for kind, label in KINDS.items():
    acts.register(kind, label=label, perform=post_approved)
