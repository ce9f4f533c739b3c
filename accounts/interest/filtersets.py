"""How runs, and what they charge, are selected."""

import django_filters
from django.utils.translation import gettext_lazy as _

from accounts.interest.enums import ChargeKind, RunStatus
from accounts.interest.models import AccruedInterest, InterestPosting, InterestRun
from accounts.ledger.enums import EntryKind
from accounts.ledger.filtersets import OfAccountFilterSet
from accounts.parties.queries import creditor_choices
from collections_app.core.web.filters import FilterSet


class InterestRunFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), field_name="creditor__name", lookup_expr="icontains")
    kind = django_filters.MultipleChoiceFilter(label=_("What"), choices=ChargeKind.choices)
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=RunStatus.choices)
    through = django_filters.DateFromToRangeFilter(label=_("Through"), field_name="last_day")
    creditor = django_filters.ModelMultipleChoiceFilter(label=_("Creditor"), queryset=creditor_choices)

    class Meta:
        model = InterestRun
        fields: list[str] = []


class InterestPostingFilterSet(OfAccountFilterSet):
    run = django_filters.NumberFilter(label=_("Run"))
    kind = django_filters.MultipleChoiceFilter(label=_("What"), choices=ChargeKind.choices)
    correction = django_filters.BooleanFilter(label=_("Puts an earlier one right"), method="corrects")
    frozen = django_filters.BooleanFilter(label=_("Stopped on some days"), method="was_frozen")
    waived = django_filters.BooleanFilter(
        label=_("Waived"), field_name="waived_by", lookup_expr="isnull", exclude=True
    )
    period = django_filters.DateFromToRangeFilter(label=_("Month"))
    creditor = django_filters.ModelMultipleChoiceFilter(
        label=_("Creditor"), field_name="account__creditor", queryset=creditor_choices
    )

    class Meta:
        model = InterestPosting
        fields: list[str] = []

    def corrects(self, queryset, name, value):
        return queryset.filter(replaces__isnull=not value)

    def was_frozen(self, queryset, name, value):
        stopped = queryset.filter(windows__frozen__gt="").values("pk")
        return queryset.filter(pk__in=stopped) if value else queryset.exclude(pk__in=stopped)


class AccruedInterestFilterSet(FilterSet):
    day = django_filters.DateFromToRangeFilter(label=_("Day"))
    creditor = django_filters.ModelMultipleChoiceFilter(label=_("Creditor"), queryset=creditor_choices)
    currency = django_filters.CharFilter(label=_("Currency"), lookup_expr="iexact")
    kind = django_filters.MultipleChoiceFilter(label=_("Kind of item"), choices=EntryKind.choices)

    class Meta:
        model = AccruedInterest
        fields: list[str] = []
