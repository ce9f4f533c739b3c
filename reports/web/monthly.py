"""The monthly reports on screen: what was built, what it says, its files."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import Http404
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.core import clock, documents, panels
from collections_app.core.models import AccessRecord
from collections_app.core.permissions import has_permission
from collections_app.core.web import navigation
from collections_app.core.web.views import Action, Crumb, PageView
from reports.closing.enums import BuildStatus
from reports.closing.models import ReportBuild, ReportFile
from reports.figures.enums import ReportKind
from reports.figures.month import Month
from reports.rendering.identity import group_labels, grouped, shown_groups, strips_of
from reports.rendering.labels import CHECK_LABELS, LEVEL_LABELS, month_name, owner
from reports.rendering.plots import age_plot, trend_plot
from reports.web.ties import shown_ties

navigation.register(
    "reports",
    gettext_lazy("Reports"),
    "reports:report_list",
    icon="report-analytics",
    permission="reports.view_report",
    order=70,
    letter="r",
)


def differing(ids, user, as_of) -> list[dict[str, Any]]:
    """Builds whose forms do not say what the ledger says, for a manager's Today."""
    found = ReportBuild.objects.filter(ties__holds=False).exclude(status=BuildStatus.REPLACED)
    return [
        {
            "text": _("%(report)s, %(month)s: ledger and files do not say the same")
            % {"report": build.get_kind_display(), "month": month_name(Month.of(build.month))},
            "by": _("Comparison"),
            "at": datetime.fromisoformat(build.ties["at"]),
            "url": f"{reverse('reports:report_detail', args=[build.kind, str(Month.of(build.month))])}"
            f"?build={build.pk}",
        }
        for build in found.order_by("-month", "kind")[:10]
    ]


panels.register(
    "today.waiting", order=70, provider=differing, permission="reports.sign_report", name="reports.differing"
)

FORMAT_ICONS = {
    "pdf": "file-type-pdf",
    "xlsx": "file-spreadsheet",
    "csv": "file-type-csv",
    "json": "file-text",
}
MONTHS_SHOWN = 24
ROWS_SHOWN = 200


def months_back(count: int) -> list[Month]:
    """The running month and those before it, newest first."""
    month, found = Month.of(clock.today()), []
    for _step in range(count):
        found.append(month)
        month = month.previous
    return found


class ReportList(PageView):
    """Every month with its three reports: built, signed, or still to build."""

    permission = "reports.view_report"
    template_name = "reports/report_list.html"
    menu = "reports"
    title = gettext_lazy("Monthly reports")
    lead = gettext_lazy("Collection, Registration and Follow-up, month by month, each with its hash.")

    def get_head_actions(self) -> list[Action]:
        return [
            Action(
                _("Build a month"), reverse("reports:report_build"), icon="refresh",
                permission="reports.build_report", primary=True,
            )
        ]  # fmt: skip

    def get_context_data(self, **kwargs) -> dict[str, Any]:
        builds = {}
        newest = ReportBuild.objects.exclude(status=BuildStatus.REPLACED).select_related("signed_by")
        for build in newest.order_by("id"):
            builds[build.kind, Month.of(build.month)] = build
        shown = set(months_back(12)) | {month for _kind, month in builds}
        rows = []
        for month in sorted(shown, key=lambda month: month.first_day, reverse=True)[:MONTHS_SHOWN]:
            cells = [(kind, builds.get((kind, month))) for kind in ReportKind.values]
            rows.append({"month": month, "name": month_name(month), "cells": cells})
        return super().get_context_data(rows=rows, kinds=ReportKind.choices, **kwargs)


