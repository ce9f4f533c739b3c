"""What becomes of a cheque that is not, or not wholly, paid: another cheque, cash, law, back."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.cheques.custody import check_holds, check_not_offered
from accounts.cheques.enums import ChequeStatus, CustodyKind, Place
from accounts.cheques.following import first_account
from accounts.cheques.lodging import NewCheque, lodge_cheques
from accounts.cheques.models import Cheque, ChequeSettlement, ChequeShare
from accounts.cheques.paying import paid_of
from accounts.cheques.rules import MOVE_CHEQUE
from accounts.cheques.signals import cash_taken
from accounts.cheques.steps import ChequeRefused, check_day, keep_paper, locked, log_custody, move
from accounts.ledger.enums import EntryKind, PaymentMethod
from accounts.ledger.models import LedgerEntry
from accounts.payments.services import post_payment
from accounts.tasks.services import raise_task
from collections_app.core import audit
from collections_app.core.enums import Role
from collections_app.core.permissions import require
from collections_app.core.said import said

# Who keeps a paper that is done with may give it back.
GIVEN_BACK_LATER = (ChequeStatus.REPLACED, ChequeStatus.SETTLED, ChequeStatus.CLEARED)


def _check_not_collected(cheque: Cheque) -> None:
    """What the bank has for collection it would present; the paper is fetched first."""
    if cheque.status == ChequeStatus.IN_HAND and cheque.place == Place.BANK:
        raise ChequeRefused(_("The bank has it for collection. Fetch it from there first."))


@transaction.atomic
def replace_cheque(
    *,
    cheque: Cheque,
    by: Iterable[NewCheque],
    received_on: date,
    reason: str = "",
    actor,
    as_of: date,
    permission: str = MOVE_CHEQUE,
) -> list[Cheque]:
    """Other cheques take the place of one: it covers nothing any more, they do.

    Their number of returns goes on from the old one's. Raises what `lodge_cheques` raises,
    StatusHasMoved, ChequeMovedLater, PaperElsewhere: the papers are exchanged by who holds the old one.
    """
    require(actor, permission)
    [old] = locked([cheque])
    _check_not_collected(old)
    check_not_offered(old)
    check_holds(old, actor)
    check_day(old, received_on, as_of, "received_on")
    made = lodge_cheques(
        debtor=old.debtor,
        cheques=by,
        received_on=received_on,
        bank_account=old.bank_account,
        replaces=old,
        actor=actor,
        as_of=as_of,
        permission=permission,
    )
    if {new.currency for new in made} != {old.currency}:
        raise ChequeRefused(_("A cheque is replaced in its own currency."))
    move(
        old,
        ChequeStatus.REPLACED,
        day=received_on,
        actor=actor,
        reason=(reason or _("By %(numbers)s") % {"numbers": ", ".join(new.number for new in made)})[:300],
    )
    return made


@transaction.atomic
def settle_in_cash(
    *,
    cheque: Cheque,
    value_date: date | None = None,
    entries: Iterable[LedgerEntry] = (),
    reason: str = "",
    actor,
    as_of: date,
    permission: str = MOVE_CHEQUE,
) -> Cheque:
    """The debtor paid what the cheque was for in cash.

    `entries` are payments that were posted already (a receipt of the cash desk, a transfer); without
    them the actor takes the unpaid part in cash now: it is posted to the shares, and the cash desk
    issues its numbered receipt in this transaction (`signals.cash_taken`). The cheque is settled from
    `value_date` on, or the day of the last of these payments. Raises ChequeRefused where
    the entries are none of the cheque's accounts, were taken back, or are less than what is unpaid,
    and where cash taken now is dated otherwise; what the cash desk raises, his day not being open.
    """
    require(actor, permission)
    [now] = locked([cheque])
    _check_not_collected(now)
    given = list(entries)
    last = max((entry.value_date for entry in given), default=as_of)
    value_date = value_date or max(last, now.moved_on)
    check_day(now, value_date, as_of, "value_date")
    unpaid = now.amount - paid_of(now)
    shares = list(ChequeShare.objects.filter(cheque=now).select_related("account", "charge").order_by("id"))
    if given:
        _check_entries(now, given, shares, unpaid)
    else:
        if value_date != as_of:
            raise ChequeRefused(
                _("Cash taken here gets its receipt today. If it was paid before, tick that payment."),
                field="value_date",
            )
        given = _post_cash(now, shares, unpaid, actor=actor, as_of=as_of)
        cash_taken.send(Cheque, cheque=now, entries=given, actor=actor, as_of=as_of)
    for entry in given:
        ChequeSettlement.objects.create(cheque=now, entry=entry)
    move(now, ChequeStatus.SETTLED, day=value_date, actor=actor, reason=reason[:300])
    return now


def _check_entries(cheque: Cheque, entries: list[LedgerEntry], shares: list[ChequeShare], unpaid) -> None:
    accounts = {share.account_id for share in shares}
    taken_back = set(LedgerEntry.objects.filter(reverses__in=entries).values_list("reverses", flat=True))
    used = ChequeSettlement.objects.filter(entry__in=entries).exists()
    for entry in entries:
        if entry.kind != EntryKind.PAYMENT or entry.account_id not in accounts or entry.pk in taken_back:
            raise ChequeRefused(
                _("Choose standing payments of the accounts this cheque pays."), field="entries"
            )
        if entry.method == PaymentMethod.CHEQUE or used:
            raise ChequeRefused(_("That payment stands for a cheque already."), field="entries")
    if sum(entry.amount for entry in entries) < unpaid:
        raise ChequeRefused(_("These payments are less than what the cheque was for."), field="entries")


def _post_cash(cheque: Cheque, shares: list[ChequeShare], unpaid, *, actor, as_of: date) -> list[LedgerEntry]:
    """Post what is unpaid to the shares, those of the last first served by the bank left out."""
    posted, served = [], cheque.amount - unpaid
    for share in shares:
        by_bank = min(served, share.amount)
        served -= by_bank
        if share.amount == by_bank:
            continue
        posted.append(
            post_payment(
                account=share.account,
                amount=share.amount - by_bank,
                value_date=as_of,
                method=PaymentMethod.CASH,
                reference=cheque.number,
                description=_("Cash for cheque %(number)s") % {"number": cheque.number},
                actor=actor,
                as_of=as_of,
            )
        )
    return posted


@transaction.atomic
def send_to_legal(
    *, cheque: Cheque, reason: str, day: date, actor, as_of: date, permission: str = MOVE_CHEQUE
) -> Cheque:
    """Give an unpaid cheque to the lawyers; a supervisor gets the task to start the step.

    Raises ChequeRefused, PaperElsewhere, ChequeMovedLater.
    """
    require(actor, permission)
    if not reason.strip():
        raise ChequeRefused(_("Say why it goes to the lawyers."), field="reason")
    [now] = locked([cheque])
    check_not_offered(now)
    check_holds(now, actor)
    check_day(now, day, as_of, "day")
    giver = now.holder
    move(now, ChequeStatus.LEGAL, day=day, actor=actor, reason=reason[:300], place=Place.LEGAL, holder=None)
    now.holder = giver
    log_custody(now, CustodyKind.TO_LEGAL, day=day, actor=actor, note=reason[:300])
    now.holder = None
    raise_task(
        kind="cheque_legal",
        title=said(
            gettext_noop("Cheque %(number)s of %(debtor)s: start the legal step"),
            number=now.number,
            debtor=now.debtor.name,
        ),
        detail=reason,
        subject=now,
        team=first_account(now).team,
        role=Role.SUPERVISOR,
        actor=actor,
    )
    return now


@transaction.atomic
def hand_back(
    *,
    cheque: Cheque,
    to: str,
    paper: tuple[str, bytes],
    reason: str,
    day: date,
    actor,
    as_of: date,
    permission: str = MOVE_CHEQUE,
) -> Cheque:
    """Give the paper to the debtor against his signature: `paper` is the signed receipt.

    One that is still to be paid ends with that; one that was paid, replaced or settled stays what
    it is, only its paper goes. Raises ChequeRefused without a receipt or where it is elsewhere,
    PaperElsewhere where a colleague holds it.
    """
    require(actor, permission)
    [now] = locked([cheque])
    check_not_offered(now)
    if now.place != Place.OFFICE:
        raise ChequeRefused(
            _("The paper is not in the office: %(place)s.") % {"place": now.get_place_display()}
        )
    check_holds(now, actor)
    if not to.strip():
        raise ChequeRefused(_("Say who signed for it."), field="to")
    if not paper or not paper[1]:
        raise ChequeRefused(_("Add the receipt that was signed."), field="paper")
    check_day(now, day, as_of, "day")
    file = keep_paper(now, paper, kind="cheque_receipt", actor=actor)
    giver, note = now.holder, _("Signed by %(name)s") % {"name": to.strip()[:140]}
    if now.status in GIVEN_BACK_LATER or now.status == ChequeStatus.PART_PAID:
        now.place, now.holder = Place.DEBTOR, None
        now.save(update_fields=["place", "holder"])
        audit.record("cheque.paper_given", now, actor=actor, after={"place": Place.DEBTOR}, reason=reason)
    else:
        move(
            now,
            ChequeStatus.HANDED_BACK,
            day=day,
            actor=actor,
            reason=f"{reason} {note}".strip()[:300],
            place=Place.DEBTOR,
            holder=None,
        )
    now.holder = giver
    log_custody(now, CustodyKind.TO_DEBTOR, day=day, actor=actor, document=file, note=note)
    now.holder = None
    return now
