import django_filters
from django.utils.translation import gettext_lazy as _

from accounts.parties.queries import creditor_choices
from campaigns.correspondence.enums import NoticeKind
from campaigns.notices.enums import NoticeStatus, ServiceMethod
from campaigns.notices.models import FormalNotice
from collections_app.core.web.filters import FilterSet


class FormalNoticeFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    kind = django_filters.MultipleChoiceFilter(label=_("Notice"), choices=NoticeKind.choices)
    status = django_filters.MultipleChoiceFilter(label=_("State"), choices=NoticeStatus.choices)
    method = django_filters.MultipleChoiceFilter(label=_("Given by"), choices=ServiceMethod.choices)
    sent_on = django_filters.DateFromToRangeFilter(label=_("Sent"))
    next_step_from = django_filters.DateFromToRangeFilter(label=_("Next step from"))
    creditor = django_filters.ModelMultipleChoiceFilter(label=_("Creditor"), queryset=creditor_choices)

    class Meta:
        model = FormalNotice
        fields: list[str] = []

    def search(self, queryset, name, value):
        """Account number from its start, or words of the debtor's name."""
        return (
            queryset.filter(debtor__name__icontains=value)
            | queryset.filter(lines__account__number__istartswith=value)
        ).distinct()
