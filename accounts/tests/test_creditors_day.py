"""A standing stands on its creditor's day, wherever the office is that posts."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.ledger.jobs import RollDay
from accounts.ledger.models import Standing
from accounts.ledger.services import refresh_standing
from accounts.payments.services import post_payment
from collections_app.core import clock
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 9)
NEXT = DAY + timedelta(days=1)
# one moment: 10 March in Dubai, still 9 March in New York
MOMENT = datetime(2026, 3, 10, 2, 30, tzinfo=UTC)


@pytest.fixture
def accounts(monkeypatch):
    """An account in Dubai and one in New York, each with an item due on 9 March."""
    monkeypatch.setattr(clock, "now", lambda: MOMENT)
    made = []
    for zone in ("Asia/Dubai", "America/New_York"):
        debtor = makers.debtor(creditor=makers.creditor(time_zone=zone))
        account = makers.account(debtor=debtor, opened_date=DAY, as_of=DAY)
        makers.entry(account=account, amount="100", value_date=DAY, due_date=DAY, as_of=DAY)
        made.append(account)
    return made


def overdue(accounts) -> list[Decimal]:
    return [Standing.objects.get(pk=account.pk).overdue for account in accounts]


@pytest.mark.parametrize("office_day", [DAY, NEXT], ids=["west of Dubai", "east of New York"])
def test_a_posting_leaves_each_standing_on_its_creditors_day(accounts, office_day):
    RollDay.run_now(actor=makers.system())
    assert overdue(accounts) == [100, 0]
    for account in accounts:
        post_payment(
            account=account, amount=Decimal("10"), value_date=DAY, method="transfer",
            actor=makers.system(), as_of=office_day,
        )  # fmt: skip
    assert overdue(accounts) == [90, 0]
    refresh_standing(as_of=office_day, account_ids=[account.pk for account in accounts])
    assert overdue(accounts) == [90, 0]
    refresh_standing(as_of=office_day)
    assert overdue(accounts) == [90, 0]
    # a day that no time zone has now is what the caller says
    refresh_standing(as_of=DAY + timedelta(days=5))
    assert overdue(accounts) == [90, 90]
