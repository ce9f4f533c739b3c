"""A cheque follows what becomes of the payments it was; approvals of holds are carried out here."""

from django.utils.translation import gettext_lazy as _

from accounts.approvals import acts
from accounts.cheques.services import HOLD_KIND, hold_approved
from accounts.cheques.taken_back import follow_return, follow_reversal, follow_settlement
from accounts.cheques.told_back import ReturnedCheques
from accounts.payments.signals import payment_reversed
from accounts.returns import instruments
from accounts.returns.enums import Scheme
from accounts.returns.signals import payment_returned


def return_follows(sender, *, payment_return, actor, as_of, **news) -> None:
    follow_return(payment_return=payment_return, actor=actor, as_of=as_of)
    follow_settlement(
        entry=payment_return.entry,
        value_date=payment_return.return_date,
        reason=str(payment_return.reason),
        actor=actor,
        as_of=as_of,
    )


def reversal_follows(sender, *, entry, value_date, reason, actor, as_of, **news) -> None:
    told = {"entry": entry, "value_date": value_date, "reason": reason, "actor": actor, "as_of": as_of}
    follow_reversal(**told)
    follow_settlement(**told)


payment_returned.connect(return_follows, dispatch_uid="cheques.return_follows")
payment_reversed.connect(reversal_follows, dispatch_uid="cheques.reversal_follows")

instruments.register(Scheme.CHEQUE, ReturnedCheques())

acts.register(HOLD_KIND, label=_("Hold a cheque back"), perform=hold_approved)
