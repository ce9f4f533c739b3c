"""What every installation needs before its first sign-in; `manage.py prepare` makes it.

A slice adds its step when its app is ready: `prepare.register("policies", make_default_policies)`.
A step is safe to run again and changes nothing that a person has set since.
"""

from collections.abc import Callable

from django.db import transaction

from collections_app.core.enums import Role
from collections_app.core.models import User

Step = Callable[[], None]
_steps: dict[str, Step] = {}


def register(name: str, step: Step) -> None:
    """Steps run in the order of registration, which is the order of the floors."""
    _steps[name] = step


def run() -> list[str]:
    """Run every step in one transaction; returns their names."""
    with transaction.atomic():
        for step in _steps.values():
            step()
    return list(_steps)


def make_system_user() -> None:
    """The actor of scheduled work. Its password is unusable, so nobody signs in as it."""
    if not User.objects.filter(username="system").exists():
        User.objects.create_user("system", role=Role.SYSTEM, full_name="System")


register("system user", make_system_user)
