"""Collectors' reports: prepare, prove, submit; review, return, approve; the frozen file."""

from typing import Any

import django_filters
from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.ledger.models import LedgerEntry
from collections_app.core import clock, panels
from collections_app.core.permissions import has_permission
from collections_app.core.web import navigation
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Action, Crumb, Fact
from collections_app.core.web.tables import DateColumn, LinkColumn, StatusColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, ConfirmPage, DetailPage, ListPage, ReasonPage, VerbView
from reports.figures.month import Month
from reports.reviews.enums import COLLECTOR_REPORT, ReviewStatus
from reports.reviews.models import CollectorReport
from reports.reviews.services import (
    OPEN_TO_CHANGE,
    approve_report,
    attach_document,
    missing_proofs,
    prepare_report,
    refresh_figures,
    return_report,
    review_report,
    submit_report,
    write_remarks,
)

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


class PeriodForm(forms.Form):
    first_day = DayField(label=gettext_lazy("From"))
    last_day = DayField(label=gettext_lazy("To"), not_after_today=True)


class CollectorNewPage(ActionPage):
    permission = "reports.prepare_collector_report"
    menu = "collector_reports"
    title = gettext_lazy("Prepare report")
    form_class = PeriodForm
    button = gettext_lazy("Prepare report")

    def get_crumbs(self):
        return [Crumb(_("Collectors' reports"), reverse("reports:collector_list"))]

    def get_initial(self):
        month = Month.of(clock.today()).previous
        return {"first_day": month.first_day, "last_day": month.last_day}

    def consequence(self):
        return _("The figures come from the ledger; they can't be typed.")

    def perform(self, form):
        user = self.request.user
        return prepare_report(officer=user, actor=user, as_of=self.today, **form.cleaned_data)

    def get_success_url(self, result):
        return reverse("reports:collector_detail", args=[result.pk])


class CollectorDetailPage(DetailPage):
    permission = "reports.view_collector_report"
    queryset = CollectorReport.objects.select_related("officer", "team", "reviewed_by", "approved_by", "file")
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
        return f"{report.first_day:%d %b %Y} \u2013 {report.last_day:%d %b %Y}"

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
        return super().get_context_data(
            receipts=[(row, documents.get(row["entry"], [])) for row in report.figures.get("receipts", [])],
            general_documents=documents.get(None, []),
            missing={row["entry"] for row in missing_proofs(report)},
            comments=report.comments.select_related("author").order_by("-id"),
            is_open=self.is_open,
            **kwargs,
        )


class CollectorVerb(ConfirmPage):
    menu = "collector_reports"
    queryset = CollectorReport.objects.select_related("officer")

    def get_crumbs(self):
        return [Crumb(str(self.object), reverse("reports:collector_detail", args=[self.object.pk]))]

    def get_success_url(self, result):
        return reverse("reports:collector_detail", args=[self.object.pk])

    def facts(self):
        rows = self.object.figures.get("money", {})
        return [
            Fact(_("Collected %(code)s") % {"code": code}, row["collected"]) for code, row in rows.items()
        ]


class CollectorSubmit(CollectorVerb):
    permission = "reports.prepare_collector_report"
    title = gettext_lazy("Submit report")
    button = gettext_lazy("Submit report")

    def consequence(self):
        missing = len(missing_proofs(self.object))
        if missing:
            return _("%(count)s cash or cheque receipts have no document yet; the reviewer sees that.") % {
                "count": missing
            }
        return _("Figures are taken once more and then stand until it comes back.")

    def perform(self, form):
        return submit_report(report=self.object, actor=self.request.user, as_of=self.today)


class CollectorReview(CollectorVerb):
    permission = "reports.review_collector_report"
    title = gettext_lazy("Pass the report on")
    button = gettext_lazy("Pass on")

    def consequence(self):
        return _("You found it right; somebody else approves it.")

    def perform(self, form):
        return review_report(report=self.object, actor=self.request.user, as_of=self.today)


