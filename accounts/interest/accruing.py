"""Keeps what accrued, day by day: sums by creditor, portfolio, currency and kind of item.

A day is reckoned when it has ended for its creditor, for all creditors at once. What is recorded later
about a day that is kept makes it and all days after it stale; they are reckoned anew, as sets. Nothing
is lost when kept days are thrown away.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.interest.day import borne_on, terms_of_creditors
from accounts.interest.learned import learned_from
from accounts.interest.models import AccrualBook, AccruedInterest
from accounts.interest.terms import BEGINNING, Segment, as_rows
from accounts.ledger.services import knowledge_cut_off

ONE_DAY = timedelta(days=1)
# Which columns of the terms say who they are for; the rest decides what a day bears.
OF_GROUP = ("creditor_id", "portfolio_id", "currency")
OF_DAYS = ("valid_from", "valid_to", "rates")


@dataclass(frozen=True)
class Work:
    """The days of a creditor that are to be reckoned; `first` is the first day that is kept at all."""

    creditor_id: int
    first: date
    since: date
    through: date
    terms: tuple[Segment, ...]


def month_before(day: date) -> date:
    """The first day of the month before a day's: what is kept without being asked for."""
    return (day.replace(day=1) - ONE_DAY).replace(day=1)


def mark_stale(*, through: dict[int, date]) -> int:
    """Mark the kept days that what was recorded since has changed; returns how many books have some.

    `through` names the creditors, and the last day that has ended for each.
    """
    marked = 0
    for book in AccrualBook.objects.filter(creditor_id__in=list(through)).order_by("creditor_id"):
        found = terms_of_creditors([book.creditor_id], as_of=through[book.creditor_id])
        since = stale_since(book, terms_as_kept(found))
        if since != book.stale_from:
            AccrualBook.objects.filter(pk=book.pk, known_at=book.known_at).update(stale_from=since)
        marked += since is not None
    return marked


def stale_since(book: AccrualBook, terms: list[dict[str, Any]]) -> date | None:
    """The first kept day that is not what the entries and terms of now say; None if all are."""
    learned = learned_from(book.creditor_id, since_known=book.known_at, before=book.last_day + ONE_DAY)
    days = [day for day in (learned, _terms_differ_from(book.terms, terms), book.stale_from) if day]
    first = min(days, default=None)
    return None if first is None or first > book.last_day else max(first, book.first_day)


def accrue(
    *,
    through: dict[int, date],
    since: date | None = None,
    advance: Callable[[int], None] | None = None,
    begin: Callable[[int], None] | None = None,
) -> dict[str, int]:
    """Reckon and keep the days that ended, and anew those that are stale: all creditors of a day at once.

    `through` names the creditors and the last day that has ended for each; with `since` every day from
    there is reckoned anew, and kept from there on. Safe to run again and beside itself.
    """
    with transaction.atomic(), knowledge_cut_off() as moment:
        known_at = moment
    works = [work for pk, day in sorted(through.items()) if (work := _work_of(pk, day, since)) is not None]
    by_day: dict[date, list[Work]] = defaultdict(list)
    for work in works:
        for number in range((work.through - work.since).days + 1):
            by_day[work.since + number * ONE_DAY].append(work)
    if begin:
        begin(len(by_day))
    for day in sorted(by_day):
        _keep(day, by_day[day])
        _bring_up([work for work in by_day[day] if work.through == day], known_at)
        if advance:
            advance(1)
    return {"creditors": len(works), "days": len(by_day)}


