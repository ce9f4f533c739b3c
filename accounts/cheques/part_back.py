"""A part of a paid cheque came back: the bank gave a certificate for what it did not pay after all."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.cheques.answers import PARTLY_PAID, log_paper_back, note_return, told_of
from accounts.cheques.enums import PAID, ChequeStatus, Place
from accounts.cheques.models import Cheque, ChequePayment, ChequeReturn
from accounts.cheques.paying import BankNotAsked, name_share, payments_of
from accounts.cheques.rules import ANSWER_CHEQUE
from accounts.cheques.steps import ChequeRefused, check_day, keep_paper, locked, move
from accounts.cheques.taken_back import followed_here
from accounts.ledger.enums import EntryKind, EntrySource
from accounts.ledger.services import NewEntry, post_entries
from accounts.returns.enums import Scheme
from accounts.returns.models import ReturnReason
from accounts.returns.postings import reversal_of_return
from accounts.returns.services import record_return
from collections_app.core.models import User
from collections_app.core.money import format_amount, quantise
from collections_app.core.permissions import require


class WhichAccount(ChequeRefused):
    """The cheque paid several accounts, and nobody has said how much came back from which."""


def suggested(cheque: Cheque, back: Decimal) -> dict[int, Decimal]:
    """How much would come back from each account if the bank had paid less from the start: the shares
    were paid in the order they were named, so the last lose first."""
    found: dict[int, Decimal] = {}
    for payment in reversed(payments_of(cheque)):
        part = min(back, payment.entry.amount)
        back -= part
        found[payment.entry.account_id] = part
    return dict(reversed(found.items()))


@transaction.atomic
def part_return_cheque(
    *,
    cheque: Cheque,
    back: Decimal | Mapping[int, Decimal],
    return_date: date,
    certificate: str,
    note: str = "",
    paper: tuple[str, bytes] | None = None,
    actor,
    as_of: date,
    permission: str = ANSWER_CHEQUE,
) -> ChequeReturn:
    """Less than a paid cheque came back; what stayed is paid in anew on that day.

    `back` is the sum, or how much by account where the cheque paid several: each account's payment is
    taken back and what stayed of it posted again, first to what its share named. The cheque is paid in
    part, its paper back with whoever records it. Task and fee follow once, on the account of which most
    came back. Raises WhichAccount, ChequeRefused, BankNotAsked, ChequeMovedLater, NotAllowed and what
    `record_return` raises.
    """
    require(actor, permission)
    [now] = locked([cheque])
    standing = payments_of(now)
    if now.status not in PAID or not standing:
        raise BankNotAsked(
            _("Cheque %(number)s is «%(status)s», so nothing of it can come back.")
            % {"number": now.number, "status": now.get_status_display()}
        )
    check_day(now, return_date, as_of, "return_date")
    if not certificate.strip():
        raise ChequeRefused(_("Enter the number of the bank's certificate."), field="certificate")
    parts = _parts(now, standing, back)
    keep_paper(now, paper, kind="cheque_certificate", actor=actor)
    first = max(parts, key=lambda payment: parts[payment])
    with followed_here(now):
        returned = record_return(
            entry=first.entry,
            scheme=Scheme.CHEQUE,
            code=PARTLY_PAID,
            return_date=return_date,
            amount=parts[first],
            certificate=certificate,
            note=note,
            actor=actor,
            as_of=as_of,
            permission=permission,
        )
    if returned.rest is not None:
        _stays(first, returned.rest)
    _others(
        {payment: amount for payment, amount in parts.items() if payment is not first},
        returned.reason,
        return_date,
        as_of=as_of,
    )
    found = note_return(
        now,
        reason=returned.reason,
        return_date=return_date,
        amount=sum(parts.values(), Decimal(0)),
        certificate=certificate,
        payment_return=returned,
        note=note,
        actor=actor,
    )
    if now.status != ChequeStatus.PART_PAID:
        move(now, ChequeStatus.PART_PAID, day=return_date, actor=actor, returned_on=return_date)
    if now.place == Place.BANK:
        log_paper_back(now, return_date, actor)
        now.place = Place.OFFICE
        now.save(update_fields=["place", "holder"])
    told_of([now], actor=actor, as_of=as_of)
    return found


def _parts(
    cheque: Cheque, standing: list[ChequePayment], back: Decimal | Mapping[int, Decimal]
) -> dict[ChequePayment, Decimal]:
    """What comes back of each payment; none that loses nothing."""
    if not isinstance(back, Mapping):
        if len(standing) > 1:
            raise WhichAccount(_("This cheque paid several accounts. Say how much came back from each."))
        back = {standing[0].entry.account_id: back}
    by_account = {payment.entry.account_id: payment for payment in standing}
    if back.keys() - by_account.keys():
        raise ChequeRefused(_("The cheque paid nothing to one of these accounts."))
    parts = {by_account[pk]: quantise(amount, cheque.currency) for pk, amount in back.items() if amount}
    if any(not 0 < amount <= payment.entry.amount for payment, amount in parts.items()):
        raise ChequeRefused(_("From an account comes back at most what the cheque paid to it."))
    kept = sum((payment.entry.amount for payment in standing), Decimal(0))
    if not 0 < sum(parts.values(), Decimal(0)) < kept:
        raise ChequeRefused(
            _("A part is more than nothing and less than %(amount)s.")
            % {"amount": format_amount(kept, cheque.currency)}
        )
    return parts


def _stays(payment: ChequePayment, rest) -> None:
    ChequePayment.objects.create(share=payment.share, presentment=payment.presentment, entry=rest)


def _others(
    parts: Mapping[ChequePayment, Decimal], reason: ReturnReason, day: date, *, as_of: date
) -> None:
    """Take back what came back from the other accounts, and post again what stayed."""
    if not parts:
        return
    system = User.objects.system()
    told = {"actor": system, "as_of": as_of, "day_is_given": True}
    post_entries(entries=[reversal_of_return(one.entry, reason, day) for one in parts], **told)
    kept = [one for one, amount in parts.items() if amount < one.entry.amount]
    posted = post_entries(
        entries=[
            NewEntry(
                account_id=one.entry.account_id,
                kind=EntryKind.PAYMENT,
                amount=one.entry.amount - parts[one],
                value_date=day,
                reference=one.entry.reference,
                description=_("The part of a payment that stayed"),
                method=one.entry.method,
                receiver=one.entry.receiver,
                source=EntrySource.RULE,
            )
            for one in kept
        ],
        **told,
    )
    for one, rest in zip(kept, posted, strict=True):
        _stays(one, rest)
        name_share(rest, one.share.charge, actor=system, as_of=as_of)
