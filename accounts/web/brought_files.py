"""What pages about a file that somebody brought share, whether a bank's statements or its returns."""

from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.core.models import Job
from collections_app.core.web.parts import Crumb
from collections_app.core.web.views import ActionPage

DAY_ORDERS = [
    ("", gettext_lazy("as the cells show")),
    ("dmy", gettext_lazy("day, month, year")),
    ("mdy", gettext_lazy("month, day, year")),
    ("ymd", gettext_lazy("year, month, day")),
]


class BroughtFileVerb(ActionPage):
    """A form about one file that leads back to its page.

    `noun` begins the names of its addresses (`accounts:<noun>_list`, `_detail`), `list_title` is what
    its list is called.
    """

    noun = ""
    list_title = ""

    def get_crumbs(self):
        return [
            Crumb(self.list_title, reverse(f"accounts:{self.noun}_list")),
            Crumb(self.object.name, self.file_url()),
        ]

    def file_url(self) -> str:
        return reverse(f"accounts:{self.noun}_detail", args=[self.object.pk])

    def get_success_url(self, result):
        return self.file_url()

    def get_cancel_url(self):
        return self.file_url()


class ColumnsForm(forms.Form):
    """Which column of a table is what: a choice for each field of `labels`, those `needed` must be
    made. A subclass adds what only its kind of file asks."""

    labels: Mapping[str, Any] = {}
    needed: Collection[str] = ()

    date_order = forms.ChoiceField(
        label=gettext_lazy("Days are written"), required=False, choices=DAY_ORDERS
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
            name: forms.ChoiceField(label=label, choices=columns, required=name in self.needed)
            for name, label in self.labels.items()
        }
        self.fields = {**fields, **self.fields}


class ColumnsStep:
    """Before a file's own verb: the page that asks for the columns; a large file is read by a job."""

    title = gettext_lazy("Which column is what")
    button = gettext_lazy("Read the file so")
    two_columns = True

    def get_success_url(self, result):
        if isinstance(result, Job):
            return reverse("core:job_detail", args=[result.pk])
        return super().get_success_url(result)
