"""What the view contract opens the pages of accounts with."""

from datetime import timedelta
from decimal import Decimal

from accounts.control.journal import make_journal
from accounts.control.services import state_control_total
from accounts.parties.creditors import merge_debtors, set_holiday
from accounts.payments.splitting import post_split_payment
from accounts.tests import (  # noqa: F401 register themselves
    bank_samples,
    cash_samples,
    cheque_samples,
    claims_samples,
    contact_samples,
    gate_samples,
    interest_samples,
    plan_samples,
    return_samples,
)
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


def split(world):
    """A payment over the world's account and another of the same debtor, in the same team's view."""
    of = world.account
    beside = makers.account(debtor=of.debtor, team=of.team, officer=of.officer, currency=of.currency)
    [part, _other] = post_split_payment(
        account=of, parts={of.pk: Decimal(40), beside.pk: Decimal(60)}, value_date=clock.today(),
        method="transfer", reason="as told", actor=makers.system(), as_of=clock.today(),
    )  # fmt: skip
    return {"pk": part.pk}


def in_credit(world):
    """Another account of the same debtor that was paid without owing anything."""
    of = world.account
    beside = makers.account(debtor=of.debtor, team=of.team, officer=of.officer, currency=of.currency)
    makers.entry(account=beside, kind="payment", amount="10.00", value_date=clock.today())
    return {"pk": beside.pk}


def debtor(world):
    return {"pk": world.account.debtor_id}


def contact_point(world):
    return {"pk": makers.contact_point(debtor=world.account.debtor).pk}


for name in (
    "account_detail",
    "payment_new",
    "adjustment_new",
    "write_off",
    "payment_split",
    "reinstate",
    "account_assign",
    "account_close",
    "account_reopen",
):
    register_sample(f"accounts:{name}", account)
register_sample("accounts:credit_refund", in_credit)
register_sample("accounts:credit_move", in_credit)
register_sample("accounts:entry_detail", entry)
register_sample("accounts:entry_reverse", payment, user=lambda world: world.user(Role.SENIOR_OFFICER))
register_sample("accounts:entry_allocate", payment, user=lambda world: world.user(Role.SENIOR_OFFICER))
register_sample("accounts:split_anew", split, user=lambda world: world.user(Role.SENIOR_OFFICER))
register_sample("accounts:debtor_detail", debtor)
register_sample("accounts:contact_point_new", debtor)
register_sample("accounts:contact_point_mark", contact_point)


def colleague(world):
    return {"pk": makers.user(role=Role.FIELD_OFFICER).pk}


def teammate(world):
    return {"pk": world.user(Role.FIELD_OFFICER).pk}


def gone(world):
    return {"pk": makers.user(role=Role.FIELD_OFFICER, is_active=False).pk}


def absence(world):
    away = makers.absence(
        world.user(Role.SUPERVISOR), world.user(Role.SENIOR_OFFICER), clock.today(), clock.today()
    )
    return {"pk": away.pk}


def merged(world):
    root = makers.debtor(creditor=world.creditor)
    merge_debtors(
        debtor=world.account.debtor, root=root, reason="same", actor=makers.system(), as_of=clock.today()
    )
    return {"pk": world.account.debtor_id}


def bank_account(world):
    return {"pk": makers.bank_account(creditor=world.creditor).pk}


def holiday(world):
    made = set_holiday(
        creditor=world.creditor, day=clock.today(), name="Feast", is_business_day=False, actor=makers.system()
    )
    return {"pk": made.pk}


for name in ("user_detail", "user_change", "user_reset", "user_deactivate"):
    register_sample(f"accounts:{name}", colleague, scoped=False)
register_sample("accounts:bank_account_change", bank_account, scoped=False)
register_sample("accounts:absence_new", teammate, user=lambda world: world.user(Role.SUPERVISOR))
register_sample("accounts:user_reactivate", gone, scoped=False)
register_sample("accounts:absence_cancel", absence, user=lambda world: world.user(Role.SUPERVISOR))
register_sample("accounts:team_change", lambda world: {"pk": world.team.pk}, scoped=False)
register_sample("accounts:department_change", lambda world: {"pk": makers.department().pk}, scoped=False)
for name in ("creditor_detail", "creditor_change", "portfolio_new", "holiday_new"):
    register_sample(f"accounts:{name}", lambda world: {"pk": world.creditor.pk}, scoped=False)
register_sample(
    "accounts:portfolio_change",
    lambda world: {"pk": world.creditor.portfolios.create(code="P", name="P").pk},
    scoped=False,
)
register_sample("accounts:holiday_remove", holiday, scoped=False)
register_sample("accounts:debtor_merge", debtor)
register_sample("accounts:debtor_unmerge", merged)


def open_import(world):
    return {"pk": makers.import_batch(creditor=world.creditor).pk}


def posted_import(world):
    return {"pk": makers.import_batch(creditor=world.creditor, status="posted").pk}


for name in (
    "import_detail",
    "import_reading",
    "import_columns",
    "import_post",
    "import_fix",
    "import_amended",
    "import_discard",
):
    register_sample(f"accounts:{name}", open_import)
register_sample("accounts:import_reverse", posted_import)
register_sample(
    "accounts:creditor_release",
    lambda world: {"pk": makers.creditor(released_at=None).pk},
    scoped=False,
)


def control_total(world):
    world.account  # noqa: B018 the creditor must have an account
    made = state_control_total(
        creditor=world.creditor, currency="EUR", day=clock.today(), stated_balance=Decimal("5.00"),
        actor=makers.system(), as_of=clock.today(),
    )  # fmt: skip
    return {"pk": made.pk}


def journal(world):
    makers.entry(account=world.account, amount="5.00", kind="fee", value_date=clock.today())
    return {"pk": make_journal(creditor=world.creditor, actor=makers.system()).pk}


for name in ("control_total_detail", "control_total_check"):
    register_sample(f"accounts:{name}", control_total, user=lambda world: world.user(Role.SUPERVISOR))
register_sample("accounts:journal_detail", journal, user=lambda world: world.user(Role.SUPERVISOR))
