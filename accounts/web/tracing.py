"""What the search for a debtor brought: a new number or address with its source, or nothing yet."""

from django import forms
from django.http import Http404
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.contacts.models import TraceResult
from accounts.contacts.services import TRACE, close_trace_found, close_trace_not_found, trace_step
from accounts.parties.enums import ContactPointKind
from accounts.parties.models import Debtor
from accounts.parties.rules import MANAGE_CONTACT_POINT
from accounts.web.tasks import TaskVerb, about_url
from collections_app.core.web.parts import Fact


class TraceForm(forms.Form):
    found = forms.TypedChoiceField(
        label=gettext_lazy("The search"),
        choices=[
            ("yes", gettext_lazy("found a way to reach the debtor")),
            ("no", gettext_lazy("found nothing here")),
        ],
        widget=forms.RadioSelect,
        coerce=lambda value: value == "yes",
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What was found"), choices=ContactPointKind.choices, required=False
    )
    value = forms.CharField(label=gettext_lazy("Number or address"), max_length=300, required=False)
    source = forms.CharField(label=gettext_lazy("From where"), max_length=60, required=False)
    confidence = forms.IntegerField(
        label=gettext_lazy("How sure, percent"), min_value=0, max_value=100, initial=60, required=False
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def clean(self):
        data = super().clean()
        if data.get("found"):
            for name, words in (
                ("value", _("Write what was found.")),
                ("source", _("Say where it comes from.")),
            ):
                if not data.get(name):
                    self.add_error(name, words)
        return data


class CloseTrace(TaskVerb):
    permission = MANAGE_CONTACT_POINT
    title = gettext_lazy("What the search brought")
    form_class = TraceForm
    button = gettext_lazy("Close the search")
    wide_fields = ("found", "note")
    two_columns = True

    def get_object(self):
        task = super().get_object()
        if task.kind != TRACE:
            raise Http404(_("This task does not ask for a number or address."))
        return task

    def facts(self):
        debtor = Debtor.objects.select_related("creditor").get(pk=self.object.subject_id)
        step = trace_step(debtor, as_of=self.today)
        facts = [
            Fact(_("Debtor"), debtor.name, url=about_url(self.object, self.request.user)),
            Fact(_("Look in"), step.label if step else _("nowhere else")),
        ]
        for result in TraceResult.objects.filter(debtor=debtor).select_related("actor").order_by("-pk")[:5]:
            what = _("found") if result.contact_point_id else _("not found")
            facts.append(Fact(result.get_step_display(), what, note=f"{result.actor} {result.note}".strip()))
        return facts

    def perform(self, form):
        said = {"task": self.object, "note": form.cleaned_data["note"], "actor": self.request.user}
        if not form.cleaned_data["found"]:
            return close_trace_not_found(**said, as_of=self.today)
        return close_trace_found(
            **said,
            kind=form.cleaned_data["kind"] or ContactPointKind.PHONE,
            value=form.cleaned_data["value"],
            source=form.cleaned_data["source"],
            confidence=form.cleaned_data["confidence"] or 0,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        if result.contact_point_id:
            return _("It stands on the debtor's record, not verified yet.")
        return _("Kept. The next step of the search is asked for.")


urlpatterns = [path("tasks/<int:pk>/trace/", CloseTrace.as_view(), name="trace_close")]
