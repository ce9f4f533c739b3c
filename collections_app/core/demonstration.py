"""The demonstration's sign-ins: one per role, never on a production setting.

The demonstration book makes its users through `make_user`; `manage.py show_sign_ins` prints them and
`checks.py` refuses to run production while one exists.
"""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from collections_app.core.enums import Role
from collections_app.core.models import User

PASSWORD = "demonstration"


def make_user(username: str, *, role: str, full_name: str, **fields) -> User:
    """A demonstration user with the known password. Raises ImproperlyConfigured in production."""
    if settings.PRODUCTION:
        raise ImproperlyConfigured("A demonstration user can't be made with PRODUCTION=1.")
    return User.objects.create_user(
        username, role=role, password=PASSWORD, full_name=full_name, is_demonstration=True, **fields
    )


def sign_ins() -> list[tuple[str, str, str]]:
    """(role, sign-in name, full name): the first demonstration user of each role."""
    rows = User.objects.filter(is_demonstration=True, is_active=True).order_by("pk")
    first: dict[str, User] = {}
    for user in rows:
        first.setdefault(user.role, user)
    return [(str(role.label), first[role].username, first[role].full_name) for role in Role if role in first]


def sign_in_lines() -> list[str]:
    """The table that a start prints."""
    rows = sign_ins()
    if not rows:
        return []
    widest = max(len(role) for role, _name, _full in rows)
    heading = _("Sign in with the password %(password)s as:") % {"password": PASSWORD}
    return [f"  {heading}"] + [f"    {role:<{widest}}  {name}" for role, name, _full in rows]
