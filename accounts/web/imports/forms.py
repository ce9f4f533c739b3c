"""What the clerk chooses in the first three steps."""

import json

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.imports.enums import ImportKind, ImportMode
from accounts.imports.formats import FORMATS
from accounts.imports.mapping import header_in_words, missing_columns
from accounts.imports.reading.text import DELIMITERS, OFFERED
from accounts.parties.models import Creditor

DELIMITER_NAMES = {
    ",": gettext_lazy("comma ,"),
    ";": gettext_lazy("semicolon ;"),
    "\t": gettext_lazy("tab"),
    "|": gettext_lazy("bar |"),
}
ORDER_NAMES = {
    "dmy": gettext_lazy("day, month, year (31.12.2026)"),
    "mdy": gettext_lazy("month, day, year (12/31/2026)"),
    "ymd": gettext_lazy("year, month, day (2026-12-31)"),
}
MARK_NAMES = {
    ".": gettext_lazy("a point (1,234.56)"),
    ",": gettext_lazy("a comma (1.234,56)"),
}
AMOUNT_NAMES = {
    "": gettext_lazy("either, whichever fits"),
    "whole": gettext_lazy("the whole amount"),
    "open": gettext_lazy("what is left open"),
}
ENCODING_NAMES = {
    "utf-8": gettext_lazy("every language"),
    "utf-8-sig": gettext_lazy("every language"),
    "utf-16": gettext_lazy("every language"),
    "cp1252": gettext_lazy("Western European"),
    "cp1250": gettext_lazy("Central European"),
    "cp1251": gettext_lazy("Cyrillic"),
    "cp1253": gettext_lazy("Greek"),
    "cp1254": gettext_lazy("Turkish"),
    "cp1255": gettext_lazy("Hebrew"),
    "cp1256": gettext_lazy("Arabic"),
    "cp1257": gettext_lazy("Baltic"),
    "cp874": gettext_lazy("Thai"),
    "shift_jis": gettext_lazy("Japanese"),
    "gb18030": gettext_lazy("Chinese, simplified"),
    "big5": gettext_lazy("Chinese, traditional"),
    "euc_kr": gettext_lazy("Korean"),
}
SIMPLE_KEYS = {"column", "values", "prefix", "default"}


def encoding_in_words(name: str) -> str:
    """ "cp1253, Greek": a clerk knows the language of his file, not the number of its code page."""
    words = ENCODING_NAMES.get(name)
    return f"{name}, {words}" if words else name


