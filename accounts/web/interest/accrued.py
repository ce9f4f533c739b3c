"""What interest accrues day by day: per month and currency, what of it is posted, and whether it adds up."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Max, Min, Sum
from django.db.models.functions import TruncMonth
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.interest.enums import ChargeKind
from accounts.interest.filtersets import AccruedInterestFilterSet
from accounts.interest.jobs import AccrueInterest, CheckAccrual, last_checks
from accounts.interest.models import AccrualBook, AccruedInterest, InterestPosting
from accounts.interest.rules import RUN_INTEREST, VIEW_ACCRUED
from accounts.ledger.enums import EntryKind
from accounts.parties.models import Creditor
from accounts.parties.queries import creditor_choices
from accounts.web.interest.runs import month_text
from collections_app.core import charts
from collections_app.core.money import quantise
from collections_app.core.web.forms import adapt
from collections_app.core.web.moments import read_day
from collections_app.core.web.parts import Action, Crumb
from collections_app.core.web.tables import (
    DateColumn,
    MoneyColumn,
    NumberColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ListPage, PageView, VerbView

ONE_DAY = timedelta(days=1)
MONTHS_DRAWN = 13
CRUMBS = ((gettext_lazy("Interest and fees"), "accounts:interest_run_list"),)


def kept_months(user) -> list[date]:
    """The months of which a day is kept, newest first."""
    kept = AccrualBook.objects.filter(creditor__in=Creditor.objects.visible_to(user))
    ends = kept.aggregate(first=Min("first_day"), last=Max("last_day"))
    if ends["first"] is None:
        return []
    months, month = [], ends["last"].replace(day=1)
    while month >= ends["first"].replace(day=1):
        months.append(month)
        month = (month - ONE_DAY).replace(day=1)
    return months


class MonthForm(forms.Form):
    month = forms.ChoiceField(label=gettext_lazy("Month"))
    creditor = forms.ModelChoiceField(
        label=gettext_lazy("Creditor"), queryset=None, required=False, empty_label=gettext_lazy("All")
    )

    def __init__(self, *args, request, months, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["month"].choices = [(f"{month:%Y-%m}", month_text(month)) for month in months]
        self.fields["creditor"].queryset = creditor_choices(request)


class AccruedPage(PageView):
    permission = VIEW_ACCRUED
    menu = "interest"
    title = gettext_lazy("Interest accrued")
    lead = gettext_lazy(
        "What every account bears on each day, added up when the day has ended, and held against the month."
    )
    template_name = "accounts/interest_accrued.html"

    def get_crumbs(self):
        return [Crumb(label, reverse(name)) for label, name in CRUMBS]

    @cached_property
    def form(self) -> MonthForm:
        months = kept_months(self.request.user)
        given = self.request.GET
        month = given.get("month") or (f"{months[0]:%Y-%m}" if months else "")
        data = {"month": month, "creditor": given.get("creditor", "")}
        return adapt(MonthForm(data, request=self.request, months=months))

    def get_head_actions(self):
        return [
            Action(_("Every day as a list"), reverse("accounts:interest_accrued_list"), icon="list-details")
        ]

    def get_context_data(self, **kwargs):
        context: dict[str, Any] = {"form": self.form}
        if self.form.is_valid():
            month = date.fromisoformat(f"{self.form.cleaned_data['month']}-01")
            creditor = self.form.cleaned_data["creditor"]
            context |= {"month": month, "creditor": creditor, **self._figures(month, creditor)}
        return super().get_context_data(**context, **kwargs)

    def _figures(self, month: date, creditor) -> dict[str, Any]:
        rows = AccruedInterest.objects.visible_to(self.request.user).order_by()
        books = AccrualBook.objects.filter(creditor__in=Creditor.objects.visible_to(self.request.user))
        if creditor:
            rows, books = rows.filter(creditor=creditor), books.filter(creditor=creditor)
        last = (month + 31 * ONE_DAY).replace(day=1) - ONE_DAY
        of_month = rows.filter(day__range=(month, last))
        by_day = of_month.values_list("currency", "day").annotate(Sum("items"), Sum("interest"))
        since = month - 31 * (MONTHS_DRAWN - 1) * ONE_DAY
        by_month = (
            rows.filter(day__range=(since.replace(day=1), last))
            .values_list("currency", TruncMonth("day"))
            .annotate(Sum("interest"))
        )
        by_group = of_month.values_list("currency", "creditor_id", "portfolio_id", "kind").annotate(
            Sum("items"), Sum("interest")
        )
        parts: dict[str, dict[str, Any]] = defaultdict(lambda: {"days": [], "months": [], "groups": []})
        for currency, day, items, interest in by_day.order_by("currency", "day"):
            parts[currency]["days"].append((day, items, interest))
        for currency, first, interest in sorted(by_month):
            parts[currency]["months"].append((first, interest))
        for currency, *group in by_group:
            parts[currency]["groups"].append(group)
        kept = list(books.select_related("creditor").order_by("creditor__name"))
        posted = self._posted(month, [book.creditor_id for book in kept])
        shown = [
            self._currency(code, parts[code], posted, month) for code in sorted(parts) if parts[code]["days"]
        ]
        return {"currencies": shown, "books": [self._book(book, month, last) for book in kept]}

    def _posted(self, month: date, creditor_ids: list[int]) -> dict[tuple, Decimal]:
        """What runs posted of a month and stands or was waived, by currency, creditor and portfolio."""
        rows = InterestPosting.objects.filter(
            kind=ChargeKind.INTEREST, period=month, is_live=True, entry__isnull=False,
            account__creditor__in=creditor_ids,
        )  # fmt: skip
        rows = rows.order_by().values_list("currency", "account__creditor", "account__portfolio")
        return {tuple(group): amount for *group, amount in rows.annotate(Sum("amount"))}

    def _currency(self, code: str, part: dict[str, Any], posted, month: date) -> dict[str, Any]:
        accrued = sum((interest for _day, _items, interest in part["days"]), Decimal(0))
        lines: dict[tuple, dict[str, Any]] = {}
        for creditor_id, portfolio_id, kind, items, interest in part["groups"]:
            line = lines.setdefault(
                (creditor_id, portfolio_id), {"items": 0, "accrued": Decimal(0), "kinds": []}
            )
            line["items"] += items
            line["accrued"] += interest
            line["kinds"].append((EntryKind(kind).label, interest))
        names = self._names(lines)
        for key, line in lines.items():
            line["posted"] = posted.get((code, *key), Decimal(0))
            line["left"] = quantise(line["accrued"], code) - line["posted"]
            line["creditor"], line["portfolio"] = names[key]
            line["url"] = f"?{urlencode({'month': f'{month:%Y-%m}', 'creditor': key[0]})}"
        of_posted = sum((line["posted"] for line in lines.values()), Decimal(0))
        return {
            "code": code,
            "accrued": accrued,
            "posted": of_posted,
            "left": quantise(accrued, code) - of_posted,
            "lines": sorted(lines.values(), key=lambda line: -line["accrued"]),
            "days": [
                (day, items, interest, self._drill(day, code)) for day, items, interest in part["days"][::-1]
            ],
            "plots": [
                charts.line(
                    _("Interest by day, %(currency)s") % {"currency": code},
                    [
                        charts.Bar(str(day.day), interest, f"{quantise(interest, code):,}")
                        for day, _items, interest in part["days"]
                    ],
                    note=month_text(month),
                ),
                charts.bars(
                    _("Interest by month, %(currency)s") % {"currency": code},
                    [
                        charts.Bar(date_format(first, "M"), interest, f"{quantise(interest, code):,}", "a0")
                        for first, interest in part["months"]
                    ],
                ),
            ],
        }

    def _names(self, lines) -> dict[tuple, tuple[str, str]]:
        creditors = Creditor.objects.prefetch_related("portfolios").in_bulk({key[0] for key in lines})
        names = {}
        for creditor_id, portfolio_id in lines:
            creditor = creditors[creditor_id]
            found = [one.name for one in creditor.portfolios.all() if one.pk == portfolio_id]
            names[creditor_id, portfolio_id] = (creditor.name, found[0] if found else "")
        return names

    def _drill(self, day: date, code: str) -> str:
        creditor = self.form.cleaned_data["creditor"]
        address = reverse("accounts:interest_accrued_accounts", args=[day.isoformat(), code])
        return f"{address}?creditor={creditor.pk}" if creditor else address

    @cached_property
    def checks(self) -> dict[str, Any]:
        return last_checks()

    def _book(self, book: AccrualBook, month: date, last: date) -> dict[str, Any]:
        job = self.checks.get(f"{book.creditor_id}:{month.isoformat()}")
        first, through = max(book.first_day, month), min(book.last_day, last)
        return {
            "book": book,
            "kept": max((through - first).days + 1, 0),
            "of": (last - month).days + 1,
            "job": job,
            "is_newer": bool(job and job.finished_at and book.known_at > job.finished_at),
            "reckon_url": reverse(
                "accounts:interest_accrued_reckon", args=[book.creditor_id, f"{month:%Y-%m}"]
            ),
            "check_url": reverse(
                "accounts:interest_accrued_check", args=[book.creditor_id, f"{month:%Y-%m}"]
            ),
        }


class AccruedVerb(VerbView):
    """What is asked of a creditor's month; a job does it."""

    menu = "interest"

    def get_object(self):
        return get_object_or_404(Creditor.objects.visible_to(self.request.user), pk=self.kwargs["pk"])

    @property
    def month(self) -> date:
        month = read_day(f"{self.kwargs['month']}-01")
        if month is None:
            raise Http404(_("There is no such month."))
        return month

    def get_success_url(self, result) -> str:
        return reverse("core:job_detail", args=[result.pk])


