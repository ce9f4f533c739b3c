"""A file of returns is brought, and its columns are told apart."""

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.imports.jobs import read_by_job
from accounts.imports.return_tables import FIELDS, NEEDED
from accounts.imports.return_tables import Table as ReturnedTable
from accounts.imports.returned_files import READ_AT_ONCE, bring_return_file, currency_of, largest
from accounts.returns import formats
from accounts.returns.enums import FileStatus, ReturnFormat, Scheme
from accounts.returns.files import read_again, read_rows
from accounts.returns.models import ReturnFile
from accounts.returns.rules import LOAD_RETURN_FILE
from accounts.web.brought_files import ColumnsForm, ColumnsStep
from accounts.web.returns.file_verbs import FileVerb
from collections_app.core import documents
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import ActionPage

HEAD = 64 * 1024  # bytes that tell the format


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
        format = formats.format_of(file.read(HEAD))
        if not format:
            raise forms.ValidationError(
                {"file": _("This XML file is no camt.053, camt.054, pain.002 or ARUDD.")}
            )
        if file.size > largest(format):
            raise forms.ValidationError(
                {
                    "file": _("The file is bigger than %(n)s MB. Split it.")
                    % {"n": largest(format) // documents.MEGABYTE}
                }
            )
        file.seek(0)
        content = file.read()
        scheme = formats.scheme_of(format) or cleaned.get("scheme")
        if not scheme:
            raise forms.ValidationError({"scheme": _("Say of which scheme the returns in this table are.")})
        return {**cleaned, "content": content, "format": format, "scheme": scheme, "name": file.name}


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
        file = bring_return_file(
            content=data["content"],
            filename=data["name"],
            scheme=data["scheme"],
            format=data["format"],
            actor=self.request.user,
            as_of=self.today,
        )
        self.job = read_by_job(file, actor=self.request.user)
        return file

    def get_success_message(self, result) -> str:
        if result.was_there:
            return _("This file was brought before. Nothing is added; here is what became of it.")
        return _("The file is being read. You may leave this page.") if self.job is not None else ""

    def get_success_url(self, result):
        if self.job is not None:
            return reverse("core:job_detail", args=[self.job.pk])
        if not result.rows.exists() and result.format == ReturnFormat.CSV:
            return reverse("accounts:return_file_columns", args=[result.pk])
        return reverse("accounts:return_file_detail", args=[result.pk])


class ReturnColumnsForm(ColumnsForm):
    labels = FIELDS
    needed = NEEDED


class ColumnsPage(ColumnsStep, FileVerb):
    form_class = ReturnColumnsForm
    queryset = ReturnFile.objects.filter(format=ReturnFormat.CSV)
    statuses = (FileStatus.PREVIEW,)

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
        if self.object.file.size > READ_AT_ONCE:
            file = read_again(return_file=self.object, mapping=mapping, actor=self.request.user)
            return read_by_job(file, actor=self.request.user)
        return read_rows(
            return_file=self.object,
            found=self.table().found(mapping, currency=currency_of(self.object.scheme), day=self.today),
            mapping=mapping,
            actor=self.request.user,
            as_of=self.today,
        )
