"""The cashier's screen: find who pays, enter the amount, hand over the receipt."""

from decimal import Decimal

from django import forms
from django.db.models import Case, Q, When
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.cashdesk.enums import BookStatus, DayStatus
from accounts.cashdesk.models import CashDay
from accounts.cashdesk.queries import books_of, day_of, tills
from accounts.cashdesk.rules import TAKE_CASH, VIEW_BOOK, VIEW_DAY, VIEW_INSTRUCTION, VIEW_RECEIPT
from accounts.cashdesk.services import take_cash
from accounts.ledger.enums import AccountStatus
from accounts.ledger.models import Account
from accounts.ledger.periods import closed_until
from accounts.web.money_forms import ChargeField
from accounts.web.payments import AccountVerb
from accounts.web.search import found_accounts
from collections_app.core.permissions import has_permission
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import amount_text
from collections_app.core.web.forms import DayField, MoneyFormField
from collections_app.core.web.parts import Action, Crumb, Figure
from collections_app.core.web.views import PageView

HITS = 12
ACCOUNTS_ON_A_RECEIPT = 15


def days_to_sign(user, as_of) -> int | None:
    """Days that wait for the user's own signature."""
    return CashDay.objects.filter(receiver=user, status=DayStatus.COUNTED).count() or None


navigation.register(
    "cash_desk",
    gettext_lazy("Cash desk"),
    "accounts:cash_desk",
    icon="cash",
    permission=VIEW_DAY,
    order=30,
    group="money",
    count=days_to_sign,
)


def desk_links() -> list[Action]:
    """The pages around the desk."""
    return [
        Action(_("Days"), reverse("accounts:cash_day_list"), icon="calendar", permission=VIEW_DAY),
        Action(_("Receipts"), reverse("accounts:cash_receipt_list"), icon="receipt", permission=VIEW_RECEIPT),
        Action(_("Change money"), reverse("accounts:change_money_list"), icon="coins", permission=VIEW_DAY),
        Action(_("Receipt books"), reverse("accounts:receipt_book_list"), icon="notes", permission=VIEW_BOOK),
        Action(
            _("Where cash goes"),
            reverse("accounts:deposit_instruction_list"),
            icon="building-bank",
            permission=VIEW_INSTRUCTION,
        ),
    ]


class CashDeskPage(PageView):
    """Whoever takes cash finds the payer here; others see the days and receipts around it."""

    permission = VIEW_DAY
    title = gettext_lazy("Cash desk")
    lead = gettext_lazy("Find who pays, enter the amount, hand over the receipt.")
    menu = "cash_desk"
    template_name = "accounts/cash_desk.html"

    def get_head_actions(self):
        actions = desk_links()
        day = day_of(self.request.user) if has_permission(self.request.user, TAKE_CASH) else None
        if day is not None and day.status == DayStatus.OPEN:
            close = reverse("accounts:cash_day_close", args=[day.pk])
            actions.append(Action(_("Count and close"), close, icon="calculator", permission=TAKE_CASH))
        return actions

    def get(self, request, *args, **kwargs):
        context = self.get_context_data()
        hits = context["hits"]
        if len(hits) == 1 and context["state"] == "open":
            return HttpResponseRedirect(reverse("accounts:cash_take", args=[hits[0].pk]))
        return self.render_to_response(context)

    def get_context_data(self, **kwargs):
        user = self.request.user
        takes = has_permission(user, TAKE_CASH)
        day = day_of(user) if takes else None
        words = self.request.GET.get("q", "").strip()[:80]
        state = "watch"
        if takes:
            state = "closed" if day is None else "open"
            if day is not None and day.status != DayStatus.OPEN:
                state = "counted"
            elif day is not None and day.day != self.today:
                state = "old"
        hits = self._hits(words) if words and state == "open" else []
        return super().get_context_data(
            state=state,
            day=day,
            query=words,
            hits=hits,
            figures=self._figures(day) if day is not None else [],
            to_sign=list(
                CashDay.objects.filter(receiver=user, status=DayStatus.COUNTED).select_related("cashier")
            ),
            **kwargs,
        )

    def _hits(self, words: str) -> list[Account]:
        ids = found_accounts(words, self.request.user, HITS)
        found = (
            Account.objects.visible_to(self.request.user)
            .filter(Q(status=AccountStatus.OPEN) | Q(standing__written_off__gt=0))
            .select_related("debtor", "creditor", "standing")
            .in_bulk(ids)
        )
        return [found[pk] for pk in ids if pk in found]

    @staticmethod
    def _figures(day: CashDay) -> list[Figure]:
        return [
            Figure(
                _("In the till"),
                ui.figure(till.expected_amount, till.currency),
                note=ngettext(
                    "%(n)s receipt, float %(float)s", "%(n)s receipts, float %(float)s", till.receipts
                )
                % {"n": till.receipts, "float": amount_text(till.float_amount, till.currency)},
                currency=till.currency,
                size="ask" if position == 0 else "",
            )
            for position, till in enumerate(tills(day))
        ]


