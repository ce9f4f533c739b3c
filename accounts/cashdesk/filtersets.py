"""How receipts, days, books and instructions are selected."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.cashdesk.books import DepositInstruction, ReceiptBook
from accounts.cashdesk.change_models import ChangeMoney
from accounts.cashdesk.enums import BookStatus, ChangeStatus, DayStatus, InstructionStatus, ReceiptStatus
from accounts.cashdesk.models import CashDay, CashReceipt
from accounts.cashdesk.people import HANDLES_CASH
from accounts.parties.queries import creditor_choices
from accounts.teams.choices import PeopleFilter
from accounts.teams.enums import SEES_TEAM_ACCOUNTS
from accounts.teams.queries import present_members, present_team_ids
from collections_app.core import clock
from collections_app.core.models import User
from collections_app.core.web.filters import FilterSet


def people_choices(request):
    """Who handles cash, by name; members of a team choose among their teammates."""
    people = User.objects.filter(role__in=HANDLES_CASH).order_by("full_name")
    if request is None or request.user.role not in SEES_TEAM_ACCOUNTS:
        return people
    return people.filter(pk__in=present_members(present_team_ids(request.user)))


class CashReceiptFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    received = django_filters.DateFromToRangeFilter(label=_("Received"), field_name="received_date")
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=ReceiptStatus.choices)
    held = django_filters.BooleanFilter(label=_("Not yet at the bank"), method="not_banked")
    late = django_filters.BooleanFilter(label=_("Late at the bank"), method="only_late")
    paper = django_filters.BooleanFilter(label=_("From a paper book"), method="from_paper")
    mine = django_filters.BooleanFilter(label=_("Taken by me"), method="own")
    cashier = PeopleFilter(label=_("Taken by"), queryset=people_choices)
    holder = PeopleFilter(label=_("Held by"), queryset=people_choices)
    creditor = django_filters.ModelMultipleChoiceFilter(label=_("Creditor"), queryset=creditor_choices)
    currency = django_filters.CharFilter(label=_("Currency"), lookup_expr="iexact")

    class Meta:
        model = CashReceipt
        fields: list[str] = []

    def search(self, queryset, name, value):
        """Receipt or account number from its start, or words of the debtor's name."""
        accounts = queryset.model.objects.filter(lines__account__number__istartswith=value)
        return queryset.filter(
            Q(code__istartswith=value) | Q(debtor__name__icontains=value) | Q(pk__in=accounts.values("pk"))
        )

    def not_banked(self, queryset, name, value):
        return queryset.held() if value else queryset.exclude(banked_on__isnull=True)

    def only_late(self, queryset, name, value):
        return queryset.late(clock.today()) if value else queryset

    def from_paper(self, queryset, name, value):
        return queryset.filter(slip__isnull=not value)

    def own(self, queryset, name, value):
        return queryset.filter(cashier=self.request.user) if value else queryset


class CashDayFilterSet(FilterSet):
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=DayStatus.choices)
    on = django_filters.DateFromToRangeFilter(label=_("Day"), field_name="day")
    cashier = PeopleFilter(label=_("Cashier"), queryset=people_choices)
    receiver = PeopleFilter(label=_("Received by"), queryset=people_choices)
    mine = django_filters.BooleanFilter(label=_("My own"), method="own")
    to_sign = django_filters.BooleanFilter(label=_("For me to sign"), method="for_me")
    differs = django_filters.BooleanFilter(label=_("With a difference"), method="with_difference")

    class Meta:
        model = CashDay
        fields: list[str] = []

    def own(self, queryset, name, value):
        return queryset.filter(cashier=self.request.user) if value else queryset

    def for_me(self, queryset, name, value):
        mine = queryset.filter(receiver=self.request.user, status=DayStatus.COUNTED)
        return mine if value else queryset

    def with_difference(self, queryset, name, value):
        return queryset.filter(differences__isnull=not value).distinct()


class ChangeMoneyFilterSet(FilterSet):
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=ChangeStatus.choices)
    holder = PeopleFilter(label=_("With"), queryset=people_choices)
    mine = django_filters.BooleanFilter(label=_("Held by me"), method="own")
    since = django_filters.DateFromToRangeFilter(label=_("Since"), field_name="held_from")
    currency = django_filters.CharFilter(label=_("Currency"), lookup_expr="iexact")

    class Meta:
        model = ChangeMoney
        fields: list[str] = []

    def own(self, queryset, name, value):
        return queryset.filter(holder=self.request.user) if value else queryset


class ReceiptBookFilterSet(FilterSet):
    q = django_filters.CharFilter(label=_("Search"), field_name="prefix", lookup_expr="istartswith")
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=BookStatus.choices)
    holder = PeopleFilter(label=_("With"), queryset=people_choices)
    missing = django_filters.BooleanFilter(label=_("With missing leaves"), method="with_missing")

    class Meta:
        model = ReceiptBook
        fields: list[str] = []

    def with_missing(self, queryset, name, value):
        return queryset.filter(missing_leaves__gt=0) if value else queryset.filter(missing_leaves=0)


class DepositInstructionFilterSet(FilterSet):
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=InstructionStatus.choices)
    currency = django_filters.CharFilter(label=_("Currency"), lookup_expr="iexact")
    creditor = django_filters.ModelMultipleChoiceFilter(label=_("Creditor"), queryset=creditor_choices)

    class Meta:
        model = DepositInstruction
        fields: list[str] = []
