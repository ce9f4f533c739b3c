"""How bank lines, statements and files are selected."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.bank.enums import BankFormat, FileStatus, LineStatus
from accounts.bank.models import BankFile, BankLine, BankStatement
from accounts.payments.models import OwnBankAccount
from collections_app.core.web.filters import FilterSet


def bank_account_choices(request):
    """The bank accounts in view, by name."""
    return OwnBankAccount.objects.visible_to(request.user).order_by("name")


class LineFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=LineStatus.choices)
    bank_account = django_filters.ModelMultipleChoiceFilter(
        label=_("Bank account"), queryset=bank_account_choices
    )
    direction = django_filters.ChoiceFilter(
        label=_("Direction"), choices=[("in", _("Money in")), ("out", _("Money out"))], method="way"
    )
    booked = django_filters.DateFromToRangeFilter(label=_("Booked"), field_name="booking_date")
    amount = django_filters.RangeFilter(label=_("Amount"))
    mine = django_filters.BooleanFilter(label=_("Given to me"), method="own")

    class Meta:
        model = BankLine
        fields: list[str] = []

    def search(self, queryset, name, value):
        """Payer, text, or a reference from its start."""
        return queryset.filter(
            Q(counterparty_name__icontains=value)
            | Q(text__icontains=value)
            | Q(end_to_end_id__istartswith=value)
            | Q(structured_reference__istartswith=value)
            | Q(bank_reference__istartswith=value)
        )

    def way(self, queryset, name, value):
        return queryset.filter(amount__gt=0) if value == "in" else queryset.filter(amount__lt=0)

    def own(self, queryset, name, value):
        return queryset.filter(owner=self.request.user) if value else queryset


class StatementFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), field_name="reference", lookup_expr="icontains")
    bank_account = django_filters.ModelMultipleChoiceFilter(
        label=_("Bank account"), queryset=bank_account_choices
    )
    until = django_filters.DateFromToRangeFilter(label=_("To"), field_name="last_day")

    class Meta:
        model = BankStatement
        fields: list[str] = []


class BankFileFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), field_name="name", lookup_expr="icontains")
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=FileStatus.choices)
    format = django_filters.MultipleChoiceFilter(label=_("Format"), choices=BankFormat.choices)

    class Meta:
        model = BankFile
        fields: list[str] = []
