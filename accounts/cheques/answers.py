"""What the bank said: paid, paid in part, not paid. Only here a cheque becomes money."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.cheques.enums import AT_BANK, CHEQUE, PAID, ChequeStatus, CustodyKind, Place
from accounts.cheques.following import ask_what_it_asks, charge_fee, hold_for_deceased
from accounts.cheques.models import Cheque, ChequeReturn
from accounts.cheques.paying import BankNotAsked, pay, payments_of, presentments, tie
from accounts.cheques.rules import ANSWER_CHEQUE
from accounts.cheques.signals import cheques_answered
from accounts.cheques.steps import (
    ChequeRefused,
    check_day,
    keep_paper,
    locked,
    log_custody,
    move,
)
from accounts.ledger.models import LedgerEntry
from accounts.returns.enums import ActionClass, Scheme
from accounts.returns.models import PaymentReturn, ReturnReason
from accounts.returns.queries import reason_on
from accounts.returns.services import ReasonUnknown, record_return
from collections_app.core import audit
from collections_app.core.money import format_amount, quantise
from collections_app.core.permissions import require

PARTLY_PAID = "partly_paid"


def _at_bank(cheque: Cheque, actor, permission: str) -> Cheque:
    require(actor, permission)
    [now] = locked([cheque])
    return now


def _check_answer(cheque: Cheque, day: date, as_of: date, field: str) -> None:
    if cheque.status not in AT_BANK:
        raise BankNotAsked(
            _("Cheque %(number)s is «%(status)s», so there is no answer of the bank to record.")
            % {"number": cheque.number, "status": cheque.get_status_display()}
        )
    check_day(cheque, day, as_of, field)


@transaction.atomic
def clear_cheque(
    *,
    cheque: Cheque,
    bank_value_date: date,
    reference: str = "",
    entries: Iterable[LedgerEntry] = (),
    actor,
    as_of: date,
    permission: str = ANSWER_CHEQUE,
) -> list[LedgerEntry]:
    """The bank paid the cheque: the debt falls by its amount with the bank's value date.

    Returns the payments, one for each account, tied to the cheque (`ChequePayment`). Side effects as
    `post_payment`. With `entries`, payments that are in the books already, nothing is posted. Callers
    with a rule of their own pass its permission.
    Raises BankNotAsked, ChequeMovedLater, ChequeRefused, NotAllowed.
    """
    now = _at_bank(cheque, actor, permission)
    _check_answer(now, bank_value_date, as_of, "bank_value_date")
    if known := list(entries):
        posted = tie(now, now.amount, known, bank_value_date)
    else:
        told = {"value_date": bank_value_date, "reference": reference, "actor": actor, "as_of": as_of}
        posted = pay([(now, now.amount)], **told)
    move(now, ChequeStatus.CLEARED, day=bank_value_date, actor=actor, bank_value_date=bank_value_date)
    told_of([now], actor=actor, as_of=as_of)
    return posted


@transaction.atomic
def clear_cheques(
    *, cheques: Iterable[Cheque], bank_value_date: date, reference: str = "", actor, as_of: date
) -> list[LedgerEntry]:
    """The bank paid all of these on one day (the credit of a slip), or nothing is recorded; in one set.

    Returns the payments. Raises as `clear_cheque`.
    """
    require(actor, ANSWER_CHEQUE)
    batch = locked(cheques)
    for cheque in batch:
        _check_answer(cheque, bank_value_date, as_of, "bank_value_date")
    posted = pay(
        [(cheque, cheque.amount) for cheque in batch],
        value_date=bank_value_date,
        reference=reference,
        actor=actor,
        as_of=as_of,
    )
    CHEQUE.advance_many(
        [cheque.pk for cheque in batch],
        to=ChequeStatus.CLEARED,
        actor=actor,
        as_of=bank_value_date,
        moved_on=bank_value_date,
        bank_value_date=bank_value_date,
    )
    told_of(batch, actor=actor, as_of=as_of)
    return posted


@transaction.atomic
def part_pay_cheque(
    *,
    cheque: Cheque,
    paid: Decimal,
    bank_value_date: date,
    certificate: str,
    note: str = "",
    paper: tuple[str, bytes] | None = None,
    entries: Iterable[LedgerEntry] = (),
    actor,
    as_of: date,
    permission: str = ANSWER_CHEQUE,
) -> ChequeReturn:
    """The bank paid a part and gave a certificate for the rest.

    The paper is back with whoever records it. The part is posted to the shares in the order they were
    named; what is left of the debt stays overdue from its own due date, nothing is charged anew. Raises
    as `clear_cheque`.
    """
    now = _at_bank(cheque, actor, permission)
    _check_answer(now, bank_value_date, as_of, "bank_value_date")
    paid = quantise(paid, now.currency)
    if not 0 < paid < now.amount:
        raise ChequeRefused(
            _("A part is more than nothing and less than %(amount)s.")
            % {"amount": format_amount(now.amount, now.currency)},
            field="paid",
        )
    if not certificate.strip():
        raise ChequeRefused(_("Enter the number of the bank's certificate."), field="certificate")
    if known := list(entries):
        tie(now, paid, known, bank_value_date)
    else:
        told = {
            "value_date": bank_value_date,
            "reference": certificate.strip(),
            "actor": actor,
            "as_of": as_of,
        }
        pay([(now, paid)], **told)
    keep_paper(now, paper, kind="cheque_certificate", actor=actor)
    returned = note_return(
        now,
        reason=_reason(PARTLY_PAID, bank_value_date),
        return_date=bank_value_date,
        amount=now.amount - paid,
        certificate=certificate,
        note=note,
        actor=actor,
    )
    move(
        now,
        ChequeStatus.PART_PAID,
        day=bank_value_date,
        actor=actor,
        reason=_("Certificate %(number)s") % {"number": certificate.strip()[:60]},
        bank_value_date=bank_value_date,
        returned_on=bank_value_date,
        place=Place.OFFICE,
        holder=actor,
    )
    log_paper_back(now, bank_value_date, actor)
    told_of([now], actor=actor, as_of=as_of)
    ask_what_it_asks(returned, now, actor=actor, as_of=as_of)
    return returned


def told_of(cheques: Iterable[Cheque], *, actor, as_of: date) -> None:
    """The bank's answer to these cheques is written down, or taken back: others follow."""
    cheques_answered.send(Cheque, cheque_ids=[cheque.pk for cheque in cheques], actor=actor, as_of=as_of)


