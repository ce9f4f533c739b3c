"""What the view contract opens the pages of returns and irregularities with; read by `samples`."""

from datetime import timedelta
from decimal import Decimal

from accounts.irregularities.services import open_irregularity
from accounts.payments.bank_details import propose_bank_details
from accounts.payments.services import post_payment, reverse_payment
from accounts.returns.file_posting import post_return_file
from accounts.returns.files import load_return_file
from accounts.returns.formats import FoundReturn
from accounts.returns.models import ReturnFile, ReturnReason
from accounts.returns.reasons import propose_reason, values_of
from accounts.returns.services import record_return
from collections_app.core import clock
from collections_app.core.enums import Role
from collections_app.testing import makers
from collections_app.testing.view_contract import register_sample


def receipt(world, reference=""):
    today = clock.today()
    makers.entry(account=world.account, amount="100.00", value_date=today - timedelta(days=9))
    return post_payment(
        account=world.account,
        amount=Decimal("40.00"),
        value_date=today - timedelta(days=4),
        method="direct_debit",
        reference=reference,
        actor=makers.system(),
        as_of=today,
    )


def returned(world, code="AM04"):
    today = clock.today()
    return record_return(
        entry=receipt(world),
        scheme="sepa",
        code=code,
        return_date=today - timedelta(days=1),
        actor=makers.system(),
        as_of=today,
    )


def taken_back(world):
    entry = receipt(world)
    today = clock.today()
    reverse_payment(entry=entry, value_date=today, reason="Fed", actor=makers.system(), as_of=today)
    return {"pk": entry.pk}


def case(world):
    return open_irregularity(
        kind="short",
        amount=Decimal("5.00"),
        currency=world.account.currency,
        account=world.account,
        note="Five are missing",
        actor=makers.system(),
        as_of=clock.today(),
    )


def found(reference="", number=1, **fields):
    given = {
        "number": number,
        "code": "AM04",
        "amount": Decimal("40.00"),
        "currency": "EUR",
        "return_date": clock.today() - timedelta(days=1),
        "reference": reference,
        "payer": "Somebody",
    }
    return FoundReturn(**{**given, **fields})


def file(world, format="camt", mapping=None):
    """A file the world's supervisor brought: one receipt found, one not."""
    return load_return_file(
        content=f"returns {makers.number()}".encode(),
        filename="returns.txt",
        scheme="sepa",
        format=format,
        found=[found(receipt(world, "E2E-1").reference), found("nobody", number=2)],
        mapping=mapping,
        actor=world.user(Role.SUPERVISOR),
        as_of=clock.today(),
    )


def row(world):
    made = post_return_file(return_file=file(world), actor=world.user(Role.SUPERVISOR), as_of=clock.today())
    return {"pk": made.rows.get(finding="unknown").pk}


def table_file(world):
    content = b"code;amount;reference\nAM04;40.00;E2E-1\n"
    made = load_return_file(
        content=content,
        filename="returns.csv",
        scheme="sepa",
        format="csv",
        found=[found("E2E-1")],
        mapping={"header": ["code", "amount", "reference"]},
        actor=world.user(Role.SUPERVISOR),
        as_of=clock.today(),
    )
    return {"pk": made.pk}


def reason(world):
    return {"pk": ReturnReason.objects.in_force(clock.today()).get(scheme="sepa", code="AM04").pk}


def proposed(world):
    old = ReturnReason.objects.get(**reason(world))
    made = propose_reason(
        scheme="sepa",
        code="AM04",
        values={**values_of(old), "task_days": 9},
        valid_from=clock.today(),
        note="Sample",
        actor=makers.user(role=Role.SUPERVISOR),
        as_of=clock.today(),
    )
    return {"pk": made.pk}


def supervisor(world):
    return world.user(Role.SUPERVISOR)


register_sample("accounts:return_new", lambda world: {"pk": receipt(world).pk})
register_sample("accounts:return_explain", taken_back)
register_sample("accounts:return_detail", lambda world: {"pk": returned(world).pk})
for name in ("retry_detail", "retry_present", "retry_give_up"):
    register_sample(f"accounts:{name}", lambda world: {"pk": returned(world).retry.pk})
register_sample("accounts:means_stop_end", lambda world: {"pk": returned(world, "MD06").means_stop.pk})
for name in ("return_reason_detail", "return_reason_change"):
    register_sample(f"accounts:{name}", reason, scoped=False)
for name in ("return_reason_approve", "return_reason_reject"):
    register_sample(f"accounts:{name}", proposed, scoped=False)
for name in ("return_file_detail", "return_file_post", "return_file_discard"):
    register_sample(f"accounts:{name}", lambda world: {"pk": file(world).pk}, user=supervisor)
def unread_file(world):
    made = file(world)
    ReturnFile.objects.filter(pk=made.pk).update(is_read=False)
    return {"pk": made.pk}


register_sample("accounts:return_file_read", unread_file, user=supervisor)
register_sample("accounts:return_file_columns", table_file, user=supervisor)
for name in ("return_row_detail", "return_row_dismiss"):
    register_sample(f"accounts:{name}", row, user=supervisor)
for name in ("detail", "take", "give", "close", "cancel", "document"):
    register_sample(f"accounts:irregularity_{name}", lambda world: {"pk": case(world).pk})
register_sample("accounts:account_irregularity_new", lambda world: {"pk": world.account.pk})


def bank_details(world, proposer=None):
    made = propose_bank_details(
        debtor=world.account.debtor,
        holder="Anna Berg",
        number_kind="iban",
        number="DE89370400440532013000",
        valid_from=clock.today(),
        source="Mandate",
        actor=proposer or makers.user(role=Role.SENIOR_OFFICER),
        as_of=clock.today(),
    )
    return {"pk": made.pk}


register_sample("accounts:bank_details_new", lambda world: {"pk": world.account.debtor_id})
for name in ("detail", "reveal", "approve"):
    register_sample(f"accounts:bank_details_{name}", bank_details)
register_sample(
    "accounts:bank_details_refuse", bank_details, user=lambda world: world.user(Role.SENIOR_OFFICER)
)
