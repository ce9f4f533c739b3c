"""Taking cheques in: rows of papers, each for one or several accounts of the debtor, or in place of
another cheque."""

from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import urlencode

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.cheques.enums import UNPAID, ChequeStatus, Missing
from accounts.cheques.lodging import months_after
from accounts.cheques.models import Cheque
from accounts.cheques.queries import cover
from accounts.cheques.rules import LODGE_CHEQUE, MOVE_CHEQUE
from accounts.cheques.services import NewCheque, lodge_cheques, replace_cheque
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.queries import open_items
from accounts.payments.models import OwnBankAccount
from accounts.payments.splitting import accounts_beside
from accounts.web.cheques.verbs import ChequeVerb, bank_accounts_for
from accounts.web.dispute_verbs import FilesField
from accounts.web.payments import AccountVerb
from collections_app.core.templatetags import ui
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.forms import DayField, MoneyFormField, adapt
from collections_app.core.web.parts import Fact
from collections_app.core.web.row_ids import row_id, row_ids
from collections_app.core.web.views import ActionPage

ROWS, MOST_ROWS, MOST_ACCOUNTS, MOST_ITEMS = 3, 36, 5, 60
REPLACEABLE = (ChequeStatus.RECEIVED, ChequeStatus.IN_HAND, *UNPAID)


