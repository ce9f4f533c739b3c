"""Who may build, see and sign the monthly reports."""

from django.utils.translation import gettext_lazy as _

from collections_app.core.audit import sealed
from collections_app.core.documents import register_reader
from collections_app.core.enums import Role
from collections_app.core.permissions import declare, has_permission
from reports.closing.models import SignedBalance

declare("reports.view_report", _("See and download the monthly reports"), {Role.MANAGER, Role.SUPERVISOR})
declare("reports.build_report", _("Build the monthly reports"), {Role.MANAGER, Role.SUPERVISOR})
declare("reports.sign_report", _("Sign the monthly reports"), {Role.MANAGER})

register_reader("reports.reportbuild", lambda user, file: has_permission(user, "reports.view_report"))

sealed(
    SignedBalance,
    columns=["build_id", "account_id", "currency", "balance", "team_id", "officer_id", "recorded_at"],
)
