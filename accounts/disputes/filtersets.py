"""How disputes are selected."""

import django_filters
from django.utils.translation import gettext_lazy as _

from accounts.disputes.enums import DisputeReason, DisputeStatus
from accounts.disputes.models import Dispute
from accounts.ledger.filtersets import OfAccountFilterSet
from accounts.parties.queries import creditor_choices
from accounts.teams.models import Department
from collections_app.core import clock
from collections_app.core.web.filters import FilterSet


class DisputeFilterSet(OfAccountFilterSet):
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=DisputeStatus.choices)
    late = django_filters.BooleanFilter(label=_("Answer late"), method="only_late")
    resting = django_filters.BooleanFilter(label=_("Rejected, left in peace"), method="only_resting")
    department = django_filters.ModelMultipleChoiceFilter(
        label=_("Department"), queryset=Department.objects.order_by("name")
    )
    reason = django_filters.MultipleChoiceFilter(label=_("Reason"), choices=DisputeReason.choices)
    creditor = django_filters.ModelMultipleChoiceFilter(
        label=_("Creditor"), field_name="account__creditor", queryset=creditor_choices
    )
    raised_from = django_filters.DateFilter(
        label=_("Raised since"), field_name="raised_on", lookup_expr="gte"
    )

    class Meta:
        model = Dispute
        fields: list[str] = []

    def only_late(self, queryset, name, value):
        return queryset.late(clock.today()) if value else queryset

    def only_resting(self, queryset, name, value):
        return queryset.filter(chase_again_on__gt=clock.today()) if value else queryset


class QuestionFilterSet(FilterSet):
    """A department user's own questions; without a choice, those he has still to answer."""

    narrows_by_default = True
    which = django_filters.ChoiceFilter(label=_("Show"), choices=[("answered", _("answered"))], method="pick")

    class Meta:
        model = Dispute
        fields: list[str] = []

    def pick(self, queryset, name, value):
        return queryset.exclude(status=DisputeStatus.OPEN)

    def filter_queryset(self, queryset):
        queryset = super().filter_queryset(queryset)
        if self.form.cleaned_data.get("which"):
            return queryset
        return queryset.filter(status=DisputeStatus.OPEN)
