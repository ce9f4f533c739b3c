"""A standing that payments carried on is what the full statement and the account's items say."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.arrangements.models import Promise
from accounts.ledger import posting_sets, standing_paid
from accounts.ledger.models import LedgerEntry, RolledDay, Standing
from accounts.ledger.naming import AllocationRefused, name_allocation
from accounts.ledger.posting import ENTRY_COLUMNS, SQL_TYPES, EntryRefused, NewEntry, source_of
from accounts.ledger.queries import balances, open_items
from accounts.ledger.services import contest, post_entries, post_entry_set, refresh_standing, reverse_entry
from accounts.ledger.signals import entries_posted
from accounts.ledger.write_offs import write_off
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 18)
OPENED = TODAY - timedelta(days=1000)
TABLE = "paid_in_a_file"
KEPT = [field.name for field in Standing._meta.fields if field.name != "standing_as_of"]


def post_set(entries: list[NewEntry], *, as_of: date) -> int:
    """Post them as an import does: from a temporary table."""
    source, params = source_of(entries)
    columns = ", ".join(f"{name}::{SQL_TYPES[name]} AS {name}" for name in ENTRY_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{TABLE}")
        cursor.execute(
            f"CREATE TEMP TABLE {TABLE} AS SELECT row_number, NULL::bigint AS id, {columns} FROM {source} s",
            params,
        )
    return post_entry_set(table=TABLE, actor=makers.system(), as_of=as_of)


def kept(ids: list[int]) -> dict[int, tuple]:
    return {line[0]: line for line in Standing.objects.filter(pk__in=ids).values_list(*KEPT)}


def assert_true(ids: list[int], *, as_of: date) -> None:
    """What is kept is what each account's items say, and nothing that the full statement would change."""
    items, sums = open_items(ids, as_of=as_of), balances(as_of=as_of)
    for standing in Standing.objects.filter(pk__in=ids):
        mine = items[standing.pk]
        late = sum((item.open for item in mine if item.due_date < as_of), Decimal(0))
        whole = sum((item.open for item in mine), Decimal(0))
        balance = sums.get(standing.pk, Decimal(0))
        assert (standing.balance, standing.overdue, standing.not_due) == (balance, late, whole - late)
        assert standing.credit == whole - balance
        assert standing.oldest_due_date == min((item.due_date for item in mine), default=None)
        assert standing.next_due_date == min(
            (item.due_date for item in mine if item.due_date >= as_of), default=None
        )
    before = kept(ids)
    refresh_standing(as_of=as_of, account_ids=ids)
    assert before == kept(ids)


# Half of them round, so that a payment often ends just where an item does.
cents = (st.integers(1, 60_000) | st.sampled_from([5_000, 10_000, 20_000])).map(
    lambda amount: Decimal(amount) / 100
)
which = st.integers(0, 2)
moves = st.lists(
    st.tuples(
        which,
        st.sampled_from(
            ["charge", "charge", "charge", "charge", "fee", "payment", "credit_note", "reverse", "later"]
            + ["contest", "name", "give up"]
        ),
        st.integers(1, 400),  # days ago
        st.integers(0, 300),  # terms
        cents,
    ),
    min_size=4,
    max_size=12,
)
files = st.lists(
    st.lists(
        st.tuples(
            which,
            st.sampled_from(["payment"] * 6 + ["charge", "credit_note"]),
            st.integers(-2, 90),  # days ago
            cents,
        ),
        min_size=1,
        max_size=5,
    ),
    min_size=1,
    max_size=3,
)


@given(moves=moves, files=files, passing=st.integers(0, 40))
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_file_of_payments_leaves_true_standings(moves, files, passing):
    debtor = makers.debtor(creditor=makers.creditor())
    accounts = [makers.account(debtor=debtor, opened_date=OPENED) for _ in range(3)]
    ids = [account.pk for account in accounts]
    make_book(accounts, moves)
    for place, lines in enumerate(files):
        # the nights between the files are not always there to roll what time has changed
        as_of = TODAY + timedelta(days=place * passing)
        entries = [
            NewEntry(ids[number], kind, amount, as_of - timedelta(days=ago))
            for number, kind, ago, amount in lines
        ]
        post_set(entries, as_of=as_of)
        paid = sorted({entry.account_id for entry in entries})
        assert_true(paid, as_of=as_of)


def make_book(accounts, moves) -> None:
    actor, live = makers.system(), []
    for number, what, ago, terms, amount in moves:
        account, day = accounts[number], TODAY - timedelta(days=ago)
        if what == "later":
            what, day = "charge", TODAY + timedelta(days=ago % 30 + 1)
        if what in ("charge", "fee", "payment", "credit_note"):
            due = day + timedelta(days=terms) if what in ("charge", "fee") else None
            new = NewEntry(account.pk, what, amount, day, due_date=due)
            live += post_entries(entries=[new], actor=actor, as_of=TODAY)
        elif what == "reverse" and live:
            entry = live.pop(0)
            later = max(entry.value_date, day)
            reverse_entry(entry=entry, value_date=later, reason="wrong", actor=actor, as_of=TODAY)
        elif what == "contest" and live and live[-1].direction == "debit":
            part = min(amount, live[-1].amount)
            contest(entry=live[-1], amount=part, effective_date=day, actor=actor, as_of=TODAY)
        elif what in ("name", "give up"):
            try_rare(account, what, amount, actor)


