"""One small form an outcome: only the fields it needs, the likely values filled in."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.arrangements.enums import Rhythm
from accounts.contacts.enums import FollowUpKind, NonPaymentReason, Outcome
from accounts.contacts.services.outcomes import Said
from accounts.contacts.suggestions import Step
from accounts.disputes.enums import DisputeReason
from accounts.hardship.enums import HardshipMarker
from accounts.ledger.enums import PaymentMethod
from accounts.ledger.models import Account, LedgerEntry
from accounts.parties.queries import calendar_of
from accounts.teams.models import DepartmentMembership
from collections_app.core import money
from collections_app.core.clock import add_business_days
from collections_app.core.web.forms import DayField, MoneyFormField, TimeInput

REASONS = [(value, label) for value, label in NonPaymentReason.choices]
DAYS_TO_PAY = 3
# An oldest item of less than a tenth of the whole is a rest, not what somebody offers to pay.
WORTH_NAMING = 10


def written(amount: Decimal) -> str:
    """An amount as people write it into a field, in any language: 1,120.00."""
    return f"{amount:,}"


@dataclass(frozen=True)
class Likely:
    """What the forms are filled with: the account on a day, what may be asked, the rule's step."""

    account: Account
    as_of: date
    to_ask: Decimal
    items: list[Any]
    reason: str
    step: Step | None

    @property
    def currency(self) -> str:
        return self.account.currency

    def amounts(self) -> list[Decimal]:
        """The two amounts people promise: the oldest item (or half), and all that is asked for."""
        part = next((item.open - item.contested for item in self.items), Decimal(0))
        if part * WORTH_NAMING < self.to_ask:
            part = self.to_ask / 2
        found = [money.quantise(amount, self.currency) for amount in (part, self.to_ask)]
        return [amount for amount in dict.fromkeys(found) if amount > 0]

    def pay_day(self) -> date:
        """His next pay day within a month, else a few business days from now."""
        soon = add_business_days(self.as_of, DAYS_TO_PAY, calendar_of(self.account.creditor))
        wanted = self.account.debtor.pay_day
        if not wanted:
            return soon
        for ahead in range(1, 15):
            day = self.as_of + timedelta(days=ahead)
            if day.day == wanted:
                return day
        return soon


class OutcomeForm(forms.Form):
    """What every outcome may add: a note and the next step."""

    verb: Any = gettext_lazy("Save")
    outcome = ""
    lead = ""  # a field over the whole width, before the others
    trio: tuple[str, ...] = ()  # three short fields in one row, before the grid
    grid: tuple[str, ...] = ()
    focus = ""  # the field where the next keystroke is wanted; the button where there is none
    next_on = DayField(label=gettext_lazy("Next step on"), required=False, not_before_today=True)
    next_time = forms.TimeField(label=gettext_lazy("At"), required=False, widget=TimeInput)
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Note")}),
    )

    def __init__(self, *args, likely: Likely, **kwargs):
        self.likely = likely
        initial = {
            "next_on": likely.step.due_on if likely.step else None,
            "next_time": likely.step.due_time if likely.step else None,
            **self.likely_values(likely),
            **(kwargs.pop("initial", None) or {}),
        }
        super().__init__(*args, initial=initial, **kwargs)
        if self.focus:
            self.fields[self.focus].widget.attrs["data-focus"] = ""

    def likely_values(self, likely: Likely) -> dict[str, Any]:
        return {}

    def said(self) -> Said:
        """What the service is told."""
        data = self.cleaned_data
        fields = {name: value for name, value in data.items() if name in Said.__dataclass_fields__}
        step = None
        if data.get("next_on"):
            kind = self.likely.step.kind if self.likely.step else FollowUpKind.CALL
            step = Step(kind, data["next_on"], data.get("next_time"))
        return Said(**fields, next_step=step, without_step=step is None)

    def consequence(self) -> str:
        return ""

    def ends_as(self) -> str:
        """The outcome that is saved: the key's own, or what its fields make of it."""
        return self.outcome


class NoAnswerForm(OutcomeForm):
    outcome = Outcome.NO_ANSWER
    verb = gettext_lazy("Save no answer")
    lead = "ended"
    grid = ("next_on", "next_time")
    ended = forms.ChoiceField(
        label=gettext_lazy("The line"),
        choices=[
            (Outcome.NO_ANSWER, gettext_lazy("It rang, nobody answered")),
            (Outcome.NOT_CONNECTED, gettext_lazy("Busy, or it did not connect")),
            (Outcome.NOT_IN_SERVICE, gettext_lazy("Not in service: use this number no more")),
        ],
        required=False,
    )

    def ends_as(self) -> str:
        return self.cleaned_data["ended"] or self.outcome

    def consequence(self) -> str:
        return _("Ringing counts as a try, a line that never connected does not where the law says so.")


