"""What the view contract opens the pages of the cash desk and of deposits with; read by `samples`."""

from datetime import timedelta
from decimal import Decimal

from accounts.cashdesk.change import give_out
from accounts.cashdesk.days import close_day, open_day
from accounts.cashdesk.instructions import propose_instruction
from accounts.cashdesk.models import CashDay
from accounts.cashdesk.paper import issue_book
from accounts.cashdesk.queries import day_of
from accounts.cashdesk.services import take_cash
from accounts.deposits.services import mark_deposited, prepare_deposit, tie
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers
from collections_app.testing.view_contract import register_sample

STAMPED = b"%PDF-1.4 stamped"


def cashier(world):
    return world.user(Role.FIELD_OFFICER)


def supervisor(world):
    return world.user(Role.SUPERVISOR)


def manager(world):
    return world.user(Role.MANAGER)


def opened(world) -> CashDay:
    person, today = cashier(world), clock.today()
    found = day_of(person)
    if found is None:
        makers.change_money(person, "20.00", day=today)
        found = open_day(cashier=person, day=today, counted={"EUR": Decimal(20)}, actor=person)
    return found


def receipt(world, amount="30.00"):
    opened(world)
    return take_cash(account=world.account, amount=Decimal(amount), actor=cashier(world), as_of=clock.today())


def counted(world) -> CashDay:
    """A day of the world's cashier that waits for the supervisor's signature."""
    receipt(world)
    return close_day(
        cash_day=opened(world),
        counted={"EUR": {Decimal(50): 1}},
        receiver=supervisor(world),
        actor=cashier(world),
        as_of=clock.today(),
    )


def book(world):
    return issue_book(
        prefix=f"B{makers.number()}-",
        first_number=1,
        last_number=50,
        holder=cashier(world),
        actor=supervisor(world),
        as_of=clock.today() - timedelta(days=1),
    )


def instruction(world):
    return propose_instruction(
        creditor=world.creditor,
        currency="EUR",
        bank_account=makers.bank_account(),
        within_days=1,
        valid_from=clock.today(),
        actor=makers.user(role=Role.SUPERVISOR),
        as_of=clock.today(),
    )


def slip(world):
    return prepare_deposit(
        bank_account=makers.bank_account(),
        receipt_ids=[receipt(world).pk],
        pieces={Decimal(20): 1, Decimal(10): 1},
        actor=cashier(world),
        as_of=clock.today(),
    )


def brought(world):
    return mark_deposited(
        deposit=slip(world),
        deposited_on=clock.today(),
        content=STAMPED,
        filename="slip.pdf",
        actor=cashier(world),
        as_of=clock.today(),
    )


def credited(world):
    return tie(
        deposit=brought(world),
        amount=Decimal(30),
        value_date=clock.today(),
        reference="DEP",
        actor=supervisor(world),
        as_of=clock.today(),
    )


def pk_of(maker):
    return lambda world: {"pk": maker(world).pk}


def change(world):
    """Change money of the world's cashier, in no till."""
    return give_out(
        holder=cashier(world),
        amount=Decimal(40),
        currency="EUR",
        note="Voucher",
        actor=supervisor(world),
        as_of=clock.today(),
    )


register_sample("accounts:change_money_detail", pk_of(change), user=cashier)
for name in ("take", "back"):
    register_sample(f"accounts:change_money_{name}", pk_of(change), user=supervisor)
for name in ("cash_take", "cash_take_paper"):

    def account(world):
        opened(world)
        book(world)
        return world.account

    register_sample(f"accounts:{name}", pk_of(account), user=cashier)
for name in ("detail", "print"):
    register_sample(f"accounts:cash_receipt_{name}", pk_of(receipt))
register_sample("accounts:cash_receipt_void", pk_of(receipt), user=supervisor)
for name in ("detail", "print"):
    register_sample(f"accounts:cash_day_{name}", pk_of(opened), user=cashier)
register_sample("accounts:cash_day_close", pk_of(opened), user=cashier)
for name in ("sign", "again"):
    register_sample(f"accounts:cash_day_{name}", pk_of(counted), user=supervisor)
for name in ("detail", "leaf"):
    register_sample(f"accounts:receipt_book_{name}", pk_of(book), user=cashier)
register_sample("accounts:receipt_book_return", pk_of(book), user=supervisor)
register_sample("accounts:deposit_instruction_detail", pk_of(instruction))
for name in ("approve", "reject"):
    register_sample(f"accounts:deposit_instruction_{name}", pk_of(instruction), user=manager)
register_sample(
    "accounts:deposit_new_to",
    lambda world: {"pk": makers.bank_account(creditor=world.creditor).pk},
)
for name in ("detail", "print", "bring", "cancel"):
    register_sample(f"accounts:deposit_{name}", pk_of(slip), user=cashier)
register_sample("accounts:deposit_tie", pk_of(brought), user=supervisor)
register_sample("accounts:deposit_untie", pk_of(credited), user=supervisor)
