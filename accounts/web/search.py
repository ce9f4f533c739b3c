"""Search by account number, phone in any spelling, reference, e-mail and name; rows one may see only.

Each kind of word asks its own index: numbers by beginning and end, phones by their digits from the
end, references and e-mail by beginning, names by the beginning of every word.
"""

import re

from django.contrib.postgres.search import SearchVector
from django.db.models import Q
from django.db.models.functions import Reverse
from django.urls import reverse

from accounts.ledger.models import Account, LedgerEntry
from accounts.parties.enums import ContactPointKind
from accounts.parties.models import ContactPoint, Debtor
from accounts.position.filtersets import name_query

SHORTEST = 3
SHORTEST_TAIL = 4
SHORTEST_PHONE = 5
PHONE = re.compile(r"^[+0-9][0-9 ()./-]+$")


def phone_digits(words: str) -> str:
    """The digits that matter of a phone as people type it: no trunk zero, no international prefix."""
    digits = re.sub(r"\D", "", words)
    if digits.startswith("00"):
        digits = digits[2:]
    return digits.lstrip("0")


def search(query: str, user, limit: int) -> list[dict]:
    """Hits in the order of how surely the words name them; at most `limit`."""
    return _hits(found_accounts(query, user, limit))


def found_accounts(query: str, user, limit: int) -> dict[int, bool]:
    """Ids of accounts the words name, surest first, and whether they are exactly its number."""
    words = query.strip()
    if len(words) < 2:
        return {}
    visible = Account.objects.visible_to(user)
    ids: dict[int, bool] = {}

    def add(found, exact: bool = False) -> None:
        for pk in found:
            ids.setdefault(pk, exact)

    compact = words.replace(" ", "")
    add(visible.filter(number=compact).values_list("pk", flat=True)[:limit], exact=True)
    if len(ids) < limit and len(compact) >= SHORTEST:
        add(
            visible.filter(number__startswith=compact).order_by("number").values_list("pk", flat=True)[:limit]
        )
        if len(compact) >= SHORTEST_TAIL and compact.isdigit():
            add(
                visible.annotate(_tail=Reverse("number"))
                .filter(_tail__startswith=compact[::-1])
                .values_list("pk", flat=True)[:limit]
            )
    if len(ids) < limit and PHONE.match(words) and len(phone_digits(words)) >= SHORTEST_PHONE:
        add(_by_phone(phone_digits(words), visible, limit))
    if len(ids) < limit and "@" in words:
        points = ContactPoint.objects.filter(kind=ContactPointKind.EMAIL, value__startswith=words.lower())
        add(visible.filter(debtor__in=points.values("debtor")).values_list("pk", flat=True)[:limit])
    if len(ids) < limit and len(compact) >= SHORTEST and any(letter.isdigit() for letter in compact):
        entries = LedgerEntry.objects.filter(reference__startswith=words).exclude(reference="")
        add(
            visible.filter(pk__in=entries.values("account")[: limit * 4]).values_list("pk", flat=True)[:limit]
        )
        add(visible.filter(debtor__reference__iexact=compact).values_list("pk", flat=True)[:limit])
    if len(ids) < limit and any(letter.isalpha() for letter in words):
        add(_by_name(words, visible, limit))
    return dict(list(ids.items())[:limit])


def _by_phone(digits: str, visible, limit: int):
    points = (
        ContactPoint.objects.filter(kind=ContactPointKind.PHONE)
        .annotate(_tail=Reverse("value"))
        .filter(Q(_tail__startswith=digits[::-1]) | Q(value__startswith=f"+{digits}"))
    )
    debtors = points.values("debtor")[: limit * 4]
    return visible.filter(debtor__in=debtors).values_list("pk", flat=True)[:limit]


def _by_name(words: str, visible, limit: int):
    query = name_query(words)
    if query is None:
        return []
    debtors = (
        Debtor.objects.annotate(_words=SearchVector("name", config="simple"))
        .filter(_words=query)
        .values("pk")
    )
    return visible.filter(debtor__in=debtors).values_list("pk", flat=True)[:limit]


def _hits(ids: dict[int, bool]) -> list[dict]:
    rows = Account.objects.filter(pk__in=ids).select_related("debtor", "creditor", "standing").in_bulk()
    hits = []
    for pk, exact in ids.items():
        account = rows[pk]
        hits.append(
            {
                "title": account.debtor.name,
                "url": reverse("accounts:account_detail", args=[pk]),
                "detail": f"{account.number} · {account.creditor.name}",
                "kind": "account",
                "icon": "user" if account.debtor.kind == "person" else "building",
                "exact": exact,
            }
        )
    return hits
