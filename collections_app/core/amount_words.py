"""Amounts in words, as receipts and deposit slips say them, in the reader's language.

The whole part in words, the currency's name, the decimals as a fraction of a hundred or a thousand:
"one hundred and twenty euros and 50/100". That form is understood by every bank and needs no name
of a coin. Languages the library does not know fall back to English.
"""

from decimal import Decimal
from threading import Lock

from babel import Locale, UnknownLocaleError
from babel.numbers import get_currency_name
from num2words import CONVERTER_CLASSES, num2words

from collections_app.core.greek_words import greek_words
from collections_app.core.money import decimals, quantise

# Of the languages papers are printed in; a language without its own gets the English form whole.
AND = {
    "en": "and", "ar": "و", "de": "und", "es": "con", "fr": "et", "pt": "e", "ru": "и", "el": "και",
}  # fmt: skip
# converters keep what they work on in themselves
_one_at_a_time = Lock()


def _whole_in_words(number: int, language: str) -> str:
    if language == "el":
        return greek_words(number)
    with _one_at_a_time:
        words: str = num2words(number, lang=language)
    return " ".join(words.split())


def _known(language: str) -> str:
    short = language.replace("-", "_").split("_")[0]
    try:
        Locale.parse(short)
    except (UnknownLocaleError, ValueError):
        return "en"
    return short if short in AND and (short in CONVERTER_CLASSES or short == "el") else "en"


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
    if not scale:
        return f"{parts['whole']} {parts['currency']}"
    return f"{parts['whole']} {parts['currency']} {AND.get(known, AND['en'])} {parts['fraction']}"
