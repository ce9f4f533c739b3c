from datetime import date
from decimal import Decimal

import pytest

from accounts.holds.models import Hold
from accounts.ledger.services import contest
from accounts.position.queries import chaseable_items, positions
from collections_app.testing import makers

pytestmark = pytest.mark.django_db
DAY = date(2026, 4, 1)


def test_a_message_demands_overdue_less_disputed_item_by_item():
    account = makers.account()
    charges = [
        makers.entry(
            account=account, amount="300", value_date=date(2026, 1, 1), due_date=date(2026, month, 1)
        )
        for month in (1, 2, 3)
    ]
    contest(
        entry=charges[0], amount=Decimal("120"), effective_date=date(2026, 1, 2), actor=makers.system(),
        as_of=DAY,
    )  # fmt: skip
    makers.entry(account=account, amount="300", value_date=date(2026, 3, 20), kind="payment", as_of=DAY)
    items = chaseable_items([account.pk], as_of=DAY)[account.pk]
    assert [item.demanded for item in items] == [Decimal("180"), Decimal("300")]
    position = positions([account.pk], as_of=DAY)[account.pk]
    assert (position.balance, position.overdue, position.contested) == (600, 600, 120)
    assert position.chaseable == 480


@pytest.mark.parametrize("subject", ["debtor", "account", "entry"])
def test_a_hold_on_person_account_or_charge_stops_its_demand(subject):
    account = makers.account()
    charge = makers.entry(
        account=account, amount="300", value_date=date(2026, 1, 1), due_date=date(2026, 1, 1)
    )
    makers.entry(account=account, amount="50", value_date=date(2026, 1, 1), due_date=date(2026, 2, 1))
    fields = {
        "debtor": {"debtor": account.debtor},
        "account": {"account": account},
        "entry": {"account": account, "entry": charge},
    }[subject]
    Hold.objects.create(
        scopes=["demand"], reason="other", first_day=date(2026, 3, 1), last_day=DAY,
        placed_by=makers.system(), **fields,
    )  # fmt: skip
    demanded = sum((i.demanded for i in chaseable_items([account.pk], as_of=DAY)[account.pk]), Decimal(0))
    assert demanded == (50 if subject == "entry" else 0)
    assert positions([account.pk], as_of=DAY)[account.pk].chaseable == demanded
    after = chaseable_items([account.pk], as_of=date(2026, 4, 2))[account.pk]
    assert sum((i.demanded for i in after), Decimal(0)) == 350
