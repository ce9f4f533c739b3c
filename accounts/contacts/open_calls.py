"""The call an officer has open, for the frame of every page: asked of the database once a minute.

The row is the truth; what is kept beside it only spares each page a statement, and is forgotten
whenever a call is opened or ends.
"""

from datetime import datetime
from typing import NamedTuple

from django.core.cache import cache
from django.db import transaction

from accounts.contacts.models import OpenCall

KEPT_SECONDS = 60


class Unended(NamedTuple):
    """A call that waits for its outcome."""

    account_id: int
    number: str
    debtor_name: str
    opened_at: datetime


def _key(user_id: int) -> str:
    return f"open_call.{user_id}"


def forget(user_id: int) -> None:
    """Ask again: at once, and when what is being written is seen by others."""
    cache.delete(_key(user_id))
    transaction.on_commit(lambda: cache.delete(_key(user_id)))


def unended_call(user) -> Unended | None:
    """The user's open call, or None."""
    found = cache.get(_key(user.pk))
    if found is None:
        row = (
            OpenCall.objects.filter(officer=user)
            .values_list("account_id", "account__number", "debtor__name", "opened_at")
            .first()
        )
        found = tuple(row) if row else ()
        cache.set(_key(user.pk), found, KEPT_SECONDS)
    return Unended(*found) if found else None
