"""The ageing of the book, held against the items of every account, on both roads it may take."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.ledger.ageing import EDGES, bucket_labels
from accounts.ledger.models import LedgerEntry, Standing
from accounts.ledger.queries import ageing, balances, open_items
from accounts.ledger.services import (
    NewEntry,
    contest,
    post_entries,
    refresh_standing,
    reverse_entry,
)
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 18)
LABELS = bucket_labels(EDGES)


def label_of(days: int) -> str:
    if days <= 0:
        return "current"
    return next((LABELS[n + 1] for n, edge in enumerate(EDGES) if days <= edge), LABELS[-1])


def by_items(accounts, *, as_of: date, basis: str) -> dict[str, dict]:
    """The same figures from each account's own items, in plain Python."""
    amounts, counts = defaultdict(lambda: defaultdict(Decimal)), defaultdict(lambda: defaultdict(int))
    ids = [account.pk for account in accounts]
    items, sums = open_items(ids, as_of=as_of), balances(as_of=as_of)
    for account in accounts:
        oldest = None
        for item in items[account.pk]:
            days = (as_of - (item.due_date if basis == "due" else item.value_date)).days
            amounts[account.currency][label_of(days)] += item.open
            oldest = days if oldest is None else max(oldest, days)
        if oldest is not None:
            counts[account.currency][label_of(oldest)] += 1
        open_ = sum((item.open for item in items[account.pk]), Decimal(0))
        amounts[account.currency]["credit"] += min(sums.get(account.pk, Decimal(0)) - open_, Decimal(0))
    return {"amounts": amounts, "counts": counts}


def assert_same(accounts, *, as_of: date) -> None:
    """Of one creditor, because one example finds the books of those before it."""
    for basis in ("due", "invoice"):
        wanted = by_items(accounts, as_of=as_of, basis=basis)
        found = ageing(as_of=as_of, basis=basis, creditor_id=accounts[0].creditor_id)
        for currency, figures in found.items():
            assert figures["credit_balance"] == wanted["amounts"][currency]["credit"]
            for label in LABELS:
                box = figures["buckets"][label]
                assert box["balance"] == wanted["amounts"][currency][label], (as_of, basis, label)
                assert box["accounts"] == wanted["counts"][currency][label], (as_of, basis, label)


def assert_standings(accounts, *, as_of: date) -> None:
    """What is kept of each account is what its items and its live payments say."""
    ids = [account.pk for account in accounts]
    refresh_standing(as_of=as_of, account_ids=ids)
    items, sums = open_items(ids, as_of=as_of), balances(as_of=as_of)
    for standing in Standing.objects.filter(pk__in=ids):
        mine, balance = items[standing.pk], sums.get(standing.pk, Decimal(0))
        late = [item for item in mine if item.due_date < as_of]
        taken_back = LedgerEntry.objects.filter(reverses__isnull=False, value_date__lte=as_of)
        last = (
            LedgerEntry.objects.filter(account=standing.pk, kind="payment", value_date__lte=as_of)
            .exclude(pk__in=taken_back.values("reverses"))
            .order_by("-value_date", "-id")
            .first()
        )
        assert (standing.balance, standing.overdue, standing.not_due, standing.contested) == (
            balance,
            sum((item.open for item in late), Decimal(0)),
            sum((item.open for item in mine if item not in late), Decimal(0)),
            sum((min(item.contested, item.open) for item in mine), Decimal(0)),
        )
        assert standing.credit == standing.overdue + standing.not_due - balance
        assert standing.oldest_due_date == min((item.due_date for item in mine), default=None)
        assert standing.last_payment_date == (last and last.value_date)
        assert standing.last_payment_amount == (last and last.amount)


def test_every_age_has_its_box():
    edges = [0, 1, *(day for edge in EDGES for day in (edge, edge + 1)), 3000]
    account = makers.account(opened_date=TODAY - timedelta(days=4000))
    for number, days in enumerate(edges):
        day = TODAY - timedelta(days=days)
        makers.entry(account=account, amount=10**number, value_date=day, due_date=day, as_of=TODAY)
    figures = ageing(as_of=TODAY)[account.currency]
    wanted = defaultdict(Decimal)
    for number, days in enumerate(edges):
        wanted[label_of(days)] += 10**number
    assert {label: box["balance"] for label, box in figures["buckets"].items()} == wanted
    assert figures["buckets"]["365+"]["balance"] == 10**11 + 10**12
    assert figures["open_balance"] == balances(as_of=TODAY)[account.pk] == sum(wanted.values())


moves = st.lists(
    st.tuples(
        st.integers(0, 2),  # account
        st.sampled_from(["charge", "charge", "payment", "reverse", "contest"]),
        st.integers(1, 900),  # days ago
        st.integers(0, 60),  # terms
        st.integers(1, 50_000).map(lambda cents: Decimal(cents) / 100),
    ),
    min_size=3,
    max_size=14,
)


@given(moves=moves)
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_book_has_the_age_of_its_items(moves):
    debtor = makers.debtor(creditor=makers.creditor())
    opened = TODAY - timedelta(days=1000)
    accounts = [makers.account(debtor=debtor, opened_date=opened) for _ in range(3)]
    actor, live = makers.system(), []
    for which, what, ago, terms, amount in moves:
        day = TODAY - timedelta(days=ago)
        if what in ("charge", "payment"):
            due = day + timedelta(days=terms) if what == "charge" else None
            new = NewEntry(accounts[which].pk, what, amount, day, due_date=due)
            live += post_entries(entries=[new], actor=actor, as_of=TODAY)
        elif what == "reverse" and live:
            entry = live.pop(0)
            later = max(entry.value_date, day)
            reverse_entry(entry=entry, value_date=later, reason="wrong", actor=actor, as_of=TODAY)
        elif what == "contest" and live and live[-1].kind == "charge":
            part = min(amount, live[-1].amount)
            contest(entry=live[-1], amount=part, effective_date=day, actor=actor, as_of=TODAY)
    for as_of in (TODAY - timedelta(days=500), TODAY - timedelta(days=200), TODAY):
        assert_same(accounts, as_of=as_of)
        assert_standings(accounts, as_of=as_of)
