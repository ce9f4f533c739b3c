"""Anybody of the office reports that money is wrong; its owner or somebody senior puts it right."""

from django.utils.translation import gettext_lazy as _

from accounts.irregularities.models import Correction, Irregularity
from accounts.teams.queries import present_team_ids
from collections_app.core import documents
from collections_app.core.audit import sealed
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare, has_permission

VIEW_IRREGULARITY = declare("accounts.view_irregularity", _("See irregularities of money"), OFFICE)
OPEN_IRREGULARITY = declare("accounts.open_irregularity", _("Report an irregularity of money"), OFFICE)
WORK_IRREGULARITY = declare(
    "accounts.work_irregularity", _("Work on irregularities that are one's own"), OFFICE
)
SENIORS = {Role.SENIOR_OFFICER, Role.SUPERVISOR, Role.MANAGER, Role.SYSTEM}


def may_work_on(user, case: Irregularity) -> bool:
    """Its owner, a member of the team that owns it, or a senior who sees it."""
    if not has_permission(user, WORK_IRREGULARITY):
        return False
    if user.role == Role.SYSTEM or case.owner_id == user.pk:
        return True
    if case.team_id is not None and case.owner_id is None and case.team_id in present_team_ids(user):
        return True
    return user.role in SENIORS and Irregularity.objects.visible_to(user).filter(pk=case.pk).exists()


def _may_read_documents(user, file) -> bool:
    return (
        has_permission(user, VIEW_IRREGULARITY)
        and Irregularity.objects.visible_to(user).filter(pk=file.subject_id).exists()
    )


sealed(Correction)
documents.register_reader("accounts.irregularity", _may_read_documents)
