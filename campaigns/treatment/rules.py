"""Who may run a day's reminders and look at what a run did."""

from django.utils.translation import gettext_lazy

from collections_app.core.enums import Role
from collections_app.core.permissions import declare
from collections_app.core.refusal import Refused

VIEW_RUN = declare(
    "campaigns.view_reminder_run",
    gettext_lazy("See the reminder runs and whom they spared"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
RUN = declare(
    "campaigns.run_reminders",
    gettext_lazy("Run the reminders of a day"),
    {Role.SUPERVISOR, Role.MANAGER},
)


class RunUnderWay(Refused):
    """Another worker is passing over this creditor's book right now."""