class CashForm(forms.Form):
    """An amount for the account and, where the payer says so, for an item of it or others of his."""

    def __init__(self, *args, account: Account, others: list[Account], user, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.account, self.others, self.user = account, others, user
        label = _("Amount, %(currency)s") % {"currency": account.currency}
        self.fields["amount"] = MoneyFormField(
            label=label, currency=account.currency, min_value=Decimal("0.001")
        )
        self.fields["amount"].widget.attrs |= {"data-focus": "", "enterkeyhint": "done"}
        for other in others:
            self.fields[f"amount_{other.pk}"] = MoneyFormField(
                label=other.number, currency=account.currency, min_value=Decimal("0.001"), required=False
            )
        named = ChargeField()
        if named.offer(account, today) > 1:
            self.fields["charge"] = named
        self.fields["payer_name"] = forms.CharField(
            label=_("Handed over by"),
            max_length=120,
            required=False,
            help_text=_("If it is not the debtor himself."),
        )
        self.fields["note"] = forms.CharField(label=_("Note"), max_length=200, required=False)

    @property
    def other_rows(self):
        return [(other, self[f"amount_{other.pk}"]) for other in self.others]

    @property
    def other_fields(self):
        return [self[name] for name in self.fields if name != "amount" and not name.startswith("amount_")]

    def parts(self) -> list[tuple[Account, Decimal]]:
        """The other accounts with an amount."""
        data = self.cleaned_data
        return [(other, data[f"amount_{other.pk}"]) for other in self.others if data[f"amount_{other.pk}"]]

    def paper(self) -> dict:
        return {}


class TakeCashPage(AccountVerb):
    """One receipt for an account, and for others of the same debtor and currency."""

    permission = TAKE_CASH
    title = gettext_lazy("Take cash")
    menu = "cash_desk"
    form_class = CashForm
    button = gettext_lazy("Issue receipt")
    template_name = "accounts/cash_take.html"

    def others(self) -> list[Account]:
        account = self.object
        return list(
            Account.objects.visible_to(self.request.user)
            .filter(debtor=account.debtor_id, currency=account.currency, status=AccountStatus.OPEN)
            .exclude(pk=account.pk)
            .select_related("standing", "debtor", "creditor")
            .order_by("standing__oldest_due_date", "pk")[:ACCOUNTS_ON_A_RECEIPT]
        )

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {
            "account": self.object,
            "others": self.others(),
            "user": self.request.user,
            "today": self.today,
        }

    def get_crumbs(self):
        return [
            Crumb(_("Cash desk"), reverse("accounts:cash_desk")),
            Crumb(self.object.number, reverse("accounts:account_detail", args=[self.object.pk])),
        ]

    def get_lead(self):
        account = self.object
        return f"{account.debtor.name}, {account.number}, {account.creditor.name}"

    def get_initial(self):
        standing = getattr(self.object, "standing", None)
        if standing is None or standing.balance <= 0:
            return {}
        return {"amount": standing.overdue or standing.balance}

    def get_head_actions(self):
        return [
            Action(
                _("Enter a paper receipt"),
                reverse("accounts:cash_take_paper", args=[self.object.pk]),
                icon="notes",
                permission=TAKE_CASH,
            )
        ]

    def perform(self, form):
        data = form.cleaned_data
        return take_cash(
            account=self.object,
            amount=data["amount"],
            others=form.parts(),
            charge=data.get("charge"),
            payer_name=data["payer_name"],
            note=data["note"],
            **form.paper(),
            actor=self.request.user,
            as_of=self.today,
        )

    def get_cancel_url(self) -> str:
        return reverse("accounts:cash_desk")

    def get_success_message(self, result) -> str:
        return _("Receipt %(code)s is issued.") % {"code": result.code}

    def get_success_url(self, result) -> str:
        return reverse("accounts:cash_receipt_detail", args=[result.pk])


class PaperForm(CashForm):
    """A receipt that was written out at the door."""

    def __init__(self, *args, user, today, **kwargs):
        super().__init__(*args, user=user, today=today, **kwargs)
        self.fields["book"] = forms.ModelChoiceField(
            label=_("Book"),
            queryset=books_of(user)
            .filter(status=BookStatus.ISSUED)
            .select_related("holder")
            .order_by(Case(When(holder=user, then=0), default=1), "id"),
            empty_label=None,
        )
        self.fields["book"].label_from_instance = lambda book: (
            str(book) if book.holder_id == user.pk else f"{book}, {book.holder}"
        )
        self.fields["number"] = forms.IntegerField(label=_("Number on the paper"), min_value=1)
        self.fields["received_date"] = DayField(
            label=_("Day on the paper"), not_after_today=True, initial=today
        )
        closed = closed_until(self.account.creditor_id)
        if closed is not None and self.is_bound and self.data.get("received_date", "") <= closed.isoformat():
            self.fields["late_reason"] = forms.CharField(
                label=_("Why it is entered only now"),
                max_length=300,
                required=False,
                help_text=_("That month is signed. Stands in the list «Posted into closed months»."),
            )

    def paper(self) -> dict:
        data = self.cleaned_data
        return {
            "slip": (data["book"], data["number"]),
            "received_date": data["received_date"],
            "late_reason": data.get("late_reason", ""),
        }


class PaperReceiptPage(TakeCashPage):
    title = gettext_lazy("Enter a paper receipt")
    form_class = PaperForm
    button = gettext_lazy("Enter receipt")

    def get_head_actions(self):
        return []

    def consequence(self):
        return _("It bears the number on the paper; the money counts from the day on the paper.")

    def get_context_data(self, **kwargs):
        if not kwargs["form"].fields["book"].queryset.exists() and self.request.method == "GET":
            raise Http404(_("You carry no receipt book. A supervisor gives them out."))
        return super().get_context_data(**kwargs)


urlpatterns = [
    path("cash-desk/", CashDeskPage.as_view(), name="cash_desk"),
    path("accounts/<int:pk>/cash/", TakeCashPage.as_view(), name="cash_take"),
    path("accounts/<int:pk>/cash/paper/", PaperReceiptPage.as_view(), name="cash_take_paper"),
]
