"""Phone numbers: kept in E.164, read in any spelling, written as people read them."""

from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat


def normalise(text: str, country: str = "") -> str | None:
    """The number in E.164, or None where it is none; `country` (two letters) reads a local number."""
    try:
        number = phonenumbers.parse(text, country.upper() or None)
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


@lru_cache(maxsize=4096)
def readable(number: str) -> str:
    """An E.164 number in the groups of its country: +971 50 500 0123; anything else as it is."""
    try:
        parsed = phonenumbers.parse(number, None)
    except NumberParseException:
        return number
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
