"""The one vocabulary that selects accounts: the account list, a campaign's audience, a report.

Higher floors add words of their own (stage, next action) through the slot `list.accounts.filters`.
"""

from datetime import date, timedelta

import django_filters
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Exists, OuterRef, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.arrangements.enums import PlanStatus, PromiseStatus
from accounts.arrangements.models import PlanAccount, Promise
from accounts.disputes.enums import DisputeStatus
from accounts.disputes.models import Dispute
from accounts.holds.models import Hold
from accounts.ledger.enums import AccountStatus
from accounts.ledger.models import Account
from accounts.parties.enums import ContactPointKind, PayerType
from accounts.parties.models import ContactPoint
from accounts.parties.queries import creditor_choices, portfolio_choices
from accounts.teams.choices import PeopleFilter
from accounts.teams.queries import team_choices
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.web.filters import FilterSet

NOBODY = "none"
OFFICER_ROLES = (Role.COLLECTION_OFFICER, Role.FIELD_OFFICER, Role.SENIOR_OFFICER)
# name -> (from, to) days past due; None is open
AGES = {
    "current": (None, 0),
    "1-30": (1, 30),
    "31-60": (31, 60),
    "61-90": (61, 90),
    "91-180": (91, 180),
    "181-365": (181, 365),
    "365+": (366, None),
}
AGE_CHOICES = [("current", _("Not overdue")), *((key, key) for key in list(AGES)[1:])]


def name_query(words: str) -> SearchQuery | None:
    """Every word as a prefix, for the index on names; None where no word is long enough."""
    parts = ["".join(letter for letter in word if letter.isalnum()) for word in words.split()]
    parts = [part for part in parts if part]
    if not parts:
        return None
    return SearchQuery(" & ".join(f"'{part}':*" for part in parts), search_type="raw", config="simple")


