"""Telephone numbers of a file as E.164, each distinct number once, with its time zone."""

from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType, is_number_type_geographical
from phonenumbers import timezone as phone_zones

from accounts.imports.checks.context import Context, rows, run
from accounts.imports.staging import Spool
from collections_app.core import passing

NO_ZONE = "Etc/Unknown"
# By country code, of numbers that belong to no place in it.
_country_zones: dict[int, tuple[str, ...]] = {}


def normalise_phones(context: Context) -> None:
    """`imp_phone` (raw, country, e164, is_good, time_zone) for every number of the accounts."""
    passing.drop("imp_phone")
    run(passing.table("imp_phone", "(raw text, country text, e164 text, is_good boolean, time_zone text)"))
    found = rows(
        """
        SELECT DISTINCT p.raw, coalesce(nullif(upper(s.country), ''), k.country, '')
        FROM imp_accounts s
        LEFT JOIN imp_creditor k ON k.key = upper(coalesce(nullif(s.creditor, ''), %(code)s))
        CROSS JOIN LATERAL (VALUES (s.phone), (s.phone_2)) p(raw)
        WHERE p.raw <> ''
        """,
        context.params,
    )
    spool = Spool("imp_phone", ["raw", "country", "e164", "is_good", "time_zone"])
    for raw, country in found:
        e164, is_good, zone = read_phone(raw, country)
        spool.add((raw, country, e164, "t" if is_good else "f", zone))
    spool.load()
    run("ANALYZE imp_phone")


@lru_cache(maxsize=4096)
def read_phone(raw: str, country: str) -> tuple[str, bool, str]:
    """(E.164 or the number as given, whether it can be dialled, its only time zone or blank)."""
    try:
        number = phonenumbers.parse(raw, country or None)
    except phonenumbers.NumberParseException:
        return raw[:300], False, ""
    # A number is valid where it is of a type, and to find that takes a third of all this: it is found once.
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN:
        return raw[:300], False, ""
    zones = [zone for zone in _zones(number, kind) if zone != NO_ZONE]
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164, True, zones[0] if len(zones) == 1 else ""


def _zones(number: PhoneNumber, kind: int) -> tuple[str, ...]:
    """What `time_zones_for_number` says of a number of this type."""
    if is_number_type_geographical(kind, number.country_code):
        return phone_zones.time_zones_for_geographical_number(number)
    if number.country_code not in _country_zones:
        _country_zones[number.country_code] = phone_zones.time_zones_for_number(number)
    return _country_zones[number.country_code]
