"""What was learned after a Collection Report was built: line by line, and what it would change."""

from typing import Any

import django_filters
from django.db.models import Value
from django.db.models.functions import Coalesce, NullIf
from django.http import Http404
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.ledger.enums import EntryKind, EntrySource, ReportLine
from accounts.ledger.models import Account, LedgerEntry
from accounts.teams.enums import SEES_EVERY_ACCOUNT
from collections_app.core import clock
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.parts import Crumb
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    MomentColumn,
    MoneyColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ListPage
from reports.closing.models import ReportBuild
from reports.closing.services import load_dataset
from reports.figures.enums import ReportKind
from reports.figures.month import Month
from reports.figures.restatement import restated_ageing, restatement
from reports.rendering.labels import figure_label, month_name

LEARNED_COUNT = ngettext_lazy("%(n)s entry learned later", "%(n)s entries learned later", "n")


class LearnedFilterSet(FilterSet):
    q = django_filters.CharFilter(
        label=gettext_lazy("Search"), field_name="account__number", lookup_expr="istartswith"
    )
    kind = django_filters.ChoiceFilter(label=gettext_lazy("Kind"), choices=EntryKind.choices)
    line = django_filters.ChoiceFilter(label=gettext_lazy("Line of the report"), choices=ReportLine.choices)
    source = django_filters.ChoiceFilter(label=gettext_lazy("Where from"), choices=EntrySource.choices)
    currency = django_filters.CharFilter(
        label=gettext_lazy("Currency"), field_name="currency", lookup_expr="iexact"
    )

    class Meta:
        model = LedgerEntry
        fields: list[str] = []


class LearnedTable(Table):
    row_label = "account.number"

    kind = LinkColumn(
        "accounts:entry_detail",
        text="get_kind_display",
        verbose_name=gettext_lazy("What"),
        order_by=("kind",),
    )
    value_date = DateColumn(verbose_name=gettext_lazy("Value date"), order_by=("value_date",))
    recorded_at = MomentColumn(verbose_name=gettext_lazy("Learned"))
    account = TextColumn(accessor="account.number", verbose_name=gettext_lazy("Account"), bdi=True)
    line = TextColumn(accessor="get_line_display", verbose_name=gettext_lazy("Line of the report"))
    reason = TextColumn(accessor="why", verbose_name=gettext_lazy("Reason"), wrap=True)
    source = TextColumn(accessor="get_source_display", verbose_name=gettext_lazy("Where from"))
    actor = TextColumn(accessor="actor.full_name", verbose_name=gettext_lazy("By"))
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"), code=True)
    due_date = DateColumn(verbose_name=gettext_lazy("Due"), shown=False)

    class Meta:
        order_by = "-recorded_at"


class RestatementPage(ListPage):
    """The entries a report could not know, and the report as it would read with them."""

    permission = "reports.view_report"
    template_name = "reports/restatement.html"
    menu = "reports"
    filterset_class = LearnedFilterSet
    table_class = LearnedTable
    list_name = "restatement"
    url_name = "reports:report_restatement"
    count_label = LEARNED_COUNT
    empty_text = gettext_lazy("Nothing was learned since that belongs to this month or an earlier one.")

    @cached_property
    def build(self) -> ReportBuild:
        found = (
            ReportBuild.objects.filter(pk=self.kwargs["pk"], kind=ReportKind.COLLECTION)
            .select_related("dataset")
            .first()
        )
        if found is None:
            raise Http404(_("There is no such build of the Collection Report."))
        return found

    @cached_property
    def month(self) -> Month:
        return Month.of(self.build.month)

    def get_title(self) -> str:
        return _("Restatement, %(month)s") % {"month": month_name(self.month)}

    def get_crumbs(self) -> list[Crumb]:
        address = reverse("reports:report_detail", args=[ReportKind.COLLECTION, str(self.month)])
        return [
            Crumb(_("Monthly reports"), reverse("reports:report_list")),
            Crumb(f"{ReportKind.COLLECTION.label}, {month_name(self.month)}", address),
        ]

    def get_queryset(self):
        learned = LedgerEntry.objects.filter(
            value_date__lte=self.month.last_day, recorded_at__gt=self.build.known_at
        ).select_related("account", "actor")
        learned = learned.annotate(
            why=Coalesce(NullIf("reason", Value("")), "late_posting__reason", Value(""))
        )
        if self.request.user.role in SEES_EVERY_ACCOUNT:
            return learned
        return learned.filter(account__in=Account.objects.visible_to(self.request.user))

    def get_context_data(self, **kwargs) -> dict[str, Any]:
        dataset, now = load_dataset(self.build), clock.now()
        found = restatement(dataset=dataset, known_at=now)
        codes = [row.currency for row in found]
        wanted = self.request.GET.get("currency", "").upper()
        chosen = next((row for row in found if row.currency == wanted), found[0] if found else None)
        context = super().get_context_data(
            build=self.build,
            report_url=self.get_crumbs()[1].url,
            codes=codes,
            sees_all=self.request.user.role in SEES_EVERY_ACCOUNT,
            **kwargs,
        )
        if chosen is None:
            return context
        shown = [
            "opening",
            *[name for name in chosen.changed if name not in ("opening", "closing")],
            "closing",
        ]
        context |= {
            "restated": chosen,
            "figures": [
                (
                    figure_label(name),
                    chosen.built[name],
                    chosen.learned[name],
                    chosen.restated[name],
                    name == "closing",
                )
                for name in shown
            ],
            "ages_url": self.url_with(fragment="ages", currency=chosen.currency),
        }
        return context

    def get(self, request, *args, **kwargs):
        if request.GET.get("fragment") == "ages":
            # of a large book it takes seconds: the page does not wait for it
            return self.respond_with("reports/restated_ages.html", self.ages_context())
        return super().get(request, *args, **kwargs)

    def ages_context(self) -> dict[str, Any]:
        dataset = load_dataset(self.build)
        code = self.request.GET.get("currency", "").upper()
        ages = restated_ageing(
            dataset=dataset, currency=code, last_day=self.month.last_day, known_at=clock.now()
        )
        return {"ages": ages, "code": code}


urlpatterns = [
    path("<int:pk>/restatement/", RestatementPage.as_view(), name="report_restatement"),
]
