"""Numbers of a file are read in half the library's questions, and to the same answers."""

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from phonenumbers import timezone as phone_zones

from accounts.imports.phones import NO_ZONE, read_phone

INTERNATIONAL = PhoneNumberFormat.E164


def asked_in_full(raw: str, country: str) -> tuple[str, bool, str]:
    try:
        number = phonenumbers.parse(raw, country)
    except phonenumbers.NumberParseException:
        return raw, False, ""
    if not phonenumbers.is_valid_number(number):
        return raw, False, ""
    zones = [zone for zone in phone_zones.time_zones_for_number(number) if zone != NO_ZONE]
    return phonenumbers.format_number(number, INTERNATIONAL), True, zones[0] if len(zones) == 1 else ""


@pytest.mark.parametrize(
    "kind", [PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.TOLL_FREE]
)
def test_a_number_of_every_country_is_read_as_the_library_says(kind):
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    examples = [(phonenumbers.example_number_for_type(region, kind), region) for region in regions]
    numbers = [(phonenumbers.format_number(one, INTERNATIONAL), region) for one, region in examples if one]
    cut = [(number[:-1], region) for number, region in numbers[::5]]
    read = {given: read_phone(*given) for given in numbers + cut}
    assert read == {given: asked_in_full(*given) for given in read}
    assert len(numbers) > 150
    assert any(is_good and zone for _number, is_good, zone in read.values())
    assert not all(is_good for _number, is_good, _zone in read.values())