class LeftWordForm(OutcomeForm):
    outcome = Outcome.LEFT_WORD
    verb = gettext_lazy("Save message left")
    grid = ("next_on", "next_time")

    def consequence(self) -> str:
        return _("Name and number only: a message tells nobody of the debt.")


class PromiseForm(OutcomeForm):
    outcome = Outcome.PROMISE
    verb = gettext_lazy("Save promise")
    focus = "amount"
    trio = ("number", "rhythm", "due_date")
    grid = ("method", "nonpayment_reason", "next_on", "note")
    amount = MoneyFormField(label=gettext_lazy("Amount"))
    due_date = DayField(label=gettext_lazy("By"), not_before_today=True)
    method = forms.ChoiceField(label=gettext_lazy("How"), choices=PaymentMethod.choices)
    number = forms.IntegerField(
        label=gettext_lazy("Parts"), min_value=1, max_value=600, required=False
    )
    rhythm = forms.ChoiceField(
        label=gettext_lazy("One every"),
        choices=[
            (Rhythm.WEEKLY, gettext_lazy("week")),
            (Rhythm.TWO_WEEKLY, gettext_lazy("two weeks")),
            (Rhythm.MONTHLY, gettext_lazy("month")),
            (Rhythm.QUARTERLY, gettext_lazy("quarter")),
        ],
        required=False,
    )
    nonpayment_reason = forms.ChoiceField(label=gettext_lazy("Why it was not paid"), choices=REASONS)

    def __init__(self, *args, likely: Likely, **kwargs):
        super().__init__(*args, likely=likely, **kwargs)
        self.fields["amount"].currency = likely.currency
        self.fields["next_on"].label = _("Also follow up on")

    def likely_values(self, likely: Likely) -> dict[str, Any]:
        amounts = likely.amounts()
        method = likely.account.debtor.payment_method
        return {
            "amount": written(amounts[-1]) if amounts else None,
            "due_date": likely.pay_day(),
            "method": method if method in PaymentMethod.values else PaymentMethod.TRANSFER,
            "number": 1,
            "rhythm": Rhythm.MONTHLY,
            "nonpayment_reason": likely.reason or NonPaymentReason.UNKNOWN,
        }

    def clean(self):
        data = super().clean()
        data["number"] = data.get("number") or 1
        data["rhythm"] = data.get("rhythm") or Rhythm.MONTHLY.value
        return data


class PaidAlreadyForm(OutcomeForm):
    outcome = Outcome.PAID_ALREADY
    verb = gettext_lazy("Save paid already")
    grid = ("paid_on", "method", "next_on")
    paid_on = DayField(label=gettext_lazy("Paid on"), not_after_today=True, required=False)
    method = forms.ChoiceField(
        label=gettext_lazy("How"), choices=[("", "–"), *PaymentMethod.choices], required=False
    )

    def __init__(self, *args, likely: Likely, **kwargs):
        super().__init__(*args, likely=likely, **kwargs)
        self.fields["next_on"].label = _("Check on")

    def said(self) -> Said:
        said = super().said()
        method = self.cleaned_data.get("method")
        words = [str(PaymentMethod(method).label)] if method else []
        if said.paid_on:
            words.append(said.paid_on.isoformat())
        note = ", ".join([*words, said.note]) if words and said.note else said.note or ", ".join(words)
        return Said(**{**said.__dict__, "note": note, "method": ""})

    def consequence(self) -> str:
        return _("No demand goes out until that day; then the payment is looked for.")


