"""How tasks are selected: mine, my team's, late."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.tasks.enums import TaskStatus
from accounts.tasks.models import Task
from accounts.tasks.rules import addressed_to
from accounts.teams.models import Department
from accounts.teams.queries import team_choices
from collections_app.core import clock
from collections_app.core.web.filters import FilterSet


class TaskFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=TaskStatus.choices)
    mine = django_filters.BooleanFilter(label=_("For me"), method="for_me")
    late = django_filters.BooleanFilter(label=_("Late"), method="only_late")
    team = django_filters.ModelMultipleChoiceFilter(label=_("Team"), queryset=team_choices)
    department = django_filters.ModelMultipleChoiceFilter(
        label=_("Department"), queryset=Department.objects.order_by("name")
    )

    class Meta:
        model = Task
        fields: list[str] = []

    def search(self, queryset, name, value):
        """By what somebody typed, and by what the product says, as the reader reads it."""
        texts = queryset.order_by().values_list("words__title__text", flat=True).distinct()
        meant = [text for text in texts if text and value.lower() in gettext(text).lower()]
        return queryset.filter(
            Q(title__icontains=value) | Q(detail__icontains=value) | Q(words__title__text__in=meant)
        )

    def for_me(self, queryset, name, value):
        return queryset.filter(addressed_to(self.request.user, clock.today())) if value else queryset

    def only_late(self, queryset, name, value):
        if not value:
            return queryset
        return queryset.filter(status=TaskStatus.OPEN, due_at__lt=clock.now())