class AccruedReckonPage(AccruedVerb):
    permission = RUN_INTEREST
    title = gettext_lazy("Reckon anew")

    def perform(self, form):
        return AccrueInterest.enqueue_once(
            scope=str(self.object.pk), params={"since": self.month.isoformat()}, actor=self.request.user
        )


class AccruedCheckPage(AccruedVerb):
    permission = VIEW_ACCRUED
    title = gettext_lazy("Hold against the month")

    def perform(self, form):
        return CheckAccrual.enqueue_once(
            scope=f"{self.object.pk}:{self.month.isoformat()}", actor=self.request.user
        )


class AccruedTable(Table):
    row_label = "creditor.name"

    day = DateColumn(verbose_name=gettext_lazy("Day"), width=112, order_by=("day", "id"), phone=True)
    creditor = TextColumn(accessor="creditor.name", verbose_name=gettext_lazy("Creditor"), phone=True)
    portfolio = TextColumn(accessor="portfolio.name", verbose_name=gettext_lazy("Portfolio"), muted=True)
    kind = TextColumn(accessor="get_kind_display", verbose_name=gettext_lazy("Kind of item"), width=140)
    items = NumberColumn(verbose_name=gettext_lazy("Items"), order_by=("items",))
    interest = MoneyColumn(
        verbose_name=gettext_lazy("Interest"), code=True, total=True, order_by=("interest",), phone=True
    )

    class Meta:
        order_by = "-day"


