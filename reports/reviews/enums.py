from django.db import models
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from collections_app.core.lifecycle import Edge, Lifecycle
from collections_app.core.refusal import NotAllowed


class ReviewStatus(models.TextChoices):
    DRAFT = "draft", _("Being prepared")
    SUBMITTED = "submitted", _("With the reviewer")
    RETURNED = "returned", _("Returned with comments")
    REVIEWED = "reviewed", _("Reviewed, waiting for approval")
    APPROVED = "approved", _("Approved")


def is_its_officer(report, *, actor, as_of) -> None:
    if actor.pk != report.officer_id:
        raise NotAllowed(translate("Only the officer himself submits his report."))


def not_its_officer(report, *, actor, as_of) -> None:
    if actor.pk == report.officer_id:
        raise NotAllowed(translate("Somebody else must look at your report."))


def neither_officer_nor_reviewer(report, *, actor, as_of) -> None:
    not_its_officer(report, actor=actor, as_of=as_of)
    if actor.pk == report.reviewed_by_id:
        raise NotAllowed(translate("You reviewed this report, so somebody else approves it."))


COLLECTOR_REPORT = Lifecycle(
    "reports.collectorreport",
    initial=ReviewStatus.DRAFT,
    edges=[
        Edge(
            [ReviewStatus.DRAFT, ReviewStatus.RETURNED],
            ReviewStatus.SUBMITTED,
            verb=_("Submit report"),
            permission="reports.prepare_collector_report",
            audit="collector_report.submitted",
            guard=is_its_officer,
            url_name="reports:collector_submit",
        ),
        Edge(
            ReviewStatus.SUBMITTED,
            ReviewStatus.REVIEWED,
            verb=_("Pass on"),
            permission="reports.review_collector_report",
            audit="collector_report.reviewed",
            guard=not_its_officer,
            url_name="reports:collector_review",
        ),
        Edge(
            [ReviewStatus.SUBMITTED, ReviewStatus.REVIEWED],
            ReviewStatus.RETURNED,
            verb=_("Return with comment"),
            permission="reports.review_collector_report",
            audit="collector_report.returned",
            guard=not_its_officer,
            url_name="reports:collector_return",
        ),
        Edge(
            ReviewStatus.REVIEWED,
            ReviewStatus.APPROVED,
            verb=_("Approve report"),
            permission="reports.approve_collector_report",
            audit="collector_report.approved",
            guard=neither_officer_nor_reviewer,
            url_name="reports:collector_approve",
        ),
    ],
)
