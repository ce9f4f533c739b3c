"""How promises and payment plans are selected."""

from datetime import timedelta

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.arrangements.enums import PlanStatus, PromiseStatus
from accounts.arrangements.models import PaymentPlan, Promise
from accounts.ledger.filtersets import OfAccountFilterSet
from accounts.parties.queries import creditor_choices
from accounts.teams.choices import PersonFilter
from collections_app.core import clock
from collections_app.core.models import User
from collections_app.core.web.filters import FilterSet


class PromiseFilterSet(OfAccountFilterSet):
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=PromiseStatus.choices)
    due = django_filters.DateFilter(label=_("For the day"), field_name="due_date")
    due_from = django_filters.DateFilter(label=_("From day"), field_name="due_date", lookup_expr="gte")
    due_until = django_filters.DateFilter(label=_("Until day"), field_name="due_date", lookup_expr="lte")
    judged_from = django_filters.DateFilter(
        label=_("Outcome since"), field_name="judged_on", lookup_expr="gte"
    )
    creditor = django_filters.ModelMultipleChoiceFilter(
        label=_("Creditor"), field_name="account__creditor", queryset=creditor_choices
    )
    taken_by = PersonFilter(
        label=_("Taken by"), queryset=User.objects.filter(is_active=True).order_by("full_name")
    )
    officer = PersonFilter(
        label=_("Officer"),
        field_name="account__officer",
        queryset=User.objects.filter(is_active=True).order_by("full_name"),
    )
    news = django_filters.BooleanFilter(label=_("Outcome not yet read by me"), method="unseen")

    class Meta:
        model = Promise
        fields: list[str] = []

    def unseen(self, queryset, name, value):
        return queryset.unseen_by(self.request.user) if value else queryset


WHICH = [
    ("due", _("Instalment due in the next 7 days")),
    ("late", _("Instalment late")),
    ("ending", _("Ending in the next 30 days")),
]


class PlanFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=PlanStatus.choices)
    which = django_filters.ChoiceFilter(label=_("In force with"), choices=WHICH, method="pick")
    judged_from = django_filters.DateFilter(
        label=_("Outcome since"), field_name="judged_on", lookup_expr="gte"
    )
    creditor = django_filters.ModelMultipleChoiceFilter(label=_("Creditor"), queryset=creditor_choices)
    made_by = PersonFilter(
        label=_("Proposed by"), queryset=User.objects.filter(is_active=True).order_by("full_name")
    )
    officer = PersonFilter(
        label=_("Officer"),
        field_name="account__officer",
        queryset=User.objects.filter(is_active=True).order_by("full_name"),
    )

    class Meta:
        model = PaymentPlan
        fields: list[str] = []

    def search(self, queryset, name, value):
        """Account number from its start, or words of the debtor's name."""
        return queryset.filter(Q(account__number__istartswith=value) | Q(debtor__name__icontains=value))

    def pick(self, queryset, name, value):
        today = clock.today()
        if value == "due":
            return queryset.due_between(today, today + timedelta(days=7))
        if value == "late":
            return queryset.late(today)
        return queryset.in_force().filter(last_due__range=(today, today + timedelta(days=30)))
