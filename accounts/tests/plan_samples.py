"""What the view contract opens the pages of payment plans with; read by `samples`."""

from datetime import timedelta

from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers
from collections_app.testing.view_contract import register_sample


def plan_of(world, **fields):
    today = clock.today()
    due = today - timedelta(days=30)
    makers.entry(account=world.account, amount="600.00", value_date=due, due_date=due)
    return makers.payment_plan(account=world.account, amount="600.00", as_of=today, **fields)


def in_force(world):
    return {"pk": plan_of(world).pk}


def offered(world):
    return {"pk": plan_of(world, is_agreed=False).pk}


def owing(world):
    makers.entry(account=world.account, amount="600.00", value_date=clock.today() - timedelta(days=3))
    return {"pk": world.account.pk}


register_sample("accounts:plan_detail", in_force)
register_sample("accounts:plan_paper", in_force)
register_sample("accounts:plan_cancel", in_force, user=lambda world: world.user(Role.SENIOR_OFFICER))
register_sample("accounts:plan_accept", offered)
for name in ("new", "preview", "options"):
    register_sample(f"accounts:plan_{name}", owing)
