"""How returns, retries and reasons are selected."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ledger.filtersets import OfAccountFilterSet
from accounts.parties.queries import creditor_choices
from accounts.returns.enums import ActionClass, FileStatus, ReasonStatus, RetryStatus, RowFinding, Scheme
from accounts.returns.models import PaymentReturn, Retry, ReturnFile, ReturnReason, ReturnRow
from accounts.teams.queries import team_choices
from collections_app.core import clock
from collections_app.core.web.filters import FilterSet


class ReturnFilterSet(OfAccountFilterSet):
    scheme = django_filters.MultipleChoiceFilter(label=_("Scheme"), choices=Scheme.choices)
    action = django_filters.MultipleChoiceFilter(
        label=_("Asks for"), choices=ActionClass.choices, field_name="reason__action_class"
    )
    code = django_filters.CharFilter(label=_("Code"), field_name="reason__code", lookup_expr="iexact")
    came_back = django_filters.DateFromToRangeFilter(label=_("Came back"), field_name="return_date")
    mine = django_filters.BooleanFilter(label=_("My accounts"), method="own")
    team = django_filters.ModelMultipleChoiceFilter(
        label=_("Team"), field_name="account__team", queryset=team_choices
    )
    creditor = django_filters.ModelMultipleChoiceFilter(
        label=_("Creditor"), field_name="account__creditor", queryset=creditor_choices
    )

    class Meta:
        model = PaymentReturn
        fields: list[str] = []

    def own(self, queryset, name, value):
        return queryset.filter(account__officer=self.request.user) if value else queryset


class RetryFilterSet(OfAccountFilterSet):
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=RetryStatus.choices)
    due = django_filters.BooleanFilter(label=_("Due"), method="only_due")
    scheme = django_filters.MultipleChoiceFilter(label=_("Scheme"), choices=Scheme.choices)
    planned = django_filters.DateFromToRangeFilter(label=_("Planned"), field_name="planned_date")
    mine = django_filters.BooleanFilter(label=_("My accounts"), method="own")
    creditor = django_filters.ModelMultipleChoiceFilter(
        label=_("Creditor"), field_name="account__creditor", queryset=creditor_choices
    )

    class Meta:
        model = Retry
        fields: list[str] = []

    def only_due(self, queryset, name, value):
        return queryset.due(clock.today()) if value else queryset

    def own(self, queryset, name, value):
        return queryset.filter(account__officer=self.request.user) if value else queryset


class ReasonFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    scheme = django_filters.MultipleChoiceFilter(label=_("Scheme"), choices=Scheme.choices)
    action_class = django_filters.MultipleChoiceFilter(label=_("Asks for"), choices=ActionClass.choices)
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=ReasonStatus.choices)
    in_force = django_filters.BooleanFilter(label=_("In force"), method="today")
    unverified = django_filters.BooleanFilter(label=_("Without a published source"), method="unsourced")

    class Meta:
        model = ReturnReason
        fields: list[str] = []

    def search(self, queryset, name, value):
        return queryset.filter(Q(code__istartswith=value) | Q(label__icontains=value))

    def today(self, queryset, name, value):
        return queryset.in_force(clock.today()) if value else queryset

    def unsourced(self, queryset, name, value):
        return queryset.filter(is_verified=False) if value else queryset


class FileFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), field_name="name", lookup_expr="icontains")
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=FileStatus.choices)
    scheme = django_filters.MultipleChoiceFilter(label=_("Scheme"), choices=Scheme.choices)

    class Meta:
        model = ReturnFile
        fields: list[str] = []


class RowFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    scheme = django_filters.MultipleChoiceFilter(
        label=_("Scheme"), choices=Scheme.choices, field_name="return_file__scheme"
    )
    finding = django_filters.MultipleChoiceFilter(
        label=_("What we make of it"),
        choices=[(finding.value, finding.label) for finding in (RowFinding.UNKNOWN, RowFinding.NO_REASON)],
    )
    came_back = django_filters.DateFromToRangeFilter(label=_("Came back"), field_name="return_date")

    class Meta:
        model = ReturnRow
        fields: list[str] = []

    def search(self, queryset, name, value):
        """Payer, reference or trace."""
        return queryset.filter(
            Q(payer__icontains=value) | Q(reference__istartswith=value) | Q(trace__istartswith=value)
        )
