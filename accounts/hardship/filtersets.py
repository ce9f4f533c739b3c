"""How hardship cases are selected."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.hardship.enums import HardshipMarker, HardshipStatus
from accounts.hardship.models import HardshipCase
from collections_app.core import clock
from collections_app.core.web.filters import FilterSet


class HardshipFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=HardshipStatus.choices)
    marker = django_filters.MultipleChoiceFilter(label=_("What happened"), choices=HardshipMarker.choices)
    late = django_filters.BooleanFilter(label=_("Answer late"), method="only_late")

    class Meta:
        model = HardshipCase
        fields: list[str] = []

    def search(self, queryset, name, value):
        return queryset.filter(Q(debtor__name__icontains=value) | Q(debtor__reference__istartswith=value))

    def only_late(self, queryset, name, value):
        if not value:
            return queryset
        return queryset.filter(status=HardshipStatus.OPEN, answer_due__lt=clock.today())
