"""What is done with a collector's report: prepared, proved, submitted, reviewed, returned, approved."""

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.ledger.models import LedgerEntry
from collections_app.core import clock
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import ActionPage, ConfirmPage, ReasonPage, VerbView
from reports.figures.month import Month
from reports.rendering.labels import amount_in_words, day_in_words
from reports.reviews.jobs import CheckCollectorTies
from reports.reviews.models import CollectorReport
from reports.reviews.services import (
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


class CollectorVerb(ConfirmPage):
    menu = "collector_reports"
    queryset = CollectorReport.objects.select_related("officer")

    def get_crumbs(self):
        return [Crumb(str(self.object), reverse("reports:collector_detail", args=[self.object.pk]))]

    def get_success_url(self, result):
        return reverse("reports:collector_detail", args=[self.object.pk])

    def facts(self):
        facts = []
        for code, row in self.object.figures.get("money", {}).items():
            for words, name in ((_("Collected"), "collected"), (_("Closing"), "closing")):
                facts.append(Fact(words, f"{code}\u00a0{amount_in_words(row[name], code)}"))
        return facts


class CollectorSubmit(CollectorVerb):
    permission = "reports.prepare_collector_report"
    title = gettext_lazy("Submit report")
    button = gettext_lazy("Submit report")

    def consequence(self):
        missing = len(missing_proofs(self.object))
        if missing:
            return ngettext(
                "%(count)s cash or cheque receipt has no document yet; the reviewer sees that.",
                "%(count)s cash or cheque receipts have no document yet; the reviewer sees that.",
                missing,
            ) % {"count": missing}
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
            (
                str(row["entry"]),
                f"{day_in_words(row['value_date'])}, {row['account']},"
                f" {row['currency']} {amount_in_words(row['amount'], row['currency'])}",
            )
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


class CollectorCompare(VerbView):
    """Hold a report against the ledger, in its files too; a job does it."""

    permission = "reports.view_collector_report"
    queryset = CollectorReport.objects.all()

    def perform(self, form):
        return CheckCollectorTies.enqueue_once(
            scope=str(self.object.pk), params={"report": self.object.pk}, actor=self.request.user
        )

    def get_success_url(self, result):
        return reverse("core:job_detail", args=[result.pk])


urlpatterns = [
    path("collectors/<int:pk>/compare/", CollectorCompare.as_view(), name="collector_compare"),
    path("collectors/new/", CollectorNewPage.as_view(), name="collector_new"),
    path("collectors/<int:pk>/refresh/", CollectorRefresh.as_view(), name="collector_refresh"),
    path("collectors/<int:pk>/remarks/", CollectorRemarks.as_view(), name="collector_remarks"),
    path("collectors/<int:pk>/attach/", CollectorAttach.as_view(), name="collector_attach"),
    path("collectors/<int:pk>/submit/", CollectorSubmit.as_view(), name="collector_submit"),
    path("collectors/<int:pk>/review/", CollectorReview.as_view(), name="collector_review"),
    path("collectors/<int:pk>/return/", CollectorReturn.as_view(), name="collector_return"),
    path("collectors/<int:pk>/approve/", CollectorApprove.as_view(), name="collector_approve"),
]
