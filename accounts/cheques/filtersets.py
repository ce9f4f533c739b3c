"""How cheques are selected."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.cheques.enums import BEFORE_BANK, COVERING, ChequeStatus, Place
from accounts.cheques.models import Cheque, ChequeShare
from accounts.parties.queries import creditor_choices
from accounts.payments.models import OwnBankAccount
from accounts.teams.queries import team_choices
from collections_app.core import clock
from collections_app.core.web.filters import FilterSet


def bank_account_choices(request):
    accounts = OwnBankAccount.objects.order_by("name")
    return accounts if request is None else accounts.visible_to(request.user)


class ChequeFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=ChequeStatus.choices)
    still = django_filters.BooleanFilter(label=_("Still to be paid"), method="not_ended")
    waits = django_filters.BooleanFilter(label=_("To be given to the bank"), method="not_yet_given")
    mine = django_filters.BooleanFilter(label=_("I hold the paper"), method="held_by_me")
    dated = django_filters.DateFromToRangeFilter(label=_("Cheque date"), field_name="cheque_date")
    planned = django_filters.DateFromToRangeFilter(label=_("Planned submission"), field_name="planned_on")
    place = django_filters.MultipleChoiceFilter(label=_("Paper"), choices=Place.choices)
    bank_account = django_filters.ModelMultipleChoiceFilter(
        label=_("Our bank account"), queryset=bank_account_choices
    )
    bank = django_filters.CharFilter(label=_("Drawn on"), lookup_expr="icontains")
    is_security = django_filters.BooleanFilter(label=_("Security"))
    incomplete = django_filters.BooleanFilter(label=_("Incomplete"), method="lacks")
    stale = django_filters.BooleanFilter(label=_("Stale"), method="out_of_date")
    bounced = django_filters.NumberFilter(
        label=_("Returned at least, times"), field_name="bounces", lookup_expr="gte", min_value=0
    )
    currency = django_filters.CharFilter(label=_("Currency"), lookup_expr="iexact")
    team = django_filters.ModelMultipleChoiceFilter(label=_("Team"), queryset=team_choices, method="of_teams")
    creditor = django_filters.ModelMultipleChoiceFilter(label=_("Creditor"), queryset=creditor_choices)

    class Meta:
        model = Cheque
        fields: list[str] = []

    def search(self, queryset, name, value):
        """Cheque, account or slip number from its start, words of drawer, debtor or bank."""
        of_account = ChequeShare.objects.filter(account__number__istartswith=value)
        return queryset.filter(
            Q(number__istartswith=value)
            | Q(debtor__name__icontains=value)
            | Q(drawer__icontains=value)
            | Q(bank__icontains=value)
            | Q(deposit_reference__istartswith=value)
            | Q(pk__in=of_account.values("cheque"))
        )

    def not_ended(self, queryset, name, value):
        return queryset.filter(status__in=COVERING) if value else queryset

    def not_yet_given(self, queryset, name, value):
        """In the office or in a batch, and to be presented one day: no security that nobody released."""
        usable = Q(is_security=False) | Q(released_on__isnull=False)
        return queryset.filter(usable, status__in=BEFORE_BANK) if value else queryset

    def held_by_me(self, queryset, name, value):
        return queryset.filter(holder=self.request.user) if value else queryset

    def lacks(self, queryset, name, value):
        return queryset.filter(complete_since__isnull=value)

    def out_of_date(self, queryset, name, value):
        """Still in the office, one that came back too, and no bank takes it any more."""
        stale = Q(valid_until__lt=clock.today(), status__in=(*BEFORE_BANK, ChequeStatus.RETURNED))
        return queryset.filter(stale) if value else queryset.exclude(stale)

    def of_teams(self, queryset, name, value):
        if not value:
            return queryset
        return queryset.filter(pk__in=ChequeShare.objects.filter(account__team__in=value).values("cheque"))
