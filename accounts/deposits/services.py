"""A slip is prepared from cash one holds, brought to the bank, and tied to one credit."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.cashdesk import numbers
from accounts.cashdesk.counting import DayRefused, check_pieces, sum_of
from accounts.cashdesk.differences import record_difference
from accounts.cashdesk.enums import FoundAt
from accounts.cashdesk.models import CashDay, CashReceipt
from accounts.cashdesk.queries import supervisor_of
from accounts.cheques.models import Cheque
from accounts.cheques.services import put_in_batch, submit, take_out_of_batch
from accounts.deposits.answers import follow
from accounts.deposits.enums import AT_THE_BANK, DEPOSIT, DepositStatus
from accounts.deposits.models import Deposit, DepositItem, DepositPieces
from accounts.deposits.queries import depositable_cheques, depositable_receipts, loose_differences
from accounts.deposits.rules import MAKE_DEPOSIT, TIE_DEPOSIT
from accounts.irregularities.enums import IrregularityKind
from accounts.irregularities.services import open_irregularity
from accounts.payments.models import OwnBankAccount
from collections_app.core import audit, documents
from collections_app.core.enums import Role
from collections_app.core.money import format_amount, quantise
from collections_app.core.permissions import require
from collections_app.core.refusal import NotAllowed, Refused

SCANS = {"application/pdf", "image/png", "image/jpeg"}


class DepositRefused(Refused):
    """The slip can't be made or go on so."""


class CashDoesNotAgree(Refused):
    """What was counted is not what the receipts say."""


class DepositOfAnother(NotAllowed):
    """Somebody else makes or judges this deposit."""


def _lock_days(days) -> None:
    """Lock cashiers' days, so that none is counted while its cash goes to the bank."""
    list(CashDay.objects.filter(pk__in=days).order_by("pk").select_for_update(of=("self",), no_key=True))


def _taken_along(actor, bank_account: OwnBankAccount, receipt_ids: Iterable[int]) -> list[CashReceipt]:
    """The receipts, locked; their days first, so that none is counted meanwhile."""
    ids = sorted(set(receipt_ids))
    _lock_days(CashReceipt.objects.filter(pk__in=ids).values("cash_day_id"))
    locked = list(
        CashReceipt.objects.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",), no_key=True)
    )
    free = set(depositable_receipts(actor, bank_account).filter(pk__in=ids).values_list("pk", flat=True))
    if len(locked) != len(ids) or free != set(ids):
        raise DepositRefused(
            _("Some of these receipts are not yours to bring to this bank account. Look at the list again."),
            field="receipts",
        )
    return locked


def _cheques(actor, bank_account: OwnBankAccount, cheque_ids: Iterable[int], as_of: date) -> list[Cheque]:
    """The cheques, each of which may be deposited; one that came back leaves its old slip."""
    ids = sorted(set(cheque_ids))
    if not ids:
        return []
    found = list(depositable_cheques(actor, bank_account, day=as_of).filter(pk__in=ids))
    if len(found) != len(ids):
        raise DepositRefused(
            _("Some of these cheques can't be deposited any more. Look at the list again."), field="cheques"
        )
    DepositItem.objects.filter(cheque__in=ids, is_live=True, deposit__status__in=AT_THE_BANK).update(
        is_live=False
    )
    return found


def _cheques_of(deposit: Deposit) -> list[Cheque]:
    return list(Cheque.objects.filter(deposit_items__deposit=deposit, deposit_items__is_live=True))