class AccruedListPage(ListPage):
    permission = VIEW_ACCRUED
    title = gettext_lazy("Interest, day by day")
    lead = gettext_lazy("Sums of each day by creditor, portfolio, currency and kind of item that bore it.")
    menu = "interest"
    filterset_class = AccruedInterestFilterSet
    table_class = AccruedTable
    list_name = "interest_accrued"
    url_name = "accounts:interest_accrued_list"
    count_label = ngettext_lazy("%(n)s sum", "%(n)s sums", "n")
    empty_text = gettext_lazy(
        "No day is kept yet. Set rates under «Terms»; the days are reckoned each night when they have ended."
    )

    def get_crumbs(self):
        return [
            *(Crumb(label, reverse(name)) for label, name in CRUMBS),
            Crumb(_("Interest accrued"), reverse("accounts:interest_accrued")),
        ]

    def get_queryset(self):
        return AccruedInterest.objects.visible_to(self.request.user).select_related("creditor", "portfolio")


urlpatterns = [
    path("interest/accrued/", AccruedPage.as_view(), name="interest_accrued"),
    path("interest/accrued/days/", AccruedListPage.as_view(), name="interest_accrued_list"),
    path(
        "interest/accrued/<int:pk>/<str:month>/reckon/",
        AccruedReckonPage.as_view(),
        name="interest_accrued_reckon",
    ),
    path(
        "interest/accrued/<int:pk>/<str:month>/check/",
        AccruedCheckPage.as_view(),
        name="interest_accrued_check",
    ),
]
