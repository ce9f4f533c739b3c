"""What the view contract opens the pages of cheques with; read by `samples`."""

from datetime import timedelta

from collections_app.core import clock
from collections_app.testing import makers
from collections_app.testing.view_contract import register_sample


def cheque_of(world, **fields):
    today = clock.today()
    makers.entry(account=world.account, amount="100.00", value_date=today - timedelta(days=30))
    fields.setdefault("cheque_date", today + timedelta(days=20))
    fields.setdefault("actor", world.officer)
    if fields.pop("by_system", True):
        fields.pop("actor")
    return makers.cheque(account=world.account, received_on=today - timedelta(days=10), as_of=today, **fields)


def cheque(world):
    return {"pk": cheque_of(world).pk}


register_sample("accounts:cheque_detail", cheque)
