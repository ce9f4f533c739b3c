"""The first three steps: the file, what we understood of it, its columns."""

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.imports import services
from accounts.imports.enums import ImportStatus
from accounts.imports.jobs import CheckImport
from accounts.imports.mapping import MappingRefused
from accounts.imports.models import ImportBatch
from accounts.imports.pipeline import ImportNeedsAnswer
from accounts.imports.reading.source import MAX_WORKBOOK_BYTES, Source
from accounts.imports.reading.understand import Dialect, check_has_rows
from accounts.imports.rules import POST_IMPORT, creditors_open_to
from accounts.web.imports.drawing import sample_columns, steps, understood_formats
from accounts.web.imports.forms import ColumnsForm, FileForm, ReadingForm
from collections_app.core.refusal import Refused
from collections_app.core.web.forms import adapt
from collections_app.core.web.parts import Crumb
from collections_app.core.web.views import ActionPage

# A file of more bytes than this is checked and posted by a worker.
BYTES_AT_ONCE = 400_000


def check_now_or_later(batch: ImportBatch, actor, as_of):
    """Check now, or by a worker where the file is large; the import or the job."""
    if batch.file.size > BYTES_AT_ONCE:
        return CheckImport.enqueue_once(scope=str(batch.pk), actor=actor)
    return services.check_import(batch=batch, actor=actor, as_of=as_of)


def page_of(result) -> str:
    """The import's page, or that of the job that works on it."""
    if isinstance(result, ImportBatch):
        return reverse("accounts:import_detail", args=[result.pk])
    return reverse("core:job_detail", args=[result.pk])


class StepPage(ActionPage):
    """A step of an import that is not posted yet."""

    permission = POST_IMPORT
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
        batch = services.choose_reading(
            batch=self.object, chosen=form.cleaned_data, actor=self.request.user, as_of=self.today
        )
        if "look" not in self.request.POST:
            check_has_rows(services.source_of(batch), Dialect.from_json(batch.dialect))
        return batch

    def get_success_url(self, result):
        if "look" in self.request.POST:
            return reverse("accounts:import_reading", args=[result.pk])
        return reverse("accounts:import_columns", args=[result.pk])

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            dialect=self.dialect(), formats=understood_formats(self.object), **kwargs
        )


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
            return check_now_or_later(batch, self.request.user, self.today)
        except ImportNeedsAnswer as question:
            raise Refused(question.message, field=question.question) from question
        except MappingRefused as refusal:
            raise Refused(refusal.message) from refusal

    def get_success_url(self, result):
        return page_of(result)

    def get_context_data(self, **kwargs):
        return super().get_context_data(samples=sample_columns(self.object), **kwargs)
