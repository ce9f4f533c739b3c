"""The accounts as they stood on any day, by what was known at any moment."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpResponseRedirect, QueryDict
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.ledger.models import Account
from accounts.ledger.shards import is_large_book
from accounts.parties.queries import creditor_choices, portfolio_choices
from accounts.position.any_day import SideThen, known_then, sides_then, stand_as_of
from accounts.position.filtersets import NOBODY, OFFICER_ROLES
from accounts.teams.choices import PeopleFilter
from accounts.teams.queries import team_choices
from collections_app.core.models import User
from collections_app.core.web.figures import count_text
from collections_app.core.web.filters import FilterSet, filter_query
from collections_app.core.web.late_rows import LateRows
from collections_app.core.web.parts import Action, Crumb
from collections_app.core.web.tables import AgeColumn, DateColumn, LinkColumn, MoneyColumn, Table, TextColumn
from collections_app.core.web.views import ListPage

if TYPE_CHECKING:
    Page = ListPage
else:
    Page = object

DAY_KEYS = ("as_of", "known_at")
THEN_KEYS = ("q", "creditor", "portfolio", "team", "officer", "currency")
SIDES = {"owing": gettext_lazy("Owing"), "credit": gettext_lazy("In credit"), "even": gettext_lazy("Even")}


class AccountThenFilterSet(FilterSet):
    """By who is owed, who works it now and on which side of zero it stood then."""

    q = django_filters.CharFilter(label=gettext_lazy("Search"), method="search")
    creditor = django_filters.ModelMultipleChoiceFilter(
        label=gettext_lazy("Creditor"), queryset=creditor_choices
    )
    portfolio = django_filters.ModelMultipleChoiceFilter(
        label=gettext_lazy("Portfolio"), queryset=portfolio_choices
    )
    team = django_filters.ModelMultipleChoiceFilter(
        label=gettext_lazy("Team"),
        queryset=team_choices,
        null_label=gettext_lazy("No team"),
        null_value=NOBODY,
    )
    officer = PeopleFilter(
        label=gettext_lazy("Officer"),
        queryset=User.objects.filter(role__in=OFFICER_ROLES).order_by("full_name"),
        null_label=gettext_lazy("Nobody"),
        null_value=NOBODY,
    )
    currency = django_filters.CharFilter(label=gettext_lazy("Currency"), lookup_expr="iexact", max_length=3)
    side = django_filters.ChoiceFilter(
        label=gettext_lazy("Balance then"), choices=tuple(SIDES.items()), method="on_side"
    )

    class Meta:
        model = Account
        fields: list[str] = []

    def search(self, queryset, name, value):
        return queryset.filter(Q(number__istartswith=value) | Q(debtor__name__icontains=value))

    def on_side(self, queryset, name, value):
        lookup = {"owing": "balance_then__gt", "credit": "balance_then__lt", "even": "balance_then"}[value]
        return queryset.filter(**{lookup: 0})


class AccountThenTable(Table):
    row_label = "number"

    number = TextColumn(
        verbose_name=gettext_lazy("Account"), width=76, muted=True, bdi=True, order_by=("number",)
    )
    debtor = LinkColumn(
        "accounts:account_detail",
        text="debtor.name",
        verbose_name=gettext_lazy("Debtor"),
        phone=True,
        keeps_day=True,
    )
    creditor = TextColumn(
        accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), width=132, muted=True
    )
    balance = MoneyColumn(
        accessor="balance_then",
        verbose_name=gettext_lazy("Balance"),
        code=True,
        credit=True,
        total=True,
        width=116,
        order_by=("balance_then",),
    )
    overdue = MoneyColumn(accessor="standing.overdue", verbose_name=gettext_lazy("Overdue"), width=100)
    disputed = MoneyColumn(accessor="standing.contested", verbose_name=gettext_lazy("Disputed"), width=100)
    oldest = DateColumn(accessor="standing.oldest_due_date", verbose_name=gettext_lazy("Oldest due"))
    days = AgeColumn(accessor="days_past_due", verbose_name=gettext_lazy("Days"), width=68)
    last_payment = DateColumn(
        accessor="standing.last_payment_date", verbose_name=gettext_lazy("Last payment"), shown=False
    )
    officer = TextColumn(
        accessor="officer.full_name", verbose_name=gettext_lazy("Officer now"), width=108, muted=True
    )

    class Meta:
        order_by = "number"


class LedToAnyDay(Page):
    """Put before ListPage, for a list of standings, which are of today: a day in its address leads to
    the page that knows any day, with what that page understands of the filters."""

    then_side = ""

    def get(self, request, *args, **kwargs):
        if any(request.GET.get(key) for key in DAY_KEYS):
            return HttpResponseRedirect(self.then_url())
        return super().get(request, *args, **kwargs)

    def then_url(self) -> str:
        asked = self.request.GET
        kept = [(key, value) for key in (*DAY_KEYS, *THEN_KEYS) for value in asked.getlist(key) if value]
        if self.then_side:
            kept.append(("side", self.then_side))
        query = urlencode(kept)
        return reverse("accounts:account_then_list") + (f"?{query}" if query else "")

    def then_action(self) -> Action:
        return Action(_("Any day"), self.then_url(), icon="history")


class AccountThenListPage(LateRows, ListPage):
    """Who had an entry by that day; sums are of the entries themselves."""

    permission = "accounts.view_account"
    title = gettext_lazy("Accounts on any day")
    lead = gettext_lazy("What each account owed at the end of a day, by what was known then or is known now.")
    menu = "accounts"
    offers_as_of = True
    offers_known_at = True
    filterset_class = AccountThenFilterSet
    table_class = AccountThenTable
    list_name = "accounts_then"
    url_name = "accounts:account_then_list"
    count_label = ngettext_lazy("%(n)s account", "%(n)s accounts", "n")
    empty_text = gettext_lazy("No account had an entry by that day.")
    default_views = tuple((label, f"side={side}") for side, label in SIDES.items())

    def get_crumbs(self):
        return [Crumb(_("Accounts"), reverse("accounts:account_list"))]

    def get_head_actions(self):
        address = reverse("reports:ageing")
        return [
            Action(
                _("Ageing of the day"),
                f"{address}?{self.day_query}" if self.day_query else address,
                icon="clock",
                permission="reports.view_ageing",
            )
        ]

    @property
    def seen(self) -> QuerySet[Account]:
        return Account.objects.visible_to(self.request.user)

    def get_queryset(self):
        return self._then()

    def filterset_for(self, parameters):
        filterset = super().filterset_for(parameters)
        if parameters.get("side") in SIDES:
            filterset.queryset = self._then(balance_is_asked=True)
        return filterset

    def _then(self, *, balance_is_asked: bool = False) -> QuerySet[Account]:
        return known_then(
            self.seen, as_of=self.as_of, known_at=self.known_at, balance_is_asked=balance_is_asked
        ).select_related("debtor", "creditor", "officer")

    @property
    def rows_are_late(self) -> bool:
        """To compare balances of a day each has to be found, however few are shown."""
        compares = self.request.GET.get("side") in SIDES or self.sort.lstrip("-") == "balance"
        return compares and is_large_book()

    # one pass over the entries for count and sums, and one for all tabs: a look at each account is dear

    def totals(self, queryset):
        chosen = self.request.GET.copy()
        side = chosen.pop("side", [""])[-1]
        accounts = self.seen
        if filter_query(chosen):
            accounts = AccountThenFilterSet(data=chosen, queryset=accounts, request=self.request).qs
        found = [row for row in self._sides(accounts) if side in ("", row.side)]
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for row in found:
            sums[row.currency] += row.balance
        return sum(row.accounts for row in found), sorted(
            (code, total) for code, total in sums.items() if total
        )

    def tab_counts(self, present: int):
        if self.is_filtered and not self.query.startswith("side="):
            counted = self._sides(self.seen)
        else:
            counted = self._counted
        counts = []
        for tab in self.tabs():
            side = QueryDict(tab.url[1:]).get("side", "")
            is_known = filter_query(QueryDict(tab.url[1:])) in ("", f"side={side}")
            number = sum(row.accounts for row in counted if side in ("", row.side))
            counts.append(count_text(number) if is_known else None)
        return counts

    def _sides(self, accounts: QuerySet[Account]) -> list[SideThen]:
        self._counted = sides_then(accounts, as_of=self.as_of, known_at=self.known_at)
        return self._counted

    def complete(self, rows: Sequence[Any]) -> None:
        stand_as_of(rows, as_of=self.as_of, known_at=self.known_until)


urlpatterns = [path("accounts/any-day/", AccountThenListPage.as_view(), name="account_then_list")]
