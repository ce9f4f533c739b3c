"""Files of returns: brought, looked at, posted."""

from django import forms
from django.db.models import Count
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.imports.return_tables import FIELDS, NEEDED
from accounts.imports.return_tables import Table as ReturnedTable
from accounts.returns import formats
from accounts.returns.enums import (
    RETURN_FILE,
    TO_DECIDE,
    FileStatus,
    ReturnFormat,
    RowFinding,
    Scheme,
)
from accounts.returns.file_posting import POSTED_AT_ONCE, post_return_file
from accounts.returns.files import discard_return_file, load_return_file, read_rows
from accounts.returns.filtersets import FileFilterSet
from accounts.returns.jobs import PostReturnFile, post_by_job
from accounts.returns.models import ReturnFile
from accounts.returns.rules import LOAD_RETURN_FILE, VIEW_RETURN_FILE
from accounts.web.returns.rows import RowTable
from accounts.web.steps import steps_section
from collections_app.core import documents
from collections_app.core.models import Job, Organisation
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    NumberColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, ConfirmPage, DetailPage, ListPage, ReasonPage

LARGEST = documents.SIZE_LIMIT


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


class BringForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("ACH, camt.053, camt.054, pain.002, BECS, Bacs ARUDD, or a table."),
    )
    scheme = forms.ChoiceField(
        label=gettext_lazy("Scheme"),
        choices=[("", gettext_lazy("As the file says")), *Scheme.choices],
        required=False,
        help_text=gettext_lazy("Needed for a table only."),
    )

    def clean(self):
        cleaned = super().clean()
        file = cleaned.get("file")
        if file is None:
            return cleaned
        if file.size > LARGEST:
            raise forms.ValidationError(
                {
                    "file": _("The file is bigger than %(n)s MB. Split it.")
                    % {"n": LARGEST // documents.MEGABYTE}
                }
            )
        content = file.read()
        format = formats.format_of(content)
        if not format:
            raise forms.ValidationError(
                {"file": _("This XML file is no camt.053, camt.054, pain.002 or ARUDD.")}
            )
        scheme = formats.scheme_of(format) or cleaned.get("scheme")
        if not scheme:
            raise forms.ValidationError({"scheme": _("Say of which scheme the returns in this table are.")})
        return {**cleaned, "content": content, "format": format, "scheme": scheme, "name": file.name}


def _mapping_for(table: ReturnedTable, scheme: str) -> dict:
    """What was chosen for a file with the same columns before, else what the names suggest."""
    last = (
        ReturnFile.objects.filter(scheme=scheme, format=ReturnFormat.CSV, mapping__header=table.header)
        .exclude(status=FileStatus.DISCARDED)
        .order_by("-id")
        .first()
    )
    return dict(last.mapping) if last is not None else {**table.guess(), "header": table.header}


def _currency(scheme: str) -> str:
    """What amounts are in where a table does not say: the scheme's currency, else the office's."""
    office = Organisation.objects.first()
    return formats.CURRENCIES.get(Scheme(scheme)) or (office.currency if office is not None else "")


class BringFilePage(ActionPage):
    permission = LOAD_RETURN_FILE
    menu = "returns"
    title = gettext_lazy("Bring a return file")
    form_class = BringForm
    button = gettext_lazy("Read the file")

    def get_crumbs(self):
        return [Crumb(_("Return files"), reverse("accounts:return_file_list"))]

    def consequence(self):
        return _("Nothing is posted yet: you first see what each row says and which receipt it means.")

    def perform(self, form):
        data = form.cleaned_data
        mapping: dict = {}
        if data["format"] == ReturnFormat.CSV:
            table = ReturnedTable(data["content"], data["name"])
            mapping = _mapping_for(table, data["scheme"])
            try:
                found = table.found(mapping, currency=_currency(data["scheme"]), day=self.today)
            except formats.ReturnFileNotReadable:
                found = None
        else:
            found = formats.read(data["content"], data["format"], day=self.today)
        return load_return_file(
            content=data["content"],
            filename=data["name"],
            scheme=data["scheme"],
            format=data["format"],
            found=found,
            mapping=mapping,
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        if not result.rows.exists():
            return reverse("accounts:return_file_columns", args=[result.pk])
        return reverse("accounts:return_file_detail", args=[result.pk])


class ColumnsForm(forms.Form):
    date_order = forms.ChoiceField(
        label=gettext_lazy("Days are written"),
        required=False,
        choices=[
            ("", gettext_lazy("as the cells show")),
            ("dmy", gettext_lazy("day, month, year")),
            ("mdy", gettext_lazy("month, day, year")),
            ("ymd", gettext_lazy("year, month, day")),
        ],
    )
    decimal = forms.ChoiceField(
        label=gettext_lazy("Before the cents stands"),
        required=False,
        choices=[
            ("", gettext_lazy("as the cells show")),
            (".", gettext_lazy("a point")),
            (",", gettext_lazy("a comma")),
        ],
    )

    def __init__(self, *args, header: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        columns = [("", _("not in this file")), *((name, name) for name in header)]
        fields = {
            name: forms.ChoiceField(label=label, choices=columns, required=name in NEEDED)
            for name, label in FIELDS.items()
        }
        self.fields = {**fields, **self.fields}


class FileVerb(ActionPage):
    permission = LOAD_RETURN_FILE
    menu = "returns"
    queryset = ReturnFile.objects.filter(status=FileStatus.PREVIEW)

    def get_crumbs(self):
        return [
            Crumb(_("Return files"), reverse("accounts:return_file_list")),
            Crumb(self.object.name, reverse("accounts:return_file_detail", args=[self.object.pk])),
        ]

    def get_success_url(self, result):
        return reverse("accounts:return_file_detail", args=[self.object.pk])

    def get_cancel_url(self):
        return reverse("accounts:return_file_detail", args=[self.object.pk])


class ColumnsPage(FileVerb):
    title = gettext_lazy("Which column is what")
    form_class = ColumnsForm
    button = gettext_lazy("Read the file so")
    two_columns = True
    queryset = ReturnFile.objects.filter(status=FileStatus.PREVIEW, format=ReturnFormat.CSV)

    def table(self) -> ReturnedTable:
        return ReturnedTable(documents.read(self.object.file), self.object.name)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"header": self.object.mapping.get("header", [])}

    def get_initial(self):
        return self.object.mapping

    def facts(self):
        return [
            Fact(_("Columns of the file"), ", ".join(self.object.mapping.get("header", []))),
            Fact(_("Scheme"), self.object.get_scheme_display()),
        ]

    def perform(self, form):
        mapping = {name: value for name, value in form.cleaned_data.items() if value}
        mapping["header"] = self.object.mapping.get("header", [])
        return read_rows(
            return_file=self.object,
            found=self.table().found(mapping, currency=_currency(self.object.scheme), day=self.today),
            mapping=mapping,
            actor=self.request.user,
            as_of=self.today,
        )


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
            empty_text=_("Say first which column of the file is what."),
            caption=_("Rows"),
        )
        note = _("the first %(n)s") % {"n": self.shown} if len(rows) > self.shown else ""
        return [Section(_("Rows"), table=drawn, note=note), steps_section(RETURN_FILE, self.object)]


class PostFilePage(FileVerb, ConfirmPage):
    title = gettext_lazy("Post the returns")
    button = gettext_lazy("Post the returns")
    is_dangerous = True
    queryset = ReturnFile.objects.filter(status__in=(FileStatus.PREVIEW, FileStatus.POSTING))

    def get_object(self):
        file = super().get_object()
        self.matched = file.rows.filter(finding=RowFinding.MATCHED).count()
        return file

    @property
    def takes_long(self) -> bool:
        return self.object.status == FileStatus.POSTING or self.matched > POSTED_AT_ONCE

    def facts(self):
        rows = self.object.rows
        return [
            Fact(_("File"), self.object.name),
            Fact(_("Returns to post"), str(self.matched)),
            Fact(_("Rows left to decide"), str(rows.filter(finding__in=TO_DECIDE).count())),
        ]

    def consequence(self):
        if self.takes_long:
            return _(
                "Every receipt that was found is reversed on its own day; a worker does it, and you see how "
                "far it is. Rows without a receipt wait in the queue."
            )
        return _(
            "Every receipt that was found is reversed on its own day, in one go; rows without a receipt wait "
            "in the queue."
        )

    def perform(self, form):
        do = post_by_job if self.takes_long else post_return_file
        return do(return_file=self.object, actor=self.request.user, as_of=self.today)

    def get_success_url(self, result):
        if isinstance(result, Job):
            return reverse("core:job_detail", args=[result.pk])
        return super().get_success_url(result)

    def get_success_message(self, result) -> str:
        if isinstance(result, Job):
            return _("The returns are being posted.")
        return _("The returns are posted.")


class DiscardFilePage(FileVerb, ReasonPage):
    title = gettext_lazy("Discard a return file")
    button = gettext_lazy("Discard file")
    is_dangerous = True

    def perform(self, form):
        return discard_return_file(
            return_file=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_message(self, result) -> str:
        return _("The file is discarded.")


urlpatterns = [
    path("return-files/", FileListPage.as_view(), name="return_file_list"),
    path("return-files/new/", BringFilePage.as_view(), name="return_file_new"),
    path("return-files/<int:pk>/", FileDetailPage.as_view(), name="return_file_detail"),
    path("return-files/<int:pk>/columns/", ColumnsPage.as_view(), name="return_file_columns"),
    path("return-files/<int:pk>/post/", PostFilePage.as_view(), name="return_file_post"),
    path("return-files/<int:pk>/discard/", DiscardFilePage.as_view(), name="return_file_discard"),
]
