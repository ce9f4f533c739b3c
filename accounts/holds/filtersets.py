"""How holds are selected."""

from datetime import timedelta

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.holds.enums import BreathingSpaceKind, HoldReason, HoldScope, HoldStatus
from accounts.holds.models import BreathingSpace, Hold
from collections_app.core import clock
from collections_app.core.web.filters import FilterSet

SUBJECTS = {
    "debtor": Q(debtor__isnull=False),
    "account": Q(account__isnull=False, entry__isnull=True),
    "entry": Q(entry__isnull=False),
}


class HoldFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=HoldStatus.choices)
    scope = django_filters.MultipleChoiceFilter(
        label=_("Stops"), choices=HoldScope.choices, method="stopping"
    )
    reason = django_filters.MultipleChoiceFilter(label=_("Reason"), choices=HoldReason.choices)
    subject = django_filters.ChoiceFilter(
        label=_("On"),
        choices=[("debtor", _("a person")), ("account", _("an account")), ("entry", _("a charge"))],
        method="on",
    )
    open_end = django_filters.BooleanFilter(
        label=_("Without an end"), field_name="last_day", lookup_expr="isnull"
    )
    ends_within = django_filters.NumberFilter(label=_("Ends within, days"), method="ending")

    class Meta:
        model = Hold
        fields: list[str] = []

    def search(self, queryset, name, value):
        """Account number from its start, or words of the debtor's name."""
        return queryset.filter(
            Q(account__number__istartswith=value)
            | Q(account__debtor__name__icontains=value)
            | Q(debtor__name__icontains=value)
        )

    def stopping(self, queryset, name, value):
        return queryset.filter(scopes__overlap=value) if value else queryset

    def on(self, queryset, name, value):
        return queryset.filter(SUBJECTS[value]) if value else queryset

    def ending(self, queryset, name, value):
        today = clock.today()
        last = today + timedelta(days=min(int(value), 3650))
        return queryset.filter(status=HoldStatus.ACTIVE, last_day__range=(today, last))


class BreathingSpaceFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=BreathingSpaceKind.choices)
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[("in_force", _("In force")), ("open", _("Without an end")), ("undone", _("Undone"))],
        method="in_state",
    )

    class Meta:
        model = BreathingSpace
        fields: list[str] = []

    def search(self, queryset, name, value):
        """Reference from its start, or words of the debtor's name."""
        return queryset.filter(Q(reference__istartswith=value) | Q(debtor__name__icontains=value))

    def in_state(self, queryset, name, value):
        if value == "undone":
            return queryset.filter(undone_on__isnull=False)
        queryset = queryset.in_force(clock.today())
        return queryset.filter(last_day__isnull=True) if value == "open" else queryset
