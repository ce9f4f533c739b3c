"""Who may see figures that are computed while he waits."""

from django.utils.translation import gettext_lazy as _

from collections_app.core.enums import Role
from collections_app.core.permissions import declare

VIEW_AGEING = "reports.view_ageing"
declare(
    VIEW_AGEING,
    _("See the ageing of any day"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
