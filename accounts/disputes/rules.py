"""Any officer raises a dispute; only whoever was asked, or his deputy, resolves it."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from accounts.disputes.models import Dispute
from accounts.teams.queries import deputised_by
from collections_app.core import documents
from collections_app.core.enums import Role
from collections_app.core.permissions import OFFICE, declare, has_permission

VIEW_DISPUTE = declare("accounts.view_dispute", _("See disputes of accounts in view"), OFFICE)
RAISE_DISPUTE = declare("accounts.raise_dispute", _("Raise, route and withdraw disputes"), OFFICE)
ANSWER_DISPUTE = declare(
    "accounts.answer_dispute", _("Answer the questions routed to oneself"), {Role.DEPARTMENT_USER}
)


def asked_ids(user, as_of: date) -> set[int]:
    """The people whose questions are this user's: himself and those he stands in for."""
    return {user.pk} | deputised_by(user, as_of)


def may_answer(user, dispute: Dispute, as_of: date) -> bool:
    """The person asked, or who stands in for him that day; never the person who raised it."""
    return (
        has_permission(user, ANSWER_DISPUTE)
        and dispute.asked_id in asked_ids(user, as_of)
        and dispute.raised_by_id != user.pk
    )


def sees_dispute(user, dispute: Dispute) -> bool:
    """Who sees the account, and whoever the question was routed to; each with his permission."""
    if has_permission(user, VIEW_DISPUTE) and Dispute.objects.visible_to(user).filter(pk=dispute.pk).exists():
        return True
    return (
        has_permission(user, ANSWER_DISPUTE)
        and Dispute.objects.asked_now(user).filter(pk=dispute.pk).exists()
    )


def may_add_evidence(user, dispute: Dispute, as_of: date) -> bool:
    """The office on accounts in view; the person asked or his deputy on his question."""
    if may_answer(user, dispute, as_of):
        return True
    return (
        has_permission(user, RAISE_DISPUTE)
        and Dispute.objects.visible_to(user).filter(pk=dispute.pk).exists()
    )


def _may_read_evidence(user, file) -> bool:
    """Evidence is for who sees the account, and for whoever the question was routed to."""
    dispute = Dispute.objects.filter(pk=file.subject_id).first()
    return dispute is not None and sees_dispute(user, dispute)


documents.register_reader("accounts.dispute", _may_read_evidence)
