"""A file of returns is brought, and its columns are told apart."""

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.imports.return_tables import FIELDS, NEEDED
from accounts.imports.return_tables import Table as ReturnedTable
from accounts.returns import formats
from accounts.returns.enums import FileStatus, ReturnFormat, Scheme
from accounts.returns.files import load_return_file, read_rows
from accounts.returns.models import ReturnFile
from accounts.returns.rules import LOAD_RETURN_FILE
from accounts.web.returns.file_verbs import FileVerb
from collections_app.core import documents
from collections_app.core.models import Organisation
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import ActionPage

LARGEST = documents.SIZE_LIMIT


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
