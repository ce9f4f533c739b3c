"""What the view contract opens the pages of interest with; read by `samples`."""

from datetime import timedelta

from accounts.interest.accruing import accrue
from accounts.interest.models import InterestPosting
from accounts.interest.services import approve_run, post_run, prepare_run, reckon_run
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers
from collections_app.testing.view_contract import register_sample


def run_of(world, *, is_posted=False):
    """Last month's interest of the world's creditor, prepared or posted by the system."""
    today, system = clock.today(), makers.system()
    last_day = today.replace(day=1) - timedelta(days=1)
    first = last_day.replace(day=1)
    makers.policy(
        "interest",
        {"rates": {first.isoformat(): "9"}, "posting": "demand", "second_person": False},
        scope_type="creditor",
        scope_id=world.creditor.pk,
    )
    due = first - timedelta(days=9)
    makers.entry(account=world.account, amount="1000.00", value_date=due, due_date=due)
    run = prepare_run(creditor=world.creditor, kind="interest", last_day=last_day, actor=system, as_of=today)
    run = reckon_run(run=run, actor=system, as_of=today)
    if is_posted:
        approve_run(run=run, actor=system, as_of=today)
        run = post_run(run=run, actor=system, as_of=today)
    return run


def prepared(world):
    return {"pk": run_of(world).pk}


def posted(world):
    return {"pk": run_of(world, is_posted=True).pk}


def charged(world):
    run_of(world, is_posted=True)
    return {"pk": InterestPosting.objects.get(account=world.account).pk}


def charged_fee(world):
    """A late fee that last month's run charged on an item."""
    today, system = clock.today(), makers.system()
    last_day = today.replace(day=1) - timedelta(days=1)
    values = {"steps": {"5": {"%": "2"}}, "cap": {"*": "30"}, "posting": "demand", "second_person": False}
    since = last_day.replace(day=1)
    scope = {"scope_type": "creditor", "scope_id": world.creditor.pk, "valid_from": since}
    makers.policy("late_fee", values, **scope)
    makers.entry(account=world.account, amount="1000.00", value_date=since, due_date=since)
    run = prepare_run(creditor=world.creditor, kind="late_fee", last_day=last_day, actor=system, as_of=today)
    run = reckon_run(run=run, actor=system, as_of=today)
    approve_run(run=run, actor=system, as_of=today)
    post_run(run=run, actor=system, as_of=today)
    return {"pk": InterestPosting.objects.get(account=world.account).entry_id}


def accrued(world):
    """A month of the world's creditor, kept day by day."""
    run_of(world)
    last = clock.today().replace(day=1) - timedelta(days=1)
    accrue(through={world.creditor.pk: last})
    return {"pk": world.creditor.pk, "month": f"{last:%Y-%m}"}


def accrued_day(world):
    accrued(world)
    last = clock.today().replace(day=1) - timedelta(days=1)
    return {"day": last.isoformat(), "currency": world.account.currency}


def account(world):
    run_of(world, is_posted=True)
    return {"pk": world.account.pk}


for name in ("detail", "post", "discard"):
    register_sample(f"accounts:interest_run_{name}", prepared, scoped=False)
register_sample("accounts:interest_run_reverse", posted, scoped=False)
register_sample(
    "accounts:interest_posting_waive", charged, user=lambda world: world.user(Role.SENIOR_OFFICER)
)
register_sample("accounts:account_interest", account)
register_sample("accounts:charge_sheet", charged_fee)
for name in ("reckon", "check"):
    register_sample(f"accounts:interest_accrued_{name}", accrued, scoped=False)
register_sample("accounts:interest_accrued_accounts", accrued_day, scoped=False)
register_sample("accounts:account_interest_sheet", account)
