"""The tags every template may use (built in, nothing to load)."""

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from collections_app.core import clock, glossary
from collections_app.core.statuses import member_of
from collections_app.core.web import figures

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "", label: str = ""):
    """`{% icon "phone" %}`; with a label it is an image of that name, else decoration."""
    return mark_safe(figures.icon_html(name, css, label))


@register.simple_tag
def term(code: str, text: str = ""):
    """`{% term "promise" %}`: the word, linked to what it means; the meaning shows on hover too."""
    word = glossary.term(code)
    return format_html(
        '<a class="term" href="{}#{}" title="{}">{}</a>',
        reverse("core:glossary"),
        code,
        word.meaning,
        text or word.name,
    )


@register.filter
def money(amount: Decimal | None, currency: str):
    """`{{ amount|money:currency }}`: the figure without its code; zero is a dash."""
    return mark_safe(figures.amount_html(amount, currency))


@register.filter
def balance(amount: Decimal | None, currency: str):
    """As `money`, with the word "credit" before a negative figure."""
    return mark_safe(figures.amount_html(amount, currency, credit=True))


@register.filter
def money_with_code(amount: Decimal | None, currency: str):
    """`AED 1,240.00`, for running text and strips of several currencies."""
    return mark_safe(figures.amount_html(amount, currency, with_code=True))


@register.filter
def figure(amount: Decimal | None, currency: str):
    """As `money`, but a zero is written out: in totals, forms and sentences."""
    if amount is None:
        return mark_safe(figures.DASH)
    return format_html('<bdi class="n">{}</bdi>', figures.amount_text(amount, currency))


@register.filter
def number(value: int | None):
    """A count, grouped."""
    if value is None:
        return mark_safe(figures.DASH)
    return format_html('<bdi class="n">{}</bdi>', figures.count_text(value))


@register.filter
def day(value: date | datetime | None):
    """`12 Mar`, with the year when it is another one."""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return mark_safe(figures.day_html(value, clock.today()))


@register.filter
def long_day(value: date | datetime | None):
    """`Mon 23 Nov`, with the year when it is another one: for the one date a sentence turns on."""
    if value is None:
        return mark_safe(figures.DASH)
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    text = figures.long_day_text(value, clock.today())
    return format_html('<time class="n" datetime="{}">{}</time>', value.isoformat(), text)


@register.filter
def moment(value: datetime | None):
    """`23 Nov, 14:02` in the office's time zone."""
    return mark_safe(figures.moment_html(value, clock.today()))


@register.filter
def time_of_day(value: datetime | None):
    """`14:02` in the office's time zone."""
    return mark_safe(figures.moment_html(value, with_day=False))


@register.filter
def days_ago(value: date | None):
    """`3 d`, `today`, `in 2 d`."""
    return "" if value is None else figures.days_ago_text(value, clock.today())


@register.simple_tag
def age_pill(days: int | None, fit: bool = False):
    """The ageing pill for days past due."""
    return mark_safe(figures.age_html(days, fit=fit))


@register.simple_tag
def status(obj, field: str = "status", quiet: bool = False):
    """The status of an object, by its field's StatusChoices."""
    member = member_of(obj, field)
    return mark_safe(
        figures.status_html(
            getattr(obj, f"get_{field}_display")(),
            getattr(member, "tone", "none"),
            getattr(member, "icon", "point"),
            quiet=quiet,
        )
    )


@register.simple_tag
def tag(label, tone: str = "none", icon_name: str = ""):
    """A tinted tag: `{% tag "late" "attn" "clock" %}`."""
    return mark_safe(figures.tag_html(str(label), tone, icon_name))


@register.inclusion_tag("components/field.html")
def field(bound, css: str = "", hint=None, beside=None, marks_optional: bool = True):
    """A form field with label, limits beside it, control, hint and errors, tied together for ARIA."""
    return {
        "field": bound,
        "css": css,
        "hint": hint if hint is not None else bound.help_text,
        "beside": beside,
    }


@register.inclusion_tag("components/table.html")
def table(drawn):
    """Draws what `Table.draw()` returned."""
    return {"table": drawn}


@register.inclusion_tag("components/action.html", takes_context=True)
def action(context, item, size: str = ""):
    """One button of a page, as link or as form."""
    return {
        "action": item,
        "size": size,
        "csrf_token": context.get("csrf_token"),
        "new_key": figures.new_key(),
    }


@register.simple_tag
def new_key():
    """A fresh idempotency key for a form written by hand: `<input name="_key" value="{% new_key %}">`."""
    return figures.new_key()


@register.filter
def initials(name: str) -> str:
    """The two letters of the round badge."""
    words = [word for word in str(name).split() if word[:1].isalpha()]
    if not words:
        return "?"
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return letters.upper()


@register.filter
def fact_of(mapping, key):
    """`{{ dict|fact_of:key }}`: a dictionary's value by a variable key."""
    return mapping.get(key) if hasattr(mapping, "get") else None


@register.filter
def undo_url(message) -> str:
    """The address that takes back what a message reports, if it can be taken back."""
    for tag_name in (message.extra_tags or "").split():
        if tag_name.startswith("undo="):
            return tag_name.removeprefix("undo=")
    return ""


@register.simple_tag(takes_context=True)
def query(context, **changes):
    """The current query string with some keys changed; a key set to None goes."""
    parameters = context["request"].GET.copy()
    for key, value in changes.items():
        parameters.pop(key, None)
        if value is not None:
            parameters[key] = value
    encoded = parameters.urlencode()
    return f"?{encoded}" if encoded else "?"


@register.inclusion_tag("components/plot.html")
def plot(drawn, table_open: bool = False):
    """A plot of `core/charts.py` in its panel, with the table it was drawn from."""
    return {"plot": drawn, "table_open": table_open}
