"""What the view contract opens the pages of bank statements with; read by `samples`."""

from decimal import Decimal

from accounts.bank.enums import LineStatus
from accounts.bank.files import load_bank_file, take_in
from accounts.bank.models import BankFile, BankLine
from accounts.bank.services import ask_refund, post_line
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers
from collections_app.testing.view_contract import register_sample

TABLE = "Date;Text;Payer;Amount\n{day};who is this;{name};{amount}\n"


def bank(world):
    return makers.bank_account(creditor=world.creditor, currency=world.account.currency)


def file(world, amount="40.00", account=None):
    return load_bank_file(
        content=TABLE.format(
            day=clock.today().isoformat(), name=f"P{makers.number()}", amount=amount
        ).encode(),
        filename="bank.csv",
        bank_account=account or bank(world),
        actor=world.user(Role.SUPERVISOR),
        as_of=clock.today(),
    )


def line(world, amount="40.00"):
    """A line of the world's creditor that nobody knows."""
    makers.system()
    taken = take_in(bank_file=file(world, amount), actor=world.user(Role.SUPERVISOR), as_of=clock.today())
    return BankLine.objects.get(statement__bank_file=taken)


def posted(world):
    made = line(world)
    makers.entry(account=world.account, amount="100.00", value_date=clock.today())
    post_line(
        line=made,
        parts=[(world.account, Decimal("40.00"))],
        actor=world.user(Role.SUPERVISOR),
        as_of=clock.today(),
    )
    return made


def to_refund(world):
    made = line(world)
    ask_refund(line=made, reason="Mistake", actor=world.user(Role.SUPERVISOR), as_of=clock.today())
    assert BankLine.objects.get(pk=made.pk).status == LineStatus.TO_REFUND
    return made


def supervisor(world):
    return world.user(Role.SUPERVISOR)


for name in ("detail", "post", "link", "split", "unidentified", "refund", "not_ours", "deposit"):
    register_sample(f"accounts:bank_line_{name}", lambda world: {"pk": line(world).pk})
register_sample("accounts:bank_line_cheque", lambda world: {"pk": line(world).pk})
register_sample("accounts:bank_line_cheque_return", lambda world: {"pk": line(world, "-40.00").pk})
register_sample("accounts:bank_line_return", lambda world: {"pk": line(world, "-40.00").pk})
register_sample("accounts:bank_line_unmatch", lambda world: {"pk": posted(world).pk})
register_sample("accounts:bank_line_settle", lambda world: {"pk": to_refund(world).pk})
register_sample("accounts:bank_statement_detail", lambda world: {"pk": line(world).statement_id})
register_sample("accounts:bank_line_link_return", lambda world: {"pk": line(world, "-40.00").pk})
def large_file(world):
    made = file(world)
    BankFile.objects.filter(pk=made.pk).update(is_large=True)
    return {"pk": made.pk}


register_sample("accounts:bank_file_look", large_file, user=supervisor)
for name in ("detail", "columns", "take", "discard"):
    register_sample(f"accounts:bank_file_{name}", lambda world: {"pk": file(world).pk}, user=supervisor)