@transaction.atomic
def prepare_deposit(
    *,
    bank_account: OwnBankAccount,
    receipt_ids: Iterable[int] = (),
    pieces: Mapping[Decimal, int] | None = None,
    cheque_ids: Iterable[int] = (),
    difference_ids: Iterable[int] = (),
    note: str = "",
    accept_difference: bool = False,
    actor,
    as_of: date,
) -> Deposit:
    """Make a slip for cash that the actor holds, counted by note and coin, and for cheques.

    The cheques are in the deposit's batch from then on. `difference_ids` are those found at his
    counts that this cash bears (others are borne by the float), so counted = receipts - missing.
    Where the count still differs nothing is made, unless `accept_difference` with a note: then it
    is kept and opens an irregularity.
    Raises DepositRefused, CashDoesNotAgree.
    """
    require(actor, MAKE_DEPOSIT)
    if not bank_account.is_active:
        raise DepositRefused(_("That bank account is no longer in use."), field="bank_account")
    currency = bank_account.currency
    pieces = pieces or {}
    try:
        check_pieces(pieces, currency, as_of=as_of)
    except DayRefused as refusal:
        raise DepositRefused(refusal.message) from refusal
    receipts = _taken_along(actor, bank_account, receipt_ids)
    cheques = _cheques(actor, bank_account, cheque_ids, as_of)
    if not receipts and not cheques:
        raise DepositRefused(_("Choose the receipts and cheques that go to the bank."), field="receipts")
    borne = set(difference_ids)
    differences = list(
        loose_differences(actor, currency).filter(pk__in=borne).select_for_update(of=("self",))
    )
    if len(differences) != len(borne):
        raise DepositRefused(
            _("Some of these differences are settled already. Look at the list again."), field="missing"
        )
    due = sum((receipt.amount for receipt in receipts), Decimal(0)) - sum(
        (difference.amount for difference in differences), Decimal(0)
    )
    counted = sum_of(pieces, currency)
    if counted != due:
        if not accept_difference or not note.strip():
            raise CashDoesNotAgree(
                _(
                    "You counted %(counted)s, but the receipts come to %(due)s. Count again, or say in the "
                    "note why it differs and tick that it does."
                )
                % {
                    "counted": format_amount(counted, currency, with_currency=True),
                    "due": format_amount(due, currency, with_currency=True),
                }
            )
        differences.append(
            record_difference(
                holder=actor,
                collector=actor,
                currency=currency,
                amount=due - counted,
                note=note,
                found_at=FoundAt.SLIP,
                actor=actor,
                as_of=as_of,
            )
        )
    cheque_sum = sum((cheque.amount for cheque in cheques), Decimal(0))
    if counted + cheque_sum <= 0:
        raise DepositRefused(_("There is nothing to bring to the bank."))
    series = numbers.series_named(numbers.DEPOSITS)
    number, code = numbers.draw(series)
    deposit = Deposit.objects.create(
        series=series,
        number=number,
        code=code,
        bank_account=bank_account,
        currency=currency,
        depositor=actor,
        slip_date=as_of,
        cash_amount=counted,
        cheque_amount=cheque_sum,
        total_amount=counted + cheque_sum,
        note=note,
    )
    DepositPieces.objects.bulk_create(
        DepositPieces(deposit=deposit, value=value, pieces=count, currency=currency)
        for value, count in sorted(pieces.items(), reverse=True)
        if count
    )
    DepositItem.objects.bulk_create(
        [
            DepositItem(deposit=deposit, receipt=receipt, amount=receipt.amount, currency=currency)
            for receipt in receipts
        ]
        + [
            DepositItem(deposit=deposit, cheque=cheque, amount=cheque.amount, currency=currency)
            for cheque in cheques
        ]
        + [
            DepositItem(deposit=deposit, difference=row, amount=-row.amount, currency=currency)
            for row in differences
        ]
    )
    CashReceipt.objects.filter(pk__in=[row.pk for row in receipts]).update(deposit_code=code)
    if cheques:
        put_in_batch(
            cheques=cheques,
            deposit_reference=code,
            bank_account=bank_account,
            date=as_of,
            actor=actor,
            as_of=as_of,
            permission=MAKE_DEPOSIT,
        )
    DEPOSIT.start(deposit, actor=actor, as_of=as_of)
    audit.record(
        "deposit.prepared",
        deposit,
        actor=actor,
        after={
            "code": code,
            "bank_account": bank_account.pk,
            "total": deposit.total_amount,
            "currency": currency,
            "receipts": [row.pk for row in receipts],
            "cheques": [row.pk for row in cheques],
        },
        reason=note,
    )
    return deposit


def _locked(deposit: Deposit) -> Deposit:
    return (
        Deposit.objects.select_for_update(of=("self",), no_key=True)
        .select_related("bank_account__creditor", "depositor")
        .get(pk=deposit.pk)
    )


def _own(deposit: Deposit, actor) -> Deposit:
    require(actor, MAKE_DEPOSIT)
    locked = _locked(deposit)
    if locked.depositor_id != actor.pk and actor.role not in (Role.SUPERVISOR, Role.MANAGER, Role.SYSTEM):
        raise DepositOfAnother(_("Somebody else made this slip."))
    if not Deposit.objects.visible_to(actor).filter(pk=locked.pk).exists():
        raise DepositOfAnother(_("This deposit belongs to another team."))
    return locked


@transaction.atomic
def cancel_deposit(*, deposit: Deposit, reason: str, actor, as_of: date) -> Deposit:
    """Give up a slip not brought to the bank: its cash is held again. Raises DepositRefused."""
    locked = _own(deposit, actor)
    if not reason.strip():
        raise DepositRefused(_("Say why the slip is cancelled."), field="reason")
    DEPOSIT.advance(
        locked, to=DepositStatus.CANCELLED, actor=actor, as_of=as_of, reason=reason, is_locked=True
    )
    if cheques := _cheques_of(locked):
        take_out_of_batch(cheques=cheques, reason=reason, actor=actor, as_of=as_of, permission=MAKE_DEPOSIT)
    DepositItem.objects.filter(deposit=locked, is_live=True).update(is_live=False)
    CashReceipt.objects.filter(deposit_code=locked.code).update(deposit_code="")
    return locked


