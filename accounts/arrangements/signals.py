"""News of promises and plans, sent inside the transaction with sets of ids."""

from django.dispatch import Signal

# A promise was taken, replaced or cancelled by hand. kwargs: account_ids (list), as_of, actor.
promises_changed = Signal()

# The rule changed the outcome of promises. kwargs: account_ids (list), promise_ids, as_of, actor.
promises_judged = Signal()

# A plan came into force, was cancelled or replaced, or the rule moved it. kwargs: account_ids, as_of, actor.
plans_changed = Signal()

# A plan is in force: its paper is to be kept. kwargs: plan_id, actor.
plan_agreed = Signal()
