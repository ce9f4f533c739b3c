"""Selecting permits, for the list of what the gate was asked and what it said."""

import django_filters
from django.utils.translation import gettext_lazy as _

from accounts.compliance.enums import Purpose, Rule
from accounts.compliance.models import Permit
from accounts.ledger.models import Account
from accounts.parties.enums import Channel
from accounts.parties.queries import creditor_choices
from collections_app.core.web.filters import FilterSet

SAID = [("true", _("Allowed")), ("false", _("Refused"))]


class PermitFilterSet(FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Debtor or account"))
    moment = django_filters.DateFromToRangeFilter(label=_("Between"))
    is_allowed = django_filters.TypedChoiceFilter(
        choices=SAID, coerce=lambda text: text == "true", label=_("Verdict")
    )
    rule = django_filters.MultipleChoiceFilter(choices=Rule.choices, label=_("Rule"))
    channel = django_filters.MultipleChoiceFilter(choices=Channel.choices, label=_("Channel"))
    purpose = django_filters.MultipleChoiceFilter(choices=Purpose.choices, label=_("Purpose"))
    creditor = django_filters.ModelChoiceFilter(queryset=creditor_choices, label=_("Creditor"))

    class Meta(FilterSet.Meta):
        model = Permit
        fields: list[str] = []

    def search(self, queryset, name, value):
        """By a whole account number, else words of the debtor's name."""
        accounts = list(Account.objects.filter(number=value.strip()).values_list("pk", flat=True)[:20])
        if accounts:
            return queryset.filter(account_ids__overlap=accounts)
        return queryset.filter(debtor__name__icontains=value.strip())
