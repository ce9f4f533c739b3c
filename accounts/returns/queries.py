"""Reads about returns that pages, files and higher floors share."""

from collections.abc import Iterable
from datetime import date, timedelta

from accounts.ledger.enums import EntryKind, GroupKind
from accounts.ledger.models import LedgerEntry
from accounts.returns.enums import Block
from accounts.returns.models import MeansStop, PaymentReturn, Retry, ReturnReason

# A return file and the statement of account date one return a little apart.
TOLD_TWICE = timedelta(days=5)


def reason_on(scheme: str, code: str, day: date) -> ReturnReason | None:
    """What a code means on a day; None for one that nobody has set up."""
    return ReturnReason.objects.in_force(day).filter(scheme=scheme, code__iexact=code.strip()).first()


def attempt_of(entry: LedgerEntry) -> tuple[int, date]:
    """For the how manieth time this money was presented, and when it was first: (1, its own day)
    unless it was paid in by a retry."""
    attempt, first = 1, entry.value_date
    seen: set[int] = set()
    current: int | None = entry.pk
    while current is not None and current not in seen:
        seen.add(current)
        retry = (
            Retry.objects.filter(entry_id=current)
            .values_list("payment_return__entry_id", "payment_return__entry__value_date")
            .first()
        )
        current = None
        if retry is not None:
            attempt, first, current = attempt + 1, retry[1], retry[0]
    return attempt, first


def split_with(entry: LedgerEntry) -> list[LedgerEntry]:
    """The other parts of one payment over several accounts that stand yet; they come back with it."""
    return list(
        LedgerEntry.objects.filter(
            kind=EntryKind.PAYMENT,
            groups__group__kind=GroupKind.SPLIT,
            groups__group__members__entry=entry,
            reversed_by__isnull=True,
        )
        .exclude(pk=entry.pk)
        .order_by("account_id", "pk")
    )


def stops_of(account_ids: Iterable[int], day: date) -> dict[int, list[MeansStop]]:
    """Which means of payment are stopped or flagged on accounts; only those with any have a key."""
    found: dict[int, list[MeansStop]] = {}
    rows = (
        MeansStop.objects.in_force(day)
        .filter(account__in=list(account_ids))
        .select_related("payment_return__reason")
        .order_by("id")
    )
    for stop in rows:
        found.setdefault(stop.account_id, []).append(stop)
    return found


def stopped_means(account_ids: Iterable[int], day: date) -> set[tuple[int, str]]:
    """Accounts with the schemes by which nothing more is collected from them."""
    return set(
        MeansStop.objects.in_force(day)
        .filter(account__in=list(account_ids), strength=Block.STOP)
        .values_list("account", "scheme")
    )


def return_of(entry: LedgerEntry) -> PaymentReturn | None:
    """How a receipt came back, if it did."""
    return PaymentReturn.objects.filter(entry=entry).select_related("reason").first()


def came_back_unexplained(entry: LedgerEntry) -> bool:
    """Whether a payment was reversed without anybody having said why it came back."""
    return (
        LedgerEntry.objects.filter(reverses=entry).exists()
        and not PaymentReturn.objects.filter(entry=entry).exists()
    )
