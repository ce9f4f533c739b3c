"""News of the ledger, sent inside the transaction with sets of ids."""

from django.dispatch import Signal

# kwargs: account_ids (list of int), as_of (date), actor (User), concerned (names of `CONCERNS` that
# one of the accounts has, or None where nobody asked)
entries_posted = Signal()

# name -> a condition on an account `a`: what a listener to postings looks at. One statement asks all of
# them, so that a payment on an account without promises, messages or letters asks no more than that.
CONCERNS: dict[str, str] = {}


def is_concerned(name: str, concerned: frozenset[str] | None) -> bool:
    """Whether a listener must look; a posting that did not ask says nothing."""
    return concerned is None or name in concerned

# kwargs: account_ids, as_of, actor
accounts_assigned = Signal()

# A day has begun for these accounts: something fell due or began to count. kwargs as above.
standings_rolled = Signal()