class AccountFilterSet(FilterSet):
    """Account selection. `as_of` is the day that ages and holds are counted on."""

    q = django_filters.CharFilter(label=_("Search"), method="search")
    creditor = django_filters.ModelMultipleChoiceFilter(label=_("Creditor"), queryset=creditor_choices)
    portfolio = django_filters.ModelMultipleChoiceFilter(
        label=_("Portfolio"),
        queryset=portfolio_choices,
    )
    team = django_filters.ModelMultipleChoiceFilter(
        label=_("Team"), queryset=team_choices, null_label=_("No team"), null_value=NOBODY
    )
    officer = PeopleFilter(
        label=_("Officer"),
        queryset=User.objects.filter(role__in=OFFICER_ROLES).order_by("full_name"),
        null_label=_("Nobody"),
        null_value=NOBODY,
        method="by_officer",
    )
    status = django_filters.MultipleChoiceFilter(label=_("Status"), choices=AccountStatus.choices)
    currency = django_filters.CharFilter(label=_("Currency"), lookup_expr="iexact", max_length=3)
    overdue = django_filters.RangeFilter(label=_("Overdue"), field_name="standing__overdue")
    balance = django_filters.RangeFilter(label=_("Balance"), field_name="standing__balance")
    age = django_filters.MultipleChoiceFilter(label=_("Days past due"), choices=AGE_CHOICES, method="by_age")
    has_credit = django_filters.BooleanFilter(label=_("Credit balance"), method="by_credit")
    written_off = django_filters.BooleanFilter(label=_("Written off"), method="by_written_off")
    has_promise = django_filters.BooleanFilter(label=_("Open promise"), method="by_promise")
    has_plan = django_filters.BooleanFilter(label=_("Payment plan in force"), method="by_plan")
    has_dispute = django_filters.BooleanFilter(label=_("Open dispute"), method="by_dispute")
    has_hold = django_filters.BooleanFilter(label=_("On hold"), method="by_hold")
    payer_type = django_filters.MultipleChoiceFilter(
        label=_("Payer type"), field_name="debtor__payer_type", choices=PayerType.choices
    )
    country = django_filters.CharFilter(
        label=_("Country"), field_name="debtor__country", lookup_expr="iexact", max_length=2
    )
    area = django_filters.CharFilter(label=_("Area"), method="by_area")
    building = django_filters.CharFilter(label=_("Building"), method="by_building")
    product = django_filters.CharFilter(label=_("Product"), lookup_expr="iexact")
    opened = django_filters.DateFromToRangeFilter(label=_("Opened"), field_name="opened_date")

    class Meta:
        model = Account
        fields: list[str] = []

    def __init__(self, *args, as_of: date | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self._as_of = as_of

    @cached_property
    def as_of(self) -> date:
        """The day; without one given it is the edge that asks: a list page of today."""
        return self._as_of or clock.today()

    def search(self, queryset, name, value):
        """Account number by its beginning, or every word of the debtor's name by its beginning."""
        number = Q(number__startswith=value.strip())
        words = name_query(value)
        if words is None:
            return queryset.filter(number)
        return queryset.annotate(_words=SearchVector("debtor__name", config="simple")).filter(
            number | Q(_words=words)
        )

    def by_officer(self, queryset, name, values):
        """Theirs; "nobody" finds what no officer works, because none is named or he is gone."""
        if not values:
            return queryset
        officers = [value for value in values if value != NOBODY]
        if len(officers) == len(values):
            return queryset.filter(officer__in=officers)
        nobodys = queryset.without_officer()
        return nobodys | queryset.filter(officer__in=officers) if officers else nobodys

    def by_age(self, queryset, name, values):
        wanted = Q()
        for value in values:
            low, high = AGES[value]
            if low is None:
                wanted |= Q(standing__oldest_due_date__isnull=True) | Q(
                    standing__oldest_due_date__gte=self.as_of
                )
                continue
            span = Q(standing__oldest_due_date__lte=self.as_of - timedelta(days=low))
            if high is not None:
                span &= Q(standing__oldest_due_date__gte=self.as_of - timedelta(days=high))
            wanted |= span
        return queryset.filter(wanted)

    def by_credit(self, queryset, name, value):
        return queryset.filter(standing__credit__gt=0) if value else queryset.filter(standing__credit=0)

    def by_written_off(self, queryset, name, value):
        """With something given up that is neither recovered nor reinstated."""
        return (
            queryset.filter(standing__written_off__gt=0)
            if value
            else queryset.filter(standing__written_off=0)
        )

    def by_promise(self, queryset, name, value):
        return self._exists(
            queryset, value, Promise.objects.filter(account=OuterRef("pk"), status=PromiseStatus.OPEN)
        )

    def by_plan(self, queryset, name, value):
        return self._exists(
            queryset,
            value,
            PlanAccount.objects.filter(account=OuterRef("pk"), plan__status=PlanStatus.IN_FORCE),
        )

    def by_dispute(self, queryset, name, value):
        return self._exists(
            queryset, value, Dispute.objects.filter(account=OuterRef("pk"), status=DisputeStatus.OPEN)
        )

    def by_hold(self, queryset, name, value):
        binding = Hold.objects.in_force(self.as_of).filter(
            Q(account=OuterRef("pk"), entry__isnull=True) | Q(debtor=OuterRef("debtor"))
        )
        return self._exists(queryset, value, binding)

    def by_area(self, queryset, name, value):
        return self._exists(queryset, True, self._addresses().filter(area__iexact=value))

    def by_building(self, queryset, name, value):
        return self._exists(queryset, True, self._addresses().filter(building__iexact=value))

    @staticmethod
    def _addresses():
        return ContactPoint.objects.filter(
            debtor=OuterRef("debtor"), kind=ContactPointKind.ADDRESS, valid_to__isnull=True
        )

    @staticmethod
    def _exists(queryset, value: bool, rows):
        found = Exists(rows)
        return queryset.filter(found if value else ~found)
