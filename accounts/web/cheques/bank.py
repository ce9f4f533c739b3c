"""A cheque goes to the bank, and the bank answers."""

from decimal import Decimal

from django import forms
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.cheques.enums import AT_BANK, PAID, ChequeStatus
from accounts.cheques.rules import ANSWER_CHEQUE
from accounts.cheques.services import (
    clear_cheque,
    clear_cheques,
    hand_to_bank,
    part_pay_cheque,
    return_cheque,
    submit,
    take_from_bank,
)
from accounts.returns.enums import Scheme
from accounts.returns.models import ReturnReason
from accounts.web.cheques.custody import BulkCheques
from accounts.web.cheques.verbs import ChequeVerb, ForCheque, bank_account_field, paper_of
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.forms import DayField, MoneyFormField


class SubmitForm(ForCheque):
    date = DayField(label=gettext_lazy("Given to the bank on"), not_after_today=True)
    bank_account = bank_account_field()
    deposit_reference = forms.CharField(label=gettext_lazy("Deposit slip"), max_length=60, required=False)


class SubmitPage(ChequeVerb):
    title = gettext_lazy("Submit a cheque")
    statuses = (ChequeStatus.IN_HAND, ChequeStatus.RETURNED)
    form_class = SubmitForm
    button = gettext_lazy("Submit cheque")

    def get_title(self):
        return _("Present a cheque again") if self.object.presentments else self.title

    def get_initial(self):
        return {"date": self.today, "bank_account": self.object.bank_account_id}

    def consequence(self):
        return _("The debt stays as it is until the bank pays.")

    def perform(self, form):
        return submit(cheques=[self.object], **form.cleaned_data, **self.who_and_when)

    def get_success_message(self, result) -> str:
        return _("The cheque is with the bank.")


class CollectForm(ForCheque):
    day = DayField(label=gettext_lazy("Given on"), not_after_today=True)
    bank_account = bank_account_field()


class CollectPage(ChequeVerb):
    title = gettext_lazy("Give to the bank for collection")
    statuses = (ChequeStatus.IN_HAND,)
    form_class = CollectForm
    button = gettext_lazy("Give to the bank")

    def get_initial(self):
        return {"day": self.today, "bank_account": self.object.bank_account_id}

    def consequence(self):
        return _("The bank keeps it and presents it on %(day)s, not before.") % {
            "day": day_text(self.object.planned_on, self.today)
        }

    def perform(self, form):
        return hand_to_bank(cheques=[self.object], **form.cleaned_data, **self.who_and_when)

    def get_success_message(self, result) -> str:
        return _("The bank has the paper.")


class FetchForm(ForCheque):
    day = DayField(label=gettext_lazy("Fetched on"), not_after_today=True)
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300)


class FetchPage(ChequeVerb):
    title = gettext_lazy("Fetch a cheque from the bank")
    statuses = (ChequeStatus.IN_HAND,)
    form_class = FetchForm
    button = gettext_lazy("Fetch cheque")

    def get_initial(self):
        return {"day": self.today}

    def perform(self, form):
        return take_from_bank(cheque=self.object, **form.cleaned_data, **self.who_and_when)

    def get_success_message(self, result) -> str:
        return _("You hold the cheque now.")


