"""Who makes the rules: a manager or a supervisor proposes, a manager who did not approves."""

from django.utils.translation import gettext_lazy as _

from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare, has_permission

VIEW_POLICY = declare("accounts.view_policy", _("See the office's policies"), OFFICE | {Role.ADMINISTRATOR})
PROPOSE_POLICY = declare("accounts.propose_policy", _("Propose a policy"), {Role.SUPERVISOR, Role.MANAGER})
APPROVE_POLICY = declare(
    "accounts.approve_policy", _("Approve a policy that another proposed"), {Role.MANAGER}
)


def may_approve(user, version) -> bool:
    """A manager, who did not propose it."""
    return has_permission(user, APPROVE_POLICY) and version.made_by_id != user.pk
