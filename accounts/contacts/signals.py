"""News of contacts, sent inside the transaction with sets of ids."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date

from django.dispatch import Signal

# An attempt, an outcome or a follow-up was written. kwargs: account_ids (list of int),
# as_of (date), actor (User)
contacts_recorded = Signal()

# What a set of transactions has recorded and not told yet: accounts by (actor, day).
_untold: ContextVar[dict | None] = ContextVar("untold", default=None)


def tell_recorded(sender, *, account_ids: Iterable[int], as_of: date, actor) -> None:
    """Send `contacts_recorded`, at once or with the rest of `told_together`."""
    untold = _untold.get()
    if untold is None:
        contacts_recorded.send(sender, account_ids=sorted(account_ids), as_of=as_of, actor=actor)
    else:
        untold.setdefault((sender, actor, as_of), set()).update(account_ids)


@contextmanager
def told_together() -> Iterator[None]:
    """One signal at the end for what many small transactions record inside, such as a round of
    messages. For caches that can be told again from the facts: a worker that dies before the end
    leaves them to the next pass over the book."""
    untold: dict = {}
    token = _untold.set(untold)
    try:
        yield
    finally:
        _untold.reset(token)
        for (sender, actor, as_of), account_ids in untold.items():
            contacts_recorded.send(sender, account_ids=sorted(account_ids), as_of=as_of, actor=actor)
