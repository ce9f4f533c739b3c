"""One page follows any long job; another lists them."""

from html import escape
from typing import Any

import django_filters
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from collections_app.core import jobs
from collections_app.core.enums import JobStatus
from collections_app.core.models import Job
from collections_app.core.permissions import has_permission
from collections_app.core.web.actions import VerbView
from collections_app.core.web.columns import DrawContext
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.lists import ListPage
from collections_app.core.web.pages import SIGNED_IN
from collections_app.core.web.parts import Action
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    RowColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import DetailPage


def visible_jobs(user):
    """One's own jobs, or everyone's with `core.view_job`."""
    found = Job.objects.select_related("actor", "result_file")
    return found if has_permission(user, "core.view_job") else found.filter(actor=user)


def _progress(job: Job, context: DrawContext) -> str:
    if job.total:
        return f'<bdi class="n">{job.done:,} / {job.total:,}</bdi>'
    return escape(job.message)
# What a result keeps for other pages: when it was made, and in which language.
UNTOLD = ("at", "language")


class JobTable(Table):
    title = LinkColumn("core:job_detail", text=jobs.title_of, verbose_name=gettext_lazy("Job"))
    scope = TextColumn(verbose_name=gettext_lazy("About"), muted=True, width=228)
    status = StatusColumn(JobStatus, verbose_name=gettext_lazy("State"))
    progress = RowColumn(_progress, verbose_name=gettext_lazy("Progress"), width=140)
    actor = TextColumn(
        accessor="actor__full_name", verbose_name=gettext_lazy("Started by"), width=140, muted=True
    )
    queued_at = MomentColumn(verbose_name=gettext_lazy("Started"), orderable=True, order_by="id")

    class Meta:
        order_by = "-queued_at"


class JobFilterSet(FilterSet):
    status = django_filters.ChoiceFilter(choices=JobStatus.choices, label=gettext_lazy("State"))

    class Meta:
        model = Job
        fields: list[str] = []


class JobList(ListPage):
    """What runs and ran in the background: one's own, or everyone's for those who may."""

    permission = SIGNED_IN
    title = gettext_lazy("Jobs")
    lead = gettext_lazy("What runs and ran in the background, with progress, errors and results.")
    table_class = JobTable
    filterset_class = JobFilterSet
    list_name = "core.jobs"
    url_name = "core:job_list"
    count_label = ngettext_lazy("%(n)s job", "%(n)s jobs", "n")
    empty_text = gettext_lazy("No job has run yet. Imports, reports and reminder runs appear here.")
    exportable = False

    def get_queryset(self):
        return visible_jobs(self.request.user)


class JobDetail(DetailPage):
    """Progress, per-row errors and result of one job; it may be left, and is announced when ready."""

    permission = SIGNED_IN
    template_name = "generic/job.html"
    list_url_name = "core:job_list"
    list_title = gettext_lazy("Jobs")
    fragments = {"job": "job"}
    has_history = False

    def get_queryset(self):
        return visible_jobs(self.request.user)

    def get_title(self) -> Any:
        return jobs.title_of(self.object)

    def get(self, request, *args, **kwargs):
        answer = super().get(request, *args, **kwargs)
        if self.fragment_name() and not self.object.is_live:
            answer["HX-Refresh"] = "true"  # once: the verbs beside the title follow the state
        return answer

    def get_head_actions(self):
        if not jobs.may_cancel(self.request.user, self.object):
            return []
        return [
            Action(
                _("Cancel this job"),
                reverse("core:job_cancel", args=[self.object.pk]),
                "player-stop",
                post=True,
            )
        ]

    def get_context_data(self, **kwargs):
        job = self.object
        known = job.runner in jobs.runners()
        done = job.status == JobStatus.DONE
        result_url = jobs.runner_of(job).result_url(job) if known and done else ""
        words = jobs.runner_of(job).words if known else {}
        shown = {
            str(words.get(key, key.replace("_", " "))): value
            for key, value in job.result.items()
            if isinstance(value, str | int | float) and not isinstance(value, bool) and key not in UNTOLD
        }
        return super().get_context_data(
            job=job,
            result_url=result_url,
            percent=min(100, job.done * 100 // job.total) if job.total else None,
            result_lines=sorted(shown.items()),
            error_lines=job.errors[:200],
            error_count=job.result.get("error_count", len(job.errors)),
            **kwargs,
        )


class JobCancel(VerbView):
    permission = SIGNED_IN
    success_message = gettext_lazy("The job is being stopped.")

    def get_queryset(self):
        return visible_jobs(self.request.user)

    def perform(self, form):
        return jobs.cancel(job=self.object, actor=self.request.user)

    def get_success_url(self, result) -> str:
        return reverse("core:job_detail", args=[self.object.pk])
