"""`{% if user|may:"accounts.post_payment" %}`: what the user's role holds."""

from django import template

from collections_app.core.permissions import has_permission

register = template.Library()


@register.filter
def may(user, code: str) -> bool:
    """Whether the user holds the permission; an unknown code raises, as a typo should."""
    return has_permission(user, code)
