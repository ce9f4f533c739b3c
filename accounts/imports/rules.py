"""Who may bring books in, take them back, and release a creditor's debtors for contact."""

from django.utils.translation import gettext_lazy as _

from collections_app.core.enums import Role
from collections_app.core.permissions import declare

VIEW_IMPORT = declare(
    "accounts.view_import",
    _("See imports and their control sheets"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
POST_IMPORT = declare(
    "accounts.post_import", _("Bring files in and post them"), {Role.SUPERVISOR, Role.MANAGER}
)
REVERSE_IMPORT = declare("accounts.reverse_import", _("Take a whole import back"), {Role.MANAGER})
RELEASE_CREDITOR = declare(
    "accounts.release_creditor",
    _("Release a creditor's debtors for contact after its cut-over"),
    {Role.MANAGER},
)
