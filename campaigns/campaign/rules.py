"""Who may plan, approve and run campaigns."""

from django.utils.translation import gettext_lazy as _

from campaigns.campaign.models import Campaign, NoticeRound
from collections_app.core.documents import register_reader
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare, has_permission

PLANNERS = {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER}

declare("campaigns.view_campaign", _("See campaigns and how they stand"), OFFICE)
declare("campaigns.note_campaign", _("Write notes on campaigns"), OFFICE)
declare("campaigns.propose_campaign", _("Plan, submit, start and close campaigns"), PLANNERS)
declare(
    "campaigns.approve_campaign",
    _("Approve campaigns that somebody else made"),
    {Role.SUPERVISOR, Role.MANAGER},
)
declare("campaigns.print_notices", _("Print door-to-door notices"), PLANNERS)
declare("campaigns.record_delivery", _("Record what became of a notice"), OFFICE)


def _may_read_notices(user, file) -> bool:
    """Printed notices are for those who may print them, of campaigns they see."""
    if not has_permission(user, "campaigns.view_campaign"):
        return False
    rounds = NoticeRound.objects.filter(pk=file.subject_id)
    return Campaign.objects.visible_to(user).filter(notice_rounds__in=rounds).exists()


register_reader("campaigns.noticeround", _may_read_notices)
