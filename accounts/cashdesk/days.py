"""The cashier's day: opened with a float, counted, signed for by a second person."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import formats
from django.utils.translation import gettext as _

from accounts.cashdesk.change import bring_into_till, put_aside
from accounts.cashdesk.counting import DayRefused, Pieces, write_counts
from accounts.cashdesk.differences import record_difference
from accounts.cashdesk.enums import CASH_DAY, DayStatus, FoundAt
from accounts.cashdesk.models import CashCount, CashDay, CashReceipt
from accounts.cashdesk.queries import day_of, may_receive, must_be_handed_over
from accounts.cashdesk.rules import RECEIVE_CASH, TAKE_CASH
from collections_app.core import audit
from collections_app.core.clock import now
from collections_app.core.models import User
from collections_app.core.money import format_amount
from collections_app.core.permissions import has_permission, require
from collections_app.core.refusal import NotAllowed, Refused


class DayOfAnother(NotAllowed):
    """It is somebody else's till."""


class DayNotOpen(Refused):
    """Cash is taken within an open day."""


@transaction.atomic
def open_day(*, cashier, day: date, counted: Mapping[str, Decimal] | None = None, actor) -> CashDay:
    """Begin a cashier's day; his last one must be closed. `counted` is his change money by currency.

    It goes into the till as it was counted; where that is not what he held, the difference opens an
    irregularity. Raises DayRefused, also for change money that nobody gave him or that was not
    counted. Writes the first transition and an audit record.
    """
    require(actor, TAKE_CASH)
    if cashier.pk != actor.pk:
        raise DayOfAnother(_("Everybody opens his own day."))
    last = day_of(cashier)
    if last is not None:
        raise DayRefused(
            _("Your day of %(day)s is not closed. Count it and have it signed for first.")
            % {"day": formats.date_format(last.day, "j F Y")}
        )
    shifts = CashDay.objects.filter(cashier=cashier, day=day).count()
    try:
        with transaction.atomic():
            made = CashDay.objects.create(cashier=cashier, day=day, shift=shifts + 1)
    except IntegrityError:
        raise DayRefused(_("Your day was opened a moment ago. Open the page again.")) from None
    given = bring_into_till(cash_day=made, counted=counted or {}, actor=actor, as_of=day)
    CASH_DAY.start(made, actor=actor, as_of=day)
    audit.record("cash_day.opened", made, actor=actor, after={"day": day, "floats": given})
    return made


def locked_open_day(cashier: User, as_of: date) -> CashDay:
    """The cashier's open day of today, locked until the transaction ends. Raises DayNotOpen."""
    day = (
        CashDay.objects.unfinished()
        .filter(cashier=cashier)
        .select_for_update(of=("self",), no_key=True)
        .first()
    )
    if day is None:
        raise DayNotOpen(_("Open your day at the cash desk first."))
    if day.status != DayStatus.OPEN:
        raise DayNotOpen(_("Your day is counted already; it waits for the signature of the receiver."))
    if day.day != as_of:
        raise DayNotOpen(
            _("Your day of %(day)s is still open. Close it before you take cash today.")
            % {"day": formats.date_format(day.day, "j F Y")}
        )
    return day


def _locked(cash_day: CashDay) -> CashDay:
    return (
        CashDay.objects.select_for_update(of=("self",), no_key=True)
        .select_related("cashier", "receiver")
        .get(pk=cash_day.pk)
    )


def _check_no_slip(cash_day: CashDay) -> None:
    """What somebody receives can't stand on the cashier's slip as well."""
    promised = CashReceipt.objects.held().filter(cash_day=cash_day).exclude(deposit_code="")
    code = promised.values_list("deposit_code", flat=True).first()
    if code is not None:
        raise DayRefused(
            _("Part of this cash stands on deposit %(code)s. Bring it to the bank or cancel the slip first.")
            % {"code": code},
            field="receiver",
        )


