"""Collectors' reports: the list, and a report with its figures, proofs and comments."""

from typing import Any

import django_filters
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from collections_app.core import panels
from collections_app.core.permissions import has_permission
from collections_app.core.web import navigation
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.parts import Action
from collections_app.core.web.tables import DateColumn, LinkColumn, StatusColumn, Table, TextColumn
from collections_app.core.web.views import DetailPage, ListPage
from reports.rendering.collector import money_strips
from reports.rendering.labels import day_in_words
from reports.reviews.enums import COLLECTOR_REPORT, ReviewStatus
from reports.reviews.models import CollectorReport
from reports.reviews.services import OPEN_TO_CHANGE, missing_proofs
from reports.web.ties import shown_ties

navigation.register(
    "collector_reports",
    gettext_lazy("Collectors' reports"),
    "reports:collector_list",
    icon="clipboard-check",
    permission="reports.view_collector_report",
    order=72,
    count=lambda user, as_of: waiting_for(user).count() or None,
)


def waiting_for(user):
    """Reports that this user can take a step with: his own returned, others' to review or approve."""
    visible = CollectorReport.objects.visible_to(user)
    own = visible.filter(officer=user, status=ReviewStatus.RETURNED)
    steps = []
    if has_permission(user, "reports.review_collector_report"):
        steps.append(ReviewStatus.SUBMITTED)
    if has_permission(user, "reports.approve_collector_report"):
        steps.append(ReviewStatus.REVIEWED)
    others = visible.filter(status__in=steps).exclude(officer=user).exclude(reviewed_by=user)
    return own | others


def waiting_reports(ids, user, as_of):
    """Colleagues' reports to review or approve, for a leader's Today."""
    found = waiting_for(user).exclude(officer=user).select_related("officer").order_by("pk")[:50]
    since = COLLECTOR_REPORT.since(report.pk for report in found)
    return [
        {
            "text": _("Collector's report: %(name)s") % {"name": report.officer},
            "by": report.officer,
            "at": since[report.pk],
            "url": reverse("reports:collector_detail", args=[report.pk]),
        }
        for report in found
    ]


panels.register(
    "today.waiting", order=50, provider=waiting_reports, permission="reports.review_collector_report"
)


class CollectorFilterSet(FilterSet):
    status = django_filters.MultipleChoiceFilter(label=gettext_lazy("State"), choices=ReviewStatus.choices)
    q = django_filters.CharFilter(
        label=gettext_lazy("Officer"), field_name="officer__full_name", lookup_expr="icontains"
    )

    class Meta:
        model = CollectorReport
        fields: list[str] = []


class CollectorTable(Table):
    officer = LinkColumn(
        "reports:collector_detail",
        text="officer.full_name",
        verbose_name=gettext_lazy("Officer"),
        order_by=("officer__full_name",),
    )
    first_day = DateColumn(verbose_name=gettext_lazy("From"))
    last_day = DateColumn(verbose_name=gettext_lazy("To"))
    status = StatusColumn(ReviewStatus, verbose_name=gettext_lazy("State"))
    team = TextColumn(accessor="team.name", verbose_name=gettext_lazy("Team"), width=150)
    reviewed_by = TextColumn(
        accessor="reviewed_by.full_name", verbose_name=gettext_lazy("Reviewed by"), width=150, muted=True
    )
    approved_by = TextColumn(
        accessor="approved_by.full_name", verbose_name=gettext_lazy("Approved by"), width=150, muted=True
    )

    class Meta:
        order_by = "-last_day"


