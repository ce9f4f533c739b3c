"""Building a month's reports, signing a build and proving its hash."""

from typing import Any

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.core import clock
from collections_app.core.web.forms import MomentField
from collections_app.core.web.moments import moment_text
from collections_app.core.web.views import ActionPage, ConfirmPage, Crumb, Fact, VerbView
from reports.closing.jobs import BuildReports, ProveBuild
from reports.closing.models import ReportBuild
from reports.closing.services import MonthAlreadySigned, sign_report, signed_build
from reports.figures.enums import ReportKind
from reports.figures.month import Month
from reports.rendering.labels import month_name
from reports.web.monthly import MONTHS_SHOWN, months_back


class BuildForm(forms.Form):
    month = forms.ChoiceField(label=gettext_lazy("Month"))
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Reports"),
        choices=ReportKind.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=ReportKind.values,
    )

    known_at = MomentField(
        label=gettext_lazy("As known on (UTC)"),
        required=False,
        help_text=gettext_lazy("Empty: all that is known now. What was recorded later is left out."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["month"].choices = [
            (str(month), month_name(month)) for month in months_back(MONTHS_SHOWN * 10)
        ]


class ReportBuildPage(ActionPage):
    """Ask for a build; a worker does it and its page shows how far it is."""

    permission = "reports.build_report"
    menu = "reports"
    title = gettext_lazy("Build monthly reports")
    lead = gettext_lazy("Figures come from the ledger as it is known at this moment.")
    form_class = BuildForm
    button = gettext_lazy("Build reports")

    def get_crumbs(self) -> list[Crumb]:
        return [Crumb(_("Monthly reports"), reverse("reports:report_list"))]

    def get_initial(self) -> dict[str, Any]:
        month = self.request.GET.get("month") or str(Month.of(clock.today()).previous)
        kind = self.request.GET.get("kind")
        return {"month": month, "kinds": [kind] if kind else ReportKind.values}

    def consequence(self) -> str:
        return _("An unsigned build of the month is replaced; a signed one stays and refuses.")

    def perform(self, form):
        month = Month.parse(form.cleaned_data["month"])
        signed = [kind for kind in form.cleaned_data["kinds"] if signed_build(kind, month) is not None]
        if signed:
            names = ", ".join(str(ReportKind(kind).label) for kind in signed)
            raise MonthAlreadySigned(
                _("%(month)s is signed for: %(kinds)s. Leave that out, or open the signed report.")
                % {"month": month_name(month), "kinds": names},
                field="kinds",
            )
        known_at = form.cleaned_data["known_at"]
        return BuildReports.enqueue_once(
            scope=f"{form.cleaned_data['month']} {moment_text(known_at) if known_at else ''}".strip(),
            params={
                "month": form.cleaned_data["month"],
                "kinds": form.cleaned_data["kinds"],
                "known_at": known_at.isoformat() if known_at else "",
            },
            actor=self.request.user,
        )

    def get_success_url(self, result) -> str:
        return reverse("core:job_detail", args=[result.pk])


class ReportSign(ConfirmPage):
    """Sign a build: the month is closed with it."""

    permission = "reports.sign_report"
    menu = "reports"
    queryset = ReportBuild.objects.select_related("previous")
    button = gettext_lazy("Sign report")

    def get_title(self) -> str:
        name = month_name(Month.of(self.object.month))
        return _("Sign the %(report)s of %(month)s") % {
            "report": self.object.get_kind_display(), "month": name,
        }  # fmt: skip

    def consequence(self) -> str:
        return _(
            "The next month opens with these balances. What is learned later shows there under"
            " prior period. A signature can't be taken back."
        )

    def facts(self) -> list[Fact]:
        return [
            Fact(_("Known at"), f"{self.object.known_at:%Y-%m-%d %H:%M} UTC"),
            Fact(_("Content hash"), self.object.content_sha256[:16]),
            Fact(_("Built by"), self.object.built_by),
        ]

    def perform(self, form):
        return sign_report(build=self.object, actor=self.request.user)

    def get_success_message(self, result) -> str:
        return _("Signed.")

    def get_success_url(self, result) -> str:
        return reverse("reports:report_detail", args=[result.kind, str(Month.of(result.month))])


class ReportProve(VerbView):
    """Compute a build anew from facts and compare its hash; a job, for it takes a while."""

    permission = "reports.view_report"
    queryset = ReportBuild.objects.all()

    def perform(self, form):
        return ProveBuild.enqueue_once(
            scope=str(self.object.pk), params={"build": self.object.pk}, actor=self.request.user
        )

    def get_success_url(self, result) -> str:
        return reverse("core:job_detail", args=[result.pk])


urlpatterns = [
    path("build/", ReportBuildPage.as_view(), name="report_build"),
    path("<int:pk>/sign/", ReportSign.as_view(), name="report_sign"),
    path("<int:pk>/prove/", ReportProve.as_view(), name="report_prove"),
]
