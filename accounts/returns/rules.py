"""Who says that a payment came back, who tries again, and what is sealed."""

from django.utils.translation import gettext_lazy as _

from accounts.returns.models import PaymentReturn
from collections_app.core.audit import sealed
from collections_app.core.enums import Role
from collections_app.core.permissions import declare

SENIORS = {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER}

VIEW_RETURN = declare(
    "accounts.view_return",
    _("See payments that came back and what is tried again"),
    {Role.COLLECTION_OFFICER, Role.FIELD_OFFICER, *SENIORS},
)
# Cash does not come back: a return takes a scheme, and a scheme fits the means of the payment.
RECORD_RETURN = declare(
    "accounts.record_return",
    _("Record that a payment came back, and present it again"),
    {Role.COLLECTION_OFFICER, *SENIORS},
)
END_STOP = declare(
    "accounts.end_means_stop", _("Allow a means of payment again that a return had stopped"), SENIORS
)
VIEW_RETURN_FILE = declare(
    "accounts.view_return_file",
    _("See the banks' files of returned payments"),
    {Role.SUPERVISOR, Role.MANAGER},
)
LOAD_RETURN_FILE = declare(
    "accounts.load_return_file",
    _("Load a bank's file of returned payments"),
    {Role.SUPERVISOR, Role.MANAGER},
)

sealed(PaymentReturn)
