"""What is done with one cheque between the drawer's hand and the bank's answer."""

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cheques.enums import ChequeStatus, Missing
from accounts.cheques.models import Cheque
from accounts.cheques.paying import paid_of
from accounts.cheques.rules import APPROVE_CHEQUE_HOLD, LODGE_CHEQUE, MOVE_CHEQUE
from accounts.cheques.services import (
    ask_hold,
    attach_paper,
    complete_cheque,
    plan_submission,
    release_security,
    take_in_hand,
    void_cheque,
)
from accounts.payments.models import OwnBankAccount
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import day_text
from collections_app.core.web.forms import DayField
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import ActionPage, ReasonPage, VerbView

BEFORE = (ChequeStatus.RECEIVED, ChequeStatus.IN_HAND)


def paper_of(form) -> tuple[str, bytes] | None:
    """The file of a form, as services take it."""
    file = form.cleaned_data.get("paper")
    return (file.name, file.read()) if file else None


def bank_accounts_for(cheque: Cheque, user):
    """Our accounts a cheque's money may go to."""
    return (
        OwnBankAccount.objects.visible_to(user)
        .in_use()
        .filter(currency=cheque.currency)
        .exclude(creditor__isnull=False, creditor__in=_other_creditors(cheque))
        .order_by("name")
    )


def _other_creditors(cheque: Cheque):
    return OwnBankAccount.objects.exclude(creditor=cheque.creditor_id).values("creditor")


class ChequeVerb(ActionPage):
    """A form about one cheque that leads back to its page; `statuses` limit where it makes sense."""

    menu = "cheques"
    permission = MOVE_CHEQUE
    queryset = Cheque.objects.select_related("debtor", "creditor", "holder", "bank_account")

    def get_crumbs(self):
        return [
            Crumb(_("Cheques"), reverse("accounts:cheque_list")),
            Crumb(str(self.object), reverse("accounts:cheque_detail", args=[self.object.pk])),
        ]

    def get_form_kwargs(self):
        kwargs = super().get_form_kwargs()
        if issubclass(self.form_class, ForCheque):
            kwargs |= {"cheque": self.object, "user": self.request.user, "today": self.today}
        return kwargs

    def facts(self):
        cheque, code = self.object, self.object.currency
        paid = paid_of(cheque)
        facts = [
            Fact(_("Debtor"), cheque.debtor.name),
            Fact(_("Drawn on"), cheque.bank),
            Fact(_("Amount"), ui.money_with_code(cheque.amount, code)),
            Fact(
                _("Cheque date"),
                day_text(cheque.cheque_date, self.today) if cheque.cheque_date else _("none"),
            ),
            Fact(_("Status"), cheque.get_status_display()),
            Fact(_("Paper with"), cheque.where()),
        ]
        if paid:
            facts.append(Fact(_("Paid"), ui.money_with_code(paid, code)))
        return facts

    def get_success_url(self, result) -> str:
        return reverse("accounts:cheque_detail", args=[self.object.pk])

    def get_cancel_url(self) -> str:
        return reverse("accounts:cheque_detail", args=[self.object.pk])

    @property
    def who_and_when(self) -> dict:
        return {"actor": self.request.user, "as_of": self.today}


