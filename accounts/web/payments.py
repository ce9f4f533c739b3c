"""The verbs of money on one account: payment, adjustment, write-off, reversal."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db import transaction
from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cashdesk.corrections import post_again
from accounts.ledger.enums import Direction, EntryKind, PaymentMethod
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.services import (
    NewEntry,
    post_entries,
    reversal_of,
    reverse_entry,
)
from accounts.ledger.write_offs import write_off, write_off_of
from accounts.payments.credits import check_credit
from accounts.payments.services import post_payment, reverse_payment
from accounts.web.late_postings import LateReasonForm
from accounts.web.money_forms import DatedMoneyForm, MoneyForm, PaymentForm, cash_action
from accounts.web.proposals import ApprovableVerb, authority_fact
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.forms import DayField, MoneyFormField
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import ActionPage


class AccountVerb(ActionPage):
    """A form about one account that leads back to its page."""

    menu = "accounts"
    queryset = Account.objects.select_related("debtor", "creditor", "team", "officer", "standing")
    two_columns = True

    def get_crumbs(self):
        account = self.object
        return [
            Crumb(
                f"{account.debtor.name} {account.number}",
                reverse("accounts:account_detail", args=[account.pk]),
            )
        ]

    def get_success_url(self, result: Any) -> str:
        return reverse("accounts:account_detail", args=[self.object.pk])

    def get_cancel_url(self) -> str:
        return reverse("accounts:account_detail", args=[self.object.pk])

    def facts(self) -> list[Fact]:
        standing, code = getattr(self.object, "standing", None), self.object.currency
        if standing is None:
            return []
        return [
            Fact(_("Overdue"), ui.money_with_code(standing.overdue, code)),
            Fact(_("In dispute"), ui.money_with_code(standing.contested, code)),
            Fact(_("Not yet due"), ui.money_with_code(standing.not_due, code)),
            Fact(_("Balance"), ui.money_with_code(standing.balance, code)),
        ]


class MoneyVerb(AccountVerb):
    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"account": self.object, "as_of": self.today}


class DatedMoneyVerb(MoneyVerb):
    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}


class PostPaymentPage(DatedMoneyVerb):
    permission = "accounts.post_payment"
    title = gettext_lazy("Post payment")
    form_class = PaymentForm
    button = gettext_lazy("Post payment")

    def get_head_actions(self):
        return [cash_action(self.object)]

    def get_initial(self):
        standing = getattr(self.object, "standing", None)
        owed = standing.overdue if standing and standing.overdue else None
        method = self.object.debtor.payment_method
        return {
            "amount": owed,
            "value_date": self.today,
            "method": method if method in PaymentMethod.values else PaymentMethod.TRANSFER,
        }

    def consequence(self):
        return _(
            "Balance, promises and the worklist follow at once. A payment is never edited, only reversed."
        )

    def perform(self, form):
        data = dict(form.cleaned_data)
        if form.is_cash_here:
            # its payment was taken back; the receipt that was issued for it stands
            del data["method"], data["receiver"]
            data["code"] = data.pop("reference")
            return post_again(account=self.object, actor=self.request.user, as_of=self.today, **data)
        data.pop("move_reason", None)
        return post_payment(account=self.object, actor=self.request.user, as_of=self.today, **data)

    def get_success_message(self, result) -> str:
        return _("Payment of %(currency)s %(amount)s posted.") % {
            "currency": result.currency,
            "amount": amount_text(result.amount, result.currency),
        }


class AdjustmentForm(DatedMoneyForm):
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[
            (kind.value, kind.label)
            for kind in (
                EntryKind.CHARGE,
                EntryKind.FEE,
                EntryKind.INTEREST,
                EntryKind.PENALTY,
                EntryKind.CREDIT_NOTE,
                EntryKind.REFUND,
            )
        ]
        + [
            ("debit", gettext_lazy("Adjustment, owes more")),
            ("credit", gettext_lazy("Adjustment, owes less")),
        ],
    )
    value_date = DayField(label=gettext_lazy("Value date"), not_after_today=True)
    due_date = DayField(
        label=gettext_lazy("Due date"),
        required=False,
        help_text=gettext_lazy("Empty: value date and the portfolio's terms."),
    )
    reference = forms.CharField(label=gettext_lazy("Reference"), max_length=80, required=False)
    tax_amount = MoneyFormField(
        label=gettext_lazy("Tax in it"),
        required=False,
        min_value=Decimal(0),
        help_text=gettext_lazy("Empty: by the policy for its kind."),
    )
    tax_code = forms.CharField(label=gettext_lazy("Tax code"), max_length=20, required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("The debtor reads it on statements and letters."),
    )

    def clean(self):
        data = super().clean()
        tax, amount = data.get("tax_amount"), data.get("amount")
        if tax and amount and tax > amount:
            self.add_error("tax_amount", _("The tax is within the amount, so it can't be more."))
        return data


class PostAdjustmentPage(ApprovableVerb, DatedMoneyVerb):
    permission = "accounts.post_entry"
    title = gettext_lazy("Post adjustment")
    form_class = AdjustmentForm
    button = gettext_lazy("Post entry")
    wide_fields = ("reason",)

    def get_initial(self):
        return {"value_date": self.today}

    def proposed(self, form):
        data = form.cleaned_data
        stated = data["kind"] in Direction.values
        return NewEntry(
            account_id=self.object.pk,
            kind=EntryKind.ADJUSTMENT if stated else data["kind"],
            direction=data["kind"] if stated else None,
            amount=data["amount"],
            value_date=data["value_date"],
            due_date=data["due_date"],
            reference=data["reference"],
            tax_amount=data["tax_amount"] or Decimal(0),
            tax_code=data["tax_code"],
            description=data["reason"],
            reason=data["reason"],
            late_reason=data["late_reason"],
        )

    def post_alone(self, form):
        proposed = self.proposed(form)
        with transaction.atomic():
            if proposed.kind == EntryKind.REFUND:
                # money that is paid back is credit; a payment that was taken in error is reversed
                check_credit(self.object, proposed.amount)
            [entry] = post_entries(entries=[proposed], actor=self.request.user, as_of=self.today)
        return entry

    def get_posted_message(self, result) -> str:
        return _("%(kind)s posted.") % {"kind": result.get_kind_display()}


class WriteOffForm(MoneyForm):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class WriteOffPage(ApprovableVerb, MoneyVerb):
    permission = "accounts.write_off"
    title = gettext_lazy("Write off")
    form_class = WriteOffForm
    button = gettext_lazy("Write off")
    is_dangerous = True
    wide_fields = ("reason",)
    ask_permission = "accounts.write_off"

    def facts(self):
        fact = authority_fact("write_off", self.object, self.request.user, self.today)
        return [*super().facts(), fact]

    def get_initial(self):
        standing = getattr(self.object, "standing", None)
        return {"amount": standing.balance if standing and standing.balance > 0 else None}

    def consequence(self):
        return _(
            "It leaves the balance and stands as a memo; money that comes later is recovered against it."
        )

    def proposed(self, form):
        return write_off_of(self.object, as_of=self.today, **form.cleaned_data)

    def post_alone(self, form):
        return write_off(account=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data)

    def get_posted_message(self, result) -> str:
        return _("Written off.")


class ReverseForm(LateReasonForm):
    value_date = DayField(label=gettext_lazy("Value date"), not_after_today=True)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)

    def __init__(self, *args, account: Account, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.ask_when_late(account=account, user=user)


class ReverseEntryPage(ApprovableVerb, ActionPage):
    """Take an entry back; a payment by its own permission, everything else by the ledger's."""

    permission = "accounts.reverse_payment"
    ask_permission = "accounts.reverse_entry"
    title = gettext_lazy("Reverse entry")
    menu = "accounts"
    form_class = ReverseForm
    button = gettext_lazy("Reverse entry")
    is_dangerous = True
    two_columns = True

    def get_object(self):
        entry = entry_of(self.request.user, self.kwargs["pk"])
        if LedgerEntry.objects.filter(reverses=entry).exists() or entry.kind == EntryKind.REVERSAL:
            raise Http404(_("This entry is reversed already."))
        return entry

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"account": self.object.account, "user": self.request.user}

    def get_initial(self):
        return {"value_date": self.today}

    def facts(self):
        entry = self.object
        return [
            Fact(_("Entry"), entry.description or entry.get_kind_display()),
            Fact(_("Amount"), ui.money_with_code(entry.amount, entry.currency)),
            Fact(_("Value date"), day_text(entry.value_date, self.today)),
        ]

    def get_title(self):
        return _("Posted by mistake") if self.object.kind == EntryKind.PAYMENT else self.title

    def consequence(self):
        words = _(
            "The entry stays, its reversal stands beside it from the value date on, promises are judged anew."
        )
        if self.object.kind == EntryKind.PAYMENT:
            words += " " + _("If the bank sent the money back, use «It came back» instead.")
        return words

    def proposed(self, form):
        return reversal_of(self.object, **form.cleaned_data)

    def post_alone(self, form):
        verb = reverse_payment if self.object.kind == EntryKind.PAYMENT else reverse_entry
        return verb(entry=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data)

    def get_posted_url(self, result):
        return reverse("accounts:account_detail", args=[self.object.account_id])

    def get_cancel_url(self):
        return reverse("accounts:account_detail", args=[self.object.account_id])

    def get_posted_message(self, result) -> str:
        return _("The entry is reversed.")


def entry_of(user, pk: int) -> LedgerEntry:
    """An entry of an account the user may see, else a 404."""
    entry = (
        LedgerEntry.objects.filter(pk=pk, account__in=Account.objects.visible_to(user))
        .select_related("account", "account__debtor", "account__creditor", "actor", "reverses")
        .first()
    )
    if entry is None:
        raise Http404(_("There is no such entry, or it belongs to another team."))
    return entry


urlpatterns = [
    path("accounts/<int:pk>/payment/", PostPaymentPage.as_view(), name="payment_new"),
    path("accounts/<int:pk>/adjustment/", PostAdjustmentPage.as_view(), name="adjustment_new"),
    path("accounts/<int:pk>/write-off/", WriteOffPage.as_view(), name="write_off"),
    path("entries/<int:pk>/reverse/", ReverseEntryPage.as_view(), name="entry_reverse"),
]
