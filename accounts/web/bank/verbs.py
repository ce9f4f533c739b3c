"""What a person decides about a line of a bank statement."""

from decimal import Decimal

from django import forms
from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.bank.enums import OPEN, LineStatus, Rule
from accounts.bank.files import LINES_AT_ONCE
from accounts.bank.jobs import QUEUE, MatchBankLines
from accounts.bank.models import BankLine
from accounts.bank.queries import open_count
from accounts.bank.rules import MATCH_BANK_LINE
from accounts.bank.services import match_again, post_line
from accounts.bank.tying import link_line, link_return
from accounts.ledger.enums import EntryKind
from accounts.ledger.models import Account, LedgerEntry
from accounts.returns.models import PaymentReturn
from collections_app.core.models import Job
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import day_text
from collections_app.core.web.forms import MoneyFormField
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import ActionPage, VerbView

PARTS = 4
TAKEN_BACK = (
    LineStatus.POSTED,
    LineStatus.DEPOSIT,
    LineStatus.TO_REFUND,
    LineStatus.NOT_OURS,
    LineStatus.RETURNED,
)


def may_be_taken_back(line: BankLine) -> bool:
    """A return recorded from its line stands; one that the line was only tied to can be untied."""
    return line.status in TAKEN_BACK and (line.status != LineStatus.RETURNED or line.rule == Rule.LEDGER)


class LineVerb(ActionPage):
    """A verb on one line; it goes back to the line."""

    permission = MATCH_BANK_LINE
    menu = "bank"
    queryset = BankLine.objects.select_related("bank_account", "statement")
    statuses: tuple[str, ...] = OPEN
    way = 0

    def get_object(self):
        line = super().get_object()
        if line is not None and line.amount * self.way < 0:
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
        user = self.request.user
        if open_count(user) > LINES_AT_ONCE:
            return MatchBankLines.enqueue_once(scope=str(user.pk), actor=user)
        return match_again(actor=user, as_of=self.today)

    def get_success_url(self, result):
        if isinstance(result, Job):
            return reverse("core:job_detail", args=[result.pk])
        return reverse("accounts:bank_line_list") + QUEUE

    def get_success_message(self, result) -> str:
        if isinstance(result, Job):
            return _("The lines are being matched. You may leave this page.")
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


class ReturnOnRecordForm(forms.Form):
    payment_return = forms.ModelChoiceField(queryset=PaymentReturn.objects.none())


class LinkReturnView(VerbView, LineVerb):
    """The line is a return that is on record already."""

    way = -1
    form_class = ReturnOnRecordForm

    def get_form(self):
        form = super().get_form()
        form.fields["payment_return"].queryset = PaymentReturn.objects.visible_to(self.request.user)
        return form

    def perform(self, form):
        return link_return(
            line=self.object,
            payment_return=form.cleaned_data["payment_return"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("The line is tied to the return.")


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


urlpatterns = [
    path("bank-lines/match/", MatchAgainView.as_view(), name="bank_line_match"),
    path("bank-lines/<int:pk>/post/", PostView.as_view(), name="bank_line_post"),
    path("bank-lines/<int:pk>/link/", LinkView.as_view(), name="bank_line_link"),
    path("bank-lines/<int:pk>/link-return/", LinkReturnView.as_view(), name="bank_line_link_return"),
    path("bank-lines/<int:pk>/split/", SplitPage.as_view(), name="bank_line_split"),
]
