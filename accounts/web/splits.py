"""What money paid: shown on the pages of money and items, changed with a reason; and one payment split
over several accounts."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ledger.enums import Direction, EntryKind, PaymentMethod, Receiver
from accounts.ledger.models import Account, LedgerEntry, NamedAllocation
from accounts.ledger.naming import reallocate
from accounts.ledger.queries import Item, open_items
from accounts.ledger.tracing import shares_of
from accounts.payments.splitting import accounts_beside, may_split, post_split_payment, proposed_split
from accounts.web.late_postings import LateReasonForm, first_open_day
from accounts.web.money_forms import NoCashForm, cash_action
from accounts.web.payments import DatedMoneyVerb, entry_of
from collections_app.core.money import quantise
from collections_app.core.permissions import has_permission
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.forms import DayField, MoneyFormField
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.views import ActionPage

NAME = "accounts.name_allocation"
MOST_ITEMS = 60


def is_money(entry: LedgerEntry) -> bool:
    return entry.direction == Direction.CREDIT and entry.kind != EntryKind.REVERSAL


def share_section(entry: LedgerEntry, as_of, known_at=None) -> Section | None:
    """Which items this money paid, or which money paid this item, on a day; None for reversals."""
    if entry.kind == EntryKind.REVERSAL:
        return None
    money = is_money(entry)
    own = "credit_id" if money else "debit_id"
    other = "debit_id" if money else "credit_id"
    told = shares_of(entry.account_id, as_of=as_of, known_at=known_at)
    shares = [share for share in told if getattr(share, own) == entry.pk]
    others = LedgerEntry.objects.in_bulk({getattr(share, other) for share in shares})
    rows = [
        {
            "entry": others[getattr(share, other)],
            "amount": share.amount,
            "note": _("named") if share.is_named else "",
        }
        for share in shares
    ]
    return Section(
        _("What it paid") if money else _("What paid it"),
        template="accounts/shares.html",
        note=_("as of %(day)s") % {"day": day_text(as_of)},
        context={
            "rows": rows,
            "currency": entry.currency,
            "left": entry.amount - sum((share.amount for share in shares), Decimal(0)),
            "left_words": _("Left as credit") if money else _("Still open"),
        },
        key="shares",
    )


class AllocateForm(LateReasonForm):
    """An amount for each item that this money may pay; the rest follows the policy."""

    late_field = "effective_date"

    effective_date = DayField(label=gettext_lazy("From"), not_after_today=True)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)

    def __init__(self, *args, entry: LedgerEntry, user, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.entry = entry
        rows = open_items([entry.account_id], as_of=today, include_paid=True)[entry.account_id]
        named = {
            row.debit_id: row.amount
            for row in NamedAllocation.objects.filter(
                credit=entry, undoes__isnull=True, undone_by__isnull=True
            )
        }
        self.items = {item.entry_id: item for item in self.offered(rows, set(named), today)}
        for pk, item in self.items.items():
            self.fields[f"item_{pk}"] = MoneyFormField(
                label=item.description or item.reference or item.kind,
                currency=entry.currency,
                required=False,
                min_value=Decimal(0),
                initial=named.get(pk),
                help_text=_("due %(day)s, billed %(amount)s, open %(open)s")
                % {
                    "day": day_text(item.due_date, today),
                    "amount": amount_text(item.amount, entry.currency),
                    "open": amount_text(item.open, entry.currency),
                },
            )
        self.ask_when_late(account=entry.account, user=user)

    def offered(self, rows: list[Item], named: set[int], today) -> list[Item]:
        """What is named, what this money pays and what is open, then what was paid last; due first."""
        shares = shares_of(self.entry.account_id, as_of=today)
        own = named | {share.debit_id for share in shares if share.credit_id == self.entry.pk}
        newest = sorted(rows, key=lambda item: (item.due_date, item.entry_id), reverse=True)
        by_use = sorted(newest, key=lambda item: (item.entry_id not in own, item.open == 0))
        return sorted(by_use[:MOST_ITEMS], key=lambda item: (item.due_date, item.entry_id))

    def parts(self) -> list[tuple[LedgerEntry, Decimal]]:
        debits = LedgerEntry.objects.in_bulk(self.items)
        return [
            (debits[pk], self.cleaned_data[f"item_{pk}"])
            for pk in self.items
            if self.cleaned_data.get(f"item_{pk}")
        ]


class AllocatePage(ActionPage):
    """Say which items a payment pays; who may, with a reason, from a day on."""

    permission = NAME
    title = gettext_lazy("Say what it pays")
    menu = "accounts"
    form_class = AllocateForm
    button = gettext_lazy("Change allocation")
    two_columns = True
    wide_fields = ("reason", "late_reason")

    def get_object(self):
        entry = entry_of(self.request.user, self.kwargs["pk"])
        if not is_money(entry) or LedgerEntry.objects.filter(reverses=entry).exists():
            raise Http404(_("This is not money that pays something."))
        return entry

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {
            "entry": self.object,
            "user": self.request.user,
            "today": self.today,
        }

    def get_initial(self):
        return {"effective_date": max(self.object.value_date, first_open_day(self.object.account))}

    def get_crumbs(self):
        return [Crumb(_("Payment"), reverse("accounts:entry_detail", args=[self.object.pk]))]

    def facts(self):
        entry = self.object
        facts = [
            Fact(_("Amount"), ui.money_with_code(entry.amount, entry.currency)),
            Fact(_("Value date"), day_text(entry.value_date, self.today)),
        ]
        section = share_section(entry, self.today)
        for row in section.context["rows"]:
            name = row["entry"].description or row["entry"].get_kind_display()
            facts.append(Fact(name, ui.money_with_code(row["amount"], entry.currency), note=row["note"]))
        return facts

    def consequence(self):
        return _(
            "What is named is paid first, from that day on; the rest follows the agreed order. "
            "Before that day everything reads as it was."
        )

    def perform(self, form):
        return reallocate(
            credit=self.object,
            parts=form.parts(),
            reason=form.cleaned_data["reason"],
            effective_date=form.cleaned_data["effective_date"],
            late_reason=form.cleaned_data["late_reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return reverse("accounts:entry_detail", args=[self.object.pk])

    def get_success_message(self, result) -> str:
        return _("The allocation is changed.")


class SplitForm(NoCashForm):
    """One payment and its part for each account; empty parts are filled by the agreed order."""

    value_date = DayField(label=gettext_lazy("Value date"), not_after_today=True)
    method = forms.ChoiceField(label=gettext_lazy("How"), choices=PaymentMethod.choices)
    receiver = forms.ChoiceField(label=gettext_lazy("Who received it"), choices=Receiver.choices)
    reference = forms.CharField(label=gettext_lazy("Reference"), max_length=80, required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Only where the parts are not those of the agreed order."),
    )

    def __init__(self, *args, accounts: list[Account], **kwargs):
        super().__init__(*args, **kwargs)
        self.accounts = accounts
        for account in accounts:
            standing = account.standing
            self.fields[f"part_{account.pk}"] = MoneyFormField(
                label=_("On account %(number)s") % {"number": account.number},
                currency=account.currency,
                required=False,
                min_value=Decimal(0),
                help_text=_("overdue %(overdue)s, balance %(balance)s")
                % {
                    "overdue": amount_text(standing.overdue, account.currency),
                    "balance": amount_text(standing.balance, account.currency),
                },
            )

    def parts(self) -> dict[int, Decimal]:
        return {
            account.pk: self.cleaned_data.get(f"part_{account.pk}") or Decimal(0) for account in self.accounts
        }

    def clean(self):
        data = super().clean()
        given = sum(self.parts().values(), Decimal(0))
        if given and data.get("amount") and given != data["amount"]:
            self.add_error(
                "amount",
                _("The parts sum to %(parts)s; make them the amount, or empty them all.")
                % {"parts": amount_text(given, self.account.currency)},
            )
        return data


class SplitPaymentPage(DatedMoneyVerb):
    """The first press shows the split, the second posts it as it was shown."""

    permission = "accounts.post_payment"
    title = gettext_lazy("Split payment")
    form_class = SplitForm
    button = gettext_lazy("Post payment")
    wide_fields = ("reason",)

    def get_head_actions(self):
        return [cash_action(self.object)]

    @property
    def is_shown(self) -> bool:
        return any(value.strip() for name, value in self.request.POST.items() if name.startswith("part_"))

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"accounts": accounts_beside(self.object)}

    def get_initial(self):
        return {"value_date": self.today, "method": PaymentMethod.TRANSFER}

    def facts(self):
        agreed = may_split(self.object, as_of=self.today)
        by_name = has_permission(self.request.user, NAME)
        return [
            *super().facts(),
            Fact(
                _("Split"),
                _("as agreed for this creditor") if agreed else _("not agreed for this creditor"),
                note="" if agreed or by_name else _("a senior officer may, with a reason"),
            ),
        ]

    def consequence(self):
        return _(
            "Leave the parts empty to see the agreed split first. The parts stand or fall together: "
            "if the payment comes back, all of them are taken back."
        )

    def post(self, request, *args, **kwargs):
        form = self.get_form()
        if not self.is_shown and form.is_valid():
            parts = proposed_split(form.accounts, form.cleaned_data["amount"], as_of=self.today)
            data = request.POST.copy()
            code = self.object.currency
            data.update({f"part_{pk}": str(quantise(part, code)) for pk, part in parts.items() if part})
            shown = self.form_class(**(self.get_form_kwargs() | {"data": data}))
            return self.render_to_response(self.get_context_data(form=shown))
        return super().post(request, *args, **kwargs)

    def perform(self, form):
        data = {
            name: form.cleaned_data[name]
            for name in ("value_date", "method", "receiver", "reference", "reason", "late_reason")
        }
        return post_split_payment(
            account=self.object, parts=form.parts(), actor=self.request.user, as_of=self.today, **data
        )

    def get_success_message(self, result: Any) -> str:
        return _("The payment is posted on %(n)s accounts.") % {"n": len(result)}


def share_action(entry: LedgerEntry) -> Action | None:
    """The button that changes what a payment pays."""
    if not is_money(entry):
        return None
    return Action(
        _("Say what it pays"),
        reverse("accounts:entry_allocate", args=[entry.pk]),
        icon="arrows-exchange",
        permission=NAME,
    )


urlpatterns = [
    path("accounts/<int:pk>/split-payment/", SplitPaymentPage.as_view(), name="payment_split"),
    path("entries/<int:pk>/allocation/", AllocatePage.as_view(), name="entry_allocate"),
]