class FileForm(forms.Form):
    """Step 1."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV, Excel (.xlsx, .xls) or ODS, up to 64 MB."),
        error_messages={
            "empty": gettext_lazy("The file is empty, it has not one letter. Export it again, then bring it.")
        },
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What is in it"), choices=ImportKind.choices, widget=forms.RadioSelect
    )
    creditor = forms.ModelChoiceField(
        label=gettext_lazy("Creditor"),
        queryset=Creditor.objects.filter(is_active=True).order_by("name"),
        required=False,
        empty_label=gettext_lazy("As the file's column says"),
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("The file is"),
        choices=[
            (ImportMode.COMPLETE, gettext_lazy("complete for its period: what came before is recognised")),
            (ImportMode.MOVEMENTS, gettext_lazy("a delta: equal rows of other files are further ones")),
            (ImportMode.SNAPSHOT, gettext_lazy("all open items: what is missing is listed")),
        ],
        initial=ImportMode.COMPLETE,
    )
    is_cut_over = forms.BooleanField(
        label=gettext_lazy("Opening book at cut-over"),
        required=False,
        help_text=gettext_lazy("Items keep their days and amounts and count as opening, not as new charges."),
    )


class ReadingForm(forms.Form):
    """Step 2; only the parts that the kind of file has."""

    def __init__(self, *args, dialect, **kwargs):
        super().__init__(*args, **kwargs)
        if dialect.container == "csv":
            names = list(dict.fromkeys([dialect.encoding, *dialect.encodings, "utf-8", *OFFERED]))
            self.fields["encoding"] = forms.ChoiceField(
                label=_("Letters (encoding)"), choices=[(name, encoding_in_words(name)) for name in names]
            )
            delimiters = list(dict.fromkeys([dialect.delimiter, *DELIMITERS]))
            self.fields["delimiter"] = forms.ChoiceField(
                label=_("Cells are separated by"),
                choices=[(mark, DELIMITER_NAMES.get(mark, mark)) for mark in delimiters],
            )
        else:
            self.fields["sheet"] = forms.ChoiceField(
                label=_("Sheet"),
                choices=[
                    (name, _("%(name)s (hidden)") % {"name": name} if is_hidden else name)
                    for name, is_hidden in dialect.sheets
                ],
            )
        self.fields["header_row"] = forms.IntegerField(label=_("Header in row"), min_value=1)
        self.fields["header_rows"] = forms.IntegerField(
            label=_("Rows of the header"), min_value=1, max_value=5, initial=1
        )


class ColumnsForm(forms.Form):
    """Step 3: one choice per standard column; what a mapping says beyond that is kept."""

    def __init__(self, *args, batch, **kwargs):
        super().__init__(*args, **kwargs)
        self.kind, self.header = batch.kind, batch.dialect["header"]
        self.mapping = batch.mapping
        self.is_simple = is_simple(batch.mapping, batch.kind)
        columns = [("", _("not in the file")), *[(name, name) for name in self.header]]
        if self.is_simple:
            given = batch.mapping["records"][0]["fields"] if batch.mapping.get("records") else {}
            for standard in FORMATS[self.kind]:
                spec = given.get(standard.name)
                column = spec.get("column") if isinstance(spec, dict) else spec
                self.fields[f"column_{standard.name}"] = forms.ChoiceField(
                    label=standard.label,
                    choices=columns,
                    required=False,
                    initial=column or "",
                    help_text=_("needed") if standard.is_required else "",
                )
        settings = batch.mapping.get("settings", {})
        self.fields["date_order"] = forms.ChoiceField(
            label=_("Days are written"),
            choices=[("", _("as the columns prove")), *ORDER_NAMES.items()],
            required=False,
            initial=settings.get("date_order", ""),
        )
        self.fields["decimal"] = forms.ChoiceField(
            label=_("Decimals are marked by"),
            choices=[("", _("as the columns prove")), *MARK_NAMES.items()],
            required=False,
            initial=settings.get("decimal", ""),
        )
        if batch.mode == ImportMode.SNAPSHOT and self.kind == ImportKind.ENTRIES:
            self.fields["amounts"] = forms.ChoiceField(
                label=_("The amount says"),
                choices=list(AMOUNT_NAMES.items()),
                required=False,
                initial=settings.get("amounts", ""),
                help_text=_("They differ where a document was paid in part; what is neither is held back."),
            )
        trailer = batch.mapping.get("trailer") or {}
        self.fields["trailer_marker"] = forms.CharField(
            label=_("The last row begins with"),
            max_length=40,
            required=False,
            initial=trailer.get("marker", ""),
            help_text=_("Where it states totals, such as TOTAL: the file is then held against them."),
        )
        self.fields["trailer_rows"] = forms.IntegerField(
            label=_("its number of rows stands in cell"),
            min_value=1,
            required=False,
            initial=trailer.get("rows"),
        )
        self.fields["trailer_sum"] = forms.IntegerField(
            label=_("its sum of amounts stands in cell"),
            min_value=1,
            required=False,
            initial=trailer.get("sum"),
        )
        self.fields["keep_as"] = forms.CharField(
            label=_("Keep these columns for the next file as"), max_length=80, required=False
        )
        self.fields["mapping"] = forms.CharField(
            label=_("Or the whole mapping, in its own language"),
            widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "dir": "ltr"}),
            required=False,
            initial="" if self.is_simple else json.dumps(batch.mapping, indent=1, ensure_ascii=False),
        )

    def column_fields(self):
        """(bound field, standard field) of the choices, for the template."""
        return [
            (self[f"column_{standard.name}"], standard)
            for standard in FORMATS[self.kind]
            if f"column_{standard.name}" in self.fields
        ]

    def clean_mapping(self):
        text = self.cleaned_data.get("mapping", "").strip()
        if not text:
            return None
        try:
            return json.loads(text)
        except ValueError as error:
            raise forms.ValidationError(_("This is not JSON: %(error)s") % {"error": error}) from error

    def clean(self):
        """A needed column without a choice is wrong at its own field, with what the file has."""
        data = super().clean()
        if not self.is_simple or self.errors or data["mapping"]:
            return data
        chosen = self._from_choices()
        given = {**chosen.get("constants", {}), **chosen["records"][0]["fields"]}
        for standard in missing_columns(self.kind, given):
            self.add_error(
                f"column_{standard.name}",
                _("No column is chosen. The file has: %(header)s. Choose one, or bring a file with it.")
                % {"header": header_in_words(self.header)},
            )
        return data

    def chosen_mapping(self) -> dict:
        """The mapping that the choices make."""
        given = self.cleaned_data["mapping"] or self._from_choices()
        settings = dict(given.get("settings", {}))
        for name in ("date_order", "decimal", "amounts"):
            if name not in self.fields:
                continue
            settings.pop(name, None)
            if self.cleaned_data[name]:
                settings[name] = self.cleaned_data[name]
        chosen = {**given, "settings": settings}
        if self.cleaned_data["mapping"]:
            return chosen
        chosen.pop("trailer", None)
        if self.cleaned_data["trailer_marker"]:
            chosen["trailer"] = {
                name: self.cleaned_data[f"trailer_{name}"]
                for name in ("marker", "rows", "sum")
                if self.cleaned_data[f"trailer_{name}"]
            }
        return chosen

    def _from_choices(self) -> dict:
        if not self.is_simple:
            return self.mapping
        records = self.mapping.get("records") or [{"kind": self.kind, "fields": {}}]
        known = records[0].get("fields", {})
        fields = {}
        for name, spec in known.items():
            if isinstance(spec, dict) and "column" not in spec:
                fields[name] = spec
        for bound, standard in self.column_fields():
            column = self.cleaned_data[bound.name]
            if not column:
                if bound.initial:
                    fields.pop(standard.name, None)
                continue
            old = known.get(standard.name)
            fields[standard.name] = {**old, "column": column} if isinstance(old, dict) else column
        return {**self.mapping, "records": [{**records[0], "kind": self.kind, "fields": fields}]}


def is_simple(mapping: dict, kind: str) -> bool:
    """One record of the file's kind whose columns can be chosen one by one."""
    records = mapping.get("records") or []
    if len(records) > 1 or (records and (records[0]["kind"] != kind or records[0].get("when"))):
        return False
    fields = records[0].get("fields", {}) if records else {}
    return all(
        isinstance(spec, str) or set(spec) <= SIMPLE_KEYS or "column" not in spec for spec in fields.values()
    )
