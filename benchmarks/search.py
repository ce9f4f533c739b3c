"""Search as you type: by number, phone, reference and name."""

from urllib.parse import urlencode

from django.urls import reverse

from accounts.parties.models import ContactPoint, Debtor
from benchmarks.books import manager, officer
from benchmarks.runner import Measured
from benchmarks.timing import median_seconds, page_detail, signed_in, statement

BARE = "SELECT id FROM accounts_account WHERE number LIKE %s ORDER BY number LIMIT 20"


def measure(*, accounts: int, seed: int) -> Measured:
    phone = ContactPoint.objects.filter(kind="phone").order_by("pk")[accounts // 3].value
    name = Debtor.objects.filter(kind="person").order_by("pk")[accounts // 4].name
    words = {
        "number": str(40000 + accounts // 2),
        "number_head": str(40000 + accounts // 2)[:-1],
        "phone_tail": phone[-7:],
        "reference": f"B{accounts // 2}-",
        "name": name.split(",")[0],
        "two_names": name.replace(",", ""),
        "nobody": "zzyzx",
    }
    taken = {}
    for role, user in (("officer", officer()), ("manager", manager())):
        client = signed_in(user)
        for kind, text in words.items():
            url = reverse("core:search") + "?" + urlencode({"q": text})
            taken[f"{role}_{kind}_ms"] = 1000 * median_seconds(_hits(client, url), repeats=9)
    slowest = max(taken.values())
    bare = median_seconds(statement(BARE, [words["number"] + "%"]), repeats=50)
    url = reverse("core:search") + "?" + urlencode({"q": words["name"]})
    return Measured(
        slowest / 1000,
        bare,
        figures={"slowest_ms": slowest},
        limits={"slowest_ms": 60},
        detail={
            **{key: round(value, 2) for key, value in taken.items()},
            **page_detail(signed_in(officer()), url),
        },
    )


def _hits(client, url: str):
    """The list that the palette asks for while one types."""
    return lambda: client.get(url, headers={"HX-Request": "true", "HX-Target": "search-hits"})
