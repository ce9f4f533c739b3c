"""Figures by name in the templates of reports."""

from django import template

register = template.Library()


@register.filter
def figure(row: dict, name: str):
    """The figure of that name; a name that no row has is a KeyError, not a blank."""
    return row[name]
