"""What the bank said: paid, paid in part, not paid. Only here a cheque becomes money."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.cheques.enums import AT_BANK, PAID, ChequeStatus, CustodyKind, Place
from accounts.cheques.following import ask_what_it_asks, charge_fee, hold_for_deceased
from accounts.cheques.models import Cheque, ChequePayment, ChequeReturn, ChequeShare, Presentment
from accounts.cheques.rules import ANSWER_CHEQUE
from accounts.cheques.steps import (
    ChequeRefused,
    check_day,
    keep_paper,
    locked,
    log_custody,
    move,
)
from accounts.ledger.enums import EntryKind, EntrySource, PaymentMethod, Receiver
from accounts.ledger.models import LedgerEntry
from accounts.ledger.services import NewEntry, post_entries
from accounts.payments.services import post_payment
from accounts.returns.enums import ActionClass, Scheme
from accounts.returns.models import PaymentReturn, ReturnReason
from accounts.returns.queries import reason_on
from accounts.returns.services import ReasonUnknown, record_return
from collections_app.core import audit
from collections_app.core.models import User
from collections_app.core.money import format_amount, quantise
from collections_app.core.permissions import require

PARTLY_PAID = "partly_paid"


class BankNotAsked(ChequeRefused):
    """The cheque is not with the bank for payment."""


def payments_of(cheque: Cheque) -> list[ChequePayment]:
    """What of the cheque stands paid: payments nobody took back."""
    return list(
        ChequePayment.objects.filter(share__cheque=cheque, entry__reversed_by__isnull=True)
        .select_related("entry", "share")
        .order_by("id")
    )


def paid_of(cheque: Cheque) -> Decimal:
    return sum((payment.entry.amount for payment in payments_of(cheque)), Decimal(0))


def _presentment(cheque: Cheque) -> Presentment:
    last = cheque.presented.order_by("-number").first()
    if last is None:
        raise BankNotAsked(_("Cheque %(number)s was never presented.") % {"number": cheque.number})
    return last


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


def _pay(
    cheque: Cheque,
    amount: Decimal,
    *,
    value_date: date,
    reference: str,
    entries: Iterable[LedgerEntry] = (),
    actor,
    as_of: date,
) -> list[LedgerEntry]:
    """Post what the bank paid, to the shares in the order they were named; or tie `entries` to them."""
    presentment, left, posted = _presentment(cheque), amount, []
    if known := {entry.account_id: entry for entry in entries}:
        return _tie(cheque, presentment, amount, known, value_date)
    receiver = (
        Receiver.CREDITOR
        if cheque.bank_account is not None and cheque.bank_account.creditor_id
        else Receiver.OFFICE
    )
    for share in ChequeShare.objects.filter(cheque=cheque).select_related("account", "charge").order_by("id"):
        part = min(left, share.amount)
        if part <= 0:
            break
        entry = post_payment(
            account=share.account,
            amount=part,
            value_date=value_date,
            method=PaymentMethod.CHEQUE,
            receiver=receiver,
            reference=reference or cheque.number,
            description=_("Cheque %(number)s, %(bank)s") % {"number": cheque.number, "bank": cheque.bank},
            charge=_live(share.charge),
            day_is_given=True,
            actor=actor,
            as_of=as_of,
        )
        ChequePayment.objects.create(share=share, presentment=presentment, entry=entry)
        posted.append(entry)
        left -= part
    return posted


def _tie(
    cheque: Cheque, presentment: Presentment, amount: Decimal, known: dict[int, LedgerEntry], day: date
) -> list[LedgerEntry]:
    """Payments that are in the books already become the cheque's: the same accounts, sum and day."""
    shares = {share.account_id: share for share in ChequeShare.objects.filter(cheque=cheque)}
    fits = (
        sum(entry.amount for entry in known.values()) == amount
        and all(entry.kind == EntryKind.PAYMENT and entry.value_date == day for entry in known.values())
        and all(pk in shares and known[pk].amount <= shares[pk].amount for pk in known)
        and not LedgerEntry.objects.filter(reverses__in=known.values()).exists()
        and not ChequePayment.objects.filter(entry__in=known.values()).exists()
    )
    if not fits:
        raise ChequeRefused(
            _("The payments posted already are not this cheque's: other accounts, amount or day."),
            field="entries",
        )
    for pk, entry in sorted(known.items()):
        ChequePayment.objects.create(share=shares[pk], presentment=presentment, entry=entry)
    return list(known.values())


