"""What a user may change about himself, and how it is written down."""

from typing import Any

from django.db import transaction

from collections_app.core import audit
from collections_app.core.models import User
from collections_app.core.refusal import Refused

OWN_FIELDS = ("full_name", "email", "phone", "language", "theme", "shortcuts_enabled")
# Names and addresses are personal: the record says that they changed, not to what.
PERSONAL = {"full_name", "email", "phone"}


class NotOnesOwn(Refused):
    """A field that only an administrator changes."""


@transaction.atomic
def update_profile(*, user: User, **changes: Any) -> User:
    """Change one's own name, address, language, theme or shortcuts; records what changed."""
    foreign = set(changes) - set(OWN_FIELDS)
    if foreign:
        raise NotOnesOwn(", ".join(sorted(foreign)))
    changed = {name: value for name, value in changes.items() if getattr(user, name) != value}
    if not changed:
        return user
    before = {name: "…" if name in PERSONAL else getattr(user, name) for name in changed}
    for name, value in changed.items():
        setattr(user, name, value)
    user.save(update_fields=[*changed])
    after = {name: "…" if name in PERSONAL else value for name, value in changed.items()}
    audit.record("user.profile_changed", user, actor=user, before=before, after=after)
    return user


@transaction.atomic
def change_password(*, user: User, password: str) -> User:
    """Set one's own password (already validated) and lift the duty to change it."""
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    audit.record("user.password_changed", user, actor=user)
    return user
