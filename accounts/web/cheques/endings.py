"""A cheque that is not paid ends: in cash, at law, back with the debtor."""

from django import forms
from django.db.models import F
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cashdesk.models import CashReceipt
from accounts.cashdesk.rules import TAKE_CASH
from accounts.cheques.enums import UNPAID
from accounts.cheques.paying import paid_of
from accounts.cheques.services import (
    hand_back,
    send_to_legal,
    settle_in_cash,
)
from accounts.ledger.enums import EntryKind, PaymentMethod
from accounts.ledger.models import Account, LedgerEntry
from accounts.web.cheques.verbs import BEFORE, ChequeVerb, ForCheque, paper_of
from collections_app.core.permissions import has_permission
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.forms import DayField


class SettleForm(ForCheque):
    entries = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Paid already by"),
        queryset=LedgerEntry.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy(
            "Tick the payments that took its place. None: you take the cash now, and your cash desk issues "
            "the receipt."
        ),
    )
    reason = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        field = self.fields["entries"]
        field.queryset = (
            LedgerEntry.objects.filter(
                account__in=Account.objects.visible_to(user).filter(cheque_shares__cheque=self.cheque),
                kind=EntryKind.PAYMENT,
                value_date__gte=self.cheque.received_on,
                reversed_by__isnull=True,
                settles_cheque__isnull=True,
            )
            .exclude(method=PaymentMethod.CHEQUE)
            .select_related("account")
            .order_by(F("id").desc())
        )
        field.label_from_instance = lambda entry: (
            f"{entry.account.number}, {amount_text(entry.amount, entry.currency)}, "
            f"{day_text(entry.value_date, self.today)}, {entry.get_method_display()}"
        )
        if not has_permission(user, TAKE_CASH):
            field.required = True
            field.help_text = _("Tick the payments that took its place.")
            if not field.queryset.exists():
                field.help_text = _("No payment stands that could have. First the cash desk takes the money.")
            field.error_messages["required"] = _("Tick the payments, or have them taken at the cash desk.")
        elif not field.queryset.exists():
            del self.fields["entries"]


class SettlePage(ChequeVerb):
    title = gettext_lazy("Settle a cheque in cash")
    statuses = (*BEFORE, *UNPAID)
    form_class = SettleForm
    button = gettext_lazy("Settle cheque")

    def consequence(self):
        left = self.object.amount - paid_of(self.object)
        amount = f"{self.object.currency} {amount_text(left, self.object.currency)}"
        words = _("Without a payment ticked you take %(amount)s in cash, on your open day at the cash desk.")
        if not has_permission(self.request.user, TAKE_CASH):
            words = _("Tick payments that come to %(amount)s; cash is taken at the cash desk.")
        return words % {"amount": amount}

    def perform(self, form):
        data = {"entries": ()} | form.cleaned_data
        return settle_in_cash(cheque=self.object, **data, **self.who_and_when)

    def get_success_message(self, result) -> str:
        receipt = CashReceipt.objects.filter(lines__entry__settles_cheque__cheque=result).last()
        if receipt is not None:
            return _("Receipt %(code)s is issued. Hand the cheque back against signature.") % {
                "code": receipt.code
            }
        return _("The cheque is settled. Hand its paper back against signature.")


class LegalForm(ForCheque):
    day = DayField(label=gettext_lazy("Given to the lawyers on"), not_after_today=True)
    reason = forms.CharField(
        label=gettext_lazy("Why"), widget=forms.Textarea(attrs={"rows": 2}), max_length=300
    )


class LegalPage(ChequeVerb):
    title = gettext_lazy("Give a cheque to the lawyers")
    statuses = UNPAID
    form_class = LegalForm
    button = gettext_lazy("Give to the lawyers")

    def get_initial(self):
        return {"day": self.today}

    def consequence(self):
        return _("A supervisor gets the task to start the legal step.")

    def perform(self, form):
        return send_to_legal(cheque=self.object, **form.cleaned_data, **self.who_and_when)

    def get_success_message(self, result) -> str:
        return _("The cheque is with the lawyers.")


class HandBackForm(ForCheque):
    to = forms.CharField(label=gettext_lazy("Signed by"), max_length=140)
    day = DayField(label=gettext_lazy("Given on"), not_after_today=True)
    paper = forms.FileField(label=gettext_lazy("The signed receipt"))
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300)


class HandBackPage(ChequeVerb):
    title = gettext_lazy("Hand a cheque back")
    form_class = HandBackForm
    button = gettext_lazy("Hand back")
    two_columns = True
    wide_fields = ("reason",)

    def get_initial(self):
        return {"day": self.today, "to": self.object.debtor.name}

    def consequence(self):
        return _("The debtor has it from then on; a cheque that was still to be paid covers nothing more.")

    def perform(self, form):
        data = form.cleaned_data | {"paper": paper_of(form) or ("", b"")}
        return hand_back(cheque=self.object, **data, **self.who_and_when)

    def get_success_message(self, result) -> str:
        return _("The cheque is handed back.")


urlpatterns = [
    path(f"cheques/<int:pk>/{address}/", page.as_view(), name=f"cheque_{name}")
    for name, address, page in (
        ("settle", "settle", SettlePage),
        ("legal", "legal", LegalPage),
        ("hand_back", "hand-back", HandBackPage),
    )
]
