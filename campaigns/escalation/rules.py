"""Who sees the escalation list and who decides."""

from django.utils.translation import gettext_lazy as _

from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare

declare("campaigns.view_escalation", _("See the escalation list"), OFFICE)
declare(
    "campaigns.decide_escalation",
    _("Decide what becomes of an escalated account"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