class ReportDetail(PageView):
    """One report of one month, from the dataset that was built; nothing is computed while looking."""

    permission = "reports.view_report"
    template_name = "reports/report_detail.html"
    menu = "reports"

    @cached_property
    def kind(self) -> str:
        if self.kwargs["kind"] not in ReportKind.values:
            raise Http404(_("There is no report of that name."))
        return self.kwargs["kind"]

    @cached_property
    def month(self) -> Month:
        try:
            return Month.parse(self.kwargs["month"])
        except ValueError:
            raise Http404(_("The address names a month that does not exist.")) from None

    @cached_property
    def builds(self) -> list[ReportBuild]:
        return list(
            ReportBuild.objects.filter(kind=self.kind, month=self.month.first_day)
            .select_related("dataset", "built_by", "signed_by")
            .prefetch_related("report_files__file")
            .order_by("-id")[:12]
        )

    @cached_property
    def build(self) -> ReportBuild | None:
        """The build named by `?build=`, else the signed one, else the newest."""
        wanted = self.request.GET.get("build", "")
        if wanted:
            named = [build for build in self.builds if str(build.pk) == wanted]
            if not named:
                raise Http404(_("There is no such build of this month."))
            return named[0]
        signed = [build for build in self.builds if build.status == BuildStatus.SIGNED]
        return (signed or self.builds or [None])[0]

    @cached_property
    def dataset(self) -> dict | None:
        return self._stored[0]

    @cached_property
    def _stored(self) -> tuple[dict | None, bool]:
        """The dataset as it lies there, and whether it is the one that was built: a changed one is
        shown, so that the page can say what is wrong with it."""
        if self.build is None:
            return None, True
        content, is_whole = documents.as_it_is(self.build.dataset)
        try:
            return json.loads(content), is_whole
        except ValueError:
            raise Http404(_("The data of this build can't be read any more.")) from None

    def get_title(self) -> str:
        return f"{ReportKind(self.kind).label}, {month_name(self.month)}"

    def get_crumbs(self) -> list[Crumb]:
        return [Crumb(_("Monthly reports"), reverse("reports:report_list"))]

    def get_head_actions(self) -> list[Action]:
        if self.build is None:
            return []
        files = {file.format: file.file for file in self.build.report_files.all()}
        actions = [
            Action(
                {"csv": _("CSV"), "xlsx": _("Excel"), "pdf": _("Download PDF")}[form],
                reverse("core:file_download", args=[files[form].token]),
                icon=FORMAT_ICONS[form],
                primary=form == "pdf",
            )
            for form in ("csv", "xlsx", "pdf")
            if form in files
        ]
        if self.kind == ReportKind.COLLECTION:
            actions.insert(
                0,
                Action(
                    _("Restatement"),
                    reverse("reports:report_restatement", args=[self.build.pk]),
                    icon="history",
                ),
            )
        if self.build.status == BuildStatus.BUILT and self.dataset.get("is_closed", True):
            actions.insert(
                0,
                Action(
                    _("Sign"), reverse("reports:report_sign", args=[self.build.pk]), icon="writing",
                    permission="reports.sign_report",
                ),
            )  # fmt: skip
        return actions

    def get_context_data(self, **kwargs) -> dict[str, Any]:
        kwargs |= {"kind": self.kind, "month": self.month}
        context = super().get_context_data(
            kinds=ReportKind.choices,
            months=[(str(month), month_name(month)) for month in months_back(MONTHS_SHOWN)],
            build=self.build,
            builds=self._build_rows(),
            may_build=has_permission(self.request.user, "reports.build_report"),
            **kwargs,
        )
        if self.dataset is None:
            return context
        checks = self.dataset["checks"]
        context |= {
            "dataset": self.dataset,
            "checks": [(CHECK_LABELS.get(check["name"], check["name"]), check) for check in checks],
            "holding": sum(check["holds"] for check in checks),
            "all_hold": all(check["holds"] for check in checks),
            "prove_url": reverse("reports:report_prove", args=[self.build.pk]),
        }
        context |= getattr(self, f"_{self.kind}")()
        drawn = context["drawn_strips"]
        return context | {
            "strip": drawn[0] if drawn else None,
            "tied": shown_ties(
                self.build.ties, drawn, title=context.get("currency", ""), is_whole=self._stored[1]
            ),
        }

    def _build_rows(self) -> list[dict]:
        files = ReportFile.objects.filter(build__in=self.builds).values_list("build_id", "file_id")
        owner = {file_id: build_id for build_id, file_id in files}
        taken: dict[int, int] = {}
        seen = AccessRecord.objects.filter(subject_type="core.storedfile", subject_id__in=list(owner))
        for file_id in seen.values_list("subject_id", flat=True):
            taken[owner[file_id]] = taken.get(owner[file_id], 0) + 1
        return [
            {
                "build": build,
                "short": f"{build.content_sha256[:4]} {build.content_sha256[4:8]}",
                "taken": taken.get(build.pk, 0),
                "is_shown": build == self.build,
            }
            for build in self.builds
        ]

    # ---- what each report shows ----

    def _collection(self) -> dict[str, Any]:
        codes = list(self.dataset["currencies"])
        if not codes:
            return {"currency": "", "drawn_strips": []}
        wanted = self.request.GET.get("currency", "")
        code = wanted if wanted in codes else codes[0]
        level = self.request.GET.get("rows", "officer")
        level = level if level in LEVEL_LABELS else "officer"
        house = self.dataset["currencies"][code]
        rows = [
            (owner(row["name"]), grouped(row))
            for row in self.dataset["rows"]
            if row["level"] == level and row["currency"] == code
        ]
        sums = grouped(house)
        shown = shown_groups([sums, *(figures for _name, figures in rows)])
        labels = group_labels()
        ageing, trend = self.dataset["ageing"].get(code), self.dataset["trend"].get(code)
        return {
            "currency": code,
            "currencies": codes,
            "level": level,
            "levels": [(name, str(label)) for name, label in LEVEL_LABELS.items()],
            "level_label": LEVEL_LABELS[level],
            "debit": Decimal(house["closing_debit"]),
            "credit": Decimal(house["closing_credit"]),
            "drawn_strips": [strip for strip in strips_of(self.dataset) if strip.key == code],
            "heads": [labels[name] for name in shown],
            "rows": [(name, [(labels[group], figures[group]) for group in shown]) for name, figures in rows],
            "sums": [(labels[group], sums[group]) for group in shown],
            "trend": trend_plot(trend, code) if trend else None,
            "ages": age_plot(ageing, code) if ageing else None,
        }

    def _registration(self) -> dict[str, Any]:
        return {
            "drawn_strips": strips_of(self.dataset),
            "rows": self.dataset["rows"][:ROWS_SHOWN],
            "more_rows": max(len(self.dataset["rows"]) - ROWS_SHOWN, 0),
        }

    def _followup(self) -> dict[str, Any]:
        rows = self.dataset["rows"]
        newest = [{**row, "at": datetime.fromisoformat(row["at"])} for row in rows[-ROWS_SHOWN:][::-1]]
        return {
            "drawn_strips": strips_of(self.dataset),
            "rows": newest,
            "more_rows": max(len(rows) - ROWS_SHOWN, 0),
        }


urlpatterns = [
    path("", ReportList.as_view(), name="report_list"),
    path("<str:kind>/<str:month>/", ReportDetail.as_view(), name="report_detail"),
]
