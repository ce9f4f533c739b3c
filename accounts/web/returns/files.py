"""Files of returns: their list, and one of them as it stands."""

from django.db.models import Count
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.imports.jobs import ReadReturnFile, read_by_job
from accounts.returns.enums import RETURN_FILE, TO_DECIDE, FileStatus, ReturnFormat, RowFinding
from accounts.returns.filtersets import FileFilterSet
from accounts.returns.jobs import PostReturnFile
from accounts.returns.models import ReturnFile
from accounts.returns.rules import LOAD_RETURN_FILE, VIEW_RETURN_FILE
from accounts.web.returns.bringing import BringFilePage, ColumnsPage
from accounts.web.returns.file_verbs import DiscardFilePage, FileVerb, PostFilePage
from accounts.web.returns.rows import RowTable
from accounts.web.steps import steps_section
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    NumberColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import DetailPage, ListPage, VerbView


class FileTable(Table):
    row_label = "name"

    name = LinkColumn("accounts:return_file_detail", text="name", verbose_name=gettext_lazy("File"))
    scheme = TextColumn(accessor="get_scheme_display", verbose_name=gettext_lazy("Scheme"), width=172)
    format = TextColumn(
        accessor="get_format_display", verbose_name=gettext_lazy("Format"), width=172, muted=True
    )
    rows_total = NumberColumn(verbose_name=gettext_lazy("Rows"))
    rows_open = NumberColumn(verbose_name=gettext_lazy("To decide"), width=108)
    loaded_by = TextColumn(
        accessor="loaded_by.full_name", verbose_name=gettext_lazy("Brought by"), width=140, muted=True
    )
    loaded_at = MomentColumn(verbose_name=gettext_lazy("Brought"), order_by=("id",))
    status = StatusColumn(FileStatus, verbose_name=gettext_lazy("Status"), width=132, phone=True)

    class Meta:
        order_by = "-loaded_at"


class FileListPage(ListPage):
    permission = VIEW_RETURN_FILE
    title = gettext_lazy("Return files")
    lead = gettext_lazy("What banks sent about payments that came back.")
    menu = "returns"
    filterset_class = FileFilterSet
    table_class = FileTable
    list_name = "return_files"
    url_name = "accounts:return_file_list"
    count_label = ngettext_lazy("%(n)s file", "%(n)s files", "n")
    empty_text = gettext_lazy("No file yet. Bring the first one your bank sent.")
    default_views = ((gettext_lazy("To be checked"), "status=preview"),)

    def get_queryset(self):
        return ReturnFile.objects.visible_to(self.request.user).with_counts().select_related("loaded_by")

    def get_crumbs(self):
        return [Crumb(_("Returns"), reverse("accounts:return_list"))]

    def get_head_actions(self):
        return [
            Action(_("Rows to decide"), reverse("accounts:return_row_list"), icon="help-circle"),
            Action(
                _("Bring a file"),
                reverse("accounts:return_file_new"),
                icon="upload",
                primary=True,
                permission=LOAD_RETURN_FILE,
            ),
        ]


