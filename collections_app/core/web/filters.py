"""Selection on a page: a FilterSet's own fields, shown as chips that can be taken off.

Filtersets live in the slices (`filtersets.py`), one vocabulary for lists, campaigns and reports.
This module only says how a filterset appears: nothing about a filter is declared twice.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import django_filters
from django import forms
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext as _

from collections_app.core.web.figures import day_text
from collections_app.core.web.forms import DateInput, MoneyFormField, accessible, refuse_unmeant_year

# Keys of a list's address that are not filters.
PAGE_KEYS = {"sort", "after", "before", "page", "fragment", "as_of", "known_at", "show", "next", "columns"}


@dataclass(frozen=True)
class Chip:
    """One filter that is set, in words, with the address of the list without it."""

    label: str
    remove_url: str


class FilterSet(django_filters.FilterSet):
    """The base of the slices' filtersets. A filter named `q` is the list's own search field.

    A filterset that is not valid selects nothing and says which field is wrong. One that narrows even
    where nothing was chosen says so with `narrows_by_default`; the names of PAGE_KEYS are the page's own.
    """

    narrows_by_default = False

    class Meta:
        filter_overrides = {
            models.DateField: {
                "filter_class": django_filters.DateFilter,
                "extra": lambda field: {"widget": DateInput},
            }
        }

    @property
    def form(self):
        form = super().form
        if not getattr(form, "_made_accessible", False):
            fit_for_filters(form)
            accessible(form)
            form._made_accessible = True
        return form

    @property
    def qs(self):
        if self.is_bound and not self.form.is_valid():
            return self.queryset.none()
        return super().qs

    # ---- as words ----

    def chips(self, parameters: QueryDict) -> list[Chip]:
        """What is set, in the order of the declaration; the search words stand in their own field."""
        if not self.form.is_valid():
            return []
        found = []
        for name, bound in ((name, self.form[name]) for name in self.form.fields):
            value = self.form.cleaned_data.get(name)
            if name == "q" or value in (None, "", [], ()) or value == slice(None):
                continue
            if isinstance(value, models.QuerySet) and not value:
                continue
            found.append(Chip(self.describe(name, bound, value), _without(parameters, name, bound)))
        return found

    def describe(self, name: str, bound, value: Any) -> str:
        """One filter in words: "Overdue over 50". A filter may say it itself with `chip`."""
        said = getattr(self.filters.get(name), "chip", None)
        if said is not None:
            return str(said(value))
        words = _words(value, bound.field)
        label = str(bound.label)
        if isinstance(value, bool):
            return label if value else _("not: %(filter)s") % {"filter": label}
        return _("%(filter)s: %(value)s") % {"filter": label, "value": words}

    def errors_in_words(self) -> list[str]:
        """Which filter is wrong and why."""
        if self.form.is_valid():
            return []
        found = []
        for name, complaints in self.form.errors.items():
            label = f"{self.form[name].label}: " if name in self.form.fields else ""
            found.append(label + " ".join(complaints))
        return found


def fit_for_filters(form: forms.Form) -> None:
    """Choices to tick in place of a list that wants Ctrl held, "any" for a question, "from" and "to"."""
    for field in form.fields.values():
        widget = field.widget
        if isinstance(field, forms.MultiValueField):
            field.fields = tuple(_sound(part) for part in field.fields)
        elif isinstance(field, forms.DateField):
            _sound(field)
        if isinstance(field, forms.DateField) and type(widget) is forms.DateInput:
            field.widget = DateInput()
        elif isinstance(widget, forms.NullBooleanSelect | django_filters.widgets.BooleanWidget):
            widget.choices = [("", _("any")), ("true", _("yes")), ("false", _("no"))]
        elif isinstance(widget, forms.SelectMultiple):
            ticks = TickList()
            ticks.choices = field.choices
            field.widget = ticks
        elif isinstance(widget, forms.MultiWidget) and len(widget.widgets) == 2:
            for part, word in zip(widget.widgets, (_("from"), _("to")), strict=True):
                part.attrs |= {"placeholder": word, "aria-label": f"{field.label or ''} {word}".strip()}
                if isinstance(field, django_filters.fields.DateRangeField):
                    part.input_type = "date"


def _sound(field: forms.Field) -> forms.Field:
    """The field of one value of a filter, as a form of the product has it: an amount as people type it and
    no "sNaN", a day that has a day beside it."""
    if isinstance(field, forms.DecimalField):
        return MoneyFormField(required=field.required)
    if isinstance(field, forms.DateField | forms.DateTimeField):
        field.validators = [*field.validators, refuse_unmeant_year]
    return field


class TickList(forms.CheckboxSelectMultiple):
    """Choices in a box that scrolls; the control says so to `components/field.html`."""

    is_tick_list = True


def _words(value: Any, field) -> str:
    if isinstance(value, slice):
        low, high = _plain(value.start), _plain(value.stop)
        if low and high:
            return _("%(low)s to %(high)s") % {"low": low, "high": high}
        return _("from %(low)s") % {"low": low} if low else _("up to %(high)s") % {"high": high}
    if isinstance(value, list | tuple | set | models.QuerySet):
        return ", ".join(_words(item, field) for item in value)
    choices = getattr(field, "choices", None)
    if choices is not None and not isinstance(value, models.Model):
        for key, label in choices:
            if isinstance(label, list | tuple):
                for inner, inner_label in label:
                    if str(inner) == str(value):
                        return str(inner_label)
            elif str(key) == str(value):
                return str(label)
    return _plain(value)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return day_text(value)
    return str(value)


def _without(parameters: QueryDict, name: str, bound) -> str:
    rest = parameters.copy()
    for key in list(rest):
        if key in PAGE_KEYS - {"sort", "as_of", "known_at"}:
            rest.pop(key)
    names = {name, *(f"{name}_{suffix}" for suffix in ("min", "max", "after", "before", "0", "1"))}
    for key in names:
        rest.pop(key, None)
    return "?" + rest.urlencode()


def filter_query(parameters: QueryDict) -> str:
    """The part of an address that selects rows, without place, order or empty values; sorted."""
    pairs = [
        (key, value)
        for key, values in parameters.lists()
        if key not in PAGE_KEYS
        for value in values
        if value != ""
    ]
    selected = QueryDict(mutable=True)
    for key, value in sorted(pairs):
        selected.appendlist(key, value)
    return selected.urlencode()
