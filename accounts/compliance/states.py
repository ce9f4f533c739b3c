"""In which state or province an address lies, and what clocks run there.

Rules and public holidays differ by state in the United States and in Australia. The state comes
from the address itself, else from its postcode; where neither tells, nobody guesses: every state's
rules bind then (`laws`).
"""

from bisect import bisect_right
from functools import lru_cache

# Postcodes by range: United States by their first three digits, Australia by all four.
_US = """005:NY 010:MA 028:RI 030:NH 039:ME 050:VT 055:MA 056:VT 060:CT 063:NY 064:CT 070:NJ 090: 100:NY
150:PA 197:DE 200:DC 201:VA 202:DC 206:MD 220:VA 247:WV 270:NC 290:SC 300:GA 320:FL 340: 341:FL 350:AL
370:TN 386:MS 398:GA 400:KY 430:OH 460:IN 480:MI 500:IA 530:WI 550:MN 570:SD 580:ND 590:MT 600:IL
630:MO 660:KS 680:NE 700:LA 716:AR 730:OK 733:TX 734:OK 750:TX 800:CO 820:WY 832:ID 840:UT 850:AZ
870:NM 885:TX 889:NV 900:CA 962: 967:HI 969: 970:OR 980:WA 995:AK"""
_AU = """0200:ACT 0300: 0800:NT 1000:NSW 2600:ACT 2619:NSW 2900:ACT 2921:NSW 3000:VIC 4000:QLD 5000:SA
6000:WA 7000:TAS 8000:VIC 9000:QLD"""
_DIGITS = {"US": 3, "AU": 4}

_ET, _CT, _MT, _PT = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
_US_ZONES = {
    (_ET,): "CT DE DC GA ME MD MA NH NJ NY NC OH PA RI SC VT VA WV",
    (_CT,): "AL AR IL IA LA MN MS MO OK WI",
    (_MT,): "CO MT NM UT WY",
    (_PT,): "CA WA",
    (_ET, _CT): "FL IN KY MI TN",
    (_CT, _MT): "KS NE ND SD TX",
    (_MT, _PT): "ID NV OR",
    ("America/Phoenix", _MT): "AZ",
    ("America/Anchorage", "America/Adak"): "AK",
    ("Pacific/Honolulu",): "HI",
}
_ZONES: dict[tuple[str, str], frozenset[str]] = {
    ("US", state): frozenset(zones) for zones, states in _US_ZONES.items() for state in states.split()
} | {
    ("AU", state): frozenset({f"Australia/{place}"})
    for state, place in {
        "ACT": "Sydney",
        "NSW": "Sydney",
        "NT": "Darwin",
        "QLD": "Brisbane",
        "SA": "Adelaide",
        "TAS": "Hobart",
        "VIC": "Melbourne",
        "WA": "Perth",
    }.items()
}
_NAMES = {
    "AU": {
        "NEW SOUTH WALES": "NSW",
        "VICTORIA": "VIC",
        "QUEENSLAND": "QLD",
        "SOUTH AUSTRALIA": "SA",
        "WESTERN AUSTRALIA": "WA",
        "TASMANIA": "TAS",
        "NORTHERN TERRITORY": "NT",
        "AUSTRALIAN CAPITAL TERRITORY": "ACT",
    }
}


@lru_cache(maxsize=2)
def _ranges(country: str) -> tuple[list[int], list[str]]:
    pairs = [part.split(":") for part in {"US": _US, "AU": _AU}[country].split()]
    return [int(start) for start, _state in pairs], [state for _start, state in pairs]


def states_of(country: str) -> frozenset[str]:
    """The states of a country whose rules are known by state; empty for other countries."""
    return frozenset(state for known, state in _ZONES if known == country)


@lru_cache(maxsize=50_000)
def state_of(country: str, subdivision: str, postcode: str) -> str:
    """The state's short name, empty when neither the address nor its postcode tells."""
    if country not in _DIGITS:
        return subdivision
    named = subdivision.strip().upper().removeprefix(f"{country}-")
    named = _NAMES.get(country, {}).get(named, named)
    if (country, named) in _ZONES:
        return named
    digits = "".join(letter for letter in postcode if letter.isdigit())
    if len(digits) not in ({5, 9} if country == "US" else {3, 4}):
        return ""
    if country == "AU":
        digits = digits.zfill(4)
    starts, states = _ranges(country)
    place = bisect_right(starts, int(digits[: _DIGITS[country]])) - 1
    return states[place] if place >= 0 else ""


def zones_of_state(country: str, state: str) -> frozenset[str]:
    """The clocks of a state; empty where they are not known by state."""
    return _ZONES.get((country, state), frozenset())