def _work_of(creditor_id: int, through: date, since: date | None) -> Work | None:
    """What is to be reckoned of a creditor; None where nothing bears or all is kept as it is."""
    found = terms_of_creditors([creditor_id], as_of=through)
    book = AccrualBook.objects.filter(creditor_id=creditor_id).first()
    begins = min((rate.valid_from for segment in found for rate in segment.rates), default=None)
    if book is None:
        if begins is None or begins > through:
            return None
        first = max(since or month_before(through), begins)
        return Work(creditor_id, first, first, through, tuple(found)) if first <= through else None
    stale = stale_since(book, terms_as_kept(found))
    following = book.last_day + ONE_DAY
    first = min(book.first_day, max(since, begins or since)) if since else book.first_day
    begin = min(day for day in (stale, following, max(since, first) if since else None) if day)
    return Work(creditor_id, first, begin, through, tuple(found)) if begin <= through else None


def _keep(day: date, works: list[Work]) -> None:
    rows = borne_on(day, [segment for work in works for segment in work.terms])
    sums: dict[tuple, list] = defaultdict(lambda: [0, Decimal(0)])
    for *group, items, interest in rows:
        part = sums[tuple(group)]
        part[0] += items
        part[1] += interest
    ids = [work.creditor_id for work in works]
    with transaction.atomic():
        list(AccrualBook.objects.select_for_update().filter(creditor_id__in=ids).order_by("creditor_id"))
        AccruedInterest.objects.filter(creditor_id__in=ids, day=day).delete()
        AccruedInterest.objects.bulk_create(
            AccruedInterest(
                creditor_id=creditor_id,
                day=day,
                portfolio_id=portfolio_id,
                currency=currency,
                kind=kind,
                items=items,
                interest=interest,
            )
            for (creditor_id, portfolio_id, currency, kind), (items, interest) in sorted(
                sums.items(), key=str
            )
            if interest
        )


def _bring_up(works: Iterable[Work], known_at: datetime) -> None:
    """Say what is kept now, of the creditors whose last day it was."""
    for work in works:
        AccrualBook.objects.update_or_create(
            creditor_id=work.creditor_id,
            defaults={
                "first_day": work.first,
                "last_day": work.through,
                "known_at": known_at,
                "stale_from": None,
                "terms": terms_as_kept(work.terms),
            },
        )


def terms_as_kept(found: Iterable[Segment]) -> list[dict[str, Any]]:
    """Terms as plain rows, each with its rates: what two reckonings are compared by."""
    terms, rates = as_rows(list(found))
    for row in terms:
        row["rates"] = {rate["valid_from"]: rate["percent"] for rate in rates if rate["key"] == row["key"]}
        del row["key"]
    return terms


def _terms_differ_from(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> date | None:
    """The first day on which two sets of terms would let anything bear differently; None if none does."""
    if before == now:
        return None
    then, since = _by_group(before), _by_group(now)
    found = [
        day
        for group in then.keys() | since.keys()
        if (day := _first_difference(then.get(group, []), since.get(group, []))) is not None
    ]
    return min(found, default=None)


def _by_group(rows: list[dict[str, Any]]) -> dict[tuple, list[dict[str, Any]]]:
    groups: dict[tuple, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in OF_GROUP)].append(row)
    return groups


def _first_difference(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> date | None:
    days = {row["valid_from"] for row in (*before, *now)}
    days |= {day for row in (*before, *now) for day in row["rates"]} | {BEGINNING.isoformat()}
    for day in sorted(days):
        if _on(before, day) != _on(now, day):
            return date.fromisoformat(day)
    return None


def _on(rows: list[dict[str, Any]], day: str) -> dict[str, Any] | None:
    """The terms of a group on a day, with the rate then; None where nothing runs yet."""
    for row in rows:
        if row["valid_from"] <= day <= row["valid_to"]:
            begun = [since for since in row["rates"] if since <= day]
            if not begun:
                return None
            kept = {name: value for name, value in row.items() if name not in OF_DAYS}
            return {**kept, "rate": row["rates"][max(begun)]}
    return None


def not_yet_kept(through: dict[int, date]) -> dict[int, date]:
    """Of these creditors those for which a day has ended that is not kept."""
    kept = dict(AccrualBook.objects.values_list("creditor_id", "last_day"))
    return {pk: day for pk, day in through.items() if pk not in kept or kept[pk] < day}
