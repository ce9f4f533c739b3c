"""Where cheques and cash meet: cash taken in the place of a cheque gets its numbered receipt.

Here, because the two stand side by side on the floor below and neither knows the other.
"""

from django.utils.translation import gettext as _

from accounts.cashdesk.services import issue_for_posted
from accounts.cheques.signals import cash_taken, cheques_answered
from accounts.deposits.answers import follow_answers
from collections_app.core.enums import Role


def receipt_follows(sender, *, cheque, entries, actor, as_of, **news) -> None:
    """Raises what `issue_for_posted` raises; what the system settles went over no desk."""
    if actor.role == Role.SYSTEM:
        return
    issue_for_posted(
        entries=entries,
        note=_("In place of cheque %(number)s, %(bank)s") % {"number": cheque.number, "bank": cheque.bank},
        actor=actor,
        as_of=as_of,
    )


def slip_follows(sender, *, cheque_ids, actor, as_of, **news) -> None:
    follow_answers(cheque_ids=cheque_ids, actor=actor, as_of=as_of)


cheques_answered.connect(slip_follows, dispatch_uid="deposits.slip_follows")
cash_taken.connect(receipt_follows, dispatch_uid="deposits.receipt_follows")
