"""The time zone a country's business runs on, for a creditor nobody has described yet."""

from functools import lru_cache
from importlib.resources import files

from collections_app.core.models import Organisation


def zone_of_country(country: str) -> str:
    """The office's own zone in its own country, else the first zone of the country's list, or UTC."""
    office = Organisation.objects.first()
    if office and office.country == country:
        return office.time_zone
    return _first_zones().get(country, "UTC")


@lru_cache(maxsize=1)
def _first_zones() -> dict[str, str]:
    """The zone database lists a country's zones with the most populous first, by and large."""
    found: dict[str, str] = {}
    table = files("tzdata") / "zoneinfo" / "zone.tab"
    for line in table.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#") and "\t" in line:
            country, _place, zone = line.split("\t")[:3]
            found.setdefault(country, zone)
    return found
