"""The accounts at banks on which money arrives."""

import django_filters
from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.parties.models import Creditor
from accounts.payments.bank_accounts import save_bank_account
from accounts.payments.enums import NumberKind
from accounts.payments.models import OwnBankAccount
from collections_app.core.models import Organisation
from collections_app.core.web import navigation
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.parts import Action, Crumb
from collections_app.core.web.tables import LinkColumn, Table, TextColumn
from collections_app.core.web.views import ActionPage, ListPage

navigation.register(
    "bank_accounts",
    gettext_lazy("Bank accounts"),
    "accounts:bank_account_list",
    icon="wallet",
    permission="accounts.view_bank_account",
    order=90,
    group="money",
)


class BankAccountFilterSet(FilterSet):
    q = django_filters.CharFilter(label=gettext_lazy("Search"), field_name="name", lookup_expr="icontains")
    currency = django_filters.CharFilter(
        label=gettext_lazy("Currency"), field_name="currency", lookup_expr="iexact"
    )
    is_active = django_filters.BooleanFilter(label=gettext_lazy("In use"), field_name="is_active")

    class Meta:
        model = OwnBankAccount
        fields: list[str] = []


class BankAccountTable(Table):
    row_label = "name"

    name = LinkColumn(
        "accounts:bank_account_change",
        text="name",
        verbose_name=gettext_lazy("Name"),
        order_by=("name",),
        permission="accounts.manage_bank_account",
    )
    bank_name = TextColumn(verbose_name=gettext_lazy("Bank"))
    number = TextColumn(verbose_name=gettext_lazy("Number"), bdi=True)
    currency = TextColumn(verbose_name=gettext_lazy("Currency"), width=80)
    creditor = TextColumn(accessor="creditor.name", verbose_name=gettext_lazy("Kept by creditor"))

    class Meta:
        order_by = "name"


class BankAccountListPage(ListPage):
    permission = "accounts.view_bank_account"
    title = gettext_lazy("Bank accounts")
    lead = gettext_lazy("Where money arrives. Deposits, cheques and bank statements name one of these.")
    menu = "bank_accounts"
    filterset_class = BankAccountFilterSet
    table_class = BankAccountTable
    list_name = "bank_accounts"
    url_name = "accounts:bank_account_list"
    count_label = ngettext_lazy("%(n)s bank account", "%(n)s bank accounts", "n")
    empty_text = gettext_lazy("No bank account yet. An administrator sets up the first one.")

    def get_queryset(self):
        return OwnBankAccount.objects.visible_to(self.request.user).select_related("creditor")

    def get_head_actions(self):
        return [
            Action(
                _("New bank account"),
                reverse("accounts:bank_account_new"),
                icon="plus",
                primary=True,
                permission="accounts.manage_bank_account",
            )
        ]


class BankAccountForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("As your office calls it, for instance «Collections AED»."),
    )
    bank_name = forms.CharField(label=gettext_lazy("Bank"), max_length=80)
    number_kind = forms.ChoiceField(label=gettext_lazy("Numbered by"), choices=NumberKind.choices)
    number = forms.CharField(label=gettext_lazy("Number"), max_length=50)
    bic = forms.CharField(label=gettext_lazy("BIC"), max_length=14, required=False)
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, min_length=3)
    creditor = forms.ModelChoiceField(
        label=gettext_lazy("Kept by creditor"),
        required=False,
        queryset=Creditor.objects.filter(is_active=True).order_by("name"),
        empty_label=gettext_lazy("No, the office's own"),
        help_text=gettext_lazy("Only where debtors pay the creditor directly."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def clean_currency(self):
        return self.cleaned_data["currency"].upper()


class BankAccountNewPage(ActionPage):
    permission = "accounts.manage_bank_account"
    menu = "bank_accounts"
    title = gettext_lazy("New bank account")
    form_class = BankAccountForm
    button = gettext_lazy("Save bank account")

    def get_crumbs(self):
        return [Crumb(_("Bank accounts"), reverse("accounts:bank_account_list"))]

    def get_initial(self):
        office = Organisation.objects.first()
        return {"currency": office.currency} if office else {}

    def perform(self, form):
        return save_bank_account(actor=self.request.user, bank_account=self.object, **form.cleaned_data)

    def get_success_url(self, result):
        return reverse("accounts:bank_account_list")


class BankAccountChangePage(BankAccountNewPage):
    title = gettext_lazy("Bank account")
    queryset = OwnBankAccount.objects.all()

    def get_initial(self):
        return {name: getattr(self.object, name) for name in BankAccountForm.base_fields}

    def get_form(self):
        form = super().get_form()
        form.fields["currency"].disabled = True
        return form


urlpatterns = [
    path("bank-accounts/", BankAccountListPage.as_view(), name="bank_account_list"),
    path("bank-accounts/new/", BankAccountNewPage.as_view(), name="bank_account_new"),
    path("bank-accounts/<int:pk>/", BankAccountChangePage.as_view(), name="bank_account_change"),
]
