"""Who has the paper: hand-overs signed by the taker, the bank for collection, surprise counts."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.cheques.custody_models import ChequeCount, ChequeCountLine, ChequeHandOver, HandOverItem
from accounts.cheques.enums import (
    COUNT,
    HAND_OVER,
    ChequeStatus,
    CountStatus,
    CustodyKind,
    HandOverStatus,
    Place,
)
from accounts.cheques.models import Cheque
from accounts.cheques.rules import COUNT_CHEQUES, LODGE_CHEQUE, MOVE_CHEQUE, SENIORS
from accounts.cheques.steps import ChequeRefused, check_day, locked, log_custody
from accounts.irregularities.enums import IrregularityKind
from accounts.irregularities.models import Irregularity
from accounts.irregularities.services import open_irregularity
from accounts.payments.models import OwnBankAccount
from collections_app.core import audit
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.permissions import has_permission, require
from collections_app.core.refusal import NotAllowed, Refused


class PaperElsewhere(Refused):
    """Somebody else has the paper, or it is not in the office."""


class NotForYou(NotAllowed):
    """Only the person named may sign, decline or take back."""


class CountRefused(Refused):
    """The count can't be made as given."""


def may_give(cheque: Cheque, carrier: User) -> bool:
    """Only who holds a paper in the office gives it out of his hands, so that the log of custody names
    nobody as its giver who did not give it.

    What the system entered lies with no person, and what the bank has no person carries there.
    """
    holder = cheque.holder
    if cheque.place != Place.OFFICE or holder is None or holder.pk == carrier.pk:
        return True
    return Role.SYSTEM in (holder.role, carrier.role)


def check_holds(cheque: Cheque, carrier: User) -> None:
    """Raises PaperElsewhere, naming who holds it, where it is not the carrier's to give (`may_give`)."""
    if not may_give(cheque, carrier):
        raise PaperElsewhere(
            _("%(holder)s holds cheque %(number)s. Have it handed over to you first, and sign for it.")
            % {"holder": cheque.holder, "number": cheque.number}
        )


def may_offer(cheque: Cheque, actor: User) -> bool:
    """Whose hand-over it is: the holder's own, or a senior's for a colleague."""
    return cheque.holder_id == actor.pk or actor.role in SENIORS


def check_not_offered(*cheques: Cheque) -> None:
    """Raises PaperElsewhere where a colleague was asked to sign for one of them: he waits for the paper."""
    offered = HandOverItem.objects.filter(cheque__in=cheques, is_open=True).select_related("cheque").first()
    if offered is not None:
        raise PaperElsewhere(
            _("Cheque %(number)s waits for a signature: take the hand-over back first.")
            % {"number": offered.cheque.number}
        )


@transaction.atomic
def offer_hand_over(
    *, cheques: Iterable[Cheque], taker: User, note: str = "", actor, as_of: date
) -> ChequeHandOver:
    """Offer cheques that one holds to somebody; they are still one's own until he signs.

    A senior may also offer what a colleague holds, for whom it then is signed away.
    Raises PaperElsewhere, ChequeRefused.
    """
    require(actor, LODGE_CHEQUE)
    batch = locked(cheques)
    if not batch:
        raise ChequeRefused(_("Choose at least one cheque."))
    if not has_permission(taker, LODGE_CHEQUE) or not taker.is_active:
        raise ChequeRefused(_("%(name)s does not handle cheques.") % {"name": taker}, field="taker")
    givers = {cheque.holder_id for cheque in batch}
    if len(givers) > 1 or None in givers:
        raise PaperElsewhere(_("Choose cheques that one person holds."))
    [giver_id] = givers
    if not all(may_offer(cheque, actor) for cheque in batch):
        raise PaperElsewhere(_("Somebody else holds these cheques; he hands them over."))
    if giver_id == taker.pk:
        raise ChequeRefused(_("%(name)s holds them already.") % {"name": taker}, field="taker")
    check_not_offered(*batch)
    if slips := [cheque for cheque in batch if cheque.status == ChequeStatus.IN_BATCH]:
        raise PaperElsewhere(
            _("Cheque %(number)s stands on slip %(slip)s: cancel that first.")
            % {"number": slips[0].number, "slip": slips[0].deposit_reference}
        )
    hand_over = ChequeHandOver.objects.create(
        giver_id=giver_id, taker=taker, offered_on=as_of, note=note[:300]
    )
    HandOverItem.objects.bulk_create(HandOverItem(hand_over=hand_over, cheque=cheque) for cheque in batch)
    HAND_OVER.start(hand_over, actor=actor, as_of=as_of, reason=note)
    audit.record(
        "hand_over.offered",
        hand_over,
        actor=actor,
        after={"taker": taker, "cheques": [cheque.pk for cheque in batch]},
    )
    return hand_over


