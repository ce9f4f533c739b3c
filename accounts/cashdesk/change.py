"""Change money changes hands: given out, counted into a till, put aside, taken over, out of use.

Between two days it has a named holder. Whoever gets it counts it; what is not there, or too much,
opens an irregularity.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.cashdesk.change_models import ChangeMoney
from accounts.cashdesk.counting import DayRefused
from accounts.cashdesk.differences import record_difference
from accounts.cashdesk.enums import CHANGE_MONEY, ChangeOrigin, ChangeStatus, FoundAt
from accounts.cashdesk.models import CashDay, CashFloat
from accounts.cashdesk.people import may_hold_change
from accounts.cashdesk.rules import GIVE_CHANGE
from collections_app.core import audit
from collections_app.core.models import User
from collections_app.core.money import format_amount, is_known, quantise
from collections_app.core.permissions import require
from collections_app.core.refusal import NotAllowed, Refused


class ChangeRefused(Refused):
    """Change money can't be moved so."""


class ChangeOfAnother(NotAllowed):
    """Somebody else has to do this with this change money."""


def _locked(holdings: Iterable[ChangeMoney]) -> list[ChangeMoney]:
    ids = [row.pk for row in holdings]
    return list(
        ChangeMoney.objects.filter(pk__in=ids)
        .select_related("holder")
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )


def _held_by(holder: User, currency: str | None = None) -> list[ChangeMoney]:
    """What somebody holds, locked, the oldest first."""
    held = ChangeMoney.objects.held().filter(holder=holder)
    rows = _locked(held if currency is None else held.filter(currency=currency))
    return [row for row in rows if row.status == ChangeStatus.HELD]


def _make(*, actor, as_of: date, **fields) -> ChangeMoney:
    made = ChangeMoney.objects.create(**fields)
    CHANGE_MONEY.start(made, actor=actor, as_of=as_of)
    audit.record(
        "change_money.held",
        made,
        actor=actor,
        after={
            "holder": made.holder_id,
            "amount": made.amount,
            "currency": made.currency,
            "origin": made.origin,
        },
        reason=made.note,
    )
    return made


def _amount(amount: Decimal, currency: str) -> Decimal:
    if not is_known(currency) or quantise(amount, currency) != amount or amount <= 0:
        raise ChangeRefused(_("That is not an amount of this currency."), field="amount")
    return quantise(amount, currency)


def bring_into_till(
    *, cash_day: CashDay, counted: Mapping[str, Decimal], actor, as_of: date
) -> dict[str, Decimal]:
    """What a cashier holds is counted and goes into the till of the day that opens.

    Returns the float by currency. A difference between what he held and counted opens an
    irregularity. Raises DayRefused.
    """
    held = _held_by(cash_day.cashier)
    sums: dict[str, Decimal] = {}
    for row in held:
        sums[row.currency] = sums.get(row.currency, Decimal(0)) + row.amount
    given = {currency: quantise(amount, currency) for currency, amount in counted.items()}
    for currency, amount in given.items():
        if amount < 0:
            raise DayRefused(_("Enter an amount that is not negative."), field=f"counted_{currency}")
        if amount and currency not in sums:
            raise DayRefused(
                _("Nobody gave you change money in %(currency)s. A senior gives it out first.")
                % {"currency": currency}
            )
    for currency in sorted(sums):
        if currency not in given:
            raise DayRefused(
                _("You hold change money in %(currency)s. Count it.") % {"currency": currency},
                field=f"counted_{currency}",
            )
    for row in held:
        CHANGE_MONEY.advance(
            row,
            to=ChangeStatus.IN_TILL,
            actor=actor,
            as_of=as_of,
            is_locked=True,
            ended_on=as_of,
            into_day=cash_day,
        )
    for currency, held_amount in sorted(sums.items()):
        CashFloat.objects.create(
            cash_day=cash_day, currency=currency, amount=given[currency], held_amount=held_amount
        )
        if given[currency] != held_amount:
            record_difference(
                holder=cash_day.cashier,
                collector=cash_day.cashier,
                currency=currency,
                amount=held_amount - given[currency],
                note=_("Opening of %(cashier)s's day of %(day)s: held %(held)s, counted %(counted)s.")
                % {
                    "cashier": cash_day.cashier,
                    "day": as_of.isoformat(),
                    "held": format_amount(held_amount, currency, with_currency=True),
                    "counted": format_amount(given[currency], currency, with_currency=True),
                },
                found_at=FoundAt.OPENING,
                cash_day=cash_day,
                actor=actor,
                as_of=as_of,
            )
    return {currency: given[currency] for currency in sorted(sums)}


def put_aside(*, cash_day: CashDay, holder: User, actor, as_of: date) -> list[ChangeMoney]:
    """What the count of a closed day put aside is held by `holder` until it is counted again."""
    return [
        _make(
            holder=holder,
            currency=count.currency,
            amount=count.kept_amount,
            origin=ChangeOrigin.TILL,
            held_from=as_of,
            given_by=cash_day.cashier if holder.pk != cash_day.cashier_id else None,
            from_day=cash_day,
            actor=actor,
            as_of=as_of,
        )
        for count in cash_day.counts.filter(kept_amount__gt=0).order_by("currency")
    ]


