"""Forms: one renderer with accessible field groups, an error summary, and the product's own inputs."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import BLANK_CHOICE_DASH
from django.utils.translation import gettext_lazy as _

from collections_app.core import clock, money
from collections_app.core.web.moments import can_be_meant, read_moment


class DateInput(forms.DateInput):
    """The browser's own date field; ISO on the wire, so no spelling is guessed."""

    input_type = "date"

    def __init__(self, attrs=None, format="%Y-%m-%d"):  # noqa: A002 Django's own name
        super().__init__(attrs={"autocomplete": "off", **(attrs or {})}, format=format)


class MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self, attrs=None, format="%Y-%m-%dT%H:%M"):  # noqa: A002 Django's own name
        super().__init__(attrs=attrs, format=format)


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self, attrs=None, format="%H:%M"):  # noqa: A002 Django's own name
        super().__init__(attrs=attrs, format=format)


class MoneyInput(forms.TextInput):
    """Text with a decimal keypad: people paste amounts with their grouping."""

    def __init__(self, attrs=None):
        super().__init__(
            attrs={
                "inputmode": "decimal",
                "autocomplete": "off",
                "data-money": "",
                "dir": "ltr",
                **(attrs or {}),
            }
        )


class MoneyFormField(forms.DecimalField):
    """An amount as people type it ("1,240.50", "1 240,50") in the currency the form is about.

    `currency` decides the decimals; more of them is an error, never a silent rounding.
    """

    widget = MoneyInput

    def __init__(self, *, currency: str | None = None, **kwargs):
        kwargs.setdefault("max_digits", 18)
        kwargs.setdefault("decimal_places", 3)
        super().__init__(**kwargs)
        self.currency = currency
        if self.min_value:
            # the least of any currency says nothing to who typed a minus
            self.error_messages.setdefault("min_value", _("Enter an amount above zero."))

    def to_python(self, value) -> Decimal | None:
        if isinstance(value, str):
            value = _plain_number(value)
        amount = super().to_python(value)
        if amount is not None and not amount.is_finite():
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return amount

    def validate(self, value) -> None:
        super().validate(value)
        if value is None or value.adjusted() >= self.max_digits:
            return  # too long is said by the field's own validator; nothing could round it
        if self.currency and value != money.quantise(value, self.currency):
            raise forms.ValidationError(
                _("%(currency)s has %(decimals)s decimals; write the amount with no more."),
                code="decimals",
                params={"currency": self.currency, "decimals": money.decimals(self.currency)},
            )

    def prepare_value(self, value):
        if isinstance(value, Decimal) and self.currency:
            return money.quantise(value, self.currency)
        return value


def _plain_number(text: str) -> str:
    """Take grouping away: the last of "." and "," that is followed by 1 to 3 digits is the point.

    "1,240" alone is a thousand two hundred and forty: one mark before exactly three digits groups.
    """
    text = text.strip().replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace("'", "")
    text = text.replace("\u2212", "-")
    last_comma, last_point = text.rfind(","), text.rfind(".")
    if last_comma == -1:
        return text if text.count(".") <= 1 else text.replace(".", "")
    if last_point == -1:
        if text.count(",") == 1 and len(text) - last_comma - 1 in (1, 2):
            return text.replace(",", ".")
        return text.replace(",", "")
    if last_comma > last_point:
        return text.replace(".", "").replace(",", ".")
    return text.replace(",", "")


def refuse_unmeant_year(value: date) -> None:
    """The validator of every field of a day or a moment."""
    if not can_be_meant(value):
        raise forms.ValidationError(
            _("The year %(year)s cannot be meant."), code="year", params={"year": value.year}
        )


class DayField(forms.DateField):
    """A day, with limits in words: `not_after_today`, `not_before_today`; of a year that can be meant."""

    widget = DateInput

    def __init__(self, *, not_after_today: bool = False, not_before_today: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.not_after_today = not_after_today
        self.not_before_today = not_before_today

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is None:
            return
        refuse_unmeant_year(value)
        if self.not_after_today and value > clock.today():
            raise forms.ValidationError(
                _("This day is still to come; choose today or earlier."), code="future"
            )
        if self.not_before_today and value < clock.today():
            raise forms.ValidationError(_("This day is over; choose today or later."), code="past")


class MomentField(forms.CharField):
    """A moment in UTC, as addresses say it; a day alone is its end. What is still to come is now: None."""

    def __init__(self, **kwargs):
        kwargs.setdefault("help_text", _("Empty: all that is known today. A day alone is its end."))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        moment = read_moment(text)
        if moment is None:
            raise forms.ValidationError(
                _("Write a day, or a day and a time: 2026-11-05 17:00."), code="invalid"
            )
        return moment if moment < clock.now() else None


def accessible(form: forms.BaseForm) -> None:
    """Give every control the product's class, and tie hint and error to it."""
    for name, field in form.fields.items():
        widget = field.widget
        bound = form[name]
        if isinstance(widget, forms.MultiWidget):
            for part in widget.widgets:
                part.attrs.setdefault("class", "fc")
            widget.attrs.setdefault("aria-label", str(bound.label or name))
        elif isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.RadioSelect):
            widget.attrs.setdefault("class", "ck")
        else:
            widget.attrs.setdefault("class", "fc")
        if isinstance(widget, forms.Textarea):
            if str(widget.attrs.get("rows", "10")) == "10":  # what Django gives when nobody says
                widget.attrs["rows"] = 3
            widget.attrs["class"] = "fc area"


def adapt(form: forms.BaseForm) -> forms.BaseForm:
    """Use the product's inputs for dates and money in any form, and make it accessible."""
    for field in form.fields.values():
        if isinstance(field, forms.ModelChoiceField) and field.empty_label == BLANK_CHOICE_DASH[0][1]:
            field.empty_label = _("choose") if field.required else "–"
        if isinstance(field, forms.ModelMultipleChoiceField):
            # Django's own sentence names the key of a row, which says nothing to anybody
            field.error_messages["invalid_choice"] = _(
                "One of those you ticked can't be chosen any more. Look at the list again."
            )
        if isinstance(field, forms.DateField | forms.DateTimeField) and not isinstance(field, DayField):
            field.validators = [*field.validators, refuse_unmeant_year]
        if isinstance(field, forms.DateField) and not isinstance(field, forms.DateTimeField):
            if type(field.widget) is forms.DateInput:
                field.widget = DateInput(attrs=field.widget.attrs)
        elif isinstance(field, forms.DateTimeField) and type(field.widget) is forms.DateTimeInput:
            field.widget = MomentInput(attrs=field.widget.attrs)
        elif isinstance(field, forms.TimeField) and type(field.widget) is forms.TimeInput:
            field.widget = TimeInput(attrs=field.widget.attrs)
    accessible(form)
    return form


class ReasonForm(forms.Form):
    """One question: why."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Stands in the history for whoever looks later."),
    )


class EmptyForm(forms.Form):
    """For verbs that ask nothing but yes."""