def _reason(code: str, day: date) -> ReturnReason:
    reason = reason_on(Scheme.CHEQUE, code, day)
    if reason is None:
        raise ReasonUnknown(
            _("«%(code)s» is no reason for which a cheque comes back here. A supervisor can propose it.")
            % {"code": code},
            field="reason",
        )
    return reason


@transaction.atomic
def return_cheque(
    *,
    cheque: Cheque,
    code: str,
    return_date: date,
    note: str = "",
    paper: tuple[str, bytes] | None = None,
    actor,
    as_of: date,
    permission: str = ANSWER_CHEQUE,
) -> ChequeReturn:
    """The bank did not pay, for the reason of this code (scheme cheque of `accounts.returns`).

    Not cleared yet: no receipt is reversed, for none was posted; the reason's fee, task and, for a
    deceased drawer, hold follow. Cleared before: its payments are taken back on `return_date` by
    `record_return`, which does what the reason asks. The paper comes back to whoever records it.
    Raises BankNotAsked, ReasonUnknown, ChequeMovedLater, ChequeRefused, NotAllowed.
    """
    now = _at_bank(cheque, actor, permission)
    reason = _reason(code, return_date)
    keep_paper(now, paper, kind="cheque_return", actor=actor)
    standing = payments_of(now)
    if now.status in PAID and not standing:
        # taken back in the ledger, past the cheque: the bank's answer is still to come
        move(now, ChequeStatus.SUBMITTED, day=now.moved_on, actor=actor, bank_value_date=None)
    if now.status in PAID:
        check_day(now, return_date, as_of, "return_date")
        record_return(
            entry=standing[0].entry,
            scheme=Scheme.CHEQUE,
            code=code,
            return_date=return_date,
            note=note,
            actor=actor,
            as_of=as_of,
            permission=permission,
        )
        found = ChequeReturn.objects.filter(payment_return__entry=standing[0].entry).first()
        if found is None:
            raise ChequeRefused(_("The return was not recorded. Open the cheque again."))
        return found
    _check_answer(now, return_date, as_of, "return_date")
    fee = charge_fee(now, reason, return_date, actor=actor, as_of=as_of, permission=permission)
    returned = note_return(
        now, reason=reason, return_date=return_date, amount=now.amount, fee=fee, note=note, actor=actor
    )
    bounce(now, reason, return_date, actor=actor)
    told_of([now], actor=actor, as_of=as_of)
    if reason.action_class == ActionClass.DECEASED:
        hold_for_deceased(now, reason, actor=actor, as_of=as_of, permission=permission)
    ask_what_it_asks(returned, now, actor=actor, as_of=as_of)
    return returned


def bounce(cheque: Cheque, reason: ReturnReason, day: date, *, actor) -> None:
    """The paper is back and counts as bounced once more; what was planned with it has happened."""
    move(
        cheque,
        ChequeStatus.RETURNED,
        day=day,
        actor=actor,
        reason=str(reason)[:300],
        returned_on=day,
        bounces=cheque.bounces + 1,
        bank_value_date=None,
        place=Place.OFFICE,
        holder=actor,
        planned_on=None,
        held_until=None,
    )
    log_paper_back(cheque, day, actor)


def log_paper_back(cheque: Cheque, day: date, actor) -> None:
    """The bank gave the paper back to whoever records its answer."""
    cheque.holder = None
    log_custody(cheque, CustodyKind.FROM_BANK, day=day, actor=actor, taker=actor)
    cheque.holder = actor


def note_return(
    cheque: Cheque,
    *,
    reason: ReturnReason,
    return_date: date,
    amount: Decimal,
    actor,
    certificate: str = "",
    fee: LedgerEntry | None = None,
    payment_return: PaymentReturn | None = None,
    note: str = "",
) -> ChequeReturn:
    returned = ChequeReturn.objects.create(
        cheque=cheque,
        presentment=presentments([cheque])[cheque.pk],
        reason=reason,
        return_date=return_date,
        amount=amount,
        currency=cheque.currency,
        certificate=certificate.strip()[:60],
        fee=fee,
        payment_return=payment_return,
        note=note.strip()[:300],
        actor=actor,
    )
    audit.record(
        "cheque.not_paid",
        cheque,
        actor=actor,
        after={"code": reason.code, "amount": amount, "return_date": return_date, "certificate": certificate},
        reason=note,
    )
    return returned
