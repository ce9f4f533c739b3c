"""Figures by name in the templates of reports."""

from django import template

from accounts.arrangements.enums import PromiseStatus
from accounts.ledger.enums import PaymentMethod
from accounts.parties.enums import Channel

register = template.Library()

WORDS = {"channel": Channel, "method": PaymentMethod, "promise": PromiseStatus}


@register.filter
def word(code: str, noun: str) -> str:
    """A code of a frozen dataset in the reader's words; one that is no longer known stays as it is."""
    choices = WORDS[noun]
    return str(choices(code).label) if code in choices.values else code


@register.filter
def figure(row: dict, name: str):
    """The figure of that name; a name that no row has is a KeyError, not a blank."""
    return row[name]
