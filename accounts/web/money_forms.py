"""Forms with an amount: in the account's currency, with a value date, for money that arrived."""

from decimal import Decimal

from django import forms
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cashdesk.corrections import is_of_another_creditor
from accounts.cashdesk.rules import TAKE_CASH
from accounts.ledger.enums import PaymentMethod, Receiver
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.queries import open_items
from accounts.web.late_postings import LateReasonForm
from collections_app.core.permissions import has_permission
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.forms import DayField, MoneyFormField
from collections_app.core.web.parts import Action


class MoneyForm(forms.Form):
    """A form with an amount in the account's currency."""

    amount = MoneyFormField(label=gettext_lazy("Amount"), min_value=Decimal("0.001"))

    def __init__(self, *args, account: Account, as_of, **kwargs):
        super().__init__(*args, **kwargs)
        self.account, self.as_of = account, as_of
        amount = self.fields["amount"]
        amount.currency = account.currency
        amount.label = _("Amount, %(currency)s") % {"currency": account.currency}


class DatedMoneyForm(LateReasonForm, MoneyForm):
    """A form with an amount and a value date; a day in a signed month asks why."""

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.ask_when_late(account=self.account, user=user)


class NoCashForm(DatedMoneyForm):
    """A form for money that arrived by `method` at `receiver`; cash handed over here has its own desk.

    With `takes_numbers` the number of a receipt, whose payment was taken back, may stand as reference.
    """

    takes_numbers = False

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.takes_cash = has_permission(user, TAKE_CASH)

    @property
    def is_cash_here(self) -> bool:
        data = self.cleaned_data
        return data.get("method") == PaymentMethod.CASH and data.get("receiver") == Receiver.OFFICE

    def clean(self):
        data = super().clean()
        if self.is_cash_here and not (self.takes_numbers and data.get("reference")):
            self.add_error(
                "method",
                _("Cash handed over here gets a numbered receipt. Use «Take cash».")
                if self.takes_cash
                else _(
                    "Cash handed over here gets a numbered receipt, which an officer issues at the cash desk."
                ),
            )
        return data


class ChargeField(forms.ModelChoiceField):
    """The item that the payer names, among those open on an account."""

    def __init__(self, **kwargs):
        super().__init__(
            label=gettext_lazy("Pays this item"),
            queryset=LedgerEntry.objects.none(),
            required=False,
            empty_label=gettext_lazy("Oldest due first"),
            help_text=gettext_lazy("Choose an item only if the payer named it."),
            **kwargs,
        )

    def offer(self, account: Account, as_of) -> int:
        """Offer what is open on the account; how many items that are."""
        items = open_items([account.pk], as_of=as_of)[account.pk]
        words = {
            item.entry_id: f"{item.description or item.reference}, "
            f"{amount_text(item.open, account.currency)}, {day_text(item.due_date, as_of)}"
            for item in items
        }
        self.queryset = LedgerEntry.objects.filter(pk__in=words).order_by(F("due_date"), "id")
        self.label_from_instance = lambda entry: words[entry.pk]
        return len(words)


class PaymentForm(NoCashForm):
    value_date = DayField(label=gettext_lazy("Value date"), not_after_today=True)
    method = forms.ChoiceField(label=gettext_lazy("How"), choices=PaymentMethod.choices)
    receiver = forms.ChoiceField(label=gettext_lazy("Who received it"), choices=Receiver.choices)
    reference = forms.CharField(label=gettext_lazy("Reference"), max_length=80, required=False)
    charge = ChargeField()
    takes_numbers = True

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.fields["charge"].offer(self.account, self.as_of)
        # looked at before the field itself refuses what is no text
        said = self.data.get("reference", "").replace("\x00", "")
        code = said if self.data.get("method") == PaymentMethod.CASH else ""
        if code and is_of_another_creditor(code, self.account, user):
            self.fields["move_reason"] = forms.CharField(
                label=_("Why this creditor's account"),
                max_length=300,
                required=False,
                help_text=_("The receipt is of another creditor; this stays with it."),
            )


def cash_action(account: Account) -> Action:
    """Where cash is taken instead."""
    return Action(
        _("Take cash"), reverse("accounts:cash_take", args=[account.pk]), icon="cash", permission=TAKE_CASH
    )