@transaction.atomic
def mark_deposited(
    *, deposit: Deposit, deposited_on: date, content: bytes, filename: str, actor, as_of: date
) -> Deposit:
    """The money is at the bank: `content` is the copy of the slip that the bank stamped.

    Raises DepositRefused, StatusHasMoved and what `documents.store` raises.
    """
    locked = _own(deposit, actor)
    if not locked.slip_date <= deposited_on <= as_of:
        raise DepositRefused(_("Give a day from the slip's own day until today."), field="deposited_on")
    DEPOSIT.advance(
        locked,
        to=DepositStatus.DEPOSITED,
        actor=actor,
        as_of=as_of,
        is_locked=True,
        deposited_on=deposited_on,
    )
    receipts = CashReceipt.objects.filter(deposit_code=locked.code)
    _lock_days(receipts.values("cash_day_id"))
    receipts.update(banked_on=deposited_on)
    if cheques := _cheques_of(locked):
        submit(
            cheques=cheques,
            deposit_reference=locked.code,
            bank_account=locked.bank_account,
            date=deposited_on,
            carrier=locked.depositor,
            actor=actor,
            as_of=as_of,
            permission=MAKE_DEPOSIT,
        )
    _keep_copy(locked, content, filename, actor)
    return locked


def _keep_copy(deposit: Deposit, content: bytes, filename: str, actor) -> None:
    """The stamped copy proves what the bank took, so it is something that shows a stamp."""
    kept = documents.store(
        content=content, filename=filename, kind="deposit_slip", owner=actor, subject=deposit
    )
    if kept.content_type not in SCANS:
        raise DepositRefused(_("Add a scan or photograph: PDF, PNG or JPEG."), field="stamped_copy")


@transaction.atomic
def tie(
    *,
    deposit: Deposit,
    amount: Decimal,
    value_date: date,
    reference: str,
    bank_line_id: int | None = None,
    actor,
    as_of: date,
) -> Deposit:
    """Tie a deposit to the one credit it became at the bank. Equal: credited. Else: differing, and
    an irregularity about the difference, owned by whoever looks after the depositor.

    Where its cheques were answered one by one, the credit is the whole slip's or that of the rest.
    `bank_line_id` names the line of the statement; one line ties to one deposit. Raises
    DepositRefused, DepositOfAnother (the depositor does not judge his own), StatusHasMoved.
    """
    require(actor, TIE_DEPOSIT)
    locked = _locked(deposit)
    if locked.depositor_id == actor.pk:
        raise DepositOfAnother(_("You brought it to the bank, so a colleague says what was credited."))
    if quantise(amount, locked.currency) != amount or amount < 0:
        raise DepositRefused(_("That is not an amount of this currency."), field="amount")
    if locked.deposited_on is not None and value_date < locked.deposited_on:
        raise DepositRefused(_("The bank can't have credited it before it was there."), field="value_date")
    if bank_line_id is not None and Deposit.objects.filter(bank_line_id=bank_line_id).exists():
        raise DepositRefused(_("That credit is tied to another deposit."))
    credited, returned = _credited_with(locked, amount)
    difference = locked.total_amount - credited - returned
    to = DepositStatus.DIFFERING if difference else DepositStatus.CREDITED
    facts = {
        "credited_amount": credited,
        "returned_amount": returned,
        "credited_on": value_date,
        "bank_reference": reference[:140],
        "bank_line_id": bank_line_id,
        "by_cheques": False,
    }
    if locked.by_cheques and locked.status == to:
        for name, value in facts.items():
            setattr(locked, name, value)
        locked.save(update_fields=list(facts))
        audit.record("deposit.credited", locked, actor=actor, after=facts)
    else:
        DEPOSIT.advance(locked, to=to, actor=actor, as_of=as_of, is_locked=True, **facts)
    if difference:
        open_irregularity(
            kind=IrregularityKind.SHORT if difference > 0 else IrregularityKind.OVER,
            amount=abs(difference),
            currency=locked.currency,
            note=_("Deposit %(code)s: %(total)s brought to the bank, %(credited)s credited.")
            % {
                "code": locked.code,
                "total": format_amount(locked.total_amount, locked.currency, with_currency=True),
                "credited": format_amount(credited, locked.currency, with_currency=True),
            },
            owner=supervisor_of(locked.depositor, as_of=as_of),
            subject=locked,
            actor=actor,
            as_of=as_of,
            permission=TIE_DEPOSIT,
        )
    return locked


def _credited_with(deposit: Deposit, amount: Decimal) -> tuple[Decimal, Decimal]:
    """What is credited and what came back, in all, with a credit of this amount."""
    if not deposit.by_cheques or amount == deposit.total_amount:
        return amount, Decimal(0)
    if deposit.left_amount > 0:
        return deposit.credited_amount + amount, deposit.returned_amount
    return amount, deposit.returned_amount


@transaction.atomic
def untie(*, deposit: Deposit, reason: str, actor, as_of: date) -> Deposit:
    """The credit was another's: the deposit waits for its own again, or is credited as far as its
    cheques are answered. Its irregularity stays until somebody ends it. Raises StatusHasMoved."""
    require(actor, TIE_DEPOSIT)
    locked = _locked(deposit)
    DEPOSIT.advance(
        locked,
        to=DepositStatus.DEPOSITED,
        actor=actor,
        as_of=as_of,
        reason=reason,
        is_locked=True,
        credited_amount=None,
        credited_on=None,
        returned_amount=Decimal(0),
        bank_reference="",
        bank_line_id=None,
    )
    return follow(locked, actor=actor, as_of=as_of)
