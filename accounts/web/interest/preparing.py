"""Preparing a run: for whom, what, through which month."""

from datetime import date, timedelta

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.interest.enums import ChargeKind
from accounts.interest.jobs import ReckonInterest
from accounts.interest.rules import RUN_INTEREST
from accounts.interest.services import month_end, prepare_run
from accounts.parties.models import Creditor
from accounts.web.interest.runs import month_text
from collections_app.core.web.parts import Crumb
from collections_app.core.web.views import ActionPage

MONTHS_OFFERED = 24


class RunForm(forms.Form):
    creditor = forms.ModelChoiceField(label=gettext_lazy("Creditor"), queryset=Creditor.objects.none())
    kind = forms.ChoiceField(label=gettext_lazy("What"), choices=ChargeKind.choices)
    month = forms.ChoiceField(label=gettext_lazy("Through the end of"))
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def __init__(self, *args, user, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["creditor"].queryset = Creditor.objects.visible_to(user).order_by("name")
        last, choices = today.replace(day=1) - timedelta(days=1), []
        for _number in range(MONTHS_OFFERED):
            choices.append((last.strftime("%Y-%m"), month_text(last)))
            last = last.replace(day=1) - timedelta(days=1)
        self.fields["month"].choices = choices

    def clean_month(self):
        year, month = map(int, self.cleaned_data["month"].split("-"))
        return month_end(date(year, month, 1))


class RunNewPage(ActionPage):
    permission = RUN_INTEREST
    title = gettext_lazy("Prepare a run")
    lead = gettext_lazy("Nothing is posted yet: you see first what would be.")
    menu = "interest"
    form_class = RunForm
    button = gettext_lazy("Prepare run")

    def get_crumbs(self):
        return [Crumb(_("Interest and fees"), reverse("accounts:interest_run_list"))]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user, "today": self.today}

    def consequence(self):
        return _(
            "All accounts of the creditor are reckoned from the day after its last run. What was "
            "learned since about earlier days is put right in the same run."
        )

    def perform(self, form):
        data = form.cleaned_data
        run = prepare_run(
            creditor=data["creditor"],
            kind=data["kind"],
            last_day=data["month"],
            note=data["note"],
            actor=self.request.user,
            as_of=self.today,
        )
        return ReckonInterest.enqueue_once(scope=str(run.pk), actor=self.request.user)

    def get_success_url(self, result):
        return reverse("core:job_detail", args=[result.pk])

    def get_cancel_url(self):
        return reverse("accounts:interest_run_list")

    def get_success_message(self, result) -> str:
        return _("The run is being reckoned.")


urlpatterns = [path("interest/new/", RunNewPage.as_view(), name="interest_run_new")]
