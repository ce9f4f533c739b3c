"""Figures, codes and days of a frozen dataset in the templates of reports."""

from django import template
from django.utils.html import format_html

from reports.rendering import labels

register = template.Library()

register.filter("word", labels.word)
register.filter("age_label", labels.age_label)
register.filter("owner", labels.owner)
register.filter("doer", labels.doer)


@register.filter
def report_day(day: str) -> str:
    """An ISO day of a dataset as people write it, always with its year."""
    return format_html('<bdi class="n">{}</bdi>', labels.day_in_words(day))


@register.filter
def written(amount, currency: str) -> str:
    """An amount of a dataset, zero written out: in strips, totals and sentences."""
    return format_html('<bdi class="n">{}</bdi>', labels.amount_in_words(amount, currency))
