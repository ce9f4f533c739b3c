"""A day's lists of cheques, each a tab; and the month at a glance."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.http import Http404, QueryDict
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cheques.cleared import put_items
from accounts.cheques.enums import DayList
from accounts.cheques.filtersets import ChequeFilterSet
from accounts.cheques.models import Cheque
from accounts.cheques.queries import (
    DAYS_AHEAD,
    LATE_DAYS,
    DayTotal,
    day_list,
    maturing_by_day,
    totals_drawn_on,
    totals_per_bank,
)
from accounts.cheques.rules import VIEW_CHEQUE
from accounts.web.cheques.pages import ChequeListPage, ChequeTable
from collections_app.core.web.figures import day_text
from collections_app.core.web.filters import filter_query
from collections_app.core.web.moments import read_day
from collections_app.core.web.parts import Crumb, Tab
from collections_app.core.web.tables import DateColumn, MoneyColumn, TextColumn
from collections_app.core.web.views import PageView

DAYS_CHOICES = ("7", "14", "30", "60", "90", "180")


class DayTable(ChequeTable):
    planned_on = DateColumn(
        accessor="planned_then", verbose_name=gettext_lazy("Planned"), order_by=("planned_then",)
    )
    held_until = DateColumn(verbose_name=gettext_lazy("Held until"), order_by=("held_until",), shown=False)

    class Meta:
        order_by = "cheque_date"

    @staticmethod
    def row_class(row) -> str:
        return "att" if row.missing else ""


class ClearedTable(DayTable):
    paid_then = MoneyColumn(
        verbose_name=gettext_lazy("The bank paid"), code=True, total=True, order_by=("paid_then",), phone=True
    )
    paid_on = DateColumn(verbose_name=gettext_lazy("Bank value date"), order_by=("paid_on",))
    paid_for = TextColumn(accessor="paid_for_text", verbose_name=gettext_lazy("Items it paid"), wrap=True)
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"), code=True, order_by=("amount",), phone=False)
    bank = TextColumn(verbose_name=gettext_lazy("Drawn on"), width=140, muted=True, shown=False)
    cheque_date = DateColumn(verbose_name=gettext_lazy("Cheque date"), order_by=("cheque_date",), shown=False)
    bank_value_date = None
    planned_on = None
    holder = None

    class Meta:
        order_by = "-paid_on"
        sequence = ("debtor", "number", "paid_for", "amount", "paid_then", "paid_on", "status")


class ChequeDayFilterSet(ChequeFilterSet):
    class Meta(ChequeFilterSet.Meta):
        pass


class ChequeDayPage(ChequeListPage):
    """The tab and the day are part of the address and survive each other."""

    permission = VIEW_CHEQUE
    template_name = "accounts/cheques/day.html"
    title = gettext_lazy("Cheques of a day")
    table_class = DayTable
    list_name = "cheques_of_a_day"
    url_name = "accounts:cheque_day"
    empty_text = gettext_lazy("No cheque stands on this list for that day.")
    bulk_actions = ()
    default_views = ()
    offers_as_of = False  # the page has a day of its own
    columns_now = ("holder", "bounces", "held_until")

    def get_crumbs(self):
        return [Crumb(_("Cheques"), reverse("accounts:cheque_list"))]

    def get_head_actions(self):
        return []

    @cached_property
    def day(self) -> date:
        text = self.request.GET.get("day", "")
        day = read_day(text) if text else self.today
        if day is None:
            raise Http404(_("The address names a day that does not exist."))
        return day

    def setup(self, request, *args, **kwargs) -> None:
        super().setup(request, *args, **kwargs)
        if self.chosen_list == DayList.CLEARED:
            self.table_class, self.list_name = ClearedTable, "cheques_paid_by_item"

    @property
    def chosen_list(self) -> str:
        return self.list_of()

    @property
    def days(self) -> int:
        """How many days the lists "ahead" and "paid" look over."""
        text = self.request.GET.get("days", "")
        return int(text) if text in DAYS_CHOICES else DAYS_AHEAD

    def get_lead(self):
        return day_text(self.day, self.today)

    def list_of(self, parameters: QueryDict | None = None) -> str:
        """The tab a query names."""
        name = (parameters or self.request.GET).get("list", "")
        return name if name in self.lists() else DayList.MATURE.value

    def lists(self) -> list[str]:
        return list(DayList.values)

    def get_queryset(self):
        return self.rows_of(self.chosen_list)

    def rows_of(self, name: str):
        rows = ChequeListPage.get_queryset(self)
        return day_list(rows, name, self.day, self.days, known_at=self.known_at)

    def complete(self, rows) -> None:
        super().complete(rows)
        if self.day < self.today and not self.is_past:
            self.complete_then(rows)
        if self.chosen_list == DayList.CLEARED:
            put_items(rows, self.day, self.known_at)

    def column_names(self):
        """Of a day gone by no holder and no count of returns is kept, nor is it of another knowledge."""
        found = super().column_names()
        return [name for name in found if self.day >= self.today or name not in self.columns_now]

    def filtered(self, parameters=None):
        if parameters is None:
            return super().filtered()
        rows = self.rows_of(self.list_of(parameters))
        chosen = ChequeDayFilterSet(data=parameters, queryset=rows, request=self.request)
        return chosen.qs

    @property
    def is_filtered(self) -> bool:
        rest = self.request.GET.copy()
        for key in ("list", "day", "days"):
            rest.pop(key, None)
        return bool(filter_query(rest))

    def tabs(self):
        day = f"&day={self.day.isoformat()}" if self.day != self.today else ""
        day += f"&days={self.days}" if self.days != DAYS_AHEAD else ""
        day += f"&{self.day_query}" if self.day_query else ""
        labels = dict(DayList.choices)
        return [Tab(labels[name], f"?list={name}{day}", name == self.chosen_list) for name in self.lists()]

    def note(self) -> str:
        return {
            DayList.TO_SUBMIT: _("planned for this day or before, and not with the bank"),
            DayList.LATE: _("in the last %(n)s days, after the planned day") % {"n": LATE_DAYS},
            DayList.NO_ANSWER: _("with the bank, which has not answered yet"),
            DayList.PAST: _("its date has gone by, and it is not deposited"),
            DayList.AHEAD: _("matures in the days to come, and is not with the bank"),
            DayList.CLEARED: _("what the bank paid, and which items that money paid"),
            DayList.RETURNED: _("the bank did not pay, and nothing was decided since"),
        }.get(DayList(self.chosen_list), "")

    def get_context_data(self, **kwargs):
        ahead = self.chosen_list == DayList.AHEAD
        return super().get_context_data(
            day=self.day,
            day_before=self.day - timedelta(days=1),
            day_after=self.day + timedelta(days=1),
            chosen_list=self.chosen_list,
            list_note=self.note(),
            days=self.days,
            days_choices=DAYS_CHOICES if self.chosen_list in (DayList.AHEAD, DayList.CLEARED) else (),
            bank_totals=totals_per_bank(self.filtered()) if ahead else [],
            drawn_totals=totals_drawn_on(self.filtered()) if ahead else [],
            **kwargs,
        )


@dataclass
class Week:
    """Seven days with what matures on each, and the sum of each currency."""

    days: list[tuple[date, list[DayTotal]]] = field(default_factory=list)
    totals: dict[str, Decimal] = field(default_factory=dict)


class ChequeCalendarPage(PageView):
    permission = VIEW_CHEQUE
    title = gettext_lazy("Cheques by month")
    menu = "cheques"
    template_name = "accounts/cheques/calendar.html"

    def get_crumbs(self):
        return [Crumb(_("Cheques"), reverse("accounts:cheque_list"))]

    @cached_property
    def first(self) -> date:
        text = self.request.GET.get("month", "")
        month = read_day(f"{text}-01") if text else self.today.replace(day=1)
        if month is None:
            raise Http404(_("The address names a month that does not exist."))
        return month

    def weeks(self) -> list[Week]:
        last = (self.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        start = self.first - timedelta(days=self.first.weekday())
        end = last + timedelta(days=6 - last.weekday())
        by_day: dict[date, list[DayTotal]] = defaultdict(list)
        for row in maturing_by_day(Cheque.objects.visible_to(self.request.user), start, end):
            by_day[row.day].append(row)
        weeks = []
        for number in range(((end - start).days + 1) // 7):
            week = Week()
            for ahead in range(7):
                day = start + timedelta(days=number * 7 + ahead)
                week.days.append((day, by_day[day]))
                for row in by_day[day]:
                    week.totals[row.currency] = week.totals.get(row.currency, Decimal(0)) + row.amount
            weeks.append(week)
        return weeks

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            weeks=self.weeks(),
            first=self.first,
            before=(self.first - timedelta(days=1)).replace(day=1),
            after=(self.first + timedelta(days=31)).replace(day=1),
            **kwargs,
        )


urlpatterns = [
    path("cheques/day/", ChequeDayPage.as_view(), name="cheque_day"),
    path("cheques/calendar/", ChequeCalendarPage.as_view(), name="cheque_calendar"),
]
