"""The search box over rows that belong to an account: one meaning on every list."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from collections_app.core.web.filters import FilterSet


class OfAccountFilterSet(FilterSet):
    """Rows with an `account`, found by its number or by whose it is."""

    q = django_filters.CharFilter(label=_("Search"), method="search")

    def search(self, queryset, name, value):
        """Account number from its start, or words of the debtor's name."""
        return queryset.filter(
            Q(account__number__istartswith=value) | Q(account__debtor__name__icontains=value)
        )
