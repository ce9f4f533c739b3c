"""Statements of account: their figures balance on their face, for any ledger and any period."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.ledger.enums import EntryKind, ReportLine
from accounts.ledger.models import Account, LedgerEntry
from accounts.ledger.services import NewEntry, post_entries, reverse_entry
from campaigns.statements.figures import PART_OF, DoesNotBalance, prove
from campaigns.statements.queries import accounts_of, by_account, by_debtor, statements
from collections_app.core import clock
from collections_app.testing import makers

pytestmark = pytest.mark.django_db

START = date(2026, 1, 1)
KINDS = [
    EntryKind.CHARGE, EntryKind.FEE, EntryKind.INTEREST, EntryKind.PENALTY, EntryKind.PAYMENT,
    EntryKind.CREDIT_NOTE, EntryKind.DISCOUNT, EntryKind.REFUND, EntryKind.ADJUSTMENT,
]  # fmt: skip
UNITS = {"JPY": Decimal(1), "EUR": Decimal("0.01"), "KWD": Decimal("0.001")}

movement = st.tuples(
    st.sampled_from(KINDS),
    st.integers(1, 99_999),
    st.integers(0, 60),
    st.booleans(),  # taken back later
    st.sampled_from(["debit", "credit"]),
)


def test_every_line_of_the_report_is_a_part_of_the_face():
    assert set(PART_OF) == set(ReportLine.values)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ledger=st.lists(movement, max_size=12),
    currency=st.sampled_from(sorted(UNITS)),
    days=st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60)),
)
def test_any_ledger_and_any_period_balances_and_consecutive_ones_chain(ledger, currency, days):
    debtor = makers.debtor()
    rows = [makers.account(debtor=debtor, currency=code) for code in (currency, currency, "EUR")]
    entries = []
    for place, (kind, units, day, _back, way) in enumerate(ledger):
        account = rows[place % 3]
        entries.append(
            NewEntry(
                account_id=account.pk,
                kind=kind,
                amount=units * UNITS[account.currency],
                value_date=START + timedelta(days=day),
                direction=way if kind == EntryKind.ADJUSTMENT else None,
                due_date=START + timedelta(days=day + 10),
            )
        )
    posted = post_entries(entries=entries, actor=makers.system(), as_of=START + timedelta(days=70))
    for entry, (_kind, _units, day, back, _way) in zip(posted, ledger, strict=True):
        if back:
            reverse_entry(
                entry=entry, value_date=START + timedelta(days=day + 5), reason="taken back",
                actor=makers.system(), as_of=START + timedelta(days=70),
            )  # fmt: skip
    first, middle, last = (START + timedelta(days=day) for day in sorted(days))
    known_at = clock.now()
    accounts = list(accounts_of(Account.objects.filter(debtor=debtor)))
    for wanted in (by_debtor(accounts), by_account(accounts)):
        spans = [(first, middle), (middle + timedelta(days=1), last + timedelta(days=1))]
        early, late = (
            statements(wanted, first_day=begin, last_day=end, known_at=known_at) for begin, end in spans
        )
        for one, other in zip(early, late, strict=True):
            prove(one)
            prove(other)
            assert {table.currency for table in one.tables} <= {currency, "EUR"}
            for table, after in zip(one.tables, other.tables, strict=True):
                assert table.closing == after.opening
                assert table.opening + sum(table.parts().values()) == table.closing
    assert LedgerEntry.objects.filter(account__debtor=debtor).count() == len(posted) + sum(
        row[3] for row in ledger
    )


def test_a_figure_that_is_off_is_named_and_refused():
    account = makers.account()
    makers.entry(account=account, amount="100.00", value_date=START)
    (figures,) = statements(by_account([account]), first_day=START, last_day=START, known_at=clock.now())
    (table,) = figures.tables
    wrong = replace(figures, tables=(replace(table, lines=()),))
    with pytest.raises(DoesNotBalance, match=account.number):
        prove(wrong)
    hidden = replace(figures, tables=(replace(table, items=()),))
    with pytest.raises(DoesNotBalance, match="100.00"):
        prove(hidden)
