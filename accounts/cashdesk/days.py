"""The cashier's day: opened with a float, counted, signed for by a second person."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import formats
from django.utils.translation import gettext as _

from accounts.cashdesk.enums import CASH_DAY, DayStatus
from accounts.cashdesk.models import CashCount, CashDay, CashDifference, CashFloat, CashReceipt, CountedPieces
from accounts.cashdesk.queries import (
    day_of,
    denominations,
    may_receive,
    must_be_handed_over,
    supervisor_of,
    tills,
)
from accounts.cashdesk.rules import RECEIVE_CASH, TAKE_CASH
from accounts.irregularities.enums import IrregularityKind
from accounts.irregularities.services import open_irregularity
from collections_app.core import audit
from collections_app.core.clock import now
from collections_app.core.models import User
from collections_app.core.money import format_amount, quantise
from collections_app.core.permissions import has_permission, require
from collections_app.core.refusal import NotAllowed, Refused

Pieces = Mapping[Decimal, int]


class DayRefused(Refused):
    """The day can't be opened or closed so."""


class DayOfAnother(NotAllowed):
    """It is somebody else's till."""


class DayNotOpen(Refused):
    """Cash is taken within an open day."""


@transaction.atomic
def open_day(*, cashier, day: date, floats: Mapping[str, Decimal] | None = None, actor) -> CashDay:
    """Begin a cashier's day with change money by currency; his last one must be closed.

    Raises DayRefused. Writes the first transition and an audit record.
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
    given = {currency: quantise(amount, currency) for currency, amount in (floats or {}).items() if amount}
    if any(amount < 0 for amount in given.values()):
        raise DayRefused(_("Enter an amount that is not negative."), field="amount")
    CashFloat.objects.bulk_create(
        CashFloat(cash_day=made, currency=currency, amount=amount) for currency, amount in given.items()
    )
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


def sum_of(pieces: Pieces, currency: str) -> Decimal:
    """What notes and coins are worth together."""
    return quantise(sum((value * number for value, number in pieces.items()), Decimal(0)), currency)


def check_pieces(pieces: Pieces, currency: str, *, as_of: date) -> None:
    """Raise DayRefused for a negative number or a value that is no note or coin of the currency."""
    known = set(denominations(currency, as_of=as_of))
    for value, number in pieces.items():
        if number < 0:
            raise DayRefused(_("A number of notes can't be negative."))
        if value not in known:
            raise DayRefused(
                _("%(currency)s has no note or coin of %(value)s.")
                % {"currency": currency, "value": format_amount(value, currency)}
            )


def _locked(cash_day: CashDay) -> CashDay:
    return (
        CashDay.objects.select_for_update(of=("self",), no_key=True)
        .select_related("cashier", "receiver")
        .get(pk=cash_day.pk)
    )


def _count(cash_day: CashDay, counted: Mapping[str, Pieces], as_of: date) -> list[CashCount]:
    """Write the count of each currency that was given, taken or counted; an older count gives way."""
    CashCount.objects.filter(cash_day=cash_day).delete()
    expected = {till.currency: till for till in tills(cash_day)}
    made = []
    for currency in sorted(expected.keys() | counted.keys()):
        pieces = counted.get(currency, {})
        check_pieces(pieces, currency, as_of=cash_day.day)
        till = expected.get(currency)
        total, zero = sum_of(pieces, currency), Decimal(0)
        should = till.expected_amount if till else zero
        if till is None and not total:
            continue
        count = CashCount.objects.create(
            cash_day=cash_day,
            currency=currency,
            float_amount=till.float_amount if till else zero,
            taken_amount=till.taken_amount if till else zero,
            deposited_amount=till.deposited_amount if till else zero,
            expected_amount=should,
            counted_amount=total,
            difference_amount=should - total,
        )
        CountedPieces.objects.bulk_create(
            CountedPieces(count=count, value=value, pieces=number, currency=currency)
            for value, number in sorted(pieces.items(), reverse=True)
            if number
        )
        made.append(count)
    return made


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
    note: str = "",
    actor,
    as_of: date,
) -> CashDay:
    """Count the till: pieces by value and currency. Expected = counted + difference.

    With a `receiver` the day waits for his signature; without one the cashier keeps the money for
    his own deposit, where the instruction lets him. A senior who counts in the cashier's place
    receives it at once. Differences open irregularities when the day closes.
    Raises DayRefused, DayOfAnother, StatusHasMoved.
    """
    locked = _locked(cash_day)
    own = locked.cashier_id == actor.pk
    require(actor, TAKE_CASH if own else RECEIVE_CASH)
    if not own and not CashDay.objects.visible_to(actor).filter(pk=locked.pk).exists():
        raise DayOfAnother(_("This till belongs to another team."))
    if locked.status != DayStatus.OPEN:
        raise DayRefused(_("This day is counted already."))
    counts = _count(locked, counted, as_of)
    written = {count.currency: count.counted_amount for count in counts}
    if not own:
        if not note.strip():
            raise DayRefused(_("Say why you count in the cashier's place."), field="note")
        receiver = actor
    elif receiver is None:
        if must_be_handed_over(locked):
            raise DayRefused(
                _("This money is handed over at the day's close. Choose who receives it."), field="receiver"
            )
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
            note=note,
        )
        return locked
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
    for count in cash_day.counts.exclude(difference_amount=0).order_by("currency"):
        record_difference(
            holder=holder,
            collector=cash_day.cashier,
            currency=count.currency,
            amount=count.difference_amount,
            note=_("Close of %(cashier)s's day of %(day)s: expected %(expected)s, counted %(counted)s.")
            % {
                "cashier": cash_day.cashier,
                "day": cash_day.day.isoformat(),
                "expected": format_amount(count.expected_amount, count.currency, with_currency=True),
                "counted": format_amount(count.counted_amount, count.currency, with_currency=True),
            },
            cash_day=cash_day,
            actor=actor,
            as_of=as_of,
        )
    return cash_day


def record_difference(
    *,
    holder: User,
    collector: User,
    currency: str,
    amount: Decimal,
    note: str,
    cash_day: CashDay | None = None,
    actor,
    as_of: date,
) -> CashDifference:
    """Keep what was missing (positive) or too much, and open its irregularity for a supervisor."""
    case = open_irregularity(
        kind=IrregularityKind.SHORT if amount > 0 else IrregularityKind.OVER,
        amount=abs(amount),
        currency=currency,
        note=note,
        owner=supervisor_of(collector, as_of=as_of),
        subject=None,
        actor=actor,
        as_of=as_of,
    )
    made = CashDifference.objects.create(
        cash_day=cash_day,
        holder=holder,
        currency=currency,
        amount=amount,
        found_on=as_of,
        irregularity=case,
    )
    audit.record(
        "cash_difference.found",
        made,
        actor=actor,
        after={"holder": holder.pk, "amount": amount, "currency": currency, "irregularity": case.pk},
        reason=note,
    )
    return made


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
