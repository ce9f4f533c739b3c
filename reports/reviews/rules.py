"""Who prepares, reviews and approves collectors' reports."""

from django.utils.translation import gettext_lazy as _

from collections_app.core.documents import register_reader
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare, has_permission
from reports.reviews.models import CollectorReport

declare("reports.view_collector_report", _("See collectors' reports"), OFFICE)
declare(
    "reports.prepare_collector_report",
    _("Prepare and submit one's own collector's report"),
    {Role.COLLECTION_OFFICER, Role.FIELD_OFFICER, Role.SENIOR_OFFICER, Role.SUPERVISOR},
)
declare(
    "reports.review_collector_report",
    _("Review collectors' reports and return them"),
    {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER},
)
declare(
    "reports.approve_collector_report",
    _("Approve reviewed collectors' reports"),
    {Role.SUPERVISOR, Role.MANAGER},
)


def _may_read(user, file) -> bool:
    """Files of a report are for those who see the report."""
    return (
        has_permission(user, "reports.view_collector_report")
        and CollectorReport.objects.visible_to(user).filter(pk=file.subject_id).exists()
    )


register_reader("reports.collectorreport", _may_read)
