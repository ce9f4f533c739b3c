"""Selecting contacts and follow-ups, for lists, worklists and reports."""

import django_filters
from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.compliance.enums import Judgement, Rule
from accounts.contacts.enums import (
    ContactDirection,
    ContactSource,
    FollowUpKind,
    FollowUpStatus,
    NonPaymentReason,
    Outcome,
)
from accounts.contacts.models import AttemptAccount, ContactAttempt, FollowUp
from accounts.parties.enums import Channel
from accounts.parties.queries import creditor_choices
from accounts.teams.choices import PersonFilter
from accounts.teams.queries import deputised_by
from collections_app.core import clock
from collections_app.core.models import User
from collections_app.core.web.filters import FilterSet

LATE, TODAY, COMING = "late", "today", "coming"
WHEN = [(LATE, _("Overdue")), (TODAY, _("Today and overdue")), (COMING, _("Coming"))]


def officers(request):
    """Colleagues to choose from."""
    return User.objects.exclude(username="system").filter(is_active=True).order_by("full_name")


class ContactAttemptFilterSet(FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Debtor or account"))
    at = django_filters.DateFromToRangeFilter(label=_("Between"))
    channel = django_filters.MultipleChoiceFilter(choices=Channel.choices, label=_("Channel"))
    direction = django_filters.ChoiceFilter(choices=ContactDirection.choices, label=_("Direction"))
    outcome = django_filters.MultipleChoiceFilter(choices=Outcome.choices, label=_("Outcome"))
    reason = django_filters.ChoiceFilter(
        field_name="nonpayment_reason", choices=NonPaymentReason.choices, label=_("Why unpaid")
    )
    officer = PersonFilter(queryset=officers, label=_("Officer"))
    creditor = django_filters.ModelChoiceFilter(queryset=creditor_choices, label=_("Creditor"))
    source = django_filters.ChoiceFilter(choices=ContactSource.choices, label=_("Source"))
    judgement = django_filters.ChoiceFilter(
        field_name="counted__judgement", choices=Judgement.choices, label=_("Judged")
    )
    right_party = django_filters.BooleanFilter(
        field_name="is_right_party", label=_("Right party"), widget=forms.NullBooleanSelect
    )

    class Meta(FilterSet.Meta):
        model = ContactAttempt
        fields: list[str] = []

    def search(self, queryset, name, value):
        """By the beginning of an account number, or words of the debtor's name."""
        by_number = AttemptAccount.objects.filter(account__number__startswith=value.strip())
        return queryset.filter(
            Q(pk__in=by_number.values("attempt")) | Q(debtor__name__icontains=value.strip())
        )


class BreachFilterSet(FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Debtor or account"))
    at = django_filters.DateFromToRangeFilter(label=_("Between"))
    rule = django_filters.MultipleChoiceFilter(
        field_name="counted__rule", choices=Rule.choices, label=_("Rule")
    )
    channel = django_filters.MultipleChoiceFilter(choices=Channel.choices, label=_("Channel"))
    officer = PersonFilter(queryset=officers, label=_("Officer"))
    creditor = django_filters.ModelChoiceFilter(queryset=creditor_choices, label=_("Creditor"))
    source = django_filters.ChoiceFilter(choices=ContactSource.choices, label=_("Source"))

    class Meta(FilterSet.Meta):
        model = ContactAttempt
        fields: list[str] = []

    search = ContactAttemptFilterSet.search


class FollowUpFilterSet(FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Debtor or account"))
    mine = django_filters.BooleanFilter(
        method="by_mine", label=_("Mine, and those I stand in for"), widget=forms.CheckboxInput
    )
    when = django_filters.ChoiceFilter(method="by_when", choices=WHEN, label=_("When"))
    due_on = django_filters.DateFromToRangeFilter(label=_("Day"))
    kind = django_filters.MultipleChoiceFilter(choices=FollowUpKind.choices, label=_("What"))
    status = django_filters.MultipleChoiceFilter(choices=FollowUpStatus.choices, label=_("Status"))
    owner = PersonFilter(queryset=officers, label=_("Officer"))

    class Meta(FilterSet.Meta):
        model = FollowUp
        fields: list[str] = []

    def search(self, queryset, name, value):
        """By the beginning of the account number, or words of the debtor's name."""
        words = value.strip()
        return queryset.filter(Q(account__number__startswith=words) | Q(debtor__name__icontains=words))

    def by_mine(self, queryset, name, value):
        if not value:
            return queryset
        user = self.request.user
        return queryset.filter(owner__in=[user.pk, *deputised_by(user, clock.today())])

    def by_when(self, queryset, name, value):
        today = clock.today()
        if value == LATE:
            return queryset.late(today)
        if value == TODAY:
            return queryset.due(today)
        return queryset.open().filter(due_on__gt=today)