class CollectorListPage(ListPage):
    permission = "reports.view_collector_report"
    title = gettext_lazy("Collectors' reports")
    lead = gettext_lazy("What each officer's accounts did, proved by documents, before it goes up.")
    menu = "collector_reports"
    queryset = CollectorReport.objects.select_related("officer", "team", "reviewed_by", "approved_by")
    filterset_class = CollectorFilterSet
    table_class = CollectorTable
    list_name = "collector_reports"
    url_name = "reports:collector_list"
    count_label = ngettext_lazy("%(n)s report", "%(n)s reports", "n")
    empty_text = gettext_lazy("No report yet. An officer prepares his own for any run of days.")
    default_views = (
        (gettext_lazy("To review"), "status=submitted"),
        (gettext_lazy("To approve"), "status=reviewed"),
        (gettext_lazy("Returned"), "status=returned"),
    )

    def get_head_actions(self):
        return [
            Action(
                _("Prepare report"),
                reverse("reports:collector_new"),
                icon="plus",
                primary=True,
                permission="reports.prepare_collector_report",
            )
        ]


class CollectorDetailPage(DetailPage):
    permission = "reports.view_collector_report"
    queryset = CollectorReport.objects.select_related(
        "officer", "team", "reviewed_by", "approved_by", "file", "workbook"
    )
    context_object_name = "report"
    template_name = "reports/collector_report.html"
    status_field = "status"
    menu = "collector_reports"
    list_url_name = "reports:collector_list"
    list_title = gettext_lazy("Collectors' reports")

    def get_title(self):
        return _("Report of %(name)s") % {"name": self.object.officer}

    def get_lead(self):
        report = self.object
        return f"{day_in_words(report.first_day)} \u2013 {day_in_words(report.last_day)}"

    @property
    def is_open(self) -> bool:
        return self.object.status in OPEN_TO_CHANGE and self.object.officer_id == self.request.user.pk

    def get_head_actions(self):
        report, user = self.object, self.request.user
        args = [report.pk]
        actions = []
        if report.file:
            actions.append(
                Action(
                    _("Download PDF"),
                    reverse("core:file_download", args=[report.file.token]),
                    icon="download",
                )
            )
        if report.workbook:
            actions.append(
                Action(
                    _("Excel"),
                    reverse("core:file_download", args=[report.workbook.token]),
                    icon="file-spreadsheet",
                )
            )
        if report.known_at and not self.is_open:
            actions.append(
                Action(
                    _("Restatement"), reverse("reports:collector_restatement", args=args), icon="history"
                )
            )
        if self.is_open:
            actions += [
                Action(
                    _("Take figures again"),
                    reverse("reports:collector_refresh", args=args),
                    icon="refresh",
                    post=True,
                ),
                Action(_("Remarks"), reverse("reports:collector_remarks", args=args), icon="edit"),
                Action(
                    _("Attach document"), reverse("reports:collector_attach", args=args), icon="paperclip"
                ),
            ]
        for edge in COLLECTOR_REPORT.next(report, user):
            if self._may_take(edge):
                actions.append(
                    Action(
                        edge.verb,
                        reverse(edge.url_name, args=args),
                        primary=edge.target != ReviewStatus.RETURNED,
                    )
                )
        return actions

    def _may_take(self, edge) -> bool:
        own = self.object.officer_id == self.request.user.pk
        if edge.target == ReviewStatus.SUBMITTED:
            return own
        if edge.target == ReviewStatus.APPROVED and self.object.reviewed_by_id == self.request.user.pk:
            return False
        return not own

    def get_context_data(self, **kwargs) -> dict[str, Any]:
        report = self.object
        documents = {}
        for row in report.documents.select_related("file").order_by("pk"):
            documents.setdefault(row.entry_id, []).append(row)
        strips = money_strips(report.figures)
        for part in strips:
            part["tied"] = shown_ties(report.ties, [part["strip"]], url="")
        return super().get_context_data(
            strips=strips,
            receipts=[(row, documents.get(row["entry"], [])) for row in report.figures.get("receipts", [])],
            general_documents=documents.get(None, []),
            missing={row["entry"] for row in missing_proofs(report)},
            comments=report.comments.select_related("author").order_by("-id"),
            is_open=self.is_open,
            **kwargs,
        )


urlpatterns = [
    path("collectors/", CollectorListPage.as_view(), name="collector_list"),
    path("collectors/<int:pk>/", CollectorDetailPage.as_view(), name="collector_detail"),
]
