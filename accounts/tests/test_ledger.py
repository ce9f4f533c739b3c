"""Posting, allocation, standing and ageing; each against a plain computation."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.ledger import standing
from accounts.ledger.allocation import Debit, allocate_items
from accounts.ledger.enums import (
    DEBIT_LINES,
    KIND_DIRECTION,
    AccountStatus,
    Direction,
    EntryKind,
    ReportLine,
    line_of,
)
from accounts.ledger.models import Account, LedgerEntry, Standing
from accounts.ledger.naming import name_allocation
from accounts.ledger.queries import ageing, balances, open_items
from accounts.ledger.services import (
    BeyondAuthority,
    EntryRefused,
    NewEntry,
    assign_accounts,
    close_account,
    contest,
    post_entries,
    refresh_standing,
    reverse_entry,
    roll_standing,
)
from accounts.ledger.verification import verify_ledger
from accounts.ledger.write_offs import write_off
from accounts.payments.services import PaymentRefused, post_payment, reverse_payment
from collections_app.core.enums import Role
from collections_app.core.models import AuditRecord
from collections_app.core.refusal import NotAllowed, Refused
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

JAN = date(2026, 1, 1)
amounts = st.integers(1, 50_000).map(lambda cents: Decimal(cents) / 100)
days = st.integers(0, 120).map(lambda offset: JAN + timedelta(days=offset))


def test_every_kind_has_exactly_one_line():
    for kind, direction in KIND_DIRECTION.items():
        if kind == EntryKind.REVERSAL:
            continue
        for side in [direction] if direction else [Direction.DEBIT, Direction.CREDIT]:
            line = line_of(kind, side)
            assert (line in DEBIT_LINES) == (side == Direction.DEBIT)
            opposite = "credit" if side == Direction.DEBIT else "debit"
            assert line_of(EntryKind.REVERSAL, opposite, kind, line) in ReportLine.values


@given(
    debits=st.lists(st.tuples(amounts, days, st.integers(0, 100)), max_size=8),
    pool=st.integers(0, 200_000).map(lambda cents: Decimal(cents) / 100),
)
def test_allocation_loses_no_cent(debits, pool):
    items = [
        Debit(number, amount, due, due, (amount * share / 100).quantize(Decimal("0.01")))
        for number, (amount, due, share) in enumerate(debits)
    ]
    allocated, credit = allocate_items(items, pool)
    assert sum((item.paid for item in allocated), Decimal(0)) + credit == pool
    assert all(item.open >= 0 and item.open + item.paid >= item.contested_open for item in allocated)
    assert credit == 0 or all(item.open == 0 for item in allocated)


def test_allocation_skips_the_disputed_part():
    items = [
        Debit(1, Decimal("300.00"), JAN, JAN, contested=Decimal("120.00")),
        Debit(2, Decimal("300.00"), JAN + timedelta(30), JAN),
        Debit(3, Decimal("300.00"), JAN + timedelta(60), JAN),
    ]
    allocated, credit = allocate_items(items, Decimal("300.00"))
    assert [item.open for item in allocated] == [Decimal("120.00"), Decimal("180.00"), Decimal("300.00")]
    assert allocated[0].contested_open == Decimal("120.00")
    assert credit == 0


def test_payment_pays_the_oldest_and_its_return_reopens_it():
    account = makers.account()
    makers.entry(account=account, amount="300", value_date=JAN, due_date=date(2026, 1, 10))
    makers.entry(account=account, amount="300", value_date=JAN, due_date=date(2026, 2, 10))
    payment = post_payment(
        account=account, amount=Decimal("350"), value_date=date(2026, 2, 1), method="transfer",
        actor=makers.system(), as_of=date(2026, 2, 1),
    )  # fmt: skip
    [left] = open_items([account.pk], as_of=date(2026, 2, 1))[account.pk]
    assert (left.open, left.due_date) == (Decimal("250"), date(2026, 2, 10))
    reverse_payment(
        entry=payment, value_date=date(2026, 2, 5), reason="R01", actor=makers.system(),
        as_of=date(2026, 2, 20),
    )  # fmt: skip
    standing = Standing.objects.get(pk=account.pk)
    assert (standing.balance, standing.overdue) == (Decimal("600"), Decimal("600"))
    assert standing.oldest_due_date == date(2026, 1, 10)
    assert balances([account.pk], as_of=date(2026, 2, 4))[account.pk] == Decimal("250")
    with pytest.raises(EntryRefused):
        reverse_payment(
            entry=payment, value_date=date(2026, 2, 6), reason="again", actor=makers.system(),
            as_of=date(2026, 2, 20),
        )  # fmt: skip


moves = st.lists(
    st.tuples(st.sampled_from(["charge", "fee", "payment", "credit_note"]), amounts, days, st.booleans()),
    min_size=1,
    max_size=10,
)


@pytest.mark.long
@given(moves=moves, order=st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_arrival_order_never_matters(moves, order):
    """Two accounts get the same movements in another order; every day they agree, item by item."""
    as_of = JAN + timedelta(days=150)
    first, second = makers.account(), makers.account()
    shuffled = list(enumerate(moves))
    order.shuffle(shuffled)
    for account, sequence in ((first, list(enumerate(moves))), (second, shuffled)):
        posted = {
            number: makers.entry(account=account, amount=amount, value_date=day, kind=kind, as_of=as_of)
            for number, (kind, amount, day, _reversed) in sequence
        }
        for number, (_kind, _amount, day, is_reversed) in sequence:
            if is_reversed:
                reverse_entry(
                    entry=posted[number], value_date=day + timedelta(days=3), reason="test",
                    actor=makers.system(), as_of=as_of,
                )  # fmt: skip
    for offset in (0, 30, 60, 150):
        day = JAN + timedelta(days=offset)
        both = open_items([first.pk, second.pk], as_of=day)
        figures = [
            sorted((item.due_date, item.value_date, item.open) for item in both[account.pk])
            for account in (first, second)
        ]
        assert [sum((o for *_, o in f), Decimal(0)) for f in figures] == [
            sum((o for *_, o in f), Decimal(0)) for f in reversed(figures)
        ]
        totals = balances([first.pk, second.pk], as_of=day)
        assert totals.get(first.pk, 0) == totals.get(second.pk, 0)
    assert verify_ledger(as_of=as_of).faults == []


@pytest.mark.long
@given(moves=moves, contested=st.integers(0, 100))
@settings(max_examples=25, deadline=None)
def test_sql_allocates_as_the_plain_rule_does(moves, contested):
    as_of = JAN + timedelta(days=150)
    account = makers.account()
    debits, pool = [], Decimal(0)
    for kind, amount, day, _reversed in moves:
        made = makers.entry(account=account, amount=amount, value_date=day, kind=kind, as_of=as_of)
        if made.direction == Direction.CREDIT:
            pool += amount
            continue
        part = (amount * contested / 100).quantize(Decimal("0.01"))
        contest(entry=made, amount=part, effective_date=day, actor=makers.system(), as_of=as_of)
        debits.append(Debit(made.pk, amount, made.due_date, day, part))
    plain, credit = allocate_items(debits, pool)
    found = open_items([account.pk], as_of=as_of, include_paid=True)[account.pk]
    assert [(i.entry_id, i.paid, i.open, i.contested) for i in found] == [
        (i.entry_id, i.paid, i.open, i.contested_open) for i in plain
    ]
    standing = Standing.objects.get(pk=account.pk)
    assert standing.credit == credit
    assert standing.balance == sum((i.open for i in plain), Decimal(0)) - credit


def test_a_named_charge_is_paid_first():
    account = makers.account()
    old = makers.entry(account=account, amount="100", value_date=JAN, due_date=JAN)
    young = makers.entry(account=account, amount="100", value_date=JAN, due_date=date(2026, 3, 1))
    post_payment(
        account=account, amount=Decimal("60"), value_date=JAN, method="cash", charge=young,
        actor=makers.system(), as_of=JAN,
    )  # fmt: skip
    found = {i.entry_id: i.open for i in open_items([account.pk], as_of=JAN)[account.pk]}
    assert found == {old.pk: Decimal("100"), young.pk: Decimal("40")}
    credit = LedgerEntry.objects.get(account=account, kind="payment")
    with pytest.raises(Refused):
        name_allocation(
            credit=credit, debit=old, amount=Decimal("1"), reason="", actor=makers.system(), as_of=JAN
        )


def test_write_off_leaves_nothing_and_a_later_payment_is_recovery():
    account = makers.account()
    makers.entry(account=account, amount="100", value_date=JAN, due_date=JAN)
    write_off(account=account, amount=Decimal("100"), reason="no hope", actor=makers.system(), as_of=JAN)
    looked_at = LedgerEntry.objects.select_related("account__standing").get(account=account, kind="write_off")
    post_payment(
        account=account, amount=Decimal("30"), value_date=date(2026, 2, 1), method="cash",
        actor=makers.system(), as_of=date(2026, 2, 1),
    )  # fmt: skip
    with pytest.raises(EntryRefused, match="recovered"):  # by a payment that came in after the look
        reverse_entry(
            entry=looked_at, value_date=date(2026, 2, 1), reason="x",
            actor=makers.system(), as_of=date(2026, 2, 1),
        )  # fmt: skip
    standing = Standing.objects.get(pk=account.pk)
    assert (standing.balance, standing.credit, standing.written_off) == (0, 0, Decimal("70"))
    lines = dict(LedgerEntry.objects.filter(account=account).values_list("line", "amount"))
    assert lines[ReportLine.WRITE_OFFS_REVERSED] == Decimal("30")
    assert verify_ledger(as_of=date(2026, 2, 1)).faults == []


def test_ageing_counts_accounts_by_oldest_and_balance_by_item():
    account = makers.account(opened_date=date(2025, 12, 1))
    makers.entry(account=account, amount="100", value_date=JAN, due_date=date(2026, 1, 31))
    makers.entry(account=account, amount="50", value_date=date(2026, 3, 1), due_date=date(2026, 3, 31))
    overpaid = makers.account(debtor=account.debtor)
    makers.entry(account=overpaid, amount="20", value_date=JAN, kind="payment")
    figures = ageing(as_of=date(2026, 3, 31))["EUR"]
    assert figures["buckets"]["31-60"] == {"accounts": 1, "balance": 100, "contested": 0}
    assert figures["buckets"]["current"] == {"accounts": 0, "balance": 50, "contested": 0}
    assert (figures["open_accounts"], figures["open_balance"]) == (1, 150)
    assert figures["credit_balance"] == -20
    by_case = ageing(as_of=date(2026, 3, 31), basis="opened")["EUR"]["buckets"]
    assert by_case["91-180"]["balance"] == 150


def test_nothing_with_a_later_value_date_counts_and_the_roll_brings_it_in():
    account = makers.account()
    makers.entry(account=account, amount="10", value_date=JAN, due_date=JAN)
    makers.entry(
        account=account, amount="90", value_date=date(2026, 2, 1), due_date=date(2026, 2, 10), as_of=JAN
    )
    standing = Standing.objects.get(pk=account.pk)
    assert (standing.balance, standing.overdue) == (10, 0)
    assert account.pk in roll_standing(as_of=date(2026, 1, 2))
    standing.refresh_from_db()
    assert (standing.overdue, standing.next_change_date) == (10, date(2026, 2, 1))
    roll_standing(as_of=date(2026, 2, 1))
    standing.refresh_from_db()
    assert standing.balance == 100


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"amount": Decimal("-1")}, "negative"),
        ({"amount": Decimal("1.234")}, "decimals"),
        ({"kind": "gift"}, "not a kind"),
        ({"kind": "adjustment"}, "debit or a credit"),
        ({"kind": "reversal"}, "name the entry"),
        ({"account_id": 0}, "no such account"),
    ],
)
def test_bad_entries_are_refused_by_row_and_nothing_is_posted(fields, wrong):
    account = makers.account()
    good = NewEntry(account_id=account.pk, kind="charge", amount=Decimal("5"), value_date=JAN)
    bad = NewEntry(**{**good.__dict__, **fields})
    with pytest.raises(EntryRefused, match=wrong) as refused:
        post_entries(entries=[good, bad], actor=makers.system(), as_of=JAN)
    assert "Row 2" in refused.value.message
    assert not LedgerEntry.objects.filter(account=account).exists()


def test_a_zero_amount_has_no_effect():
    account = makers.account()
    zero = NewEntry(account_id=account.pk, kind="charge", amount=Decimal("0"), value_date=JAN)
    assert post_entries(entries=[zero], actor=makers.system(), as_of=JAN) == []


def test_a_payment_needs_permission_and_a_day_that_has_come():
    account = makers.account()
    with pytest.raises(NotAllowed):
        post_payment(
            account=account, amount=Decimal("1"), value_date=JAN, method="cash",
            actor=makers.user(role=Role.AUDITOR), as_of=JAN,
        )  # fmt: skip
    with pytest.raises(PaymentRefused):
        post_payment(
            account=account, amount=Decimal("1"), value_date=date(2026, 1, 2), method="cash",
            actor=makers.system(), as_of=JAN,
        )  # fmt: skip


def test_closing_asks_for_a_zero_balance_and_a_return_reopens():
    account = makers.account()
    makers.entry(account=account, amount="100", value_date=JAN, due_date=JAN)
    with pytest.raises(Refused, match="100"):
        close_account(account=account, reason="done", actor=makers.system(), as_of=JAN)
    payment = makers.entry(account=account, amount="100", value_date=JAN, kind="payment")
    close_account(account=account, reason="done", actor=makers.system(), as_of=JAN)
    reverse_payment(
        entry=payment, value_date=date(2026, 1, 5), reason="bounced", actor=makers.system(),
        as_of=date(2026, 1, 5),
    )  # fmt: skip
    assert Account.objects.get(pk=account.pk).status == AccountStatus.OPEN


def test_assignment_moves_a_set_and_keeps_history():
    team = makers.team()
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    officer = makers.teammate(team=team)
    stranger = makers.user()
    creditor = makers.creditor(teams=[team])
    accounts = [makers.account(debtor=makers.debtor(creditor=creditor), team=team) for _n in range(3)]
    ids = [account.pk for account in accounts]
    moved = assign_accounts(
        account_ids=ids, team=team, officer=officer, effective_date=JAN, reason="new", actor=supervisor
    )
    assert moved == ids
    assert accounts[0].assignments.count() == 2
    assert list(Account.objects.visible_to(officer).order_by("pk")) == accounts
    assert not Account.objects.visible_to(stranger).exists()
    with pytest.raises(Refused):
        assign_accounts(
            account_ids=ids, team=team, officer=stranger, effective_date=JAN, reason="", actor=supervisor
        )


def test_verify_names_the_row_that_was_changed_by_hand(django_assert_num_queries):
    account = makers.account(number="A-77")
    makers.entry(account=account, amount="100", value_date=JAN, due_date=JAN)
    assert verify_ledger(as_of=JAN).faults == []
    Standing.objects.filter(pk=account.pk).update(balance=99, overdue=99, not_due=0)
    [fault] = verify_ledger(as_of=JAN).faults
    assert "A-77" in fault
    refresh_standing(as_of=JAN, account_ids=[account.pk])
    assert verify_ledger(as_of=JAN).faults == []


def test_verify_tells_a_bucket_that_the_writing_statement_itself_has_wrong(monkeypatch):
    """With a wrong rule the standing and its own statement agree; plain sums and the rule do not."""
    creditor = makers.creditor()
    debtor = makers.debtor(creditor=creditor)
    plain, named = (makers.account(debtor=debtor, number=number) for number in ("A-1", "A-2"))
    for account in (plain, named):
        for back in (40, 10, 0):
            day = JAN - timedelta(days=back)
            makers.entry(account=account, amount="100", value_date=day, due_date=day, as_of=JAN)
        makers.entry(account=account, amount="130", value_date=JAN, kind="payment", as_of=JAN)
    credit = named.entries.get(kind="payment")
    youngest = named.entries.filter(kind="charge").latest("due_date")
    name_allocation(
        credit=credit, debit=youngest, amount=Decimal(50), reason="his", actor=makers.system(), as_of=JAN
    )
    assert verify_ledger(as_of=JAN).faults == []
    for name in ("PLAIN", "RULED"):
        right = getattr(standing, name)
        monkeypatch.setattr(standing, name, right.replace("due_date < %(as_of)s", "due_date <= %(as_of)s")
                            .replace("due_date >= %(as_of)s", "due_date > %(as_of)s"))  # fmt: skip
    standing._refresh_sql.cache_clear()
    refresh_standing(as_of=JAN)
    standing._refresh_sql.cache_clear()
    assert Standing.objects.get(pk=plain.pk).overdue == 170
    faults = verify_ledger(as_of=JAN).faults
    assert [fault for fault in faults if "A-1" in fault and "overdue" in fault and "is 70.000" in fault]
    assert [fault for fault in faults if "A-2" in fault and "overdue" in fault and "by the rule" in fault]


def test_posting_writes_an_audit_record_and_costs_the_same_for_one_and_for_thirty():
    account, system = makers.account(), makers.system()

    def post(count: int) -> tuple[list, int]:
        entries = [
            NewEntry(account_id=account.pk, kind="charge", amount=Decimal(n), value_date=JAN)
            for n in range(1, count + 1)
        ]
        with CaptureQueriesContext(connection) as queries:
            return post_entries(entries=entries, actor=system, as_of=JAN), len(queries)

    _one, cost_of_one = post(1)
    posted, cost_of_thirty = post(30)
    assert cost_of_thirty == cost_of_one
    assert [entry.amount for entry in posted] == [Decimal(n) for n in range(1, 31)]
    assert AuditRecord.objects.filter(code="entry.posted", rows=30).exists()


def test_what_is_given_up_by_hand_is_bounded_by_the_roles_authority():
    team = makers.team()
    account = makers.account(debtor=makers.debtor(creditor=makers.creditor(teams=[team])), team=team)
    makers.entry(account=account, amount="5000", value_date=JAN, due_date=JAN)
    supervisor = makers.teammate(team=team, role=Role.SUPERVISOR)
    fields = {"account": account, "reason": "no hope", "as_of": JAN}
    with pytest.raises(BeyondAuthority, match="1,000.01"):
        write_off(**fields, amount=Decimal("1000.01"), actor=supervisor)
    write_off(**fields, amount=Decimal("1000.00"), actor=supervisor)
    write_off(**fields, amount=Decimal("4000.00"), actor=makers.user(role=Role.MANAGER))
    assert Standing.objects.get(pk=account.pk).balance == 0