@transaction.atomic
def give_out(
    *,
    holder: User,
    amount: Decimal,
    currency: str,
    note: str,
    from_own: bool = False,
    actor,
    as_of: date,
) -> ChangeMoney:
    """Give a colleague change money: new in the office (`note` says where it comes from), or from
    what the actor himself holds. Raises ChangeRefused, ChangeOfAnother."""
    require(actor, GIVE_CHANGE)
    amount = _amount(amount, currency)
    if holder.pk == actor.pk or not may_hold_change(actor).filter(pk=holder.pk).exists():
        raise ChangeOfAnother(_("You may not give change money to that colleague."))
    if not from_own and not note.strip():
        raise ChangeRefused(_("Say where the change money comes from."), field="note")
    previous = _take_from(actor, amount, currency, as_of) if from_own else None
    return _make(
        holder=holder,
        currency=currency,
        amount=amount,
        origin=ChangeOrigin.HAND if from_own else ChangeOrigin.OFFICE,
        held_from=as_of,
        given_by=actor,
        previous=previous,
        note=note.strip(),
        actor=actor,
        as_of=as_of,
    )


def _take_from(holder: User, amount: Decimal, currency: str, as_of: date) -> ChangeMoney:
    """Take an amount from what somebody holds; a rest stays his. Returns the last part it was of."""
    rows, wanted = _held_by(holder, currency), amount
    if sum((row.amount for row in rows), Decimal(0)) < amount:
        raise ChangeRefused(_("You do not hold so much change money in this currency."), field="amount")
    for row in rows:
        CHANGE_MONEY.advance(
            row, to=ChangeStatus.HANDED_ON, actor=holder, as_of=as_of, is_locked=True, ended_on=as_of
        )
        wanted -= row.amount
        if wanted <= 0:
            break
    if wanted < 0:
        _make(
            holder=holder,
            currency=currency,
            amount=-wanted,
            origin=row.origin,
            held_from=row.held_from,
            given_by=row.given_by,
            previous=row,
            note=row.note,
            actor=holder,
            as_of=as_of,
        )
    return row


def _of_another(holding: ChangeMoney, actor) -> ChangeMoney:
    """The holding, locked, where the actor may sign for it."""
    require(actor, GIVE_CHANGE)
    [locked] = _locked([holding])
    if locked.holder_id == actor.pk:
        raise ChangeOfAnother(_("You hold it yourself; a colleague signs for it."))
    if not ChangeMoney.objects.visible_to(actor).filter(pk=locked.pk).exists():
        raise ChangeOfAnother(_("This change money belongs to another team."))
    return locked


@transaction.atomic
def take_over(
    *, holding: ChangeMoney, counted: Decimal, note: str = "", actor, as_of: date
) -> ChangeMoney | None:
    """The actor takes somebody's change money over and holds what he counted; the rest is a case.

    None where nothing was there. Raises ChangeRefused, ChangeOfAnother, StatusHasMoved.
    """
    locked = _of_another(holding, actor)
    if counted < 0 or quantise(counted, locked.currency) != counted:
        raise ChangeRefused(_("That is not an amount of this currency."), field="counted")
    CHANGE_MONEY.advance(
        locked,
        to=ChangeStatus.HANDED_ON,
        actor=actor,
        as_of=as_of,
        reason=note,
        is_locked=True,
        ended_on=as_of,
        taken_by=actor,
    )
    if counted != locked.amount:
        record_difference(
            holder=locked.holder,
            collector=locked.holder,
            currency=locked.currency,
            amount=locked.amount - counted,
            note=_("Change money of %(holder)s: held %(held)s, %(taker)s counted %(counted)s.")
            % {
                "holder": locked.holder,
                "held": format_amount(locked.amount, locked.currency, with_currency=True),
                "taker": actor,
                "counted": format_amount(counted, locked.currency, with_currency=True),
            },
            found_at=FoundAt.TAKEN_OVER,
            actor=actor,
            as_of=as_of,
        )
    if not counted:
        return None
    return _make(
        holder=actor,
        currency=locked.currency,
        amount=counted,
        origin=ChangeOrigin.HAND,
        held_from=as_of,
        given_by=locked.holder,
        previous=locked,
        note=note.strip(),
        actor=actor,
        as_of=as_of,
    )


@transaction.atomic
def take_out_of_use(*, holding: ChangeMoney, reason: str, actor, as_of: date) -> ChangeMoney:
    """A colleague signs that somebody's change money left the tills, and says where it went.

    Raises ChangeRefused, ChangeOfAnother, StatusHasMoved.
    """
    locked = _of_another(holding, actor)
    if not reason.strip():
        raise ChangeRefused(_("Say where the change money goes."), field="reason")
    CHANGE_MONEY.advance(
        locked,
        to=ChangeStatus.GIVEN_BACK,
        actor=actor,
        as_of=as_of,
        reason=reason,
        is_locked=True,
        ended_on=as_of,
        taken_by=actor,
    )
    return locked
