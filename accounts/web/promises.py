"""Promises: watched, and what became of them."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy, pgettext, pgettext_lazy

from accounts.arrangements.as_known import outcomes_then
from accounts.arrangements.enums import PROMISE, PromiseStatus
from accounts.arrangements.filtersets import PromiseFilterSet
from accounts.arrangements.models import Promise
from accounts.arrangements.queries import kept_rates, promised_by_day
from accounts.arrangements.rules import CANCEL_PROMISE, VIEW_PROMISE
from accounts.arrangements.services import note_outcomes_seen
from accounts.web.account_parts import account_action, debtor_column, debtor_line
from accounts.web.steps import steps_section
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.core.templatetags import ui
from collections_app.core.web import navigation
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.row_ids import row_ids
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    MoneyColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import AnyDayList, DetailPage, ListPage, PageView, VerbView

WEEKS_AHEAD = 5
ZERO = Decimal(0)


class PromiseTable(Table):
    row_label = "account.number"

    debtor = debtor_column("accounts:account_detail", arg="account_id", order_by=("account__debtor__name",))
    creditor = TextColumn(
        accessor="account.creditor.name", verbose_name=gettext_lazy("Creditor"), width=132, muted=True
    )
    due_date = LinkColumn(
        "accounts:promise_detail",
        text=lambda promise: day_text(promise.due_date, clock.today()),
        verbose_name=gettext_lazy("Promised for"),
        order_by=("due_date",),
        width=108,
    )
    amount = MoneyColumn(verbose_name=gettext_lazy("Promised"), code=True, total=True, order_by=("amount",))
    received = MoneyColumn(verbose_name=gettext_lazy("Received"), order_by=("received",))
    status = StatusColumn(PromiseStatus, verbose_name=gettext_lazy("Status"), phone=True)
    judged_on = DateColumn(verbose_name=gettext_lazy("Since"), order_by=("judged_on",))
    grace_until = DateColumn(verbose_name=gettext_lazy("Grace until"), shown=False)
    taken_on = DateColumn(verbose_name=pgettext_lazy("a promise", "Taken"), order_by=("taken_on",))
    taken_by = TextColumn(
        accessor="taken_by.full_name", verbose_name=gettext_lazy("By"), width=124, muted=True
    )
    officer = TextColumn(
        accessor="account.officer.full_name",
        verbose_name=gettext_lazy("Officer"),
        width=124,
        muted=True,
        shown=False,
    )

    class Meta:
        order_by = "due_date"


class PromiseListPage(AnyDayList, ListPage):
    permission = VIEW_PROMISE
    title = gettext_lazy("Promises")
    lead = gettext_lazy("What debtors promised, and what the money that came made of it.")
    menu = "promises"
    queryset = Promise.objects.select_related(
        "account__debtor", "account__creditor", "account__officer", "taken_by"
    )
    filterset_class = PromiseFilterSet
    table_class = PromiseTable
    list_name = "promises"
    day_field = "taken_on"
    lifecycle = PROMISE
    only_now = ("judged_from", "news")
    url_name = "accounts:promise_list"
    count_label = ngettext_lazy("%(n)s promise", "%(n)s promises", "n")
    empty_text = gettext_lazy("No promise yet. Take one on an account's page, with the key p.")

    def complete_then(self, rows) -> None:
        """What had come by the day, and since when the rule said so."""
        super().complete_then(rows)
        found = outcomes_then({row.account_id for row in rows}, as_of=self.as_of, known_at=self.known_until)
        for row in rows:
            outcome = found.get(row.pk)
            row.received = outcome.received if outcome else ZERO
            row.judged_on = outcome.judged_on if outcome else None

    @property
    def default_views(self):
        """Tabs that everyone has; they name days, so they are made for today."""
        today = self.today
        found = [
            (_("Due today"), f"due={today}&status=open"),
            (_("Open"), "status=open"),
            (_("Broken, last 7 days"), f"judged_from={today - timedelta(days=7)}&status=broken"),
        ]
        if self.request.user.role in {Role.COLLECTION_OFFICER, Role.FIELD_OFFICER, Role.SENIOR_OFFICER}:
            found.insert(1, (_("News for me"), "news=true"))
        return found

    def get_head_actions(self):
        actions = [Action(_("By week"), reverse("accounts:promise_calendar"), icon="calendar")]
        if self.request.GET.get("news") == "true" and self.page.rows:
            actions.append(
                Action(
                    _("I have read these"),
                    reverse("accounts:promise_seen"),
                    icon="check",
                    post=True,
                    primary=True,
                    fields={"ids": ",".join(str(row.pk) for row in self.page.rows)},
                )
            )
        return actions


class SeenForm(forms.Form):
    ids = forms.CharField()

    def clean_ids(self):
        return row_ids(self.cleaned_data["ids"].split(","))


class PromiseSeenView(VerbView):
    """The officer has read the outcomes on his own accounts."""

    permission = VIEW_PROMISE
    form_class = SeenForm

    def perform(self, form):
        return note_outcomes_seen(promise_ids=form.cleaned_data["ids"], actor=self.request.user)

    def get_success_message(self, result) -> str:
        return ngettext("%(n)s outcome noted as read.", "%(n)s outcomes noted as read.", result) % {
            "n": result
        }

    def get_success_url(self, result) -> str:
        return reverse("accounts:promise_list")


@dataclass
class Week:
    """Five to seven days of promises with the sum of each currency."""

    monday: date
    days: list[tuple[date, list]] = field(default_factory=list)
    totals: dict[str, tuple[int, Decimal]] = field(default_factory=dict)


class PromiseCalendarPage(PageView):
    permission = VIEW_PROMISE
    title = gettext_lazy("Promises by week")
    lead = gettext_lazy("What should come in the weeks ahead, and how well promises were kept.")
    menu = "promises"
    template_name = "accounts/promise_calendar.html"

    def get_crumbs(self):
        return [Crumb(_("Promises"), reverse("accounts:promise_list"))]

    def weeks(self) -> list[Week]:
        first = self.today - timedelta(days=self.today.weekday())
        last = first + timedelta(weeks=WEEKS_AHEAD, days=-1)
        by_day = defaultdict(list)
        mine = Promise.objects.visible_to(self.request.user)
        for row in promised_by_day(mine, first, last):
            by_day[row.day].append(row)
        weeks = []
        for number in range(WEEKS_AHEAD):
            week = Week(first + timedelta(weeks=number))
            for ahead in range(7):
                day = week.monday + timedelta(days=ahead)
                week.days.append((day, by_day[day]))
                for row in by_day[day]:
                    count, total = week.totals.get(row.currency, (0, Decimal(0)))
                    week.totals[row.currency] = (count + row.number, total + row.amount)
            weeks.append(week)
        return weeks

    def rates(self) -> list[tuple[Any, list]]:
        mine = Promise.objects.visible_to(self.request.user)
        return [
            (
                _("Last %(n)s days") % {"n": days},
                kept_rates(mine.filter(judged_on__gt=self.today - timedelta(days=days))),
            )
            for days in (30, 90)
        ]

    def get_context_data(self, **kwargs):
        return super().get_context_data(weeks=self.weeks(), rates=self.rates(), **kwargs)


class PromiseDetailPage(DetailPage):
    permission = VIEW_PROMISE
    menu = "promises"
    queryset = Promise.objects.select_related(
        "account__debtor", "account__creditor", "taken_by", "replaced_by", "debtor"
    )
    status_field = "status"
    list_url_name = "accounts:promise_list"
    list_title = gettext_lazy("Promises")

    def get_title(self):
        promise = self.object
        return _("%(currency)s %(amount)s by %(day)s") % {
            "currency": promise.currency,
            "amount": amount_text(promise.amount, promise.currency),
            "day": day_text(promise.due_date, self.today),
        }

    def get_lead(self):
        return debtor_line(self.object.account)

    def get_head_actions(self):
        promise = self.object
        actions = [account_action(promise.account_id)]
        if promise.status == PromiseStatus.OPEN:
            actions.append(
                Action(
                    _("Cancel promise"),
                    reverse("accounts:promise_cancel", args=[promise.pk]),
                    icon="circle-x",
                    permission=CANCEL_PROMISE,
                )
            )
        return actions

    def figures(self):
        promise = self.object
        code = promise.currency
        return [
            Figure(_("Promised"), ui.figure(promise.amount, code), size="xl", currency=code),
            Figure(_("Received for it"), ui.figure(promise.received, code), size="ask"),
            Figure(_("Missing"), ui.figure(max(promise.amount - promise.received, Decimal(0)), code)),
            Figure(pgettext("a day", "By"), day_text(promise.due_date, self.today)),
            Figure(_("Counts until"), day_text(promise.grace_until, self.today)),
        ]

    def sections(self):
        promise = self.object
        facts = [
            Fact(
                _("Account"),
                promise.account.number,
                url=reverse("accounts:account_detail", args=[promise.account_id]),
            ),
            Fact(_("Creditor"), promise.account.creditor.name),
            Fact(_("Promised by"), promise.debtor.name),
            Fact(_("How"), promise.get_method_display() or _("not said")),
            Fact(
                pgettext("a promise", "Taken"),
                f"{day_text(promise.taken_on, self.today)}, {promise.taken_by}",
            ),
        ]
        if promise.judged_on:
            facts.append(
                Fact(
                    _("Outcome since"),
                    day_text(promise.judged_on, self.today),
                    note=_("by rule, never by hand"),
                )
            )
        if promise.replaced_by_id:
            facts.append(
                Fact(
                    _("Replaced by"),
                    str(promise.replaced_by),
                    url=reverse("accounts:promise_detail", args=[promise.replaced_by_id]),
                )
            )
        if promise.cancel_reason:
            facts.append(Fact(_("Cancelled because"), promise.cancel_reason))
        return [Section(_("The promise"), facts=facts), steps_section(PROMISE, promise)]


navigation.register(
    "promises",
    gettext_lazy("Promises"),
    "accounts:promise_list",
    icon="hourglass",
    permission=VIEW_PROMISE,
    order=30,
    letter="p",
    count=lambda user, as_of: Promise.objects.unseen_by(user).count() or None,
)

urlpatterns = [
    path("promises/", PromiseListPage.as_view(), name="promise_list"),
    path("promises/by-week/", PromiseCalendarPage.as_view(), name="promise_calendar"),
    path("promises/read/", PromiseSeenView.as_view(), name="promise_seen"),
    path("promises/<int:pk>/", PromiseDetailPage.as_view(), name="promise_detail"),
]
