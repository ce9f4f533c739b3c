"""What a person decides about a line of a bank statement."""

from decimal import Decimal

from django import forms
from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.bank.enums import OPEN, LineStatus, NotOurs, Rule
from accounts.bank.matching import receipts_of, scheme_of
from accounts.bank.models import BankLine
from accounts.bank.rules import MATCH_BANK_LINE
from accounts.bank.services import (
    ask_refund,
    leave_unidentified,
    link_line,
    match_again,
    post_line,
    record_line_return,
    set_not_ours,
    settle_refund,
    tie_line,
    unmatch_line,
)
from accounts.deposits.enums import DepositStatus
from accounts.deposits.models import Deposit
from accounts.ledger.enums import EntryKind
from accounts.ledger.models import Account, LedgerEntry
from accounts.returns.enums import METHODS_OF, Scheme
from accounts.returns.queries import reason_on
from accounts.web.returns.verbs import reason_choices
from collections_app.core.models import User
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.forms import MoneyFormField
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import ActionPage, ReasonPage, VerbView

PARTS = 4
RECEIPTS_SHOWN = 20


class LineVerb(ActionPage):
    """A verb on one line; it goes back to the line."""

    permission = MATCH_BANK_LINE
    menu = "bank"
    queryset = BankLine.objects.select_related("bank_account", "statement")
    statuses: tuple[str, ...] = OPEN
    way = 0

    def get_object(self):
        line = super().get_object()
        if line is not None and (line.status not in self.statuses or line.amount * self.way < 0):
            raise Http404(_("This can't be done with this line, or no longer."))
        return line

    def get_crumbs(self):
        line = self.object
        return [
            Crumb(_("Bank statements"), reverse("accounts:bank_line_list")),
            Crumb(
                line.counterparty_name or line.reference or str(line.pk),
                reverse("accounts:bank_line_detail", args=[line.pk]),
            ),
        ]

    def facts(self):
        line = self.object
        return [
            Fact(_("Amount"), ui.money_with_code(line.amount, line.currency)),
            Fact(_("Booked"), day_text(line.booking_date, self.today)),
            Fact(_("Name"), line.counterparty_name or "–"),
            Fact(_("Text"), line.words or "–"),
            Fact(_("Bank account"), line.bank_account.name),
        ]

    def get_success_url(self, result):
        return reverse("accounts:bank_line_detail", args=[self.object.pk])

    def get_cancel_url(self):
        return reverse("accounts:bank_line_detail", args=[self.object.pk])


class MatchAgainView(VerbView):
    """All lines that wait, once more; from the list."""

    permission = MATCH_BANK_LINE
    menu = "bank"

    def perform(self, form):
        return match_again(actor=self.request.user, as_of=self.today)

    def get_success_url(self, result):
        return reverse("accounts:bank_line_list") + "?status=unmatched&status=unidentified"

    def get_success_message(self, result) -> str:
        return _("%(n)s lines found their account.") % {"n": result["posted"] + result["returned"]}


class CandidateForm(forms.Form):
    account = forms.ModelChoiceField(queryset=Account.objects.none())
    rule = forms.ChoiceField(choices=Rule.choices, required=False)


class PostView(VerbView, LineVerb):
    """The whole line to the account whose button was pressed."""

    way = 1
    form_class = CandidateForm

    def get_form(self):
        form = super().get_form()
        form.fields["account"].queryset = Account.objects.visible_to(self.request.user)
        return form

    def perform(self, form):
        return post_line(
            line=self.object,
            parts=[(form.cleaned_data["account"], self.object.amount)],
            rule=form.cleaned_data["rule"] or Rule.HAND,
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("The payment is posted.")


class EntryForm(forms.Form):
    entry = forms.ModelChoiceField(queryset=LedgerEntry.objects.none())


class LinkView(VerbView, LineVerb):
    """The line is a receipt that stands in the ledger already."""

    way = 1
    form_class = EntryForm

    def get_form(self):
        form = super().get_form()
        form.fields["entry"].queryset = LedgerEntry.objects.filter(
            kind=EntryKind.PAYMENT, account__in=Account.objects.visible_to(self.request.user)
        )
        return form

    def perform(self, form):
        return link_line(
            line=self.object, entry=form.cleaned_data["entry"], actor=self.request.user, as_of=self.today
        )

    def get_success_message(self, result) -> str:
        return _("The line is tied to the receipt.")


class SplitForm(forms.Form):
    """Accounts by number with their parts; empty rows count for nothing."""

    def __init__(self, *args, line: BankLine, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.line, self.user = line, user
        for place in range(1, PARTS + 1):
            self.fields[f"account_{place}"] = forms.CharField(
                label=_("Account number") if place == 1 else _("and account number"),
                required=place == 1,
                max_length=60,
            )
            self.fields[f"amount_{place}"] = MoneyFormField(
                label=_("Amount"), required=place == 1, currency=line.currency, min_value=Decimal("0.001")
            )

    def clean(self):
        data = super().clean()
        parts = []
        for place in range(1, PARTS + 1):
            number, amount = (data.get(f"account_{place}") or "").strip(), data.get(f"amount_{place}")
            if not number and amount is None:
                continue
            if not number or amount is None:
                self.add_error(f"account_{place}", _("Give both the account number and the amount."))
                continue
            account = self._account(f"account_{place}", number)
            if account is not None:
                parts.append((account, amount))
        return {**data, "parts": parts}

    def _account(self, field: str, number: str) -> Account | None:
        found = Account.objects.visible_to(self.user).filter(
            number__iexact=number, currency=self.line.currency
        )
        if self.line.bank_account.creditor_id is not None:
            found = found.filter(creditor=self.line.bank_account.creditor_id)
        accounts = list(found[:2])
        if len(accounts) == 1:
            return accounts[0]
        self.add_error(
            field,
            _("More than one account has this number; open the right one and post the payment there.")
            if accounts
            else _("No account of yours in %(currency)s has this number.") % {"currency": self.line.currency},
        )
        return None


class SplitPage(LineVerb):
    title = gettext_lazy("Post to one account or several")
    form_class = SplitForm
    button = gettext_lazy("Post")
    two_columns = True
    way = 1

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"line": self.object, "user": self.request.user}

    def get_initial(self):
        return {"amount_1": self.object.amount}

    def consequence(self):
        return _("The parts together make the line exactly. Each becomes a receipt on the value date.")

    def perform(self, form):
        return post_line(
            line=self.object, parts=form.cleaned_data["parts"], actor=self.request.user, as_of=self.today
        )

    def get_success_message(self, result) -> str:
        return _("The payment is posted.")


class OwnerForm(forms.Form):
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Who finds out"), queryset=User.objects.none(), required=False
    )
    note = forms.CharField(label=gettext_lazy("What is known"), max_length=300, required=False)


