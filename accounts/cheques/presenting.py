"""On the way to the bank: into a deposit batch, out of it, presented; never before the date."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.cheques.custody import check_holds, check_not_offered
from accounts.cheques.custody_models import CustodyStep
from accounts.cheques.enums import CHEQUE, DEPOSITABLE, ChequeStatus, CustodyKind, Place
from accounts.cheques.models import Cheque, Presentment
from accounts.cheques.rules import MOVE_CHEQUE
from accounts.cheques.steps import ChequeRefused, check_day, locked, move
from accounts.payments.models import OwnBankAccount
from collections_app.core import clock
from collections_app.core.lifecycle import StatusHasMoved
from collections_app.core.models import User
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused


class PresentedEarly(Refused):
    """The cheque's own date has not come."""


class ChequeHeldBack(Refused):
    """It was agreed, and approved, to present it later."""


class NotPresentable(Refused):
    """A bank would not take this paper, or it was given for another purpose."""


def check_presentable(cheque: Cheque, day: date, bank_account: OwnBankAccount | None = None) -> None:
    """Raise why a cheque may not be presented on a day."""
    name = {"number": cheque.number}
    if cheque.missing or cheque.cheque_date is None:
        raise NotPresentable(
            _("Cheque %(number)s is incomplete. Have it completed first.") % name, field="cheques"
        )
    if cheque.is_security and (cheque.released_on is None or cheque.released_on > day):
        raise NotPresentable(
            _("Cheque %(number)s was given as security. Release it before it is presented.") % name,
            field="cheques",
        )
    if day < cheque.cheque_date:
        raise PresentedEarly(
            _("Cheque %(number)s may not be presented before its date, %(day)s.")
            % (name | {"day": clock.written(cheque.cheque_date)}),
            field="date",
        )
    if cheque.held_until is not None and day < cheque.held_until:
        raise ChequeHeldBack(
            _("Cheque %(number)s is held back until %(day)s, as was agreed and approved.")
            % (name | {"day": clock.written(cheque.held_until)}),
            field="date",
        )
    if cheque.valid_until is not None and day > cheque.valid_until:
        raise NotPresentable(
            _("Cheque %(number)s is stale since %(day)s. Ask for another.")
            % (name | {"day": clock.written(cheque.valid_until)}),
            field="cheques",
        )
    if bank_account is not None and bank_account.currency != cheque.currency:
        raise ChequeRefused(
            _("Cheque %(number)s is in %(currency)s.") % (name | {"currency": cheque.currency}),
            field="bank_account",
        )
    if (
        bank_account is not None
        and bank_account.creditor_id is not None
        and bank_account.creditor_id != cheque.creditor_id
    ):
        raise ChequeRefused(
            _("Cheque %(number)s is another creditor's, whose money does not go to that account.") % name,
            field="bank_account",
        )


@transaction.atomic
def put_in_batch(
    *,
    cheques: Iterable[Cheque],
    deposit_reference: str,
    bank_account: OwnBankAccount,
    date: date,
    actor,
    as_of: date,
    permission: str = MOVE_CHEQUE,
) -> list[Cheque]:
    """Put cheques that one holds on a slip of `date`, which may lie ahead; none is with the bank yet.

    Raises PresentedEarly, ChequeHeldBack, NotPresentable, ChequeRefused, PaperElsewhere, StatusHasMoved.
    """
    require(actor, permission)
    batch = locked(cheques)
    check_not_offered(*batch)
    for cheque in batch:
        check_presentable(cheque, date, bank_account)
        if cheque.place != Place.OFFICE:
            raise ChequeRefused(_("Cheque %(number)s is not in the office.") % {"number": cheque.number})
        check_holds(cheque, actor)
        move(
            cheque,
            ChequeStatus.IN_BATCH,
            day=as_of,
            actor=actor,
            deposit_reference=deposit_reference[:60],
            bank_account=bank_account,
        )
    return batch


@transaction.atomic
def take_out_of_batch(
    *, cheques: Iterable[Cheque], reason: str = "", actor, as_of: date, permission: str = MOVE_CHEQUE
) -> list[Cheque]:
    """Take cheques off a slip again; they are in hand, or returned, as they were before."""
    require(actor, permission)
    batch = locked(cheques)
    for cheque in batch:
        CHEQUE.edge(cheque.status, ChequeStatus.IN_HAND)
        before = CHEQUE.history(cheque).filter(to_status=ChequeStatus.IN_BATCH).last().from_status
        move(cheque, before, day=as_of, actor=actor, reason=reason[:300], deposit_reference="")
    return batch


