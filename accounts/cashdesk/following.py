"""What a receipt for cash asks for when its payment is taken back past the desk."""

from datetime import date

from django.utils.translation import gettext as _

from accounts.cashdesk.enums import DayStatus, ReceiptStatus
from accounts.cashdesk.models import ReceiptLine
from accounts.cashdesk.queries import supervisor_of
from accounts.irregularities.enums import IrregularityKind
from accounts.irregularities.models import Irregularity
from accounts.irregularities.services import open_irregularity
from accounts.ledger.models import LedgerEntry
from collections_app.core.refusal import Refused


class VoidTheReceipt(Refused):
    """The payment is a receipt of a day that is still open; the receipt is what is voided."""


def payment_taken_back(*, entry: LedgerEntry, actor, as_of: date) -> Irregularity | None:
    """The payment of a receipt was reversed as a mistake, but its cash is somewhere.

    While the day is open and the money on no slip, the receipt itself is voided instead (raises
    VoidTheReceipt). Later an irregularity asks the cashier's supervisor what becomes of the cash.
    """
    line = (
        ReceiptLine.objects.filter(entry=entry, receipt__status=ReceiptStatus.ISSUED)
        .select_related("receipt__cash_day", "receipt__cashier", "receipt__holder", "account")
        .first()
    )
    if line is None:
        return None
    receipt = line.receipt
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
        amount=line.amount,
        currency=line.currency,
        account=line.account,
        note=_("The payment of receipt %(code)s was taken back. The cash: %(where)s. Say where it belongs.")
        % {"code": receipt.code, "where": where},
        owner=supervisor_of(receipt.cashier, as_of=as_of),
        subject=entry,
        actor=actor,
        as_of=as_of,
        permission="accounts.reverse_payment",
    )
