"""Presenting a returned payment again, giving that up, and allowing a stopped means again."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import formats
from django.utils.translation import gettext as _

from accounts.holds.enums import HoldScope
from accounts.holds.queries import held
from accounts.ledger.models import Account, LedgerEntry
from accounts.payments.services import post_payment
from accounts.returns.enums import METHODS_OF, RETRY, Block, RetryStatus
from accounts.returns.models import MeansStop, Retry
from accounts.returns.queries import stops_of
from accounts.returns.rules import END_STOP, RECORD_RETURN
from collections_app.core import audit
from collections_app.core.money import format_amount
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused


class RetryRefused(Refused):
    """The payment can't be presented again now."""


class StopRefused(Refused):
    """The means can't be allowed again as given."""


def why_not(retry: Retry, as_of: date) -> str:
    """Why a planned retry must not be presented today, in words; empty where it may."""
    if HoldScope.DEMAND in held([retry.account_id], as_of).get(retry.account_id, set()):
        return _("The account is on hold, so nothing is collected from it.")
    stops = stops_of([retry.account_id], as_of).get(retry.account_id, [])
    if any(stop.scheme == retry.scheme and stop.strength == Block.STOP for stop in stops):
        return _("Collection by this means is stopped for the account.")
    return ""


@transaction.atomic
def present_again(
    *,
    retry: Retry,
    value_date: date,
    amount: Decimal | None = None,
    late_reason: str = "",
    actor,
    as_of: date,
) -> LedgerEntry:
    """The money was presented again and arrived: post it and end the retry. Returns the payment.

    `amount` is the planned one if None, and at most what is owed. A `value_date` before the planned day
    is refused: nothing was presented yet. A day in a signed month needs `late_reason`. It may come back
    again; then it counts as the next attempt. Raises RetryRefused,
    StatusHasMoved and what `post_payment` raises.
    """
    require(actor, RECORD_RETURN)
    account = Account.objects.select_for_update(of=("self",), no_key=True).get(pk=retry.account_id)
    locked = (
        Retry.objects.select_for_update(of=("self",)).select_related("payment_return__entry").get(pk=retry.pk)
    )
    RETRY.edge(locked.status, RetryStatus.DONE)
    if reason := why_not(locked, as_of):
        raise RetryRefused(reason)
    if value_date < locked.planned_date:
        raise RetryRefused(
            _(
                "It is planned for %(day)s and can't have arrived before. Confirm it from that day on, or"
                " give the retry up and post what arrived as a payment."
            )
            % {"day": formats.date_format(locked.planned_date, "j F Y")},
            field="value_date",
        )
    taken = locked.amount if amount is None else amount
    if taken > account.standing.balance:
        raise RetryRefused(
            _("Only %(amount)s is owed now. Present that, or give the retry up.")
            % {"amount": format_amount(max(account.standing.balance, Decimal(0)), locked.currency)},
            field="amount",
        )
    first = locked.payment_return.entry
    # done before the money is posted, or the rule would give it up as paid otherwise
    RETRY.advance(locked, to=RetryStatus.DONE, actor=actor, as_of=as_of, is_locked=True, ended_on=as_of)
    entry = post_payment(
        account=account,
        amount=taken,
        value_date=value_date,
        method=first.method or METHODS_OF[locked.scheme][0],
        receiver=first.receiver,
        reference=first.reference,
        description=_("Presented again"),
        late_reason=late_reason,
        actor=actor,
        as_of=as_of,
    )
    locked.entry = entry
    locked.save(update_fields=["entry"])
    return entry


@transaction.atomic
def give_up_retry(*, retry: Retry, reason: str, actor, as_of: date) -> Retry:
    """Do not present it again, with the reason."""
    if not reason.strip():
        raise RetryRefused(_("Say why it is not tried again."), field="reason")
    return RETRY.advance(
        retry,
        to=RetryStatus.GIVEN_UP,
        actor=actor,
        as_of=as_of,
        reason=reason[:300],
        note=reason[:300],
        ended_on=as_of,
    )


@transaction.atomic
def give_up_paid(*, account_ids, actor, as_of: date) -> list[int]:
    """Give up what was planned on accounts that owe nothing any more; safe to run again."""
    return RETRY.advance_many(
        Retry.objects.filter(
            account__in=account_ids, status=RetryStatus.PLANNED, account__standing__balance__lte=0
        ),
        to=RetryStatus.GIVEN_UP,
        actor=actor,
        as_of=as_of,
        reason=_("Nothing is owed any more"),
        note=_("Nothing is owed any more"),
        ended_on=as_of,
    )


@transaction.atomic
def end_stop(*, stop: MeansStop, reason: str, actor, as_of: date) -> MeansStop:
    """Allow a means of payment again (a new mandate, right bank details), with the reason."""
    require(actor, END_STOP)
    if not reason.strip():
        raise StopRefused(_("Say why it is allowed again."), field="reason")
    locked = MeansStop.objects.select_for_update(of=("self",)).get(pk=stop.pk)
    if locked.ended_on is not None:
        raise StopRefused(_("It is allowed again already."))
    locked.ended_on, locked.ended_by, locked.end_reason = as_of, actor, reason[:300]
    locked.save(update_fields=["ended_on", "ended_by", "end_reason"])
    audit.record("means_stop.ended", locked, actor=actor, after={"scheme": locked.scheme}, reason=reason)
    return locked
