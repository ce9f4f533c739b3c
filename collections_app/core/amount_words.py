"""Amounts in words, as receipts and deposit slips say them, in the reader's language.

The whole part in words, the currency's name, the decimals as a fraction of a hundred or a thousand:
"one hundred and twenty euros and 50/100". That form is understood by every bank and needs no name
of a coin. Languages the library does not know fall back to English.
"""

from decimal import Decimal
from threading import Lock

from babel import Locale, UnknownLocaleError
from babel.numbers import get_currency_name
from django.utils import translation
from django.utils.translation import gettext as _
from num2words import CONVERTER_CLASSES, num2words

from collections_app.core.money import decimals, quantise

# converters keep what they work on in themselves
_one_at_a_time = Lock()


def _whole_in_words(number: int, language: str) -> str:
    with _one_at_a_time:
        words: str = num2words(number, lang=language)
    return " ".join(words.split())


def _known(language: str) -> str:
    short = language.replace("-", "_").split("_")[0]
    try:
        Locale.parse(short)
    except (UnknownLocaleError, ValueError):
        return "en"
    return short if short in CONVERTER_CLASSES else "en"


def in_words(amount: Decimal, currency: str, language: str = "en") -> str:
    """An amount that is not negative, in words. ValueError for a negative one."""
    if amount < 0:
        raise ValueError("Only what is received or deposited is written in words.")
    known = _known(language or "en")
    rounded = quantise(amount, currency)
    whole, scale = int(rounded), decimals(currency)
    parts = {
        "whole": _whole_in_words(whole, known),
        "currency": get_currency_name(currency, count=whole, locale=known),
        "fraction": f"{int((rounded - whole).scaleb(scale)):0{scale}d}/{10**scale}" if scale else "",
    }
    with translation.override(known):
        if not scale:
            return _("%(whole)s %(currency)s") % parts
        return _("%(whole)s %(currency)s and %(fraction)s") % parts
