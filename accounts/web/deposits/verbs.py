"""Making a slip, bringing it to the bank, saying what the bank credited."""

from decimal import Decimal

from django import forms
from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.deposits.enums import TIED, DepositStatus
from accounts.deposits.models import Deposit
from accounts.deposits.queries import (
    bank_accounts_for,
    depositable_cheques,
    depositable_receipts,
    loose_differences,
    to_hand_over,
)
from accounts.deposits.rules import MAKE_DEPOSIT, TIE_DEPOSIT
from accounts.deposits.services import cancel_deposit, mark_deposited, prepare_deposit, tie, untie
from accounts.payments.models import OwnBankAccount
from accounts.web.cash.counting import CountForm
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.forms import DayField, MoneyFormField
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import ActionPage, PageView, ReasonPage

ROWS_OFFERED = 200


class TickList(forms.CheckboxSelectMultiple):
    is_tick_list = True


class DepositForm(CountForm):
    """Receipts and cheques that go along, the cash counted, a note where it differs."""

    def __init__(self, *args, bank_account, user, **kwargs):
        super().__init__(*args, currencies=[bank_account.currency], **kwargs)
        code = bank_account.currency
        today = kwargs["today"]
        receipts = list(depositable_receipts(user, bank_account)[:ROWS_OFFERED])
        cheques = list(depositable_cheques(user, bank_account, day=today)[:ROWS_OFFERED])
        self.fields["receipts"] = forms.MultipleChoiceField(
            label=_("Receipts"),
            required=False,
            widget=TickList,
            choices=[
                (
                    row.pk,
                    f"{row.code}, {day_text(row.received_date, today)}, {row.debtor.name}: "
                    f"{amount_text(row.amount, code)}",
                )
                for row in receipts
            ],
            initial=[row.pk for row in receipts],
        )
        self.fields["cheques"] = forms.MultipleChoiceField(
            label=_("Cheques"),
            required=False,
            widget=TickList,
            choices=[
                (row.pk, f"{row.number}, {row.bank}, {row.debtor.name}: {amount_text(row.amount, code)}")
                for row in cheques
            ],
        )
        missing = list(loose_differences(user, code))
        self.fields["missing"] = forms.MultipleChoiceField(
            label=_("Differences of your counts that this cash bears"),
            required=False,
            widget=TickList,
            choices=[
                (row.pk, f"{day_text(row.found_on, today)}: {amount_text(-row.amount, code)}")
                for row in missing
            ],
            help_text=_("Leave out what the change money bears."),
        )
        if not missing:
            del self.fields["missing"]
        if not cheques:
            del self.fields["cheques"]
        self.fields["note"] = forms.CharField(label=_("Note"), max_length=300, required=False)
        self.fields["differs"] = forms.BooleanField(
            label=_("I counted twice: the difference is real, the note says why"), required=False
        )

    @property
    def first_fields(self):
        return [self[name] for name in ("receipts", "cheques", "missing") if name in self.fields]

    @property
    def other_fields(self):
        return [
            bound for bound in super().other_fields if bound.name not in ("receipts", "cheques", "missing")
        ]