class ForCheque(forms.Form):
    """A form that knows its cheque."""

    def __init__(self, *args, cheque: Cheque, user, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.cheque, self.today = cheque, today
        if "bank_account" in self.fields:
            self.fields["bank_account"].queryset = bank_accounts_for(cheque, user)


def bank_account_field(**kwargs):
    return forms.ModelChoiceField(
        label=gettext_lazy("Our bank account"), queryset=OwnBankAccount.objects.none(), **kwargs
    )


class TakeInHandView(ChequeVerb, VerbView):
    statuses = (ChequeStatus.RECEIVED,)

    def perform(self, form):
        return take_in_hand(cheques=[self.object], **self.who_and_when)

    def get_success_message(self, result) -> str:
        return _("The cheque is in hand.")


class CompleteForm(ForCheque):
    cheque_date = DayField(label=gettext_lazy("Date on the cheque"), required=False)
    missing = forms.MultipleChoiceField(
        label=gettext_lazy("Still missing"),
        choices=Missing.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.cheque.cheque_date is not None:
            del self.fields["cheque_date"]
        lacks = set(self.cheque.missing)
        self.fields["missing"].choices = [pair for pair in Missing.choices if pair[0] in lacks]


class CompletePage(ChequeVerb):
    title = gettext_lazy("Complete a cheque")
    statuses = BEFORE
    form_class = CompleteForm
    button = gettext_lazy("Save what is on it")

    def consequence(self):
        return _("When nothing is missing any more, the cheque counts as cover from today.")

    def perform(self, form):
        return complete_cheque(cheque=self.object, **form.cleaned_data, **self.who_and_when)

    def get_success_message(self, result) -> str:
        return _("The cheque is completed.") if not result.missing else _("Something is missing still.")


class PlanForm(ForCheque):
    planned_on = DayField(label=gettext_lazy("Submit on"), not_before_today=True)
    bank_account = bank_account_field(required=False)
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300, required=False)


class PlanPage(ChequeVerb):
    title = gettext_lazy("Plan submission")
    statuses = (*BEFORE, ChequeStatus.RETURNED)
    form_class = PlanForm
    button = gettext_lazy("Plan submission")

    def get_initial(self):
        cheque = self.object
        return {
            "planned_on": max(cheque.planned_on or self.today, self.today),
            "bank_account": cheque.bank_account_id,
        }

    def consequence(self):
        return _("Later than planned is holding it back: somebody else approves that.")

    def perform(self, form):
        return plan_submission(cheques=[self.object], **form.cleaned_data, **self.who_and_when)

    def get_success_message(self, result) -> str:
        return _("The submission is planned.")


class HoldForm(ForCheque):
    until = DayField(label=gettext_lazy("Present on"), not_before_today=True)
    reason = forms.CharField(
        label=gettext_lazy("What the customer asked"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=300,
    )


class HoldPage(ChequeVerb):
    permission = LODGE_CHEQUE
    title = gettext_lazy("Hold a cheque back")
    statuses = (*BEFORE, ChequeStatus.RETURNED)
    form_class = HoldForm
    button = gettext_lazy("Ask for approval")

    def consequence(self):
        return _("Nothing changes until another person approves; then the new date stands.")

    def perform(self, form):
        return ask_hold(cheque=self.object, **form.cleaned_data, **self.who_and_when)

    def get_success_message(self, result) -> str:
        return _("It waits for another person's approval.")


class ReleasePage(ChequeVerb, ReasonPage):
    permission = APPROVE_CHEQUE_HOLD
    title = gettext_lazy("Release a security cheque")
    statuses = BEFORE
    button = gettext_lazy("Release cheque")

    def consequence(self):
        return _("From today it may be presented, and it covers the debt.")

    def perform(self, form):
        return release_security(cheque=self.object, reason=form.cleaned_data["reason"], **self.who_and_when)

    def get_success_message(self, result) -> str:
        return _("The cheque may be presented.")


class VoidPage(ChequeVerb, ReasonPage):
    title = gettext_lazy("Entered by mistake")
    statuses = (ChequeStatus.RECEIVED,)
    button = gettext_lazy("Take it out of the register")
    is_dangerous = True

    def perform(self, form):
        return void_cheque(cheque=self.object, reason=form.cleaned_data["reason"], **self.who_and_when)

    def get_success_message(self, result) -> str:
        return _("The cheque is out of the register; its line stays.")


class PaperForm(forms.Form):
    paper = forms.FileField(label=gettext_lazy("Image or paper"))


class AddPaperPage(ChequeVerb):
    permission = LODGE_CHEQUE
    title = gettext_lazy("Add a paper")
    form_class = PaperForm
    button = gettext_lazy("Add paper")

    def perform(self, form):
        name, content = paper_of(form) or ("", b"")
        return attach_paper(cheque=self.object, content=content, filename=name, actor=self.request.user)

    def get_success_message(self, result) -> str:
        return _("The paper is added.")


urlpatterns = [
    path(f"cheques/<int:pk>/{address}/", page.as_view(), name=f"cheque_{name}")
    for name, address, page in (
        ("take", "take", TakeInHandView),
        ("complete", "complete", CompletePage),
        ("plan", "plan", PlanPage),
        ("hold", "hold", HoldPage),
        ("release", "release", ReleasePage),
        ("void", "void", VoidPage),
        ("paper", "paper", AddPaperPage),
    )
]
