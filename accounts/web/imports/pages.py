"""The list of imports, the four steps, the control sheet, the undo; the release of a creditor."""

import django_filters
from django import forms
from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from accounts.imports import services
from accounts.imports.enums import ImportKind, ImportStatus
from accounts.imports.jobs import CheckImport, PostImport
from accounts.imports.mapping import MappingRefused
from accounts.imports.models import ImportBatch
from accounts.imports.pipeline import ImportNeedsAnswer
from accounts.imports.queries import release_preview
from accounts.imports.reading.source import MAX_WORKBOOK_BYTES, Source
from accounts.imports.reading.understand import Dialect
from accounts.imports.reversal import resting
from accounts.imports.rules import creditors_open_to
from accounts.parties.models import Creditor
from accounts.web.imports.drawing import (
    ControlLine,
    bad_rows,
    control_lines,
    made_facts,
    notices,
    post_label,
    row_counts,
    sample_columns,
    steps,
)
from accounts.web.imports.forms import ColumnsForm, FileForm, ReadingForm
from collections_app.core import panels
from collections_app.core.permissions import has_permission
from collections_app.core.refusal import Refused
from collections_app.core.web import navigation
from collections_app.core.web.figures import amount_text, count_text
from collections_app.core.web.filters import FilterSet
from collections_app.core.web.forms import ReasonForm, adapt
from collections_app.core.web.parts import Action, Crumb, Fact
from collections_app.core.web.tables import (
    LinkColumn,
    MomentColumn,
    NumberColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import (
    ActionPage,
    ConfirmPage,
    DetailPage,
    ListPage,
    ReasonPage,
    VerbView,
)

VIEW, POST = "accounts.view_import", "accounts.post_import"
# A file of more bytes than this is checked and posted by a worker.
BYTES_AT_ONCE = 400_000

navigation.register(
    "imports",
    gettext_lazy("Imports"),
    "accounts:import_list",
    icon="file-import",
    permission=VIEW,
    order=20,
    group="office",
)


def _fed_until(user):
    """The oldest feed among the creditors that are fed by files."""
    if not has_permission(user, "accounts.view_account"):
        return None
    return Creditor.objects.filter(is_active=True, fed_until__isnull=False).order_by("fed_until").values_list(
        "fed_until", flat=True
    ).first()  # fmt: skip


navigation.register_fed_until("imports", _fed_until)


class ImportFilterSet(FilterSet):
    q = django_filters.CharFilter(
        label=gettext_lazy("Search"), field_name="filename", lookup_expr="icontains"
    )
    kind = django_filters.ChoiceFilter(label=gettext_lazy("Kind"), choices=ImportKind.choices)
    status = django_filters.ChoiceFilter(label=gettext_lazy("State"), choices=ImportStatus.choices)

    class Meta:
        model = ImportBatch
        fields: list[str] = []


class ImportTable(Table):
    row_label = "filename"

    filename = LinkColumn(
        "accounts:import_detail", text="filename", verbose_name=gettext_lazy("File"), order_by=("filename",)
    )
    kind = TextColumn(accessor="get_kind_display", verbose_name=gettext_lazy("What"), width=110)
    creditor = TextColumn(
        accessor="creditor__name", verbose_name=gettext_lazy("Creditor"), width=170, muted=True
    )
    rows_read = NumberColumn(verbose_name=gettext_lazy("Rows"), width=90)
    rows_rejected = NumberColumn(verbose_name=gettext_lazy("Held back"), width=90)
    status = StatusColumn(ImportStatus, verbose_name=gettext_lazy("State"), width=170)
    uploaded_by = TextColumn(
        accessor="uploaded_by__full_name", verbose_name=gettext_lazy("By"), width=140, muted=True
    )
    uploaded_at = MomentColumn(verbose_name=gettext_lazy("Brought"), orderable=True, order_by="id")

    class Meta:
        order_by = "-uploaded_at"


class ImportListPage(ListPage):
    permission = VIEW
    title = gettext_lazy("Imports")
    lead = gettext_lazy("Files that brought accounts, entries, contacts and protections; each can be undone.")
    menu = "imports"
    queryset = ImportBatch.objects.select_related("creditor", "uploaded_by")
    filterset_class = ImportFilterSet
    table_class = ImportTable
    list_name = "imports"
    url_name = "accounts:import_list"
    count_label = ngettext_lazy("%(n)s import", "%(n)s imports", "n")
    empty_text = gettext_lazy("No file has been brought in yet. Begin with the accounts, then the entries.")

    def get_head_actions(self):
        return [
            Action(
                _("Bring in a file"),
                reverse("accounts:import_new"),
                icon="upload",
                primary=True,
                permission=POST,
            )
        ]


class StepPage(ActionPage):
    """A step of an import that is not posted yet."""

    permission = POST
    menu = "imports"
    queryset = ImportBatch.objects.select_related("creditor", "uploaded_by", "file")
    step = 1

    def get_crumbs(self):
        crumbs = [Crumb(_("Imports"), reverse("accounts:import_list"))]
        return [*crumbs, Crumb(self.object.filename)] if self.object else crumbs

    def get_object(self):
        batch = super().get_object()
        if batch is not None and batch.status not in (
            ImportStatus.UPLOADED,
            ImportStatus.MAPPED,
            ImportStatus.CHECKED,
        ):
            raise Http404(_("This import is closed."))
        return batch

    def get_context_data(self, **kwargs):
        return super().get_context_data(steps=steps(self.step, self.object), **kwargs)


class ImportNewPage(StepPage):
    title = gettext_lazy("Bring in a file")
    lead = gettext_lazy("Nothing is posted before you have seen what is in it.")
    form_class = FileForm
    button = gettext_lazy("Look into the file")
    template_name = "accounts/imports/file.html"

    def get_object(self):
        return None

    def get_form(self):
        form = super().get_form()
        open_to = creditors_open_to(self.request.user).filter(is_active=True)
        form.fields["creditor"].queryset = open_to.order_by("name")
        return form

    def perform(self, form):
        given = form.cleaned_data
        if given["file"].size > MAX_WORKBOOK_BYTES:
            raise Refused(_("The file is bigger than 64 MB. Use the command line for it."), field="file")
        return services.upload(
            kind=given["kind"],
            source=Source.from_bytes(given["file"].name, given["file"].read()),
            creditor=given["creditor"],
            options=services.Options(given["mode"], given["is_cut_over"]),
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return reverse("accounts:import_reading", args=[result.pk])

    def get_cancel_url(self):
        return reverse("accounts:import_list")


class ImportReadingPage(StepPage):
    title = gettext_lazy("What we understood")
    lead = gettext_lazy("Compare the first rows with your file. Change what is wrong.")
    button = gettext_lazy("That is right")
    template_name = "accounts/imports/reading.html"
    step = 2

    def dialect(self) -> Dialect:
        return Dialect.from_json(self.object.dialect)

    def get_form(self):
        dialect = self.dialect()
        kwargs = self.get_form_kwargs()
        kwargs["initial"] = dialect.as_json()
        return adapt(ReadingForm(dialect=dialect, **kwargs))

    def perform(self, form):
        return services.choose_reading(
            batch=self.object, chosen=form.cleaned_data, actor=self.request.user, as_of=self.today
        )

    def get_success_url(self, result):
        if "look" in self.request.POST:
            return reverse("accounts:import_reading", args=[result.pk])
        return reverse("accounts:import_columns", args=[result.pk])

    def get_context_data(self, **kwargs):
        return super().get_context_data(dialect=self.dialect(), **kwargs)


class ImportColumnsPage(StepPage):
    title = gettext_lazy("Columns")
    lead = gettext_lazy("Say which column of the file is what. What is not chosen stays out.")
    button = gettext_lazy("Check the rows")
    template_name = "accounts/imports/columns.html"
    step = 3

    def get_form(self):
        return adapt(ColumnsForm(batch=self.object, **self.get_form_kwargs()))

    def perform(self, form):
        try:
            batch = services.choose_columns(
                batch=self.object,
                mapping=form.chosen_mapping(),
                keep_as=form.cleaned_data["keep_as"],
                actor=self.request.user,
                as_of=self.today,
            )
            return _check(batch, self.request.user, self.today)
        except ImportNeedsAnswer as question:
            raise Refused(question.message, field=question.question) from question
        except MappingRefused as refusal:
            raise Refused(refusal.message) from refusal

    def get_success_url(self, result):
        return _after(result)

    def get_context_data(self, **kwargs):
        return super().get_context_data(samples=sample_columns(self.object), **kwargs)


def _check(batch: ImportBatch, actor, as_of):
    """Check now, or by a worker where the file is large; the import or the job."""
    if batch.file.size > BYTES_AT_ONCE:
        return CheckImport.enqueue_once(scope=str(batch.pk), actor=actor)
    return services.check_import(batch=batch, actor=actor, as_of=as_of)


def _after(result) -> str:
    """The import's page, or that of the job that works on it."""
    if isinstance(result, ImportBatch):
        return reverse("accounts:import_detail", args=[result.pk])
    return reverse("core:job_detail", args=[result.pk])


class ImportDetailPage(DetailPage):
    """Step four while it waits, the control sheet once it is posted."""

    permission = VIEW
    queryset = ImportBatch.objects.select_related("creditor", "uploaded_by", "file", "rejected_file")
    menu = "imports"
    template_name = "accounts/imports/check.html"
    list_url_name = "accounts:import_list"
    list_title = gettext_lazy("Imports")
    lead = ""

    def get_title(self):
        titles = {
            ImportStatus.POSTED: _("Posted"),
            ImportStatus.REVERSED: _("Taken back"),
            ImportStatus.REFUSED: _("Put aside"),
            ImportStatus.CHECKED: _("Check before anything is posted"),
        }
        return titles.get(self.object.status, _("Not checked yet"))

    def get_crumbs(self):
        batch = self.object
        about = _("%(file)s · %(rows)s rows, by %(who)s") % {
            "file": batch.filename,
            "rows": count_text(batch.rows_read),
            "who": batch.uploaded_by,
        }
        return [*super().get_crumbs(), Crumb(about)]

    def get_head_actions(self):
        batch, args = self.object, [self.object.pk]
        if batch.status == ImportStatus.POSTED:
            return [
                Action(
                    _("Take this import back"),
                    reverse("accounts:import_reverse", args=args),
                    icon="arrow-back-up",
                    permission="accounts.reverse_import",
                ),
                *self._after_posting(),
            ]
        if batch.status in (ImportStatus.REVERSED, ImportStatus.REFUSED):
            return []
        actions = [
            Action(
                _("Put aside"),
                reverse("accounts:import_discard", args=args),
                icon="trash",
                permission=POST,
                post=True,
            ),
            Action(_("Back to columns"), reverse("accounts:import_columns", args=args), permission=POST),
        ]
        if batch.status == ImportStatus.CHECKED:
            actions.append(
                Action(
                    post_label(batch),
                    reverse("accounts:import_post", args=args),
                    primary=True,
                    permission=POST,
                    post=True,
                )
            )
        return actions

    def _after_posting(self) -> list[Action]:
        """What comes next: another file, and the release of a creditor that waits for it."""
        creditor = self.object.creditor
        again = Action(
            _("Bring in another file"),
            reverse("accounts:import_new"),
            icon="upload",
            primary=True,
            permission=POST,
        )
        if creditor is None or creditor.released_at is not None:
            return [again]
        release = Action(
            _("Release for contact"),
            reverse("accounts:creditor_release", args=[creditor.pk]),
            icon="send",
            permission="accounts.release_creditor",
        )
        return [release, again]

    def get_context_data(self, **kwargs):
        batch = self.object
        lines: list[ControlLine] = control_lines(batch)
        return super().get_context_data(
            steps=steps(5 if batch.status == ImportStatus.POSTED else 4, batch),
            lines=lines,
            has_unchanged=any(line.unchanged for line in lines),
            counts=row_counts(batch),
            rows=bad_rows(batch, self.request.user.language),
            made=made_facts(batch),
            notices=notices(batch),
            has_amended=batch.control.get("rows", {}).get("amended", 0),
            is_open=batch.status == ImportStatus.CHECKED and has_permission(self.request.user, POST),
            **kwargs,
        )


class ImportVerb(VerbView):
    permission = POST
    queryset = ImportBatch.objects.select_related("file", "creditor")

    def get_success_url(self, result):
        return _after(result)


class ImportPostVerb(ImportVerb):
    def perform(self, form):
        batch, user = self.object, self.request.user
        if batch.file.size > BYTES_AT_ONCE:
            return PostImport.enqueue_once(scope=str(batch.pk), actor=user)
        return services.post_import(batch=batch, actor=user, as_of=self.today)

    def get_success_message(self, result):
        if not isinstance(result, ImportBatch):
            return _("The file is being posted. You may leave this page.")
        return _("%(file)s is posted.") % {"file": result.filename}


class ImportDiscardVerb(ImportVerb):
    success_message = gettext_lazy("The file is put aside; nothing of it was posted.")

    def perform(self, form):
        return services.discard_import(batch=self.object, actor=self.request.user, as_of=self.today)


class FixForm(forms.Form):
    row = forms.IntegerField(min_value=1)
    column = forms.CharField(max_length=300)
    value = forms.CharField(max_length=4000, required=False)


class ImportFixVerb(ImportVerb):
    form_class = FixForm

    def perform(self, form):
        given = form.cleaned_data
        batch = services.fix_row(
            batch=self.object,
            row_number=given["row"],
            column=given["column"],
            value=given["value"],
            actor=self.request.user,
            as_of=self.today,
        )
        return _check(batch, self.request.user, self.today)


class ImportAmendedVerb(ImportVerb):
    """Confirm that amended documents are posted; pressed again it is taken back."""

    def perform(self, form):
        return services.accept_amended(
            batch=self.object, accepts=not self.object.accepts_amended, actor=self.request.user
        )


class ImportReversePage(ReasonPage):
    permission = "accounts.reverse_import"
    menu = "imports"
    queryset = ImportBatch.objects.filter(status=ImportStatus.POSTED)
    title = gettext_lazy("Take this import back")
    button = gettext_lazy("Take it back")
    is_dangerous = True
    form_class = ReasonForm
    success_message = gettext_lazy("The import is taken back; the same file can come again.")

    def get_crumbs(self):
        return [
            Crumb(_("Imports"), reverse("accounts:import_list")),
            Crumb(self.object.filename, reverse("accounts:import_detail", args=[self.object.pk])),
        ]

    def facts(self):
        found = resting(self.object)
        made = [Fact(label, value) for label, value in made_facts(self.object)]
        return made + [Fact(words.capitalize(), count_text(count)) for words, count in found]

    def consequence(self):
        if resting(self.object):
            return _("It cannot be taken back while the last lines beside rest on it.")
        return _("Every entry gets a counter-entry on its own day, its accounts become void.")

    def perform(self, form):
        return services.reverse_import(
            batch=self.object,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return reverse("accounts:import_detail", args=[result.pk])


class CreditorReleasePage(ConfirmPage):
    permission = "accounts.release_creditor"
    menu = "creditors"
    queryset = Creditor.objects.filter(released_at__isnull=True)
    title = gettext_lazy("Release for contact")
    button = gettext_lazy("Release this creditor")

    def get_crumbs(self):
        return [
            Crumb(_("Creditors"), reverse("accounts:creditor_list")),
            Crumb(self.object.name, reverse("accounts:creditor_detail", args=[self.object.pk])),
        ]

    def get_head_actions(self):
        address = reverse("campaigns:reminder_preview")
        return [
            Action(
                _("Who would get what"),
                f"{address}?creditor={self.object.pk}&day={self.today}",
                icon="eye",
                permission="campaigns.view_reminder_run",
            )
        ]

    def facts(self):
        preview = release_preview(self.object, as_of=self.today)
        sums = [
            Fact(
                _("Overdue, %(currency)s") % {"currency": line.currency},
                amount_text(line.overdue, line.currency),
                note=ngettext("%(n)s debtor", "%(n)s debtors", line.debtors)
                % {"n": count_text(line.debtors)},
            )
            for line in preview.sums
        ]
        labels = {
            "email": _("Debtors with an e-mail address"),
            "phone": _("Debtors with a phone number"),
            "address": _("Debtors with a postal address"),
            "unreachable": _("Debtors nobody can reach"),
            "held": _("Debtors on hold, not contacted"),
        }
        reach = [Fact(labels[name], count_text(count)) for name, count in preview.reach.items()]
        return sums + reach + self.facts_from_above()

    def facts_from_above(self) -> list[Fact]:
        """What higher floors know of it: who would get which message today."""
        ids, user = [self.object.pk], self.request.user
        filled = panels.collect("creditor.facts", ids, user, self.as_of)
        return [fact for panel in filled for fact in panel.data]

    def consequence(self):
        return _(
            "From now on reminders and campaigns may reach the debtors of %(creditor)s who are overdue."
        ) % {"creditor": self.object.name}

    def perform(self, form):
        return services.release_creditor(creditor=self.object, actor=self.request.user, as_of=self.today)

    def get_success_url(self, result):
        return reverse("accounts:creditor_detail", args=[result.pk])


urlpatterns = [
    path("imports/", ImportListPage.as_view(), name="import_list"),
    path("imports/new/", ImportNewPage.as_view(), name="import_new"),
    path("imports/<int:pk>/", ImportDetailPage.as_view(), name="import_detail"),
    path("imports/<int:pk>/reading/", ImportReadingPage.as_view(), name="import_reading"),
    path("imports/<int:pk>/columns/", ImportColumnsPage.as_view(), name="import_columns"),
    path("imports/<int:pk>/post/", ImportPostVerb.as_view(), name="import_post"),
    path("imports/<int:pk>/fix/", ImportFixVerb.as_view(), name="import_fix"),
    path("imports/<int:pk>/amended/", ImportAmendedVerb.as_view(), name="import_amended"),
    path("imports/<int:pk>/put-aside/", ImportDiscardVerb.as_view(), name="import_discard"),
    path("imports/<int:pk>/take-back/", ImportReversePage.as_view(), name="import_reverse"),
    path("creditors/<int:pk>/release/", CreditorReleasePage.as_view(), name="creditor_release"),
]