class UnidentifiedPage(LineVerb):
    title = gettext_lazy("Leave it unidentified")
    form_class = OwnerForm
    button = gettext_lazy("Keep in the queue")
    way = 1

    def get_form(self):
        form = super().get_form()
        form.fields["owner"].queryset = User.objects.filter(
            is_active=True, role__in=["collection_officer", "senior_officer", "supervisor", "manager"]
        ).order_by("full_name")
        return form

    def get_initial(self):
        return {"owner": self.object.owner_id, "note": self.object.note}

    def consequence(self):
        return _("It waits in the queue with its age, and the reconciliation counts it.")

    def perform(self, form):
        return leave_unidentified(
            line=self.object,
            owner=form.cleaned_data["owner"],
            note=form.cleaned_data["note"],
            actor=self.request.user,
            as_of=self.today,
        )


class RefundPage(LineVerb, ReasonPage):
    title = gettext_lazy("Refund it")
    button = gettext_lazy("Ask for the refund")
    way = 1

    def consequence(self):
        return _("Somebody else pays it back and says so here; until then it stays in the queue.")

    def perform(self, form):
        return ask_refund(
            line=self.object, reason=form.cleaned_data["reason"], actor=self.request.user, as_of=self.today
        )


class SettleForm(forms.Form):
    outcome = forms.ChoiceField(
        label=gettext_lazy("What happened"),
        choices=[
            (LineStatus.REFUNDED.value, LineStatus.REFUNDED.label),
            (LineStatus.REJECTED.value, LineStatus.REJECTED.label),
        ],
    )
    reference = forms.CharField(label=gettext_lazy("Reference of the payment back"), max_length=300)


class SettlePage(LineVerb):
    title = gettext_lazy("It has gone back")
    form_class = SettleForm
    button = gettext_lazy("Save")
    statuses = (LineStatus.TO_REFUND,)

    def perform(self, form):
        return settle_refund(line=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data)


class NotOursForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("What it is"), choices=NotOurs.choices)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)


class NotOursPage(LineVerb):
    title = gettext_lazy("Not a debtor's money")
    form_class = NotOursForm
    button = gettext_lazy("Save")

    def get_initial(self):
        return {"kind": NotOurs.CHARGE if self.object.amount < 0 else NotOurs.TRANSFER}

    def perform(self, form):
        return set_not_ours(line=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data)


class UnmatchPage(LineVerb, ReasonPage):
    title = gettext_lazy("Take it back")
    button = gettext_lazy("Take back")
    is_dangerous = True
    statuses = (LineStatus.POSTED, LineStatus.DEPOSIT, LineStatus.TO_REFUND, LineStatus.NOT_OURS)

    def consequence(self):
        return _("What was posted is reversed on its own day, and the line waits to be matched again.")

    def perform(self, form):
        return unmatch_line(
            line=self.object, reason=form.cleaned_data["reason"], actor=self.request.user, as_of=self.today
        )


class DepositForm(forms.Form):
    deposit = forms.ModelChoiceField(
        label=gettext_lazy("Which deposit"),
        queryset=Deposit.objects.none(),
        empty_label=None,
        widget=forms.RadioSelect,
    )