@transaction.atomic
def close_day(
    *,
    cash_day: CashDay,
    counted: Mapping[str, Pieces],
    receiver: User | None = None,
    change_goes_along: bool = False,
    kept: Mapping[str, Decimal] | None = None,
    note: str = "",
    actor,
    as_of: date,
) -> CashDay:
    """Count the till: pieces by value and currency. Expected = counted + difference.

    With a `receiver` the day waits for his signature; without one the cashier keeps the money for
    his own deposit, where the instruction lets him. A senior who counts in the cashier's place
    receives it at once. Differences open irregularities when the day closes.
    Change money is put aside (`kept` by currency, else what the day began with): it stays with the
    cashier, or goes along to the receiver.
    Raises DayRefused, DayOfAnother, StatusHasMoved.
    """
    locked = _locked(cash_day)
    own = locked.cashier_id == actor.pk
    require(actor, TAKE_CASH if own else RECEIVE_CASH)
    if not own and not CashDay.objects.visible_to(actor).filter(pk=locked.pk).exists():
        raise DayOfAnother(_("This till belongs to another team."))
    if locked.status != DayStatus.OPEN:
        raise DayRefused(_("This day is counted already."))
    counts = write_counts(locked, counted, kept or {})
    written = {count.currency: count.counted_amount for count in counts}
    if not own:
        if not note.strip():
            raise DayRefused(_("Say why you count in the cashier's place."), field="note")
        receiver, change_goes_along = actor, True
    elif receiver is None:
        if must_be_handed_over(locked):
            raise DayRefused(
                _("This money is handed over at the day's close. Choose who receives it."), field="receiver"
            )
        if change_goes_along:
            raise DayRefused(_("Choose who takes the change money along."), field="receiver")
    elif not may_receive(locked, as_of=as_of).filter(pk=receiver.pk).exists():
        raise DayRefused(_("That colleague may not sign for your cash."), field="receiver")
    if receiver is not None:
        _check_no_slip(locked)
    audit.record("cash_day.count", locked, actor=actor, after={"counted": written}, reason=note)
    if own and receiver is not None:
        CASH_DAY.advance(
            locked,
            to=DayStatus.COUNTED,
            actor=actor,
            as_of=as_of,
            is_locked=True,
            receiver=receiver,
            change_goes_along=change_goes_along,
            note=note,
        )
        return locked
    locked.change_goes_along = change_goes_along
    return _finish(locked, receiver, note, actor, as_of)


def _finish(cash_day: CashDay, receiver: User | None, note: str, actor, as_of: date) -> CashDay:
    """Close a counted day: who holds the money from now on, and a case for every difference."""
    holder = receiver or cash_day.cashier
    CASH_DAY.advance(
        cash_day,
        to=DayStatus.CLOSED,
        actor=actor,
        as_of=as_of,
        is_locked=True,
        receiver=receiver,
        change_goes_along=cash_day.change_goes_along,
        note=note,
        closed_on=as_of,
        signed_at=now() if receiver is not None else None,
    )
    if receiver is not None:
        moved = CashReceipt.objects.held().filter(cash_day=cash_day, holder=cash_day.cashier)
        ids = list(moved.values_list("pk", flat=True))
        CashReceipt.objects.filter(pk__in=ids).update(holder=receiver)
        audit.record_set(
            "cash_receipt.handed_over", CashReceipt, ids=ids, actor=actor, after={"holder": receiver.pk}
        )
    for count in cash_day.counts.order_by("currency"):
        _record_differences(cash_day, count, holder, actor, as_of)
    keeper = receiver if receiver is not None and cash_day.change_goes_along else cash_day.cashier
    put_aside(cash_day=cash_day, holder=keeper, actor=actor, as_of=as_of)
    return cash_day


def _record_differences(cash_day: CashDay, count: CashCount, holder: User, actor, as_of: date) -> None:
    """A case for what the cash of receipts bears of a difference, and one for the change money."""
    of_change = count.float_amount - (count.kept_amount or Decimal(0))
    parts = (
        (FoundAt.CLOSE, count.difference_amount - of_change),
        (FoundAt.PUT_ASIDE, of_change),
    )
    for found_at, amount in parts:
        if not amount:
            continue
        record_difference(
            holder=holder,
            collector=cash_day.cashier,
            currency=count.currency,
            amount=amount,
            note=_("Close of %(cashier)s's day of %(day)s: expected %(expected)s, counted %(counted)s.")
            % {
                "cashier": cash_day.cashier,
                "day": cash_day.day.isoformat(),
                "expected": format_amount(count.expected_amount, count.currency, with_currency=True),
                "counted": format_amount(count.counted_amount, count.currency, with_currency=True),
            },
            found_at=found_at,
            cash_day=cash_day,
            actor=actor,
            as_of=as_of,
        )


@transaction.atomic
def sign_handover(*, cash_day: CashDay, actor, as_of: date) -> CashDay:
    """The receiver signs: the money is his from now on. Raises DayOfAnother, StatusHasMoved."""
    require(actor, RECEIVE_CASH)
    locked = _locked(cash_day)
    if locked.receiver_id != actor.pk or locked.cashier_id == actor.pk:
        raise DayOfAnother(_("Somebody else is named to receive this cash."))
    if locked.status != DayStatus.COUNTED:
        raise DayRefused(_("There is nothing to sign for any more. Open the day again."))
    return _finish(locked, actor, locked.note, actor, as_of)


@transaction.atomic
def count_again(*, cash_day: CashDay, reason: str, actor, as_of: date) -> CashDay:
    """The cashier takes the count back, or the receiver does not agree: the day is open again."""
    locked = _locked(cash_day)
    if actor.pk not in (locked.cashier_id, locked.receiver_id) and not has_permission(actor, RECEIVE_CASH):
        raise DayOfAnother(_("This till is neither yours nor handed to you."))
    if not reason.strip():
        raise DayRefused(_("Say why it is counted again."), field="reason")
    CASH_DAY.advance(
        locked, to=DayStatus.OPEN, actor=actor, as_of=as_of, reason=reason, is_locked=True, receiver=None
    )
    return locked
