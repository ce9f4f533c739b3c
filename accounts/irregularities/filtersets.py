"""How irregularities are selected."""

from datetime import timedelta

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.irregularities.enums import IrregularityKind, IrregularityStatus
from accounts.irregularities.models import Irregularity
from accounts.parties.queries import creditor_choices
from accounts.teams.queries import team_choices
from collections_app.core import clock
from collections_app.core.web.filters import FilterSet


class IrregularityFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=IrregularityStatus.choices)
    under_way = django_filters.BooleanFilter(label=_("Open or in work"), method="not_ended")
    mine = django_filters.BooleanFilter(label=_("Mine"), method="own")
    late = django_filters.BooleanFilter(label=_("Late"), method="only_late")
    kind = django_filters.MultipleChoiceFilter(label=_("Kind"), choices=IrregularityKind.choices)
    older = django_filters.NumberFilter(label=_("Older than, days"), method="found_before", min_value=0)
    team = django_filters.ModelMultipleChoiceFilter(label=_("Team"), queryset=team_choices)
    creditor = django_filters.ModelMultipleChoiceFilter(label=_("Creditor"), queryset=creditor_choices)

    class Meta:
        model = Irregularity
        fields: list[str] = []

    def search(self, queryset, name, value):
        """Account number from its start, words of the debtor's name or of the note."""
        return queryset.filter(
            Q(account__number__istartswith=value)
            | Q(account__debtor__name__icontains=value)
            | Q(note__icontains=value)
        )

    def not_ended(self, queryset, name, value):
        return queryset.under_way() if value else queryset

    def own(self, queryset, name, value):
        return queryset.filter(owner=self.request.user) if value else queryset

    def only_late(self, queryset, name, value):
        return queryset.late(clock.today()) if value else queryset

    def found_before(self, queryset, name, value):
        return queryset.filter(found_on__lt=clock.today() - timedelta(days=min(int(value), 36500)))
