"""Cash whose payment was posted wrongly: the receipt and its number stay, the posting is put right."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.cashdesk.enums import DayStatus, ReceiptStatus
from accounts.cashdesk.models import CashReceipt
from accounts.cashdesk.queries import supervisor_of
from accounts.irregularities.enums import IrregularityKind
from accounts.irregularities.models import Irregularity
from accounts.irregularities.services import open_irregularity
from accounts.ledger.enums import EntryKind, PaymentMethod, Receiver
from accounts.ledger.models import Account, LedgerEntry
from accounts.payments.models import OwnBankAccount
from accounts.payments.services import post_payment
from collections_app.core import audit
from collections_app.core.money import format_amount
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused


class VoidTheReceipt(Refused):
    """The payment is a receipt of a day that is still open; the receipt is what is voided."""


class NotOfThatReceipt(Refused):
    """The receipt has no cash left that is posted nowhere."""


ABOUT = ("cash_day", "cashier", "holder")


def receipt_behind(entry: LedgerEntry) -> CashReceipt | None:
    """The receipt that stands for the cash of a payment; one posted anew bears its number only."""
    issued = CashReceipt.objects.issued().select_related(*ABOUT)
    if entry.method != PaymentMethod.CASH or entry.receiver != Receiver.OFFICE:
        return None
    return (
        issued.filter(lines__entry=entry).first()
        or issued.filter(code=entry.reference, currency=entry.currency).first()
    )


def unposted_part(receipt: CashReceipt) -> Decimal:
    """How much of a receipt's cash stands on no account: what was taken back and not posted anew."""
    first = receipt.lines.filter(entry__reversed_by__isnull=True)
    anew = LedgerEntry.objects.filter(
        kind=EntryKind.PAYMENT,
        method=PaymentMethod.CASH,
        receiver=Receiver.OFFICE,
        reference=receipt.code,
        currency=receipt.currency,
        receipt_line__isnull=True,
        reversed_by__isnull=True,
    )
    posted = sum(
        (rows.aggregate(posted=Sum("amount", default=Decimal(0)))["posted"] for rows in (first, anew)),
        Decimal(0),
    )
    return max(receipt.amount - posted, Decimal(0))


def payment_taken_back(*, entry: LedgerEntry, actor, as_of: date) -> Irregularity | None:
    """The payment of a receipt was reversed as a mistake, but its cash is somewhere.

    While the day is open and the money on no slip, the receipt itself is voided instead (raises
    VoidTheReceipt). Later an irregularity asks the cashier's supervisor what becomes of the cash;
    `post_again` puts it where it belongs.
    """
    receipt = receipt_behind(entry)
    if receipt is None:
        return None
    if receipt.cash_day.status == DayStatus.OPEN and not receipt.deposit_code:
        raise VoidTheReceipt(
            _("This is receipt %(code)s of a day that is open. Void the receipt: its number stays.")
            % {"code": receipt.code}
        )
    where = (
        _("it went to the bank with %(deposit)s") % {"deposit": receipt.deposit_code}
        if receipt.deposit_code
        else _("%(holder)s holds it") % {"holder": receipt.holder}
    )
    return open_irregularity(
        kind=IrregularityKind.WRONG_ACCOUNT,
        amount=entry.amount,
        currency=entry.currency,
        account=entry.account,
        note=_("The payment of receipt %(code)s was taken back. The cash: %(where)s. Say where it belongs.")
        % {"code": receipt.code, "where": where},
        owner=supervisor_of(receipt.cashier, as_of=as_of),
        subject=entry,
        actor=actor,
        as_of=as_of,
        permission="accounts.reverse_payment",
    )


@transaction.atomic
def post_again(
    *,
    code: str,
    account: Account,
    amount: Decimal,
    value_date: date,
    charge: LedgerEntry | None = None,
    late_reason: str = "",
    move_reason: str = "",
    actor,
    as_of: date,
) -> LedgerEntry:
    """Post cash of a receipt, whose payment was taken back as a mistake, where it belongs.

    No number is drawn and nothing is added to a till: `code` is the receipt that was issued for it, of
    the same currency. On another creditor's account it is posted by who may take payments back, with
    a `move_reason` that stays with the receipt, and not while the cash lies on the first creditor's own
    bank account. Raises NotOfThatReceipt, NotAllowed and what `post_payment` raises.
    """
    receipt = (
        CashReceipt.objects.visible_to(actor)
        .filter(code=code.strip(), status=ReceiptStatus.ISSUED)
        .values_list("pk", flat=True)
        .first()
    )
    if receipt is None:
        raise NotOfThatReceipt(_("There is no receipt of that number."), field="reference")
    locked = CashReceipt.objects.select_for_update(of=("self",), no_key=True).get(pk=receipt)
    if locked.currency != account.currency:
        raise NotOfThatReceipt(
            _("Receipt %(code)s is of another creditor or currency.") % {"code": locked.code},
            field="reference",
        )
    left = unposted_part(locked)
    if amount > left:
        raise NotOfThatReceipt(
            _("Of receipt %(code)s %(amount)s is on no account. Cash that comes in now gets its own receipt.")
            % {"code": locked.code, "amount": format_amount(left, locked.currency, with_currency=True)},
            field="reference",
        )
    if value_date < locked.received_date:
        raise NotOfThatReceipt(
            _("The cash came later: %(day)s.") % {"day": locked.received_date.isoformat()}, field="value_date"
        )
    is_moved = locked.creditor_id != account.creditor_id
    if is_moved:
        _check_move(locked, move_reason, actor)
    entry = post_payment(
        account=account,
        amount=amount,
        value_date=value_date,
        method=PaymentMethod.CASH,
        receiver=Receiver.OFFICE,
        reference=locked.code,
        charge=charge,
        late_reason=late_reason,
        actor=actor,
        as_of=as_of,
    )
    if is_moved:
        audit.record(
            "cash_receipt.moved",
            locked,
            actor=actor,
            before={"creditor": locked.creditor_id},
            after={"creditor": account.creditor_id, "entry": entry.pk, "amount": amount},
            reason=move_reason.strip()[:300],
        )
    return entry


def is_of_another_creditor(code: str, account: Account, actor) -> bool:
    """Whether a receipt's cash would move to another creditor on this account."""
    found = CashReceipt.objects.visible_to(actor).filter(code=code.strip(), currency=account.currency)
    return found.exclude(creditor=account.creditor_id).exists()


def _check_move(receipt: CashReceipt, reason: str, actor) -> None:
    """Raise where cash of one creditor may not be posted to another's account."""
    if not reason.strip():
        raise NotOfThatReceipt(
            _("Receipt %(code)s is of another creditor. Say why its cash belongs here.")
            % {"code": receipt.code},
            field="move_reason",
        )
    require(actor, "accounts.reverse_payment")
    directed = receipt.instruction.bank_account if receipt.instruction is not None else None
    own = OwnBankAccount.objects.filter(creditor=receipt.creditor_id, currency=receipt.currency)
    is_there = own.filter(pk=directed.pk).exists() if directed is not None else own.exists()
    if receipt.banked_on is not None and is_there:
        raise NotOfThatReceipt(
            _("The cash of receipt %(code)s went to a bank account of %(creditor)s, who sends it back first.")
            % {"code": receipt.code, "creditor": receipt.creditor},
            field="reference",
        )
