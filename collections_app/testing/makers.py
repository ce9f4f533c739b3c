"""One function a noun, with defaults a reader can guess; tests say only what matters to them."""

from itertools import count

from collections_app.core.enums import Role
from collections_app.core.models import User

_number = count(1)


def number() -> int:
    """A number not given out before in this process, for names that must be unique."""
    return next(_number)


def user(*, role: str = Role.COLLECTION_OFFICER, username: str = "", **fields) -> User:
    """A user of that role who may sign in; without a password unless one is given."""
    username = username or f"{Role(role).value}{number()}"
    fields.setdefault("full_name", username.replace("_", " ").title())
    fields.setdefault("email", f"{username}@office.example")
    return User.objects.create_user(username, role=role, **fields)


def system() -> User:
    """The actor of scheduled work."""
    known = User.objects.filter(username="system").first()
    return known or user(role=Role.SYSTEM, username="system", full_name="System")