class FileDetailPage(DetailPage):
    permission = VIEW_RETURN_FILE
    menu = "returns"
    queryset = ReturnFile.objects.select_related("loaded_by", "posted_by")
    status_field = "status"
    list_url_name = "accounts:return_file_list"
    list_title = gettext_lazy("Return files")
    shown = 200

    def get_title(self):
        return self.object.name

    def get_lead(self):
        return f"{self.object.get_scheme_display()}, {self.object.get_format_display()}"

    def get_head_actions(self):
        file = self.object
        if file.status == FileStatus.POSTING:
            job = PostReturnFile.of(file)
            going_on = Action(
                _("How far it is") if job is not None else _("Go on posting"),
                reverse("core:job_detail", args=[job.pk])
                if job is not None
                else reverse("accounts:return_file_post", args=[file.pk]),
                icon="progress",
                primary=True,
                permission=LOAD_RETURN_FILE,
            )
            return [going_on]
        if file.status != FileStatus.PREVIEW:
            return []
        if not file.is_read:
            job = ReadReturnFile.of(file)
            return [
                Action(
                    _("How far it is") if job is not None else _("Read it"),
                    reverse("core:job_detail", args=[job.pk])
                    if job is not None
                    else reverse("accounts:return_file_read", args=[file.pk]),
                    icon="progress",
                    primary=True,
                    post=job is None,
                    permission=LOAD_RETURN_FILE,
                )
            ]
        address = {
            name: reverse(f"accounts:return_file_{name}", args=[file.pk])
            for name in ("columns", "discard", "post")
        }
        actions = [Action(_("Discard"), address["discard"], icon="circle-x", permission=LOAD_RETURN_FILE)]
        if file.format == ReturnFormat.CSV:
            actions.append(
                Action(
                    _("Which column is what"),
                    address["columns"],
                    icon="columns-3",
                    permission=LOAD_RETURN_FILE,
                )
            )
        if file.fault:
            return actions
        actions.append(
            Action(
                _("Post the returns"),
                address["post"],
                icon="circle-check",
                primary=True,
                permission=LOAD_RETURN_FILE,
            )
        )
        return actions

    def figures(self):
        counted = dict(
            self.object.rows.order_by()
            .values_list("finding")
            .annotate(n=Count("id"))
            .values_list("finding", "n")
        )
        waiting = sum(counted.get(finding, 0) for finding in TO_DECIDE)
        return [
            Figure(_("Rows"), str(sum(counted.values()))),
            Figure(_("Receipt found"), str(counted.get(RowFinding.MATCHED, 0))),
            Figure(_("Returns posted"), str(counted.get(RowFinding.RETURNED, 0))),
            Figure(_("To decide"), str(waiting)),
            Figure(_("Already there"), str(counted.get(RowFinding.ALREADY, 0))),
            Figure(_("Success, nothing to do"), str(counted.get(RowFinding.SUCCESS, 0))),
        ]

    def sections(self):
        rows = list(self.object.rows.select_related("entry__account").order_by("number")[: self.shown + 1])
        drawn = RowTable.draw(
            rows[: self.shown],
            request=self.request,
            empty_text=self._why_empty(),
            caption=_("Rows"),
        )
        if self.object.fault:
            return [
                Section(_("It can't be read"), facts=[Fact(_("Why"), self.object.fault)]),
                steps_section(RETURN_FILE, self.object),
            ]
        note = _("the first %(n)s") % {"n": self.shown} if len(rows) > self.shown else ""
        return [Section(_("Rows"), table=drawn, note=note), steps_section(RETURN_FILE, self.object)]


    def _why_empty(self) -> str:
        if not self.object.is_read:
            return _("A worker reads the file; its rows stand here then.")
        return _("Say first which column of the file is what.")


class ReadFileView(FileVerb, VerbView):
    """Starts the reading again where the worker was stopped."""

    queryset = ReturnFile.objects.filter(is_read=False)
    statuses = (FileStatus.PREVIEW,)

    def perform(self, form):
        return read_by_job(self.object, actor=self.request.user)


urlpatterns = [
    path("return-files/<int:pk>/read/", ReadFileView.as_view(), name="return_file_read"),
    path("return-files/", FileListPage.as_view(), name="return_file_list"),
    path("return-files/new/", BringFilePage.as_view(), name="return_file_new"),
    path("return-files/<int:pk>/", FileDetailPage.as_view(), name="return_file_detail"),
    path("return-files/<int:pk>/columns/", ColumnsPage.as_view(), name="return_file_columns"),
    path("return-files/<int:pk>/post/", PostFilePage.as_view(), name="return_file_post"),
    path("return-files/<int:pk>/discard/", DiscardFilePage.as_view(), name="return_file_discard"),
]