class DepositPage(LineVerb):
    title = gettext_lazy("Credit of a deposit")
    form_class = DepositForm
    button = gettext_lazy("Tie to this deposit")
    way = 1

    def get_form(self):
        form = super().get_form()
        line = self.object
        field = form.fields["deposit"]
        field.queryset = (
            Deposit.objects.visible_to(self.request.user)
            .filter(status=DepositStatus.DEPOSITED, bank_account=line.bank_account, currency=line.currency)
            .select_related("depositor")
            .order_by("deposited_on", "id")
        )
        field.label_from_instance = lambda deposit: ", ".join(
            [
                deposit.code,
                f"{deposit.currency} {amount_text(deposit.total_amount, deposit.currency)}",
                day_text(deposit.deposited_on, self.today),
                deposit.depositor.full_name,
                *([_("same amount")] if deposit.total_amount == line.amount else []),
            ]
        )
        return form

    def consequence(self):
        return _("If the amounts differ, an irregularity about the difference is opened.")

    def perform(self, form):
        return tie_line(
            line=self.object,
            deposit=form.cleaned_data["deposit"],
            actor=self.request.user,
            as_of=self.today,
        )


class ReturnForm(forms.Form):
    entry = forms.ModelChoiceField(
        label=gettext_lazy("Which receipt came back"),
        queryset=LedgerEntry.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
    )
    reason = forms.ChoiceField(label=gettext_lazy("Why it came back"))

    def clean_reason(self) -> tuple[str, str]:
        scheme, code = self.cleaned_data["reason"].split(":", 1)
        return scheme, code


class ReturnPage(LineVerb):
    title = gettext_lazy("A payment that came back")
    form_class = ReturnForm
    button = gettext_lazy("Record the return")
    is_dangerous = True
    way = -1

    def receipts(self):
        """Payments in view that may be meant: the reference's own, else of the same amount."""
        line = self.object
        named = {entry.pk for entry in receipts_of([line]).get(line.pk, [])}
        fits = LedgerEntry.objects.filter(
            kind=EntryKind.PAYMENT,
            account__in=Account.objects.visible_to(self.request.user),
            currency=line.currency,
            amount=-line.amount,
            value_date__lte=line.booking_date,
            reversed_by__isnull=True,
            method__in=["", *METHODS_OF[Scheme.SEPA]],
        )
        if line.bank_account.creditor_id is not None:
            fits = fits.filter(account__creditor=line.bank_account.creditor_id)
        ids = list(fits.order_by("-value_date", "-id").values_list("pk", flat=True)[:RECEIPTS_SHOWN])
        return LedgerEntry.objects.filter(pk__in={*named, *ids}).select_related("account__debtor")

    def get_form(self):
        form = super().get_form()
        line = self.object
        field = form.fields["entry"]
        field.queryset = self.receipts().order_by("-value_date", "-id")
        field.label_from_instance = lambda entry: ", ".join(
            [
                f"{entry.account.debtor.name} {entry.account.number}",
                f"{entry.currency} {amount_text(entry.amount, entry.currency)}",
                day_text(entry.value_date, self.today),
                entry.reference or "–",
                *([_("same reference")] if entry.reference == line.end_to_end_id else []),
            ]
        )
        form.fields["reason"].choices = reason_choices(
            [Scheme.SEPA, Scheme.ACH, Scheme.BECS, Scheme.BACS], line.booking_date
        )
        return form

    def get_initial(self):
        line = self.object
        reason = reason_on(scheme_of(line.return_code), line.return_code, line.booking_date)
        return {"reason": f"{reason.scheme}:{reason.code}" if reason is not None else ""}

    def perform(self, form):
        scheme, code = form.cleaned_data["reason"]
        return record_line_return(
            line=self.object,
            entry=form.cleaned_data["entry"],
            scheme=scheme,
            code=code,
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("The return is recorded.")


urlpatterns = [
    path("bank-lines/match/", MatchAgainView.as_view(), name="bank_line_match"),
    path("bank-lines/<int:pk>/post/", PostView.as_view(), name="bank_line_post"),
    path("bank-lines/<int:pk>/link/", LinkView.as_view(), name="bank_line_link"),
    path("bank-lines/<int:pk>/split/", SplitPage.as_view(), name="bank_line_split"),
    path("bank-lines/<int:pk>/unidentified/", UnidentifiedPage.as_view(), name="bank_line_unidentified"),
    path("bank-lines/<int:pk>/refund/", RefundPage.as_view(), name="bank_line_refund"),
    path("bank-lines/<int:pk>/settle/", SettlePage.as_view(), name="bank_line_settle"),
    path("bank-lines/<int:pk>/not-ours/", NotOursPage.as_view(), name="bank_line_not_ours"),
    path("bank-lines/<int:pk>/unmatch/", UnmatchPage.as_view(), name="bank_line_unmatch"),
    path("bank-lines/<int:pk>/deposit/", DepositPage.as_view(), name="bank_line_deposit"),
    path("bank-lines/<int:pk>/return/", ReturnPage.as_view(), name="bank_line_return"),
]