class Row(forms.Form):
    """One paper. An untouched row is left out; amounts stand per account."""

    number = forms.CharField(label=gettext_lazy("Number"), max_length=30, required=False)
    bank = forms.CharField(label=gettext_lazy("Drawn on"), max_length=80, required=False)
    cheque_date = DayField(label=gettext_lazy("Date"), required=False)
    drawer = forms.CharField(label=gettext_lazy("Drawer"), max_length=140, required=False)
    missing = forms.MultipleChoiceField(
        label=gettext_lazy("Missing"),
        choices=Missing.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    is_security = forms.BooleanField(label=gettext_lazy("Security"), required=False)
    images = FilesField(label=gettext_lazy("Images"), required=False)

    def __init__(self, *args, accounts: list[Account], items: Mapping[int, str], **kwargs):
        super().__init__(*args, **kwargs)
        self.accounts = accounts
        if items:
            choices = [(str(pk), words) for pk, words in items.items()]
            self.fields["item"] = forms.ChoiceField(
                label=_("Pays this item"), choices=[("", _("Oldest due first")), *choices], required=False
            )
        for account in accounts:
            words = _("%(currency)s for %(account)s") if len(accounts) > 1 else _("Amount, %(currency)s")
            self.fields[f"amount_{account.pk}"] = MoneyFormField(
                label=words % {"currency": account.currency, "account": account.number},
                currency=account.currency,
                required=False,
                min_value=Decimal(0),
            )
        for name, field in self.fields.items():
            if name not in ("missing", "is_security"):
                field.widget.attrs["aria-label"] = str(field.label)

    def item_fields(self):
        """Which item it pays first; asked where the table is for one account that owes something."""
        return [self["item"]] if "item" in self.fields else []

    def amount_fields(self):
        return [self[f"amount_{account.pk}"] for account in self.accounts]

    @property
    def is_blank(self) -> bool:
        return not any(
            self.cleaned_data.get(name)
            for name in ("number", "bank", *(f"amount_{account.pk}" for account in self.accounts))
        )

    def shares(self):
        found = [(account, self.cleaned_data.get(f"amount_{account.pk}")) for account in self.accounts]
        named = self.cleaned_data.get("item")
        charge = LedgerEntry.objects.get(pk=named) if named else None
        return [(account, amount, charge) for account, amount in found if amount]

    def clean(self):
        cleaned = super().clean()
        if self.errors or self.is_blank:
            return cleaned
        for name in ("number", "bank"):
            if not cleaned.get(name):
                self.add_error(name, _("Enter it."))
        if not self.shares():
            self.add_error(f"amount_{self.accounts[0].pk}", _("Enter an amount."))
        if not cleaned.get("cheque_date") and Missing.DATE not in cleaned.get("missing", ()):
            self.add_error("cheque_date", _("Enter it, or tick that it is missing."))
        return cleaned

    def cheque(self) -> NewCheque:
        data, shares = self.cleaned_data, self.shares()
        return NewCheque(
            number=data["number"],
            bank=data["bank"],
            amount=sum((amount for _account, amount, _charge in shares), Decimal(0)),
            cheque_date=data["cheque_date"],
            shares=shares,
            drawer=data["drawer"],
            is_security=data["is_security"],
            missing=data["missing"],
            images=[(file.name, file.read()) for file in data["images"]],
        )


class SeriesForm(forms.Form):
    """So many cheques, a month apart: fills the rows, saves nothing."""

    s_number = forms.CharField(label=gettext_lazy("First number"), max_length=30, required=False)
    s_bank = forms.CharField(label=gettext_lazy("Drawn on"), max_length=80, required=False)
    s_date = DayField(label=gettext_lazy("First date"), required=False)
    s_amount = MoneyFormField(label=gettext_lazy("Amount of each"), required=False, min_value=Decimal(0))
    s_count = forms.IntegerField(
        label=gettext_lazy("How many"), min_value=1, max_value=MOST_ROWS, required=False
    )


def number_after(number: str, steps: int) -> str:
    """ "000123" and 2 give "000125"; a number that does not end in figures is left empty."""
    head = number.rstrip("0123456789")
    tail = number[len(head) :]
    return f"{head}{int(tail) + steps:0{len(tail)}}" if tail else ""


class LodgeForm(forms.Form):
    received_on = DayField(label=gettext_lazy("Received on"), not_after_today=True)
    bank_account = forms.ModelChoiceField(
        label=gettext_lazy("For our bank account"), queryset=OwnBankAccount.objects.none(), required=False
    )

    def __init__(
        self,
        *args,
        accounts: list[Account],
        bank_accounts,
        count: int = ROWS,
        items: Mapping[int, str] | None = None,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.fields["bank_account"].queryset = bank_accounts
        self.series = adapt(SeriesForm(data=self.data or None))
        self.accounts = accounts
        try:
            count = int(self.data.get("rows", count)) if self.is_bound else count
        except ValueError:
            count = ROWS
        self.count = min(max(count, 1), MOST_ROWS)
        self.rows = [
            adapt(
                Row(
                    data=self.data if self.is_bound else None,
                    files=self.files if self.is_bound else None,
                    prefix=f"r{number}",
                    accounts=accounts,
                    items=items or {},
                )
            )
            for number in range(self.count)
        ]

    @property
    def is_multipart(self) -> bool:
        return True

    def clean(self):
        cleaned = super().clean()
        if not all([row.is_valid() for row in self.rows]):
            raise forms.ValidationError(_("Look at the marked cheques."))
        cleaned["cheques"] = [row.cheque() for row in self.rows if not row.is_blank]
        if not cleaned["cheques"]:
            raise forms.ValidationError(_("Enter at least one cheque."))
        return cleaned


class LodgingPage(ActionPage):
    """The table of papers, with two buttons that only draw it anew: fill a series, add rows."""

    template_name = "accounts/cheques/lodge.html"
    menu = "cheques"
    form_class = LodgeForm
    button = gettext_lazy("Take in cheques")
    two_columns = True

    def chosen(self) -> list[Account]:
        """The accounts whose columns the table has."""
        raise NotImplementedError

    def bank_accounts(self):
        raise NotImplementedError

    def get_form_kwargs(self):
        kwargs = super().get_form_kwargs()
        return kwargs | self.about()

    def about(self) -> dict:
        """What the form is drawn for: accounts, the items of the only one, our bank accounts."""
        accounts = self.chosen()
        items: dict[int, str] = {}
        if len(accounts) == 1:
            account = accounts[0]
            items = {
                item.entry_id: f"{item.description or item.reference}, "
                f"{amount_text(item.open, account.currency)}, {day_text(item.due_date, self.today)}"
                for item in open_items([account.pk], as_of=self.today)[account.pk][:MOST_ITEMS]
            }
        return {"accounts": accounts, "items": items, "bank_accounts": self.bank_accounts()}

    def get_initial(self):
        return {"received_on": self.today}

    def post(self, request, *args, **kwargs):
        self.object  # noqa: B018 another team's row is a 404
        if "_fill" in request.POST or "_more" in request.POST:
            return self.drawn_anew()
        return super().post(request, *args, **kwargs)

    def drawn_anew(self):
        """The form with its rows filled from the series, or with three rows more; nothing is kept."""
        data = self.request.POST.copy()
        accounts = self.chosen()
        if "_more" in data:
            old = row_id(data.get("rows", "")) or ROWS
            data["rows"] = str(min(old + ROWS, MOST_ROWS))
        else:
            self.fill(data, accounts)
        form = adapt(
            self.form_class(
                initial={name: data.get(name) for name in ("received_on", "bank_account")},
                **self.about(),
                count=row_id(data.get("rows", "")) or ROWS,
            )
        )
        form.series = adapt(SeriesForm(data=data))
        for row in form.rows:
            names = [name for name in row.fields if name != "images"]
            row.initial = {
                name: (data.getlist if name == "missing" else data.get)(row.add_prefix(name))
                for name in names
            }
        return self.render_to_response(self.get_context_data(form=form))

    def fill(self, data, accounts: list[Account]) -> None:
        series = SeriesForm(data=data)
        if not series.is_valid() or not series.cleaned_data.get("s_count"):
            return
        wanted = series.cleaned_data
        data["rows"] = str(wanted["s_count"])
        for step in range(wanted["s_count"]):
            data[f"r{step}-number"] = number_after(wanted["s_number"], step)
            data[f"r{step}-bank"] = wanted["s_bank"]
            if wanted["s_date"]:
                data[f"r{step}-cheque_date"] = months_after(wanted["s_date"], step).isoformat()
            if wanted["s_amount"]:
                data[f"r{step}-amount_{accounts[0].pk}"] = str(wanted["s_amount"])

    def get_context_data(self, **kwargs):
        return super().get_context_data(accounts=self.chosen(), others=self.others(), **kwargs)

    def others(self) -> list[Account]:
        """Accounts of the debtor that could have a column too."""
        return []


class LodgePage(LodgingPage, AccountVerb):
    permission = LODGE_CHEQUE
    title = gettext_lazy("Take in cheques")
    menu = "cheques"

    def candidates(self) -> list[Account]:
        account = self.object
        beside = [one.pk for one in accounts_beside(account) if one.pk != account.pk]
        return list(
            Account.objects.visible_to(self.request.user)
            .filter(pk__in=beside)
            .order_by("number")[: MOST_ACCOUNTS * 4]
        )

    def _wanted(self) -> set[int]:
        return set(row_ids(self.request.GET.getlist("with")))

    def chosen(self) -> list[Account]:
        wanted = self._wanted()
        more = [account for account in self.candidates() if account.pk in wanted]
        return [self.object, *more][:MOST_ACCOUNTS]

    def others(self):
        if len(self.chosen()) >= MOST_ACCOUNTS:
            return []
        kept = self.request.GET.copy()
        found = []
        for account in self.candidates():
            if account.pk in self._wanted():
                continue
            address = kept.copy()
            address.appendlist("with", str(account.pk))
            found.append((account.number, "?" + address.urlencode()))
        return found

    def bank_accounts(self):
        account = self.object
        paper = Cheque(currency=account.currency, creditor_id=account.creditor_id)
        return bank_accounts_for(paper, self.request.user)

    def facts(self):
        account = self.object
        covered = cover([account.pk], self.today).get(account.pk)
        facts = super().facts()
        if covered:
            facts.append(Fact(_("Covered by cheques"), ui.money_with_code(covered, account.currency)))
        return facts

    def consequence(self):
        return _("The debt stays as it is; it is covered until each cheque is paid by the bank.")

    def perform(self, form):
        data = form.cleaned_data
        return lodge_cheques(
            debtor=self.object.debtor,
            cheques=data["cheques"],
            received_on=data["received_on"],
            bank_account=data["bank_account"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result) -> str:
        if len(result) == 1:
            return reverse("accounts:cheque_detail", args=[result[0].pk])
        # by the debtor, for one of them may pay another account alone
        query = urlencode({"mine": "true", "q": self.object.debtor.name})
        return f"{reverse('accounts:cheque_list')}?{query}"

    def get_success_message(self, result) -> str:
        return ngettext("%(n)s cheque is taken in.", "%(n)s cheques are taken in.", len(result)) % {
            "n": len(result)
        }


class ReplacePage(LodgingPage, ChequeVerb):
    permission = MOVE_CHEQUE
    title = gettext_lazy("Replace a cheque")
    button = gettext_lazy("Replace cheque")

    statuses = REPLACEABLE

    def chosen(self) -> list[Account]:
        shares = self.object.shares.select_related("account").order_by("id")
        return [share.account for share in shares]

    def bank_accounts(self):
        return bank_accounts_for(self.object, self.request.user)

    def get_initial(self):
        return super().get_initial() | {"bank_account": self.object.bank_account_id}

    def consequence(self):
        return _(
            "The old cheque covers nothing from that day on, the new ones do. "
            "How often it was returned goes on counting."
        )

    def perform(self, form):
        data = form.cleaned_data
        return replace_cheque(
            cheque=self.object, by=data["cheques"], received_on=data["received_on"], **self.who_and_when
        )

    def get_success_message(self, result) -> str:
        return _("The cheque is replaced.")


urlpatterns = [
    path("accounts/<int:pk>/cheques/new/", LodgePage.as_view(), name="cheque_new"),
    path("cheques/<int:pk>/replace/", ReplacePage.as_view(), name="cheque_replace"),
]
