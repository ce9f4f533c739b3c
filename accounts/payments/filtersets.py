"""How payments are selected."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ledger.enums import PaymentMethod, Receiver
from accounts.ledger.models import LedgerEntry
from accounts.parties.queries import creditor_choices
from accounts.teams.choices import PeopleFilter
from accounts.teams.queries import team_choices
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.web.filters import FilterSet


def officer_choices(request):
    """Those who work accounts, by name."""
    return User.objects.filter(
        role__in=[Role.COLLECTION_OFFICER, Role.FIELD_OFFICER, Role.SENIOR_OFFICER]
    ).order_by("full_name")


class PaymentFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    paid = django_filters.DateFromToRangeFilter(label=_("Value date"), field_name="value_date")
    method = django_filters.MultipleChoiceFilter(label=_("How"), choices=PaymentMethod.choices)
    receiver = django_filters.ChoiceFilter(label=_("Who received it"), choices=Receiver.choices)
    came_back = django_filters.BooleanFilter(label=_("Came back or taken back"), method="reversed_or_not")
    officer = PeopleFilter(
        label=_("Officer"), field_name="account__officer", queryset=officer_choices
    )
    mine = django_filters.BooleanFilter(label=_("My accounts"), method="own")
    team = django_filters.ModelMultipleChoiceFilter(
        label=_("Team"), field_name="account__team", queryset=team_choices
    )
    creditor = django_filters.ModelMultipleChoiceFilter(
        label=_("Creditor"), field_name="account__creditor", queryset=creditor_choices
    )
    currency = django_filters.CharFilter(label=_("Currency"), lookup_expr="iexact")

    class Meta:
        model = LedgerEntry
        fields: list[str] = []

    def search(self, queryset, name, value):
        """Account number or reference from its start, or words of the debtor's name."""
        return queryset.filter(
            Q(account__number__istartswith=value)
            | Q(reference__startswith=value)
            | Q(account__debtor__name__icontains=value)
        )

    def reversed_or_not(self, queryset, name, value):
        return queryset.filter(reversed_by__isnull=not value)

    def own(self, queryset, name, value):
        return queryset.filter(account__officer=self.request.user) if value else queryset
