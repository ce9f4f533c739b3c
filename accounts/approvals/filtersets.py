"""Which requests a list shows; without a choice, those that wait for the user's own decision."""

import django_filters
from django.utils.translation import gettext_lazy as _

from accounts.approvals.enums import ApprovalStatus
from accounts.approvals.models import Approval
from accounts.approvals.rules import decidable_by
from collections_app.core import clock
from collections_app.core.web.filters import FilterSet


class ApprovalFilterSet(FilterSet):
    narrows_by_default = True
    which = django_filters.ChoiceFilter(
        label=_("Show"),
        choices=[("asked", _("asked by me")), ("decided", _("decided"))],
        method="pick",
    )

    class Meta:
        model = Approval
        fields: list[str] = []

    def pick(self, queryset, name, value):
        if value == "asked":
            return queryset.filter(requested_by=self.request.user)
        return queryset.exclude(status=ApprovalStatus.WAITING)

    def filter_queryset(self, queryset):
        queryset = super().filter_queryset(queryset)
        if self.form.cleaned_data.get("which"):
            return queryset
        return queryset.filter(decidable_by(self.request.user, clock.today()))
