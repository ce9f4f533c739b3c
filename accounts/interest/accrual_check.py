"""Do the kept days of a month sum to what a run reckons of it?

Two ways to one figure: a day is one running sum over all accounts, a month is the windows of each item.
Both cut off after the eighth decimal, once a day and once a window; so they may differ by less than one
of these places for each item and day, and by no more. Where they do, the days and accounts are named.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from accounts.interest.day import BY_ACCOUNT, borne_by_windows, borne_on, terms_of_creditors
from accounts.interest.models import AccrualBook, AccruedInterest
from accounts.ledger.models import Account

ONE_DAY = timedelta(days=1)
PLACE = Decimal("0.00000001")
NAMED = 50
Group = tuple[int | None, str, str]


def check_month(
    creditor_id: int,
    month: date,
    *,
    begin: Callable[[int], None] | None = None,
    advance: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Hold the kept days of a creditor's month against the windows of the same days.

    Returns the sums of both by portfolio, currency and kind of item, how many differ, and where some do
    the days that are not what they were kept as, and the accounts whose days are not their windows.
    """
    book = AccrualBook.objects.filter(creditor_id=creditor_id).first()
    following = (month + 31 * ONE_DAY).replace(day=1)
    first = max(month, book.first_day) if book else following
    last = min(following - ONE_DAY, book.last_day) if book else month
    if book is None or first > last:
        return {"first": "", "last": "", "groups": [], "differing": 0, "days": [], "accounts": [], "items": 0}
    if begin:
        begin(1)
    found = terms_of_creditors([creditor_id], as_of=book.last_day)
    kept = _kept(creditor_id, first, last)
    windows: dict[Group, Decimal] = defaultdict(Decimal)
    for _creditor, portfolio_id, currency, kind, _items, interest in borne_by_windows(first, last, found):
        windows[portfolio_id, currency, kind] += interest
    groups = []
    for group in sorted(kept.keys() | windows.keys(), key=str):
        items, interest = kept.get(group, (0, Decimal(0)))
        difference = interest - windows.get(group, Decimal(0))
        groups.append(
            {
                "portfolio": group[0],
                "currency": group[1],
                "kind": group[2],
                "items": items,
                "days": str(interest),
                "windows": str(windows.get(group, Decimal(0))),
                "differs": abs(difference) > items * PLACE,
            }
        )
    differing = sum(1 for group in groups if group["differs"])
    days, accounts = _named(creditor_id, first, last, found, advance) if differing else ([], [])
    if advance:
        advance(1)
    return {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "items": sum(group["items"] for group in groups),
        "groups": groups,
        "differing": differing,
        "days": days,
        "accounts": accounts,
    }


def _kept(creditor_id: int, first: date, last: date) -> dict[Group, tuple[int, Decimal]]:
    rows = (
        AccruedInterest.objects.filter(creditor_id=creditor_id, day__range=(first, last))
        .order_by()
        .values_list("portfolio_id", "currency", "kind")
        .annotate(Sum("items"), Sum("interest"))
    )
    return {
        (portfolio_id, currency, kind): (items, sum_) for portfolio_id, currency, kind, items, sum_ in rows
    }


def _named(creditor_id: int, first: date, last: date, found, advance) -> tuple[list[dict], list[dict]]:
    """The days that are reckoned otherwise now than they were kept, and the accounts whose days of now
    are not their windows."""
    days, by_account = [], defaultdict(lambda: [0, Decimal(0)])
    for number in range((last - first).days + 1):
        day, now = first + number * ONE_DAY, Decimal(0)
        for account_id, items, interest in borne_on(day, found, told=BY_ACCOUNT):
            by_account[account_id][0] += items
            by_account[account_id][1] += interest
            now += interest
        kept = sum((interest for _items, interest in _kept(creditor_id, day, day).values()), Decimal(0))
        if kept != now:
            days.append({"day": day.isoformat(), "kept": str(kept), "now": str(now)})
    windows = {
        account_id: interest
        for account_id, _items, interest in borne_by_windows(first, last, found, told=BY_ACCOUNT)
    }
    wrong = []
    for account_id in by_account.keys() | windows.keys():
        items, interest = by_account.get(account_id, (0, Decimal(0)))
        difference = interest - windows.get(account_id, Decimal(0))
        if abs(difference) > items * PLACE:
            wrong.append((account_id, interest, windows.get(account_id, Decimal(0)), difference))
    wrong.sort(key=lambda row: (-abs(row[3]), row[0]))
    numbers = Account.objects.in_bulk([row[0] for row in wrong[:NAMED]])
    return days, [
        {
            "account": account_id,
            "number": numbers[account_id].number,
            "currency": numbers[account_id].currency,
            "days": str(interest),
            "windows": str(in_windows),
            "difference": str(difference),
        }
        for account_id, interest, in_windows, difference in wrong[:NAMED]
    ]
