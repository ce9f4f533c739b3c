"""Who may do what: the catalogue of permissions and the roles that hold them.

A slice declares its permissions in `rules.py`; a permission is a sentence and its code is a verb
of the trade (`accounts.post_payment`). Rows are another matter: `visible_to(user)`. Authority by
amount and "maker is not checker" are rules of the services.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from collections_app.core.enums import Role
from collections_app.core.refusal import NotAllowed

# What the administrator may hold above the kernel: people and settings, never money.
SETTINGS_VERBS = ("manage_", "view_", "administer_")


@dataclass(frozen=True)
class Permission:
    """One line of the catalogue. `roles` are as declared; `holders()` adds those by rule."""

    code: str
    label: str
    roles: frozenset[Role]

    @property
    def is_view(self) -> bool:
        """Whether it only lets one see: `app.view_noun`."""
        return self.code.partition(".")[2].startswith("view_")

    def held_by(self, role: str) -> bool:
        if role == Role.SYSTEM:
            return True
        if role == Role.AUDITOR:
            return self.is_view
        return role in self.roles

    def holders(self) -> list[Role]:
        return [role for role in Role if self.held_by(role)]


_catalogue: dict[str, Permission] = {}


def declare(code: str, label, roles: Iterable[Role]) -> str:
    """Enter a permission into the catalogue and return its code.

    The auditor sees and never acts, the administrator has no money: a declaration that says
    otherwise is an ImproperlyConfigured, as is a code declared twice with different holders.
    """
    permission = Permission(code, label, frozenset(Role(role) for role in roles))
    app, _dot, verb = code.partition(".")
    if not verb:
        raise ImproperlyConfigured(f"A permission is named app.verb_noun, not {code!r}.")
    if Role.AUDITOR in permission.roles and not permission.is_view:
        raise ImproperlyConfigured(f"The auditor changes nothing, so cannot hold {code}.")
    if Role.ADMINISTRATOR in permission.roles and app != "core" and not verb.startswith(SETTINGS_VERBS):
        raise ImproperlyConfigured(f"The administrator has no money, so cannot hold {code}.")
    known = _catalogue.get(code)
    if known is not None and known.roles != permission.roles:
        raise ImproperlyConfigured(f"{code} is declared twice with different roles.")
    _catalogue[code] = permission
    return code


def catalogue() -> list[Permission]:
    """Every permission, by code."""
    return [_catalogue[code] for code in sorted(_catalogue)]


def get(code: str) -> Permission:
    """The permission of that code; an unknown one is a KeyError, so that a typo cannot pass."""
    return _catalogue[code]


def has_permission(user, code: str) -> bool:
    """Whether the user's role holds the permission; someone who may not sign in holds none."""
    permission = _catalogue[code]
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    return permission.held_by(user.role)


def require(user, code: str) -> None:
    """Raise NotAllowed, with the permission's sentence, unless the user holds it."""
    if not has_permission(user, code):
        raise NotAllowed(
            translate("Your role may not do this: %(permission)s. Ask a colleague who may.")
            % {"permission": _catalogue[code].label}
        )


OFFICE = {
    Role.COLLECTION_OFFICER,
    Role.FIELD_OFFICER,
    Role.SENIOR_OFFICER,
    Role.SUPERVISOR,
    Role.MANAGER,
}
EVERYONE = OFFICE | {Role.DEPARTMENT_USER, Role.ADMINISTRATOR}

declare("core.view_home", _("Sign in and see one's own pages"), EVERYONE)
declare("core.view_job", _("See the long jobs of everyone"), {Role.MANAGER, Role.ADMINISTRATOR})
declare("core.cancel_job", _("Cancel the long jobs of others"), {Role.MANAGER, Role.ADMINISTRATOR})
declare("core.view_file", _("Read documents that hang on nothing"), {Role.MANAGER})
declare("core.view_audit", _("Read the audit record"), {Role.MANAGER, Role.ADMINISTRATOR})
declare("core.view_user", _("See the users"), {Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR})
declare("core.manage_user", _("Invite, change and deactivate users"), {Role.ADMINISTRATOR})
declare("core.view_organisation", _("See the office's settings"), {Role.MANAGER, Role.ADMINISTRATOR})
declare(
    "core.view_first_steps",
    _("See what an empty office needs"),
    {Role.ADMINISTRATOR, Role.MANAGER, Role.SUPERVISOR},
)
declare("core.share_view", _("Share a saved view with everyone"), {Role.SUPERVISOR, Role.MANAGER})
declare("core.export_list", _("Export a list to Excel or CSV"), OFFICE)