@transaction.atomic
def submit(
    *,
    cheques: Iterable[Cheque],
    deposit_reference: str = "",
    bank_account: OwnBankAccount | None = None,
    date: date,
    reason: str = "",
    carrier: User | None = None,
    actor,
    as_of: date,
    permission: str = MOVE_CHEQUE,
) -> list[Cheque]:
    """Cheques went to the bank for payment on `date`; all of them or none.

    One that came back before is presented again. `bank_account` None keeps the planned one. The
    paper is with the bank from then on; who holds it brought it there: the actor, or the `carrier` whom
    the slip names. Raises PresentedEarly (naming the date), ChequeHeldBack, NotPresentable,
    PaperElsewhere, ChequeMovedLater, ChequeRefused, StatusHasMoved.
    """
    require(actor, permission)
    batch = locked(cheques)
    check_not_offered(*batch)
    for cheque in batch:
        check_holds(cheque, carrier or actor)
        check_presentable(cheque, date, bank_account or cheque.bank_account)
        check_day(cheque, date, as_of, "date")
        cheque.bank_account = bank_account or cheque.bank_account
        cheque.deposit_reference = (deposit_reference or cheque.deposit_reference)[:60]
    _present(batch, day=date, reason=reason, actor=actor)
    return batch


def _present(cheques: Sequence[Cheque], *, day: date, reason: str, actor) -> None:
    """Move locked, checked cheques to the bank on a day and note the presentment of each.

    They go in sets of those to which the same happens, so a slip costs what one cheque does. Raises
    StatusHasMoved.
    """
    sets: dict[tuple, list[Cheque]] = defaultdict(list)
    for cheque in cheques:
        to = ChequeStatus.REPRESENTED if cheque.presentments else ChequeStatus.SUBMITTED
        CHEQUE.edge(cheque.status, to)
        number = cheque.presentments + 1
        sets[to, number, cheque.bank_account_id, cheque.deposit_reference].append(cheque)
    Presentment.objects.bulk_create(
        Presentment(
            cheque=cheque,
            number=cheque.presentments + 1,
            cheque_date=cheque.cheque_date,
            planned_on=cheque.planned_on,
            submitted_on=day,
            bank_account=cheque.bank_account,
            deposit_reference=cheque.deposit_reference,
            actor=actor,
        )
        for cheque in cheques
    )
    CustodyStep.objects.bulk_create(
        CustodyStep(
            cheque=cheque,
            kind=CustodyKind.TO_BANK,
            giver=cheque.holder,
            bank_account=cheque.bank_account,
            on=day,
            actor=actor,
        )
        for cheque in cheques
        if cheque.place != Place.BANK
    )
    for (to, number, bank_account_id, deposit_reference), alike in sets.items():
        fields = {
            "moved_on": day,
            "submitted_on": day,
            "bank_account": bank_account_id,
            "deposit_reference": deposit_reference,
            "presentments": number,
            "place": Place.BANK,
            "holder": None,
            "bank_value_date": None,
        }
        ids = [cheque.pk for cheque in alike]
        moved = CHEQUE.advance_many(ids, to=to, actor=actor, as_of=day, reason=reason[:300], **fields)
        if len(moved) != len(ids):
            raise StatusHasMoved(_("Somebody else changed this a moment ago. Open it again."))
        fields["bank_account_id"] = fields.pop("bank_account")
        for cheque in alike:
            for name, value in (fields | {"status": to}).items():
                setattr(cheque, name, value)


@transaction.atomic
def present_collected(*, as_of: date, creditor_ids=None, actor) -> list[Cheque]:
    """What the bank has for collection it presents by itself on the planned day: note that.

    Each is presented on its planned day, or on the day the bank got it if that was later. Safe to
    run again; what may not be presented (held, stale) stays.
    """
    require(actor, MOVE_CHEQUE)
    waiting = Cheque.objects.filter(status=ChequeStatus.IN_HAND, place=Place.BANK, planned_on__lte=as_of)
    if creditor_ids is not None:
        waiting = waiting.filter(creditor__in=creditor_ids)
    by_day: dict[date, list[Cheque]] = defaultdict(list)
    for cheque in locked(waiting):
        day = max(cheque.planned_on, cheque.moved_on)
        if cheque.status not in DEPOSITABLE or cheque.place != Place.BANK or day > as_of:
            continue
        try:
            check_presentable(cheque, day)
        except Refused:
            continue
        by_day[day].append(cheque)
    for day, cheques in by_day.items():
        _present(cheques, day=day, reason=_("By the bank, which had it for collection"), actor=actor)
    return [cheque for cheques in by_day.values() for cheque in cheques]