class CollectorReturn(ReasonPage, CollectorVerb):
    permission = "reports.review_collector_report"
    title = gettext_lazy("Return the report")
    button = gettext_lazy("Return with comment")
    template_name = "generic/form.html"

    def perform(self, form):
        return return_report(
            report=self.object, comment=form.cleaned_data["reason"], actor=self.request.user, as_of=self.today
        )


class CollectorApprove(CollectorVerb):
    permission = "reports.approve_collector_report"
    title = gettext_lazy("Approve the report")
    button = gettext_lazy("Approve and freeze")

    def consequence(self):
        return _("The file is kept with its hash and signers and can't be changed.")

    def perform(self, form):
        return approve_report(report=self.object, actor=self.request.user, as_of=self.today)


class CollectorRefresh(VerbView):
    permission = "reports.prepare_collector_report"
    queryset = CollectorReport.objects.all()
    success_message = gettext_lazy("Figures taken from the ledger again.")

    def perform(self, form):
        return refresh_figures(report=self.object, actor=self.request.user)

    def get_success_url(self, result):
        return reverse("reports:collector_detail", args=[self.object.pk])


class RemarksForm(forms.Form):
    remarks = forms.CharField(
        label=gettext_lazy("Remarks"),
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class CollectorRemarks(CollectorVerb):
    permission = "reports.prepare_collector_report"
    title = gettext_lazy("Remarks")
    button = gettext_lazy("Save remarks")
    form_class = RemarksForm
    template_name = "generic/form.html"

    def get_initial(self):
        return {"remarks": self.object.remarks}

    def perform(self, form):
        return write_remarks(
            report=self.object, remarks=form.cleaned_data["remarks"], actor=self.request.user
        )


class AttachForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("What it proves"), max_length=120)
    entry = forms.ChoiceField(label=gettext_lazy("Receipt"), required=False)
    file = forms.FileField(label=gettext_lazy("File"))


class CollectorAttach(CollectorVerb):
    permission = "reports.prepare_collector_report"
    title = gettext_lazy("Attach document")
    button = gettext_lazy("Attach document")
    form_class = AttachForm
    template_name = "generic/form.html"

    def get_form(self):
        form = super().get_form()
        form.fields["entry"].choices = [("", _("the report as a whole"))] + [
            (str(row["entry"]), f"{row['value_date']} {row['account']} {row['currency']} {row['amount']}")
            for row in self.object.figures.get("receipts", [])
        ]
        return form

    def perform(self, form):
        upload = form.cleaned_data["file"]
        entry = form.cleaned_data["entry"]
        return attach_document(
            report=self.object,
            content=upload.read(),
            filename=upload.name,
            title=form.cleaned_data["title"],
            entry=LedgerEntry.objects.get(pk=entry) if entry else None,
            actor=self.request.user,
        )


urlpatterns = [
    path("collectors/", CollectorListPage.as_view(), name="collector_list"),
    path("collectors/new/", CollectorNewPage.as_view(), name="collector_new"),
    path("collectors/<int:pk>/", CollectorDetailPage.as_view(), name="collector_detail"),
    path("collectors/<int:pk>/refresh/", CollectorRefresh.as_view(), name="collector_refresh"),
    path("collectors/<int:pk>/remarks/", CollectorRemarks.as_view(), name="collector_remarks"),
    path("collectors/<int:pk>/attach/", CollectorAttach.as_view(), name="collector_attach"),
    path("collectors/<int:pk>/submit/", CollectorSubmit.as_view(), name="collector_submit"),
    path("collectors/<int:pk>/review/", CollectorReview.as_view(), name="collector_review"),
    path("collectors/<int:pk>/return/", CollectorReturn.as_view(), name="collector_return"),
    path("collectors/<int:pk>/approve/", CollectorApprove.as_view(), name="collector_approve"),
]
