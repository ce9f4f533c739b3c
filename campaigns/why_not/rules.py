"""Who sees the reasons of the whole book, and who has them worked out anew."""

from django.utils.translation import gettext_lazy as _

from collections_app.core.enums import Role
from collections_app.core.permissions import declare

VIEW = "campaigns.view_why_not"
WORK_OUT = "campaigns.work_out_why_not"

LEADERS = {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER}

declare(VIEW, _("See why accounts are not contacted"), LEADERS)
declare(WORK_OUT, _("Have the reasons worked out anew"), LEADERS)