class DepositNewPage(ActionPage):
    permission = MAKE_DEPOSIT
    title = gettext_lazy("New deposit")
    menu = "deposits"
    form_class = DepositForm
    button = gettext_lazy("Make slip")
    template_name = "accounts/deposit_new.html"
    queryset = OwnBankAccount.objects.filter(is_active=True).select_related("creditor")

    def get_crumbs(self):
        return [
            Crumb(_("Deposits"), reverse("accounts:deposit_list")),
            Crumb(_("New deposit"), reverse("accounts:deposit_new")),
        ]

    def get_title(self):
        return _("Deposit to %(account)s") % {"account": self.object.name}

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {
            "bank_account": self.object,
            "user": self.request.user,
            "today": self.today,
        }

    def facts(self):
        bank, code = self.object, self.object.currency
        receipts = depositable_receipts(self.request.user, bank)
        due = sum((row.amount for row in receipts), Decimal(0))
        return [
            Fact(_("Bank"), bank.bank_name),
            Fact(_("All receipts together"), ui.money_with_code(due, code)),
        ]

    def consequence(self):
        return _("The receipts stand on this slip from then on; it is printed next and stamped by the bank.")

    def perform(self, form):
        data = form.cleaned_data
        return prepare_deposit(
            bank_account=self.object,
            receipt_ids=[int(pk) for pk in data["receipts"]],
            cheque_ids=[int(pk) for pk in data.get("cheques", [])],
            difference_ids=[int(pk) for pk in data.get("missing", [])],
            pieces=form.counted()[self.object.currency],
            note=data["note"],
            accept_difference=data["differs"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_cancel_url(self):
        return reverse("accounts:deposit_list")

    def get_success_url(self, result):
        return reverse("accounts:deposit_detail", args=[result.pk])

    def get_success_message(self, result):
        return _("Slip %(code)s is ready to print.") % {"code": result.code}


class DepositWherePage(PageView):
    """First question of a deposit: to which bank account."""

    permission = MAKE_DEPOSIT
    title = gettext_lazy("New deposit")
    lead = gettext_lazy("To which bank account?")
    menu = "deposits"
    template_name = "accounts/deposit_where.html"

    def get_crumbs(self):
        return [Crumb(_("Deposits"), reverse("accounts:deposit_list"))]

    def get_context_data(self, **kwargs):
        user = self.request.user
        return super().get_context_data(
            places=bank_accounts_for(user), to_hand_over=to_hand_over(user), **kwargs
        )


class DepositVerb(ActionPage):
    menu = "deposits"

    def get_crumbs(self):
        return [
            Crumb(_("Deposits"), reverse("accounts:deposit_list")),
            Crumb(self.object.code, reverse("accounts:deposit_detail", args=[self.object.pk])),
        ]

    def facts(self):
        deposit = self.object
        return [
            Fact(_("Deposit"), deposit.code),
            Fact(_("Total"), ui.money_with_code(deposit.total_amount, deposit.currency)),
            Fact(_("Bank account"), deposit.bank_account.name),
            Fact(_("Depositor"), str(deposit.depositor)),
        ]

    def get_cancel_url(self):
        return reverse("accounts:deposit_detail", args=[self.object.pk])

    def get_success_url(self, result):
        return reverse("accounts:deposit_detail", args=[self.object.pk])


DEPOSITS = Deposit.objects.select_related("bank_account", "depositor")


class BringForm(forms.Form):
    deposited_on = DayField(label=gettext_lazy("Brought on"), not_after_today=True)
    stamped_copy = forms.FileField(
        label=gettext_lazy("Stamped copy"), help_text=gettext_lazy("A scan or photograph: PDF, PNG or JPEG.")
    )


class BringPage(DepositVerb):
    permission = MAKE_DEPOSIT
    title = gettext_lazy("It is at the bank")
    form_class = BringForm
    button = gettext_lazy("Keep stamped copy")
    queryset = DEPOSITS
    statuses = (DepositStatus.PREPARED,)

    def get_initial(self):
        return {"deposited_on": self.today}

    def perform(self, form):
        file = form.cleaned_data["stamped_copy"]
        return mark_deposited(
            deposit=self.object,
            deposited_on=form.cleaned_data["deposited_on"],
            content=file.read(),
            filename=file.name,
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result):
        return _("The money is at the bank; it waits for its credit.")


class CancelPage(DepositVerb, ReasonPage):
    permission = MAKE_DEPOSIT
    title = gettext_lazy("Cancel slip")
    button = gettext_lazy("Cancel slip")
    is_dangerous = True
    queryset = DEPOSITS
    statuses = (DepositStatus.PREPARED,)

    def consequence(self):
        return _("Its number stays; the cash counts as held again and the cheques are in hand.")

    def perform(self, form):
        return cancel_deposit(
            deposit=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_message(self, result):
        return _("The slip is cancelled.")


class TieForm(forms.Form):
    amount = MoneyFormField(label=gettext_lazy("Credited"), min_value=Decimal(0))
    value_date = DayField(label=gettext_lazy("Value date"), not_after_today=True)
    reference = forms.CharField(label=gettext_lazy("The bank's reference"), max_length=140)


class TiePage(DepositVerb):
    permission = TIE_DEPOSIT
    title = gettext_lazy("Say what was credited")
    form_class = TieForm
    button = gettext_lazy("Tie to this credit")
    queryset = DEPOSITS

    def takes(self, row):
        return row.status == DepositStatus.DEPOSITED or row.by_cheques

    def get_object(self):
        deposit = super().get_object()
        if deposit.depositor_id == self.request.user.pk:
            raise Http404(_("You brought it to the bank, so a colleague says what was credited."))
        return deposit

    def get_form(self):
        form = super().get_form()
        form.fields["amount"].currency = self.object.currency
        return form

    def get_initial(self):
        left = self.object.left_amount if self.object.status == DepositStatus.PARTLY else None
        return {"value_date": self.today} | ({"amount": left} if left else {})

    def consequence(self):
        if self.object.status == DepositStatus.PARTLY:
            return _(
                "Enter what was credited for the rest: its cheques were answered one by one. Another amount:"
                " the difference opens an irregularity."
            )
        return _("The same amount: credited. Another: the difference opens an irregularity.")

    def perform(self, form):
        return tie(deposit=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data)

    def get_success_message(self, result):
        if result.status == DepositStatus.DIFFERING:
            return _("Tied. The difference is an irregularity now.")
        return _("Credited in full.")


class UntiePage(DepositVerb, ReasonPage):
    permission = TIE_DEPOSIT
    title = gettext_lazy("That credit was another's")
    button = gettext_lazy("Untie")
    # one that a bank statement tied is taken apart there, with its line
    queryset = DEPOSITS.filter(bank_line_id__isnull=True, by_cheques=False)
    statuses = TIED

    def consequence(self):
        return _("The deposit waits for its credit again. An irregularity stays until somebody ends it.")

    def perform(self, form):
        return untie(deposit=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data)

    def get_success_message(self, result):
        return _("The deposit waits for its credit again.")


urlpatterns = [
    path("deposits/new/", DepositWherePage.as_view(), name="deposit_new"),
    path("deposits/new/<int:pk>/", DepositNewPage.as_view(), name="deposit_new_to"),
    path("deposits/<int:pk>/bring/", BringPage.as_view(), name="deposit_bring"),
    path("deposits/<int:pk>/cancel/", CancelPage.as_view(), name="deposit_cancel"),
    path("deposits/<int:pk>/tie/", TiePage.as_view(), name="deposit_tie"),
    path("deposits/<int:pk>/untie/", UntiePage.as_view(), name="deposit_untie"),
]
