"""System checks: what a production installation may not have."""

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseError
from django.db import connections

from collections_app.core.models import User


@register(Tags.security, deploy=True)
def production_is_switched_on(app_configs, **kwargs) -> list[CheckMessage]:
    if settings.PRODUCTION:
        return []
    return [Error("PRODUCTION is not set: this is a demonstration setting.", id="core.E001")]


@register(Tags.security)
def no_demonstration_user_in_production(app_configs, **kwargs) -> list[CheckMessage]:
    """The known password of the demonstration would open a firm's book."""
    if not settings.PRODUCTION:
        return []
    try:
        names = demonstration_users()
    except DatabaseError:
        return []  # no tables yet; the start asks again after it has migrated
    if not names:
        return []
    return [
        Error(
            f"Demonstration users exist: {', '.join(names)}.",
            hint="Production needs a database of its own; start it with --empty.",
            id="core.E002",
        )
    ]


def demonstration_users() -> list[str]:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f"SELECT username FROM {User._meta.db_table} WHERE is_demonstration ORDER BY id LIMIT 5"
        )
        return [username for (username,) in cursor.fetchall()]


def refuse_unsafe_production() -> None:
    """For web servers and workers, which run no checks of themselves. Raises ImproperlyConfigured."""
    for found in no_demonstration_user_in_production(None):
        raise ImproperlyConfigured(f"{found.msg} {found.hint}")
