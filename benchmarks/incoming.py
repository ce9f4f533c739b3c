"""Who is calling: a number in any spelling to its debtor, with what is owed, agreed and said last."""

import time
from functools import partial

from django.db import connection
from django.urls import reverse

from accounts.contacts.incoming import digits_of, points_with, who_calls
from accounts.parties.models import ContactPoint
from accounts.parties.phones import readable
from benchmarks.books import officer
from benchmarks.runner import Measured
from benchmarks.timing import median_seconds, page_detail, signed_in, statement
from collections_app.core import clock

NUMBERS = 200
LOOKUP_MS, PAGE_MS = 20, 100
BARE = """
    SELECT id, debtor_id FROM accounts_contactpoint
    WHERE kind = 'phone' AND reverse(value) LIKE %s ORDER BY id LIMIT 30
"""
UNKNOWN = "+49 30 555 000 111"


def measure(*, accounts: int, seed: int) -> Measured:
    """Each of many numbers once, so that nothing is warm by having been asked before."""
    phones = ContactPoint.objects.filter(kind="phone").order_by("pk")
    step = max(phones.count() // NUMBERS, 1)
    values = list(phones.values_list("value", flat=True)[::step])[:NUMBERS]
    user, today = officer(), clock.today()
    who_calls(values[0], user, as_of=today)  # what a process reads once
    lookups = sorted(_milliseconds(partial(who_calls, number, user, as_of=today)) for number in values)
    client, url = signed_in(user), reverse("accounts:incoming_call")
    client.get(url, {"number": values[0]})
    pages = sorted(_milliseconds(partial(client.get, url, {"number": readable(value)})) for value in values)
    unknown = 1000 * median_seconds(lambda: who_calls(UNKNOWN, user, as_of=today), repeats=20)
    tail = digits_of(values[len(values) // 2])[-9:][::-1] + "%"
    bare = median_seconds(statement(BARE, [tail]), repeats=50)
    return Measured(
        lookups[len(lookups) // 2] / 1000,
        bare,
        figures={"lookup_ms": lookups[len(lookups) // 2], "page_p95_ms": pages[len(pages) * 95 // 100]},
        limits={"lookup_ms": LOOKUP_MS, "page_p95_ms": PAGE_MS},
        detail={
            "numbers": len(values),
            "lookup_p95_ms": round(lookups[len(lookups) * 95 // 100], 2),
            "page_median_ms": round(pages[len(pages) // 2], 2),
            "points_ms": round(1000 * median_seconds(lambda: points_with(values[3]), repeats=20), 2),
            "unknown_ms": round(unknown, 2),
            "plan": _plan(tail),
            **page_detail(client, f"{url}?number=%2B{values[0][1:]}"),
        },
    )


def _milliseconds(work) -> float:
    begun = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begun)


def _plan(tail: str) -> str:
    """The index that finds the number, so that a plan that loses it is seen."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + BARE, [tail])
        lines = [row[0] for row in cursor.fetchall()]
    return next((line.strip() for line in lines if "Scan" in line), lines[0])
