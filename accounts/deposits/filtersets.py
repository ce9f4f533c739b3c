"""How deposits are selected."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.cashdesk.filtersets import people_choices
from accounts.deposits.enums import DepositStatus
from accounts.deposits.models import Deposit
from accounts.payments.models import OwnBankAccount
from accounts.teams.choices import PeopleFilter
from collections_app.core.web.filters import FilterSet


def bank_account_choices(request):
    """Our bank accounts whose name the user may read."""
    accounts = OwnBankAccount.objects.order_by("name")
    return accounts if request is None else accounts.visible_to(request.user)


class DepositFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=DepositStatus.choices)
    made = django_filters.DateFromToRangeFilter(label=_("Prepared"), field_name="slip_date")
    bank_account = django_filters.ModelMultipleChoiceFilter(
        label=_("Bank account"), queryset=bank_account_choices
    )
    depositor = PeopleFilter(label=_("Depositor"), queryset=people_choices)
    mine = django_filters.BooleanFilter(label=_("My own"), method="own")
    currency = django_filters.CharFilter(label=_("Currency"), lookup_expr="iexact")

    class Meta:
        model = Deposit
        fields: list[str] = []

    def search(self, queryset, name, value):
        """Slip number or the bank's reference from its start."""
        return queryset.filter(Q(code__istartswith=value) | Q(bank_reference__istartswith=value))

    def own(self, queryset, name, value):
        return queryset.filter(depositor=self.request.user) if value else queryset
