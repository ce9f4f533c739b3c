"""How worsening payers are selected."""

import django_filters
from django.utils.translation import gettext_lazy as _

from accounts.ledger.filtersets import OfAccountFilterSet
from accounts.parties.queries import creditor_choices
from accounts.teams.choices import PeopleFilter
from accounts.teams.queries import deputised_by, team_choices
from campaigns.worsening.enums import Sign
from campaigns.worsening.models import WorseningPayer
from campaigns.worsening.rules import last_near_day
from collections_app.core import clock
from collections_app.core.models import User


class WorseningFilterSet(OfAccountFilterSet):
    signs = django_filters.MultipleChoiceFilter(label=_("Sign"), choices=Sign.choices, method="by_signs")
    near = django_filters.BooleanFilter(label=_("Next bucket is near"), method="by_near")
    mine = django_filters.BooleanFilter(label=_("Mine, and those I stand in for"), method="by_mine")
    bucket = django_filters.CharFilter(label=_("Bucket"))
    creditor = django_filters.ModelMultipleChoiceFilter(
        label=_("Creditor"), field_name="account__creditor", queryset=creditor_choices
    )
    team = django_filters.ModelMultipleChoiceFilter(
        label=_("Team"), field_name="account__team", queryset=team_choices
    )
    officer = PeopleFilter(
        label=_("Officer"),
        field_name="account__officer",
        queryset=User.objects.filter(is_active=True).order_by("full_name"),
    )
    currency = django_filters.CharFilter(
        label=_("Currency"), field_name="account__currency", lookup_expr="iexact", max_length=3
    )

    class Meta:
        model = WorseningPayer
        fields: list[str] = []

    def by_signs(self, queryset, name, value):
        return queryset.filter(signs__overlap=value) if value else queryset

    def by_near(self, queryset, name, value):
        last = last_near_day(clock.today())
        return queryset.filter(changes_on__lte=last) if value else queryset.filter(changes_on__gt=last)

    def by_mine(self, queryset, name, value):
        user = self.request.user
        his = {"account__officer__in": [user.pk, *deputised_by(user, clock.today())]}
        return queryset.filter(**his) if value else queryset.exclude(**his)