def _live(charge: LedgerEntry | None) -> LedgerEntry | None:
    """The named item, unless it was taken back meanwhile."""
    if charge is None or LedgerEntry.objects.filter(reverses=charge).exists():
        return None
    return charge


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
    posted = _pay(
        now,
        now.amount,
        value_date=bank_value_date,
        reference=reference,
        entries=entries,
        actor=actor,
        as_of=as_of,
    )
    move(now, ChequeStatus.CLEARED, day=bank_value_date, actor=actor, bank_value_date=bank_value_date)
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
    named; what is left of the debt stays
    overdue from its own due date, nothing is charged anew. Raises as `clear_cheque`.
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
    _pay(
        now,
        paid,
        value_date=bank_value_date,
        reference=certificate.strip(),
        entries=entries,
        actor=actor,
        as_of=as_of,
    )
    keep_paper(now, paper, kind="cheque_certificate", actor=actor)
    returned = _note_return(
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
    _log_return(now, bank_value_date, actor)
    ask_what_it_asks(returned, now, actor=actor, as_of=as_of)
    return returned


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
    returned = _note_return(
        now, reason=reason, return_date=return_date, amount=now.amount, fee=fee, note=note, actor=actor
    )
    bounce(now, reason, return_date, actor=actor)
    if reason.action_class == ActionClass.DECEASED:
        hold_for_deceased(now, reason, actor=actor, as_of=as_of, permission=permission)
    ask_what_it_asks(returned, now, actor=actor, as_of=as_of)
    return returned


def bounce(cheque: Cheque, reason: ReturnReason, day: date, *, actor) -> None:
    """The paper is back and counts as bounced once more."""
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
        held_until=None,
    )
    _log_return(cheque, day, actor)


def _log_return(cheque: Cheque, day: date, actor) -> None:
    """The bank gave the paper back to whoever records its answer."""
    cheque.holder = None
    log_custody(cheque, CustodyKind.FROM_BANK, day=day, actor=actor, taker=actor)
    cheque.holder = actor


def _note_return(
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
        presentment=_presentment(cheque),
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


@transaction.atomic
def follow_return(*, payment_return: PaymentReturn, actor, as_of: date) -> ChequeReturn | None:
    """A receipt that a cheque had become came back, whoever told it: the cheque follows.

    Whole: the other shares' payments are taken back on the same day, for one paper comes back as one.
    In part: what stayed is tied to the cheque, which is paid in part by the bank's certificate.
    """
    payment = (
        ChequePayment.objects.filter(entry=payment_return.entry_id).select_related("share__cheque").first()
    )
    if payment is None or ChequeReturn.objects.filter(payment_return=payment_return).exists():
        return None
    [cheque] = locked([payment.share.cheque])
    if cheque.status not in (*PAID, *AT_BANK):
        return None
    day, rest = max(payment_return.return_date, cheque.moved_on), payment_return.rest
    returned = _note_return(
        cheque,
        reason=payment_return.reason,
        return_date=payment_return.return_date,
        amount=payment_return.amount,
        certificate=payment_return.certificate,
        fee=None,
        payment_return=payment_return,
        note=payment_return.note,
        actor=actor,
    )
    if rest is not None:
        ChequePayment.objects.create(share=payment.share, presentment=payment.presentment, entry=rest)
        if cheque.status != ChequeStatus.PART_PAID:
            move(cheque, ChequeStatus.PART_PAID, day=day, actor=actor, returned_on=day)
        return returned
    _take_back(cheque, payment_return, as_of=as_of)
    bounce(cheque, payment_return.reason, day, actor=actor)
    return returned


def _take_back(cheque: Cheque, payment_return: PaymentReturn, *, as_of: date) -> None:
    others = payments_of(cheque)
    post_entries(
        entries=[
            NewEntry(
                account_id=payment.entry.account_id,
                kind=EntryKind.REVERSAL,
                amount=payment.entry.amount,
                value_date=max(payment_return.return_date, payment.entry.value_date),
                reverses_id=payment.entry_id,
                reference=payment.entry.reference,
                reason=_("Came back: %(reason)s") % {"reason": payment_return.reason},
                source=EntrySource.RULE,
            )
            for payment in others
        ],
        actor=User.objects.system(),
        as_of=as_of,
        day_is_given=True,
    )


@transaction.atomic
def follow_reversal(
    *, entry: LedgerEntry, value_date: date, reason: str, actor, as_of: date
) -> Cheque | None:
    """A cheque's payment was taken back as a mistake: with none left standing, the bank has not
    answered, and the cheque waits for its answer again."""
    payment = ChequePayment.objects.filter(entry=entry).select_related("share__cheque").first()
    if payment is None:
        return None
    [cheque] = locked([payment.share.cheque])
    if cheque.status not in PAID or payments_of(cheque):
        return None
    day = max(value_date, cheque.moved_on)
    return move(
        cheque, ChequeStatus.SUBMITTED, day=day, actor=actor, reason=reason[:300], bank_value_date=None
    )