class ClearForm(ForCheque):
    bank_value_date = DayField(label=gettext_lazy("Bank value date"), not_after_today=True)
    reference = forms.CharField(
        label=gettext_lazy("Bank's reference"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("Empty: the cheque's number."),
    )


class ClearPage(ChequeVerb):
    permission = ANSWER_CHEQUE
    title = gettext_lazy("The bank paid a cheque")
    statuses = AT_BANK
    form_class = ClearForm
    button = gettext_lazy("Post the payment")

    def get_initial(self):
        return {"bank_value_date": self.today}

    def consequence(self):
        cheque = self.object
        return _("%(amount)s is posted as paid on that day, to each account its share.") % {
            "amount": f"{cheque.currency} {amount_text(cheque.amount, cheque.currency)}"
        }

    def perform(self, form):
        return clear_cheque(cheque=self.object, **form.cleaned_data, **self.who_and_when)

    def get_success_message(self, result) -> str:
        return _("The cheque is cleared, its payment posted.")


class PartForm(ForCheque):
    paid = MoneyFormField(label=gettext_lazy("The bank paid"), min_value=Decimal("0.001"))
    bank_value_date = DayField(label=gettext_lazy("Bank value date"), not_after_today=True)
    certificate = forms.CharField(label=gettext_lazy("Number of the certificate"), max_length=60)
    paper = forms.FileField(label=gettext_lazy("The certificate"), required=False)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["paid"].currency = self.cheque.currency


class PartPage(ChequeVerb):
    permission = ANSWER_CHEQUE
    title = gettext_lazy("The bank paid a part")
    statuses = AT_BANK
    form_class = PartForm
    button = gettext_lazy("Post the part")
    two_columns = True
    wide_fields = ("note",)

    def get_initial(self):
        return {"bank_value_date": self.today}

    def consequence(self):
        return _("The rest of the debt stays overdue from its own due date.")

    def perform(self, form):
        data = form.cleaned_data | {"paper": paper_of(form)}
        return part_pay_cheque(cheque=self.object, **data, **self.who_and_when)

    def get_success_message(self, result) -> str:
        return _("The part is posted; %(amount)s was not paid.") % {
            "amount": f"{result.currency} {amount_text(result.amount, result.currency)}"
        }


class ReturnForm(ForCheque):
    code = forms.ChoiceField(label=gettext_lazy("Reason"), widget=forms.Select)
    return_date = DayField(label=gettext_lazy("Came back on"), not_after_today=True)
    paper = forms.FileField(label=gettext_lazy("The bank's slip"), required=False)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        reasons = (
            ReturnReason.objects.in_force(self.today)
            .filter(scheme=Scheme.CHEQUE)
            .exclude(code="partly_paid")
            .order_by("id")
        )
        self.fields["code"].choices = [
            ("", "–"),
            *(
                (reason.code, f"{reason.meaning()}: {str(reason.get_action_class_display()).lower()}")
                for reason in reasons
            ),
        ]


class ReturnPage(ChequeVerb):
    permission = ANSWER_CHEQUE
    title = gettext_lazy("A cheque came back")
    statuses = (*AT_BANK, *PAID)
    form_class = ReturnForm
    button = gettext_lazy("Record the return")
    two_columns = True
    wide_fields = ("code", "note")

    def get_initial(self):
        return {"return_date": self.today}

    def consequence(self):
        if self.object.status in PAID:
            return _("Its payments are taken back on that day; the reason's fee and task follow.")
        return _("You have the paper again; the reason's fee and task follow.")

    def perform(self, form):
        data = form.cleaned_data | {"paper": paper_of(form)}
        return return_cheque(cheque=self.object, **data, **self.who_and_when)

    def get_success_message(self, result) -> str:
        return _("The return is recorded: %(action)s.") % {
            "action": str(result.reason.get_action_class_display()).lower()
        }


class ClearManyForm(forms.Form):
    bank_value_date = DayField(label=gettext_lazy("Bank value date"), not_after_today=True)
    reference = forms.CharField(
        label=gettext_lazy("Bank's reference"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("Empty: each cheque's number."),
    )


class ClearManyPage(BulkCheques):
    permission = ANSWER_CHEQUE
    title = gettext_lazy("The bank paid these cheques")
    form_class = ClearManyForm
    button = gettext_lazy("Post the payments")

    def get_initial(self):
        return {"bank_value_date": self.today}

    def consequence(self):
        return _(
            "Each is posted as paid on that day, whole. Leave out what the bank did not pay, or in part."
        )

    def perform(self, form):
        clear_cheques(cheques=(chosen := list(self.selected())), **form.cleaned_data, **self.who_and_when)
        return chosen

    def get_success_message(self, result) -> str:
        return ngettext("%(n)s cheque is cleared.", "%(n)s cheques are cleared.", len(result)) % {
            "n": len(result)
        }


urlpatterns = [
    path("cheques/clear/", ClearManyPage.as_view(), name="cheques_clear"),
] + [
    path(f"cheques/<int:pk>/{address}/", page.as_view(), name=f"cheque_{name}")
    for name, address, page in (
        ("submit", "submit", SubmitPage),
        ("collect", "collect", CollectPage),
        ("fetch", "fetch", FetchPage),
        ("clear", "clear", ClearPage),
        ("part", "part-paid", PartPage),
        ("return", "return", ReturnPage),
    )
]
