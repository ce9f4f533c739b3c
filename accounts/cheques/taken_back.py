"""A cheque follows its payments: what came back by the bank, what was taken back as a mistake."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.cheques.answers import bounce, note_return, told_of
from accounts.cheques.enums import AT_BANK, CHEQUE, PAID, ChequeStatus, CustodyKind, Place
from accounts.cheques.following import first_account
from accounts.cheques.models import Cheque, ChequePayment, ChequeReturn, ChequeSettlement
from accounts.cheques.paying import paid_of, payments_of
from accounts.cheques.steps import locked, log_custody, move
from accounts.ledger.enums import EntryKind, EntrySource
from accounts.ledger.models import LedgerEntry
from accounts.ledger.services import NewEntry, post_entries
from accounts.returns.models import PaymentReturn
from accounts.tasks.services import raise_task
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.said import said

_followed: ContextVar[int | None] = ContextVar("cheque_followed", default=None)


@contextmanager
def followed_here(cheque: Cheque) -> Iterator[None]:
    """Inside, whoever records a return of this cheque brings the cheque to it himself."""
    token = _followed.set(cheque.pk)
    try:
        yield
    finally:
        _followed.reset(token)


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
    if payment.share.cheque_id == _followed.get():
        return None
    [cheque] = locked([payment.share.cheque])
    if cheque.status not in (*PAID, *AT_BANK):
        return None
    day, rest = max(payment_return.return_date, cheque.moved_on), payment_return.rest
    returned = note_return(
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
    else:
        _take_back(cheque, payment_return, as_of=as_of)
        bounce(cheque, payment_return.reason, day, actor=actor)
    told_of([cheque], actor=actor, as_of=as_of)
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
    if cheque.status not in PAID:
        return None
    if payments_of(cheque):
        told_of([cheque], actor=actor, as_of=as_of)
        return None
    day = max(value_date, cheque.moved_on)
    move(cheque, ChequeStatus.SUBMITTED, day=day, actor=actor, reason=reason[:300], bank_value_date=None)
    if cheque.place == Place.OFFICE:
        # a part payment had brought the paper back; it waits for the bank's answer again
        log_custody(cheque, CustodyKind.TO_BANK, day=day, actor=actor, bank_account=cheque.bank_account)
        cheque.place, cheque.holder = Place.BANK, None
        cheque.save(update_fields=["place", "holder"])
    told_of([cheque], actor=actor, as_of=as_of)
    return cheque


@transaction.atomic
def follow_settlement(
    *, entry: LedgerEntry, value_date: date, reason: str, actor, as_of: date
) -> Cheque | None:
    """Money that was paid in place of a cheque was taken back or came back, a void receipt included.

    With less left than is unpaid, the cheque is what it was before it was settled, and covers again
    where it did. Where its paper is given away meanwhile, a senior officer gets the task instead.
    """
    settlement = ChequeSettlement.objects.filter(entry=entry).select_related("cheque").first()
    if settlement is None:
        return None
    [cheque] = locked([settlement.cheque])
    if cheque.status != ChequeStatus.SETTLED or _still_settled(cheque):
        return None
    if cheque.place != Place.OFFICE:
        raise_task(
            kind="cheque_settlement",
            title=said(
                gettext_noop("Cheque %(number)s: what settled it was taken back, its paper is given away"),
                number=cheque.number,
            ),
            detail=reason,
            subject=cheque,
            team=first_account(cheque).team,
            role=Role.SENIOR_OFFICER,
            actor=actor,
        )
        return None
    before = CHEQUE.history(cheque).filter(to_status=ChequeStatus.SETTLED).last().from_status
    day = max(value_date, cheque.moved_on)
    return move(cheque, before, day=day, actor=actor, reason=reason[:300])


def _still_settled(cheque: Cheque) -> bool:
    standing = ChequeSettlement.objects.filter(cheque=cheque, entry__reversed_by__isnull=True)
    left = sum(standing.values_list("entry__amount", flat=True), Decimal(0))
    return left >= cheque.amount - paid_of(cheque)
