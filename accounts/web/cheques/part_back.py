"""A part of a paid cheque came back: how much, and from which of the accounts it paid."""

from decimal import Decimal

from django import forms
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cheques.enums import PAID
from accounts.cheques.models import Cheque
from accounts.cheques.part_back import part_return_cheque, suggested
from accounts.cheques.paying import payments_of
from accounts.cheques.rules import ANSWER_CHEQUE
from accounts.web.cheques.verbs import ChequeVerb, ForCheque, paper_of
from collections_app.core.web.figures import amount_text
from collections_app.core.web.forms import DayField, MoneyFormField

FIELD = "back_"


def add_parts(form: forms.Form, cheque: Cheque, *, back: Decimal | None = None) -> None:
    """Give a form a field for each account the cheque paid; `back` is what is suggested of them."""
    guess = suggested(cheque, back) if back is not None else {}
    for payment in payments_of(cheque):
        entry = payment.entry
        form.fields[f"{FIELD}{entry.account_id}"] = MoneyFormField(
            label=_("Came back from %(account)s") % {"account": payment.share.account.number},
            currency=cheque.currency,
            min_value=Decimal(0),
            max_value=entry.amount,
            required=False,
            initial=guess.get(entry.account_id),
            help_text=_("It was paid %(amount)s.")
            % {"amount": f"{cheque.currency} {amount_text(entry.amount, cheque.currency)}"},
        )


def parts_in(data: dict) -> dict[int, Decimal]:
    """How much came back by account; empty where the form did not ask."""
    return {
        int(name.removeprefix(FIELD)): amount or Decimal(0)
        for name, amount in data.items()
        if name.startswith(FIELD)
    }


class PartBackForm(ForCheque):
    return_date = DayField(label=gettext_lazy("Came back on"), not_after_today=True)
    certificate = forms.CharField(label=gettext_lazy("Number of the certificate"), max_length=60)
    paper = forms.FileField(label=gettext_lazy("The certificate"), required=False)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        own = list(self.fields)
        add_parts(self, self.cheque)
        self.order_fields([*(name for name in self.fields if name not in own), *own])


class PartBackPage(ChequeVerb):
    permission = ANSWER_CHEQUE
    title = gettext_lazy("A part came back")
    statuses = PAID
    form_class = PartBackForm
    button = gettext_lazy("Record the part")
    is_dangerous = True
    two_columns = True
    wide_fields = ("note",)

    def get_initial(self):
        return {"return_date": self.today}

    def consequence(self):
        return _(
            "What came back is taken back on that day, what stayed stays paid. The debt is overdue again from"
            " its own due date."
        )

    def perform(self, form):
        data = form.cleaned_data
        return part_return_cheque(
            cheque=self.object,
            back=parts_in(data),
            return_date=data["return_date"],
            certificate=data["certificate"],
            note=data["note"],
            paper=paper_of(form),
            **self.who_and_when,
        )

    def get_success_message(self, result) -> str:
        return _("%(amount)s came back; the rest stays paid.") % {
            "amount": f"{result.currency} {amount_text(result.amount, result.currency)}"
        }


urlpatterns = [path("cheques/<int:pk>/part-back/", PartBackPage.as_view(), name="cheque_part_back")]
