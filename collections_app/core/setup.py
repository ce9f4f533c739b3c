"""The first start of an empty installation: the office and its first administrator."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from collections_app.core import audit, clock
from collections_app.core.enums import Role
from collections_app.core.models import Organisation, User
from collections_app.core.permissions import get as get_permission
from collections_app.core.permissions import has_permission
from collections_app.core.refusal import Refused

LOCK = 7_215_010
CODE_LENGTH = 12
ALL_DONE = "core.first_steps_are_done"


class OfficeIsSetUp(Refused):
    """Somebody was quicker, or the office has long been set up."""


class WrongCode(Refused):
    """The code that the start printed was not given."""


def is_needed() -> bool:
    """Whether nobody can sign in yet."""
    return not User.objects.exclude(role=Role.SYSTEM).exists()


def code() -> str:
    """What proves that the person in the browser can read what the start printed.

    Asked for in production only, where the page can be reached by others before its owner.
    """
    return salted_hmac("collections_app.core.setup", "first administrator").hexdigest()[:CODE_LENGTH]


@transaction.atomic
def set_up_office(
    *,
    name: str,
    country: str,
    currency: str,
    time_zone: str,
    language: str,
    username: str,
    full_name: str,
    email: str,
    password: str,
    given_code: str = "",
) -> User:
    """Make the organisation and its first administrator; refused once anybody can sign in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    if not is_needed():
        raise OfficeIsSetUp(_("The office is set up already. Sign in, or ask your administrator."))
    if settings.PRODUCTION and not constant_time_compare(given_code, code()):
        raise WrongCode(_("The code is not the one that the start printed."), field="given_code")
    facts = {
        "name": name,
        "country": country,
        "currency": currency,
        "time_zone": time_zone,
        "language": language,
    }
    organisation, _made = Organisation.objects.update_or_create(
        pk=Organisation.objects.values_list("pk", flat=True).first(),
        defaults={**facts, "email": email, "set_up_at": clock.now()},
    )
    user = User.objects.create_user(
        username,
        role=Role.ADMINISTRATOR,
        password=password,
        full_name=full_name,
        email=email,
        language=language,
    )
    audit.record("organisation.set_up", organisation, actor=user, after=facts)
    audit.record("user.created", user, actor=user, after={"role": user.role})
    return user


@dataclass(frozen=True)
class Step:
    """One thing an empty office needs before its first reminder; `is_done()` looks for itself.

    `permission` is what doing it takes, so a step is a link only for who may do it.
    """

    key: str
    label: Any
    why: Any
    url_name: str
    order: int
    permission: str
    is_done: Callable[[], bool]

    def may_be_done_by(self, user) -> bool:
        return has_permission(user, self.permission)

    def who(self) -> str:
        """The roles that may do it, the administrator first."""
        roles = (Role.ADMINISTRATOR, Role.SUPERVISOR, Role.MANAGER)
        held = [role for role in roles if get_permission(self.permission).held_by(role)]
        return ", ".join(str(role.label) for role in held)


_steps: dict[str, Step] = {}


def register_step(
    key: str,
    label: Any,
    why: Any,
    *,
    url_name: str,
    order: int,
    permission: str,
    is_done: Callable[[], bool],
) -> None:
    """A slice adds what it needs to the first steps: teams, users, creditors, a book, a release."""
    _steps[key] = Step(key, label, why, url_name, order, permission, is_done)


def steps() -> list[Step]:
    return sorted(_steps.values(), key=lambda step: (step.order, step.key))


def next_step() -> Step | None:
    """The first step that is open; None for an office that has once done them all."""
    if cache.get(ALL_DONE):
        return None
    following = next((step for step in steps() if not step.is_done()), None)
    if following is None:
        cache.set(ALL_DONE, True, None)
    return following
