"""What was learned after a collector's report was told: line by line, and what it would change."""

from typing import Any

from django.db.models import DateField, F, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Greatest, NullIf
from django.http import Http404
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ledger.models import Account, AccountAssignment, LedgerEntry
from accounts.teams.enums import SEES_EVERY_ACCOUNT
from collections_app.core import clock
from collections_app.core.web.parts import Crumb
from collections_app.core.web.views import ListPage
from reports.figures.restatement import restated_owner
from reports.rendering.labels import figure_label
from reports.reviews.models import CollectorReport
from reports.web.restatement import LEARNED_COUNT, LearnedFilterSet, LearnedTable


class CollectorRestatementPage(ListPage):
    """The entries on the officer's accounts that his report could not know, and the report with them."""

    permission = "reports.view_collector_report"
    template_name = "reports/collector_restatement.html"
    menu = "collector_reports"
    filterset_class = LearnedFilterSet
    table_class = LearnedTable
    list_name = "collector_restatement"
    url_name = "reports:collector_restatement"
    count_label = LEARNED_COUNT
    empty_text = gettext_lazy("Nothing was learned since that belongs to these days or earlier ones.")

    @cached_property
    def report(self) -> CollectorReport:
        visible = CollectorReport.objects.visible_to(self.request.user).select_related("officer")
        found = visible.filter(pk=self.kwargs["pk"], known_at__isnull=False).first()
        if found is None:
            raise Http404(_("There is no such report, or it is another team's."))
        return found

    def get_title(self) -> str:
        return _("Restatement, %(report)s") % {"report": self.report}

    def get_crumbs(self) -> list[Crumb]:
        return [
            Crumb(_("Collectors' reports"), reverse("reports:collector_list")),
            Crumb(str(self.report), reverse("reports:collector_detail", args=[self.report.pk])),
        ]

    def get_queryset(self):
        report = self.report
        # as in the report: an earlier entry belongs to who owned the account on its first day
        day = Greatest(OuterRef("value_date"), Value(report.first_day, output_field=DateField()))
        owner = AccountAssignment.objects.filter(account=OuterRef("account"), effective_date__lte=day)
        learned = (
            LedgerEntry.objects.filter(value_date__lte=report.last_day, recorded_at__gt=report.known_at)
            .filter(account__in=AccountAssignment.objects.filter(officer=report.officer).values("account"))
            .annotate(
                owner=Subquery(owner.order_by("-effective_date", "-id").values("officer")[:1]),
                why=Coalesce(NullIf("reason", Value("")), F("late_posting__reason"), Value("")),
            )
            .filter(owner=report.officer_id)
            .select_related("account", "actor")
        )
        if self.request.user.role in SEES_EVERY_ACCOUNT:
            return learned
        return learned.filter(account__in=Account.objects.visible_to(self.request.user))

    def get_context_data(self, **kwargs) -> dict[str, Any]:
        report = self.report
        found = restated_owner(
            figures=report.figures,
            officer_id=report.officer_id,
            first_day=report.first_day,
            last_day=report.last_day,
            built_at=report.known_at,
            known_at=clock.now(),
        )
        return super().get_context_data(
            report=report,
            restated=[
                {
                    "row": row,
                    "figures": [
                        (
                            _("Moved in less moved out") if name == "moved" else figure_label(name),
                            row.built[name],
                            row.restated[name] - row.built[name],
                            row.restated[name],
                            name == "closing",
                        )
                        for name in ("opening", *[n for n in row.changed if n not in ENDS], "closing")
                    ],
                }
                for row in found
            ],
            **kwargs,
        )


ENDS = ("opening", "closing")
urlpatterns = [
    path(
        "collectors/<int:pk>/restatement/", CollectorRestatementPage.as_view(), name="collector_restatement"
    ),
]
