"""What the view contract opens the pages of cheques with; read by `samples`."""

from datetime import timedelta

from accounts.cheques.services import (
    clear_cheque,
    hand_to_bank,
    offer_hand_over,
    return_cheque,
    start_count,
    submit,
)
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers
from collections_app.testing.view_contract import register_sample


def lodged(world, **fields):
    today = clock.today()
    makers.entry(account=world.account, amount="100.00", value_date=today - timedelta(days=30))
    fields.setdefault("cheque_date", today - timedelta(days=2))
    return makers.cheque(account=world.account, received_on=today - timedelta(days=10), as_of=today, **fields)


def received(world):
    return {"pk": lodged(world, in_hand=False).pk}


def incomplete(world):
    return {"pk": lodged(world, missing=["signature"]).pk}


def security(world):
    return {"pk": lodged(world, is_security=True).pk}


def in_hand(world):
    return {"pk": lodged(world).pk}


def submitted(world):
    cheque, today = lodged(world), clock.today()
    submit(cheques=[cheque], date=today, actor=makers.system(), as_of=today)
    return cheque


def at_bank(world):
    return {"pk": submitted(world).pk}


def paid(world):
    cheque, today = submitted(world), clock.today()
    clear_cheque(cheque=cheque, bank_value_date=today, actor=makers.system(), as_of=today)
    return {"pk": cheque.pk}


def returned(world):
    cheque = submitted(world)
    return_cheque(
        cheque=cheque,
        code="insufficient_funds",
        return_date=clock.today(),
        actor=makers.system(),
        as_of=clock.today(),
    )
    return {"pk": cheque.pk}


def with_bank(world):
    cheque = lodged(world, cheque_date=clock.today() + timedelta(days=60))
    hand_to_bank(
        cheques=[cheque],
        bank_account=makers.bank_account(),
        day=clock.today(),
        actor=makers.system(),
        as_of=clock.today(),
    )
    return {"pk": cheque.pk}


def offered(world):
    """From the officer, to whoever looks: whom the contract takes first."""
    cheque = lodged(world, actor=world.officer, in_hand=False)
    made = offer_hand_over(
        cheques=[cheque],
        taker=world.user(Role.SENIOR_OFFICER),
        actor=world.officer,
        as_of=clock.today(),
    )
    return {"pk": made.pk}


def counted(world):
    lodged(world, actor=world.officer, in_hand=False)
    made = start_count(holder=world.officer, actor=world.user(Role.SUPERVISOR), as_of=clock.today())
    return {"pk": made.pk}


for name, maker in (
    ("cheque_detail", in_hand),
    ("cheque_take", received),
    ("cheque_complete", incomplete),
    ("cheque_plan", in_hand),
    ("cheque_hold", in_hand),
    ("cheque_release", security),
    ("cheque_void", received),
    ("cheque_paper", in_hand),
    ("cheque_submit", in_hand),
    ("cheque_collect", in_hand),
    ("cheque_fetch", with_bank),
    ("cheque_clear", at_bank),
    ("cheque_part", at_bank),
    ("cheque_return", at_bank),
    ("cheque_part_back", paid),
    ("cheque_settle", returned),
    ("cheque_legal", returned),
    ("cheque_replace", returned),
    ("cheque_hand_back", in_hand),
    ("cheque_hand_over", in_hand),
):
    register_sample(f"accounts:{name}", maker)
for name in ("account_cheques", "cheque_new"):
    register_sample(f"accounts:{name}", lambda world: {"pk": world.account.pk})
for name in ("hand_over_detail", "hand_over_sign", "hand_over_end"):
    register_sample(f"accounts:{name}", offered, user=lambda world: world.user(Role.SENIOR_OFFICER))
register_sample("accounts:cheque_count_detail", counted, user=lambda world: world.user(Role.SUPERVISOR))
register_sample("accounts:cheque_count_close", counted)
