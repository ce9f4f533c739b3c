"""What the view contract opens the pages of accounts with."""

from datetime import timedelta

from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers
from collections_app.testing.view_contract import register_sample


def account(world):
    return {"pk": world.account.pk}


def entry(world):
    made = makers.entry(account=world.account, amount="100.00", value_date=clock.today() - timedelta(days=3))
    return {"pk": made.pk}


def payment(world):
    makers.entry(account=world.account, amount="100.00", value_date=clock.today() - timedelta(days=3))
    made = makers.entry(
        account=world.account, amount="40.00", kind="payment", value_date=clock.today() - timedelta(days=1)
    )
    return {"pk": made.pk}


def debtor(world):
    return {"pk": world.account.debtor_id}


def contact_point(world):
    return {"pk": makers.contact_point(debtor=world.account.debtor).pk}


for name in (
    "account_detail",
    "payment_new",
    "adjustment_new",
    "write_off",
    "account_assign",
    "account_close",
    "account_reopen",
):
    register_sample(f"accounts:{name}", account)
register_sample("accounts:entry_detail", entry)
register_sample("accounts:entry_reverse", payment, user=lambda world: world.user(Role.SENIOR_OFFICER))
register_sample("accounts:debtor_detail", debtor)
register_sample("accounts:contact_point_new", debtor)
register_sample("accounts:contact_point_mark", contact_point)
