"""What else a line can be: unidentified, refunded, no debtor's money, a deposit, a return; taking it back."""

from django import forms
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.bank.came_back import receipts_of, scheme_of
from accounts.bank.enums import LineStatus, NotOurs
from accounts.bank.models import BankPosting
from accounts.bank.services import (
    ask_refund,
    leave_unidentified,
    set_not_ours,
    settle_refund,
    unmatch_line,
)
from accounts.bank.tying import deposits_behind, record_line_return, tie_line
from accounts.deposits.models import Deposit
from accounts.ledger.enums import EntryKind
from accounts.ledger.models import Account, LedgerEntry
from accounts.returns.enums import METHODS_OF, Scheme
from accounts.returns.queries import reason_on
from accounts.teams.choices import PersonField
from accounts.web.bank.verbs import TAKEN_BACK, LineVerb, may_be_taken_back
from accounts.web.returns.verbs import reason_choices
from collections_app.core.models import User
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.views import ReasonPage

RECEIPTS_SHOWN = 20


def finders():
    """Who may be asked to find out whose money it is."""
    roles = ["collection_officer", "senior_officer", "supervisor", "manager"]
    return User.objects.filter(is_active=True, role__in=roles).order_by("full_name")


class OwnerForm(forms.Form):
    owner = PersonField(label=gettext_lazy("Who finds out"), queryset=User.objects.none(), required=False)
    note = forms.CharField(label=gettext_lazy("What is known"), max_length=300, required=False)


class UnidentifiedPage(LineVerb):
    title = gettext_lazy("Leave it unidentified")
    form_class = OwnerForm
    button = gettext_lazy("Keep in the queue")
    way = 1

    def get_form(self):
        form = super().get_form()
        form.fields["owner"].queryset = finders()
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
    """What it is, is chosen: an amount that nobody looked at leaves the queue by no single press."""

    kind = forms.ChoiceField(label=gettext_lazy("What it is"), choices=[("", "–"), *NotOurs.choices])
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def clean(self):
        given = super().clean()
        if given.get("kind") == NotOurs.OTHER and not given.get("note"):
            self.add_error("note", _("Say what it is, so that whoever reconciles need not ask."))
        return given


class NotOursPage(LineVerb):
    title = gettext_lazy("Not a debtor's money")
    form_class = NotOursForm
    button = gettext_lazy("Save")

    def get_initial(self):
        return {"kind": NotOurs.CHARGE} if self.object.amount < 0 else {}

    def perform(self, form):
        return set_not_ours(line=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data)


class UnmatchPage(LineVerb, ReasonPage):
    title = gettext_lazy("Take it back")
    button = gettext_lazy("Take back")
    is_dangerous = True
    statuses = TAKEN_BACK

    def takes(self, row):
        return may_be_taken_back(row)

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
            deposits_behind(line)
            .filter(pk__in=Deposit.objects.visible_to(self.request.user).values("pk"))
            .select_related("depositor")
        )
        field.label_from_instance = lambda deposit: ", ".join(
            [
                deposit.code,
                f"{deposit.currency} {amount_text(deposit.total_amount, deposit.currency)}",
                day_text(deposit.deposited_on, self.today),
                deposit.depositor.full_name,
                *([_("same amount")] if line.amount in (deposit.total_amount, deposit.left_amount) else []),
            ]
        )
        return form

    def consequence(self):
        if not self.get_form().fields["deposit"].queryset.exists():
            return _("No deposit to this bank account waits for its credit.")
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
            method__in=["", *METHODS_OF[Scheme.SEPA], *METHODS_OF[Scheme.CARD]],
        )
        if line.bank_account.creditor_id is not None:
            fits = fits.filter(account__creditor=line.bank_account.creditor_id)
        ids = list(fits.order_by("-value_date", "-id").values_list("pk", flat=True)[:RECEIPTS_SHOWN])
        return LedgerEntry.objects.filter(pk__in={*named, *ids, *self._parts()}).select_related(
            "account__debtor"
        )

    def _parts(self) -> list[int]:
        """One part of each line of this sum that was split over several accounts: they come back whole."""
        line = self.object
        parts = (
            BankPosting.objects.filter(
                line__bank_account=line.bank_account,
                line__amount=-line.amount,
                line__booking_date__lte=line.booking_date,
                amount__lt=-line.amount,
                undone__isnull=True,
                entry__reversed_by__isnull=True,
                account__in=Account.objects.visible_to(self.request.user),
            )
            .order_by("-line_id", "id")
            .values_list("line_id", "entry_id")[:RECEIPTS_SHOWN]
        )
        first: dict[int, int] = {}
        for line_id, entry_id in parts:
            first.setdefault(line_id, entry_id)
        return list(first.values())

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
            [Scheme.SEPA, Scheme.ACH, Scheme.BECS, Scheme.BACS, Scheme.CARD], line.booking_date
        )
        return form

    def consequence(self):
        if not self.receipts().exists():
            return _(
                "No payment of this amount or reference stands that could have come back. If it is on record"
                " as a return already, tie the line to it; else say what it is under «Something else»."
            )
        return _("The receipt is reversed on the day of the line, and what the reason asks for follows.")

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
    path("bank-lines/<int:pk>/unidentified/", UnidentifiedPage.as_view(), name="bank_line_unidentified"),
    path("bank-lines/<int:pk>/refund/", RefundPage.as_view(), name="bank_line_refund"),
    path("bank-lines/<int:pk>/settle/", SettlePage.as_view(), name="bank_line_settle"),
    path("bank-lines/<int:pk>/not-ours/", NotOursPage.as_view(), name="bank_line_not_ours"),
    path("bank-lines/<int:pk>/unmatch/", UnmatchPage.as_view(), name="bank_line_unmatch"),
    path("bank-lines/<int:pk>/deposit/", DepositPage.as_view(), name="bank_line_deposit"),
    path("bank-lines/<int:pk>/return/", ReturnPage.as_view(), name="bank_line_return"),
]