def _cheques_of(hand_over: ChequeHandOver) -> list[Cheque]:
    return locked(Cheque.objects.filter(hand_overs__hand_over=hand_over))


@transaction.atomic
def sign_hand_over(*, hand_over: ChequeHandOver, actor, as_of: date) -> ChequeHandOver:
    """The taker has the papers in his hands: they are his. Raises PaperElsewhere where one of them has
    left the giver's hands since it was offered."""
    if hand_over.taker_id != actor.pk:
        raise NotForYou(_("Only who takes the cheques signs for them."))
    require(actor, LODGE_CHEQUE)
    batch = _cheques_of(hand_over)
    for cheque in batch:
        if cheque.place != Place.OFFICE or cheque.holder_id != hand_over.giver_id:
            raise PaperElsewhere(
                _("Cheque %(number)s left the hands of %(name)s meanwhile. Decline, and ask for the rest.")
                % {"number": cheque.number, "name": hand_over.giver}
            )
    HAND_OVER.advance(hand_over, to=HandOverStatus.SIGNED, actor=actor, as_of=as_of, ended_on=as_of)
    hand_over.items.update(is_open=False)
    for cheque in batch:
        log_custody(cheque, CustodyKind.HANDED_OVER, day=as_of, actor=actor, taker=actor)
    Cheque.objects.filter(pk__in=[cheque.pk for cheque in batch]).update(holder=actor)
    audit.record_set(
        "cheque.handed_over",
        Cheque,
        ids=[cheque.pk for cheque in batch],
        actor=actor,
        after={"holder": actor.pk},
    )
    return hand_over


@transaction.atomic
def end_hand_over(*, hand_over: ChequeHandOver, reason: str = "", actor, as_of: date) -> ChequeHandOver:
    """The taker declines, or the giver takes it back; the papers stay where they are."""
    if actor.pk not in (hand_over.taker_id, hand_over.giver_id) and actor.role not in SENIORS:
        raise NotForYou(_("Only who gives or takes the cheques ends this."))
    require(actor, LODGE_CHEQUE)
    is_taker = actor.pk == hand_over.taker_id
    if is_taker and not reason.strip():
        raise ChequeRefused(_("Say why you don't take them."), field="reason")
    HAND_OVER.advance(
        hand_over,
        to=HandOverStatus.DECLINED if is_taker else HandOverStatus.WITHDRAWN,
        actor=actor,
        as_of=as_of,
        reason=reason[:300],
        ended_on=as_of,
    )
    hand_over.items.update(is_open=False)
    return hand_over


@transaction.atomic
def hand_to_bank(
    *,
    cheques: Iterable[Cheque],
    bank_account: OwnBankAccount,
    day: date,
    actor,
    as_of: date,
    permission: str = MOVE_CHEQUE,
) -> list[Cheque]:
    """Give the bank cheques for collection, months before their date if it takes them so.

    That is no presentment: the bank presents each on its planned day, never before its date.
    Raises PaperElsewhere, ChequeRefused, ChequeMovedLater.
    """
    require(actor, permission)
    batch = locked(cheques)
    check_not_offered(*batch)
    for cheque in batch:
        name = {"number": cheque.number}
        if cheque.status != ChequeStatus.IN_HAND or cheque.place != Place.OFFICE:
            raise PaperElsewhere(_("Cheque %(number)s is not in hand in the office.") % name, field="cheques")
        check_holds(cheque, actor)
        if cheque.is_security and cheque.released_on is None:
            raise ChequeRefused(_("Cheque %(number)s was given as security.") % name, field="cheques")
        if bank_account.currency != cheque.currency or (
            bank_account.creditor_id is not None and bank_account.creditor_id != cheque.creditor_id
        ):
            raise ChequeRefused(
                _("Cheque %(number)s does not go to that bank account.") % name, field="bank_account"
            )
        check_day(cheque, day, as_of, "day")
        log_custody(cheque, CustodyKind.TO_BANK, day=day, actor=actor, bank_account=bank_account)
        cheque.place, cheque.holder, cheque.bank_account = Place.BANK, None, bank_account
        cheque.moved_on = max(cheque.moved_on, day)
        cheque.save(update_fields=["place", "holder", "bank_account", "moved_on"])
    audit.record_set(
        "cheque.given_for_collection",
        Cheque,
        ids=[cheque.pk for cheque in batch],
        actor=actor,
        after={"bank_account": bank_account.pk, "day": day},
    )
    return batch


