"""A slip follows the bank's answers to its cheques, where these are credited one by one."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.db.models import Max, Q, Sum

from accounts.cheques.models import ChequePayment, ChequeReturn, Presentment
from accounts.deposits.enums import DEPOSIT, DepositStatus
from accounts.deposits.models import Deposit
from collections_app.core import audit

NOUGHT = Decimal(0)


class Answers(NamedTuple):
    """What the bank said of a slip's cheques. `last_day` is None where it said nothing."""

    paid: Decimal
    returned: Decimal
    waiting: int
    last_day: date | None


def answers_of(deposit: Deposit) -> Answers:
    """What stands paid of the cheques as this slip presented them, what came back, how many wait."""
    presented = {
        row.pk: row.cheque.amount
        for row in Presentment.objects.filter(
            cheque__deposit_items__deposit=deposit, deposit_reference=deposit.code
        ).select_related("cheque")
    }
    paid = {
        row["presentment"]: (row["made"], row["last"])
        for row in ChequePayment.objects.filter(presentment__in=presented, entry__reversed_by__isnull=True)
        .order_by()
        .values("presentment")
        .annotate(made=Sum("entry__amount"), last=Max("entry__value_date"))
    }
    back = dict(
        ChequeReturn.objects.filter(presentment__in=presented)
        .order_by()
        .values_list("presentment")
        .annotate(last=Max("return_date"))
    )
    answered = paid.keys() | back.keys()
    made = sum((amount for amount, _day in paid.values()), NOUGHT)
    return Answers(
        made,
        sum((presented[pk] for pk in answered), NOUGHT) - made,
        len(presented.keys() - answered),
        max([*(day for _amount, day in paid.values()), *back.values()], default=None),
    )


@transaction.atomic
def follow_answers(*, cheque_ids: Iterable[int], actor, as_of: date) -> list[Deposit]:
    """Bring the slips of these cheques to what the bank said of them so far.

    Partly credited with the first answer, credited with the last where no cash is on the slip; one
    whose credit somebody tied stays as it is. An answer taken back takes the slip back.
    """
    slips = (
        Deposit.objects.filter(items__cheque__in=list(cheque_ids))
        .filter(Q(status=DepositStatus.DEPOSITED) | Q(by_cheques=True))
        .distinct()
    )
    locked = (
        Deposit.objects.filter(pk__in=slips.values("pk"))
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    return [follow(deposit, actor=actor, as_of=as_of) for deposit in locked]


def follow(deposit: Deposit, *, actor, as_of: date) -> Deposit:
    """One locked slip that no tied credit answers."""
    told = answers_of(deposit)
    if told.last_day is None:
        to = DepositStatus.DEPOSITED
        facts: dict = {"credited_amount": None, "credited_on": None, "returned_amount": NOUGHT}
    else:
        is_all = not told.waiting and not deposit.cash_amount
        to = DepositStatus.CREDITED if is_all else DepositStatus.PARTLY
        facts = {
            "credited_amount": told.paid,
            "credited_on": told.last_day,
            "returned_amount": told.returned,
        }
    facts["by_cheques"] = told.last_day is not None
    if to != deposit.status:
        return DEPOSIT.advance(deposit, to=to, actor=actor, as_of=as_of, is_locked=True, **facts)
    before = {name: getattr(deposit, name) for name in facts}
    if before != facts:
        for name, value in facts.items():
            setattr(deposit, name, value)
        deposit.save(update_fields=list(facts))
        audit.record("deposit.answered", deposit, actor=actor, before=before, after=facts)
    return deposit
