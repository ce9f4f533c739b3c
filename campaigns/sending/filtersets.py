"""Selection of messages, for the outbox and whoever counts them."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.parties.enums import Channel
from accounts.parties.queries import creditor_choices
from campaigns.sending.enums import DeliveryStatus, MessageStatus, Spared
from campaigns.sending.models import Message
from collections_app.core.web.filters import FilterSet


class MessageFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=MessageStatus.choices)
    channel = django_filters.MultipleChoiceFilter(
        label=_("Channel"),
        choices=[(row.value, row.label) for row in (Channel.EMAIL, Channel.SMS, Channel.LETTER)],
    )
    creditor = django_filters.ModelMultipleChoiceFilter(
        label=_("Creditor"), queryset=creditor_choices
    )
    spared = django_filters.MultipleChoiceFilter(
        label=_("Withheld because"), choices=Spared.choices
    )
    delivery = django_filters.ChoiceFilter(
        label=_("Delivery"), choices=[row for row in DeliveryStatus.choices if row[0]]
    )
    run = django_filters.NumberFilter(label=_("Reminder run"), field_name="run_id")
    account = django_filters.NumberFilter(label=_("Account"), method="of_account")

    class Meta:
        model = Message
        fields: list[str] = []

    def search(self, queryset, name, value):
        """The debtor's name or an account number, from its beginning."""
        return queryset.filter(
            Q(debtor__name__icontains=value) | Q(lines__account__number__startswith=value)
        ).distinct()

    def of_account(self, queryset, name, value):
        return queryset.filter(lines__account=int(value))