class DisputesForm(OutcomeForm):
    outcome = Outcome.DISPUTES
    verb = gettext_lazy("Save dispute")
    focus = "statement"
    grid = ("item", "amount", "dispute_reason", "asked")
    item = forms.ModelChoiceField(
        label=gettext_lazy("Item"), queryset=LedgerEntry.objects.none(), empty_label=None
    )
    amount = MoneyFormField(label=gettext_lazy("Amount in dispute"))
    dispute_reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=DisputeReason.choices)
    asked = forms.ModelChoiceField(
        label=gettext_lazy("Ask"),
        queryset=DepartmentMembership.objects.none(),
        required=False,
        empty_label=gettext_lazy("a supervisor decides"),
    )
    statement = forms.CharField(
        label=gettext_lazy("What the debtor says"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    question = forms.CharField(label=gettext_lazy("Question to them"), max_length=1000, required=False)

    def __init__(self, *args, likely: Likely, **kwargs):
        super().__init__(*args, likely=likely, **kwargs)
        self.fields["amount"].currency = likely.currency
        ids = [item.entry_id for item in likely.items]
        entries = {item.entry_id: item for item in likely.items}
        item = self.fields["item"]
        item.queryset = LedgerEntry.objects.filter(pk__in=ids).order_by("due_date", "pk")
        item.label_from_instance = lambda entry: (
            _("%(item)s, %(amount)s open")
            % {
                "item": entry.description or entry.reference or entry.get_kind_display(),
                "amount": money.format_amount(entries[entry.pk].open, likely.currency, ""),
            }
        )
        asked = self.fields["asked"]
        asked.queryset = (
            DepartmentMembership.objects.on(likely.as_of)
            .filter(user__is_active=True, department__is_active=True)
            .select_related("department", "user")
            .order_by("department__name", "user__full_name")
        )
        asked.label_from_instance = lambda row: f"{row.department}: {row.user}"
        del self.fields["next_on"]
        del self.fields["next_time"]

    def likely_values(self, likely: Likely) -> dict[str, Any]:
        first = likely.items[0] if likely.items else None
        return {
            "item": first.entry_id if first else None,
            "amount": written(money.quantise(first.open - first.contested, likely.currency))
            if first
            else None,
        }

    def said(self) -> Said:
        data = self.cleaned_data
        chosen = data["asked"]
        return Said(
            note=data["note"],
            items=((data["item"], data["amount"]),),
            dispute_reason=data["dispute_reason"],
            statement=data["statement"],
            department=chosen.department if chosen else None,
            asked=chosen.user if chosen else None,
            question=data["question"] or data["statement"],
        )

    def consequence(self) -> str:
        return _("This part is not asked for any more until it is answered; the rest still is.")


class CannotPayForm(OutcomeForm):
    outcome = Outcome.CANNOT_PAY
    verb = gettext_lazy("Save can't pay")
    focus = "is_hardship"
    grid = ("nonpayment_reason", "next_on")
    is_hardship = forms.TypedChoiceField(
        label=gettext_lazy("Is it hardship?"),
        choices=[("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No, only now"))],
        widget=forms.RadioSelect,
        coerce=lambda value: value == "yes",
        empty_value=None,
        error_messages={"required": gettext_lazy("Say whether it is hardship.")},
    )
    marker = forms.ChoiceField(
        label=gettext_lazy("What happened"),
        choices=[("", "–"), *HardshipMarker.choices],
        required=False,
    )
    hardship_note = forms.CharField(label=gettext_lazy("Detail (protected)"), required=False, max_length=1000)
    nonpayment_reason = forms.ChoiceField(label=gettext_lazy("Why it was not paid"), choices=REASONS)

    def likely_values(self, likely: Likely) -> dict[str, Any]:
        return {"nonpayment_reason": likely.reason or NonPaymentReason.UNKNOWN}

    def clean(self):
        data = super().clean()
        if data.get("is_hardship") and not data.get("marker"):
            self.add_error("marker", _("Choose what happened."))
        return data

    def consequence(self) -> str:
        return _("Yes: contact and demands stop at once, and a senior officer decides by the legal clock.")


class WrongPartyForm(OutcomeForm):
    outcome = Outcome.WRONG_PARTY
    verb = gettext_lazy("Stop this number")
    grid = ("next_on",)

    def __init__(self, *args, likely: Likely, **kwargs):
        super().__init__(*args, likely=likely, **kwargs)
        self.fields["next_on"].label = _("Other number, or a search, by")

    def consequence(self) -> str:
        return _("Nobody uses this number any more, for any account of anybody.")


class CallBackForm(OutcomeForm):
    outcome = Outcome.CALL_BACK
    verb = gettext_lazy("Save call back")
    focus = "call_back_on"
    grid = ("call_back_on", "call_back_time")
    call_back_on = DayField(label=gettext_lazy("Call back on"), not_before_today=True)
    call_back_time = forms.TimeField(label=gettext_lazy("At"), required=False, widget=TimeInput)

    def __init__(self, *args, likely: Likely, **kwargs):
        super().__init__(*args, likely=likely, **kwargs)
        del self.fields["next_on"]
        del self.fields["next_time"]

    def likely_values(self, likely: Likely) -> dict[str, Any]:
        return {"call_back_on": likely.as_of}

    def consequence(self) -> str:
        return _("The debtor asked for it, so on its day that call is outside the caps.")


class RefusesForm(OutcomeForm):
    outcome = Outcome.REFUSES
    verb = gettext_lazy("Save refusal")
    grid = ("nonpayment_reason", "next_on")
    nonpayment_reason = forms.ChoiceField(label=gettext_lazy("Why it was not paid"), choices=REASONS)

    def likely_values(self, likely: Likely) -> dict[str, Any]:
        return {"nonpayment_reason": NonPaymentReason.UNWILLING}


FORMS: dict[str, type[OutcomeForm]] = {
    form.outcome: form
    for form in (
        NoAnswerForm,
        LeftWordForm,
        PromiseForm,
        PaidAlreadyForm,
        DisputesForm,
        CannotPayForm,
        WrongPartyForm,
        CallBackForm,
        RefusesForm,
    )
}
