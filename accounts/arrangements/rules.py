"""Any officer takes a promise; nobody judges one; a senior may cancel one that should not stand."""

from django.utils.translation import gettext_lazy as _

from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare

VIEW_PROMISE = declare("accounts.view_promise", _("See promises of accounts in view"), OFFICE)
TAKE_PROMISE = declare("accounts.take_promise", _("Take a payment promise"), OFFICE)
CANCEL_PROMISE = declare(
    "accounts.cancel_promise",
    _("Cancel an open promise, with a reason"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