def try_rare(account, what: str, amount: Decimal, actor) -> None:
    """A name or a write-off, where the account has something for it."""
    account.refresh_from_db()
    try:
        if what == "give up":
            write_off(account=account, amount=amount, reason="small", actor=actor, as_of=TODAY)
            return
        credit = LedgerEntry.objects.filter(account=account, direction="credit").first()
        debit = LedgerEntry.objects.filter(account=account, direction="debit").last()
        if credit and debit:
            name_allocation(
                credit=credit, debit=debit, amount=min(amount, credit.amount, debit.amount),
                reason="said so", actor=actor, as_of=TODAY,
            )  # fmt: skip
    except (AllocationRefused, EntryRefused):
        pass


@pytest.fixture
def carried(monkeypatch):
    """The accounts that were carried on, by the calls of a test."""
    found: list[set[int]] = []

    def carry(table, account_ids, **kwargs):
        left = standing_paid.carry_payments(table, account_ids, **kwargs)
        found.append(set(account_ids) - set(left))
        return left

    monkeypatch.setattr("accounts.ledger.services.carry_payments", carry)
    return found


def owing(*amounts: str):
    """An account with charges of these amounts, due a month apart; the last falls due next month."""
    account = makers.account(opened_date=OPENED)
    for place, amount in enumerate(reversed(amounts)):
        day = TODAY - timedelta(days=30 * place)
        makers.entry(
            account=account, amount=amount, value_date=day, due_date=day + timedelta(days=20), as_of=TODAY
        )
    return account


def test_a_payment_takes_the_oldest_item_then_the_next(carried):
    account = owing("100", "50", "70")
    paying = NewEntry(account.pk, "payment", Decimal("120"), TODAY)
    whole = owing("100", "50", "70")
    post_set([paying], as_of=TODAY)
    standing = Standing.objects.get(pk=account.pk)
    assert carried == [{account.pk}]
    assert (standing.overdue, standing.not_due, standing.credit) == (30, 70, 0)
    assert standing.oldest_due_date == TODAY - timedelta(days=10)
    assert standing.next_change_date == TODAY + timedelta(days=21)
    assert (standing.last_payment_date, standing.last_payment_amount) == (TODAY, 120)
    post_set([replace(paying, value_date=TODAY - timedelta(days=1))], as_of=TODAY)
    standing.refresh_from_db()
    assert carried[1] == {account.pk}
    assert (standing.balance, standing.credit, standing.oldest_due_date) == (-20, 20, None)
    assert (standing.next_due_date, standing.next_change_date) == (None, None)
    assert standing.last_payment_date == TODAY
    post_set([NewEntry(whole.pk, "payment", Decimal("100"), TODAY)], as_of=TODAY)
    assert carried[2] == {whole.pk}
    assert_true([account.pk, whole.pk], as_of=TODAY)


def test_what_is_not_plain_is_computed_in_full(carried):
    plain, disputed, twice, later, other = (owing("100", "50", "70") for _ in range(5))
    actor = makers.system()
    contest(
        entry=LedgerEntry.objects.filter(account=disputed).first(), amount=Decimal(10), effective_date=TODAY,
        actor=actor, as_of=TODAY,
    )  # fmt: skip
    makers.entry(account=twice, kind="payment", amount="5", value_date=TODAY)
    accounts = [plain, disputed, twice, later, other]
    days = [TODAY, TODAY, TODAY, TODAY + timedelta(days=1), TODAY]
    entries = [
        NewEntry(account.pk, "payment", Decimal(60), day) for account, day in zip(accounts, days, strict=True)
    ]
    post_set([*entries, NewEntry(other.pk, "credit_note", Decimal(1), TODAY)], as_of=TODAY)
    assert carried == [{plain.pk}]
    assert_true([account.pk for account in accounts], as_of=TODAY)


def test_another_order_of_payment_is_computed_in_full(carried):
    makers.policy("allocation", {"order": ["fees", "interest", "penalties", "charges"]})
    account = owing("100", "50")
    makers.entry(account=account, kind="fee", amount="5", value_date=TODAY, due_date=TODAY, as_of=TODAY)
    post_set([NewEntry(account.pk, "payment", Decimal(60), TODAY)], as_of=TODAY)
    assert carried == [set()]
    assert_true([account.pk], as_of=TODAY)


def test_each_account_is_carried_on_to_its_creditors_day(carried):
    here, east = owing("100", "50", "70"), owing("100", "50", "70")
    next_month = owing("100")
    for account, days in ((east, 1), (next_month, 30)):
        RolledDay.objects.create(creditor=account.creditor, day=TODAY + timedelta(days=days))
    refresh_standing(as_of=TODAY, account_ids=[east.pk])
    ids = [here.pk, east.pk, next_month.pk]
    post_set([NewEntry(pk, "payment", Decimal(90), TODAY) for pk in ids], as_of=TODAY)
    assert carried == [set(ids)]
    days = dict(Standing.objects.filter(pk__in=ids).values_list("pk", "standing_as_of"))
    assert days == {here.pk: TODAY, east.pk: TODAY + timedelta(days=1), next_month.pk: TODAY}
    assert_true([here.pk, next_month.pk], as_of=TODAY)
    assert_true([east.pk], as_of=TODAY + timedelta(days=1))


def test_a_set_tells_who_listens_what_one_of_its_accounts_has():
    plain, promised, beside = owing("100"), owing("100"), owing("100")
    makers.open_promise(promised, due=TODAY)
    heard = []

    def hear(sender, *, concerned, **news):
        heard.append(concerned)

    entries_posted.connect(hear)
    try:
        for account in (plain, promised):
            post_set([NewEntry(account.pk, "payment", Decimal("50"), TODAY)], as_of=TODAY)
    finally:
        entries_posted.disconnect(hear)
    assert heard == [frozenset(), frozenset({"promises"})]
    assert Promise.objects.get(account=promised).status != "open"  # it was judged
    makers.open_promise(beside, due=TODAY)
    assert posting_sets.concerned([beside.pk]) == frozenset({"promises"})