@transaction.atomic
def take_from_bank(
    *, cheque: Cheque, reason: str, day: date, actor, as_of: date, permission: str = MOVE_CHEQUE
) -> Cheque:
    """Fetch a cheque that the bank has for collection, before it presents it."""
    require(actor, permission)
    [now] = locked([cheque])
    if now.place != Place.BANK or now.status != ChequeStatus.IN_HAND:
        raise PaperElsewhere(_("The bank does not have it for collection."))
    check_day(now, day, as_of, "day")
    log_custody(now, CustodyKind.FROM_BANK, day=day, actor=actor, taker=actor, note=reason[:300])
    now.place, now.holder = Place.OFFICE, actor
    now.save(update_fields=["place", "holder"])
    audit.record("cheque.taken_from_bank", now, actor=actor, after={"place": now.place}, reason=reason)
    return now


@transaction.atomic
def start_count(*, holder: User, actor, as_of: date, note: str = "") -> ChequeCount:
    """Begin a surprise count: what the register says `holder` has, to be ticked off.

    Raises CountRefused for oneself, for nobody's cheques and where a count runs already.
    """
    require(actor, COUNT_CHEQUES)
    if holder.pk == actor.pk:
        raise CountRefused(_("Nobody counts his own cheques."), field="holder")
    held = list(
        Cheque.objects.visible_to(actor)
        .filter(holder=holder, place=Place.OFFICE)
        .exclude(status=ChequeStatus.VOID)
    )
    if not held:
        raise CountRefused(_("By the register %(name)s holds no cheque.") % {"name": holder}, field="holder")
    if ChequeCount.objects.filter(holder=holder, status=CountStatus.OPEN).exists():
        raise CountRefused(_("A count of this person is under way."), field="holder")
    count = ChequeCount.objects.create(holder=holder, counted_by=actor, counted_on=as_of, note=note[:300])
    ChequeCountLine.objects.bulk_create(ChequeCountLine(count=count, cheque=cheque) for cheque in held)
    COUNT.start(count, actor=actor, as_of=as_of)
    audit.record("cheque_count.started", count, actor=actor, after={"holder": holder, "cheques": len(held)})
    return count


@transaction.atomic
def close_count(
    *, count: ChequeCount, found: Iterable[Cheque], found_more: str = "", note: str = "", actor, as_of: date
) -> list[Irregularity]:
    """Close a count with the papers that were there; each that was not opens an irregularity.

    So does a paper that was found and stands in no register (`found_more`, in words). A cheque that
    left the holder's hands since the count began is no difference. Returns the irregularities.
    """
    require(actor, COUNT_CHEQUES)
    if count.counted_by_id != actor.pk:
        raise NotForYou(_("Only who counts closes the count."))
    there = {cheque.pk for cheque in found}
    lines = list(count.lines.select_related("cheque__debtor").order_by("id"))
    COUNT.advance(
        count,
        to=CountStatus.CLOSED,
        actor=actor,
        as_of=as_of,
        reason=note[:300],
        found_more=found_more[:300],
        note=note[:300] or count.note,
    )
    opened = []
    for line in lines:
        line.is_found = line.cheque_id in there
        if line.is_found or line.cheque.holder_id != count.holder_id:
            continue
        opened.append(
            open_irregularity(
                kind=IrregularityKind.SHORT,
                amount=line.cheque.amount,
                currency=line.cheque.currency,
                account=line.cheque.shares.select_related("account").order_by("id")[0].account,
                note=_("Cheque %(number)s was not with %(name)s when it was counted.")
                % {"number": line.cheque.number, "name": count.holder},
                owner=actor,
                subject=line.cheque,
                actor=actor,
                as_of=as_of,
                permission=COUNT_CHEQUES,
            )
        )
    ChequeCountLine.objects.bulk_update(lines, ["is_found"])
    if found_more.strip():
        first = lines[0].cheque
        opened.append(
            open_irregularity(
                kind=IrregularityKind.OVER,
                amount=0,
                currency=first.currency,
                note=_("Found with %(name)s, but in no register: %(what)s")
                % {"name": count.holder, "what": found_more},
                owner=actor,
                subject=count,
                actor=actor,
                as_of=as_of,
                permission=COUNT_CHEQUES,
            )
        )
    return opened
