"""Documents added to an open dispute, by the office or by whoever is asked."""

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.disputes.enums import EvidenceKind
from accounts.disputes.rules import ANSWER_DISPUTE, RAISE_DISPUTE
from accounts.disputes.services import add_evidence
from accounts.web.dispute_verbs import DisputeVerb
from accounts.web.questions import question_of
from collections_app.core.templatetags import ui
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import ActionPage


class EvidenceForm(forms.Form):
    document = forms.FileField(label=gettext_lazy("Document"))
    kind = forms.ChoiceField(label=gettext_lazy("What it is"), choices=EvidenceKind.choices)
    dated = DayField(
        label=gettext_lazy("Dated"),
        required=False,
        not_after_today=True,
        help_text=gettext_lazy("The day on the document, if it has one."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)


class _AddsEvidence(ActionPage):
    """The form, whoever sends it; subclasses say whose disputes he may add to."""

    title = gettext_lazy("Add a document")
    form_class = EvidenceForm
    button = gettext_lazy("Add document")

    def get_initial(self):
        return {"kind": EvidenceKind.LETTER}

    def consequence(self):
        return _("The office and the person asked both see it. It can't be changed or taken away.")

    def perform(self, form):
        data = form.cleaned_data
        return add_evidence(
            dispute=self.object,
            filename=data["document"].name,
            content=data["document"].read(),
            kind=data["kind"],
            dated=data["dated"],
            note=data["note"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("«%(name)s» is added.") % {"name": result.file.filename}


class AddDisputeEvidencePage(_AddsEvidence, DisputeVerb):
    permission = RAISE_DISPUTE


class AddQuestionEvidencePage(_AddsEvidence):
    permission = ANSWER_DISPUTE
    menu = "questions"

    def get_object(self):
        return question_of(self.request.user, self.today, **self.kwargs)

    def page(self) -> str:
        return reverse("accounts:question_detail", args=[self.object.pk])

    def get_crumbs(self):
        return [Crumb(self.object.get_reason_display(), self.page())]

    def facts(self):
        dispute = self.object
        return [
            Fact(_("Question"), dispute.question),
            Fact(_("In question"), ui.money_with_code(dispute.amount, dispute.currency)),
        ]

    def get_success_url(self, result) -> str:
        return self.page()

    def get_cancel_url(self) -> str:
        return self.page()


urlpatterns = [
    path("disputes/<int:pk>/evidence/", AddDisputeEvidencePage.as_view(), name="dispute_evidence_new"),
    path("questions/<int:pk>/evidence/", AddQuestionEvidencePage.as_view(), name="question_evidence_new"),
]
