"""Legal facts about a person: recorded once, true for every creditor."""

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.holds.enums import LEGAL_STOPS
from accounts.holds.rules import END_LEGAL_FACT, RECORD_LEGAL_FACT
from accounts.holds.services import end_legal_fact, record_legal_fact
from accounts.ledger.models import Account
from accounts.parties.enums import LegalFactKind
from accounts.parties.models import Debtor, LegalFact
from accounts.web.holds import DebtorVerb, scopes_text
from collections_app.core.web.figures import day_text
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Fact
from collections_app.core.web.views import ActionPage


class LegalFactForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("The debtor is"), choices=LegalFactKind.choices)
    effective_date = DayField(label=gettext_lazy("Since"), not_after_today=True)
    source = forms.CharField(
        label=gettext_lazy("How do we know"),
        max_length=120,
        help_text=gettext_lazy("A certificate, a court's letter, a relative."),
    )


class LegalFactPage(DebtorVerb):
    permission = RECORD_LEGAL_FACT
    title = gettext_lazy("Record a legal fact")
    form_class = LegalFactForm
    button = gettext_lazy("Record fact")
    wide_fields = ("source",)

    def get_initial(self):
        return {"effective_date": self.today}

    def facts(self):
        return [
            Fact(LegalFactKind(kind).label, scopes_text({str(scope) for scope in scopes}))
            for kind, scopes in LEGAL_STOPS.items()
        ]

    def consequence(self):
        return _("It is true of the person, so it stops these things for every creditor at once.")

    def perform(self, form):
        return record_legal_fact(
            debtor=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_message(self, result) -> str:
        return _("Recorded: %(fact)s.") % {"fact": result.get_kind_display().lower()}


class EndFactForm(forms.Form):
    effective_date = DayField(label=gettext_lazy("Ended on"), not_after_today=True)
    source = forms.CharField(label=gettext_lazy("How do we know"), max_length=120)


class EndLegalFactPage(ActionPage):
    permission = END_LEGAL_FACT
    title = gettext_lazy("End a legal fact")
    menu = "debtors"
    form_class = EndFactForm
    button = gettext_lazy("End fact")
    two_columns = True
    is_dangerous = True

    def get_queryset(self):
        seen = Account.objects.visible_to(self.request.user).values("debtor__identity")
        return LegalFact.objects.filter(identity__in=seen, ends__isnull=True, ended_by__isnull=True)

    def get_initial(self):
        return {"effective_date": self.today}

    def facts(self):
        fact = self.object
        return [
            Fact(_("Fact"), fact.get_kind_display()),
            Fact(_("Since"), day_text(fact.effective_date, self.today)),
            Fact(_("Known by"), fact.source or "–"),
        ]

    def perform(self, form):
        return end_legal_fact(
            fact=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_message(self, result) -> str:
        return _("The fact is ended.")

    def get_success_url(self, result) -> str:
        debtor = (
            Debtor.objects.filter(
                identity=result.identity_id,
                pk__in=Account.objects.visible_to(self.request.user).values("debtor"),
            )
            .order_by("pk")
            .first()
        )
        return reverse("accounts:debtor_detail", args=[debtor.pk])


urlpatterns = [
    path("debtors/<int:pk>/legal-fact/", LegalFactPage.as_view(), name="legal_fact_new"),
    path("legal-facts/<int:pk>/end/", EndLegalFactPage.as_view(), name="legal_fact_end"),
]
