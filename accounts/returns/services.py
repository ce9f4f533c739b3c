"""A receipt came back: everything that follows from it happens here, in one transaction."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.holds.enums import HoldReason, HoldScope
from accounts.holds.models import Hold
from accounts.holds.queries import held
from accounts.holds.services import place_hold
from accounts.ledger.enums import EntryKind, EntrySource
from accounts.ledger.models import Account, LedgerEntry, NamedAllocation
from accounts.ledger.services import NewEntry, name_allocation, post_entries, unnamed_part
from accounts.parties.queries import calendar_of, day_after
from accounts.policies.queries import amount_in, policy
from accounts.returns.enums import (
    METHODS_OF,
    RETRY,
    ActionClass,
    Block,
    RetryStatus,
    Scheme,
    TaskFor,
)
from accounts.returns.models import MeansStop, PaymentReturn, Retry, ReturnReason
from accounts.returns.queries import attempt_of, reason_on, stops_of
from accounts.returns.rules import RECORD_RETURN
from accounts.returns.signals import payment_returned
from accounts.tasks.services import raise_task
from collections_app.core import audit, clock
from collections_app.core.clock import business_day_on_or_after
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.money import format_amount, quantise
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

# A dead person is not written to, asked, charged or sued until somebody senior has looked.
DECEASED_STOPS = [HoldScope.CONTACT, HoldScope.DEMAND, HoldScope.FEE, HoldScope.LEGAL]


class ReturnRefused(Refused):
    """The return can't stand as given."""


class NotAReceipt(Refused):
    """What came back is no payment, or no payment of this scheme."""


class ReceiptAlreadyReversed(Refused):
    """The receipt came back before, or was taken back as a mistake."""


class ReasonUnknown(Refused):
    """Nobody has set up what this code means on that day."""


def _title(action: str, account: Account) -> str:
    titles = {
        ActionClass.RETRY: _("%(account)s: payment came back, tell the debtor before it is tried again"),
        ActionClass.FIX_DETAILS: _("%(account)s: payment came back, ask for the right bank details"),
        ActionClass.NEW_MANDATE: _("%(account)s: payment came back, get a new mandate"),
        ActionClass.CALL: _("%(account)s: payment came back, call the debtor"),
        ActionClass.DISPUTE: _("%(account)s: debtor took the payment back, ask whether it is disputed"),
        ActionClass.DECEASED: _("%(account)s: the bank says deceased, check it and record the fact"),
        ActionClass.REPLACE: _("%(account)s: cheque came back, ask for another"),
        ActionClass.LEGAL: _("%(account)s: cheque stopped, decide on a legal step"),
        ActionClass.FRAUD: _("%(account)s: cheque altered, look for fraud"),
        ActionClass.OWN_FAULT: _("%(account)s: payment came back through our file, correct it"),
    }
    return titles[ActionClass(action)] % {"account": account.number}


def _check(entry: LedgerEntry, scheme: str, return_date: date, as_of: date) -> None:
    if entry.kind != EntryKind.PAYMENT:
        raise NotAReceipt(_("Only a payment can come back."))
    if entry.method and entry.method not in METHODS_OF[Scheme(scheme)]:
        raise NotAReceipt(
            _("This was paid by %(method)s, which does not come back by %(scheme)s.")
            % {"method": str(entry.get_method_display()).lower(), "scheme": Scheme(scheme).label},
            field="scheme",
        )
    if return_date < entry.value_date:
        raise ReturnRefused(_("It can't come back before it was paid."), field="return_date")
    if return_date > as_of:
        raise ReturnRefused(_("It can't have come back in the future."), field="return_date")


@transaction.atomic
def record_return(
    *,
    entry: LedgerEntry,
    scheme: str,
    code: str,
    return_date: date,
    amount: Decimal | None = None,
    certificate: str = "",
    charge: LedgerEntry | None = None,
    note: str = "",
    actor,
    as_of: date,
    permission: str = RECORD_RETURN,
) -> PaymentReturn:
    """A receipt came back on `return_date`: reverse it, and do what the reason's code asks for.

    `amount` is what came back (the whole receipt if None), in the account's currency. A part: the
    receipt is reversed whole and the rest paid in anew on that day, first to `charge`, else to what
    the receipt had named. Side effects, in the transaction: reversal, rest and fee by the reason's
    rule and the policy `return_fee`; standing and promises (by `entries_posted`); the task the reason
    asks for; a planned retry within its limit; a stop of the means; for a deceased payer a hold and a
    senior officer's task instead of any retry. The same return said twice is one. Callers with a rule
    of their own pass its permission.
    Raises NotAReceipt, ReceiptAlreadyReversed, ReasonUnknown, ReturnRefused, NotAllowed.
    """
    require(actor, permission)
    scheme = Scheme(scheme)
    account = (
        Account.objects.select_for_update(of=("self",), no_key=True)
        .select_related("creditor", "debtor", "team", "officer")
        .get(pk=entry.account_id)
    )
    known = PaymentReturn.objects.filter(entry=entry).select_related("reason").first()
    if known is not None:
        if (known.scheme, known.reason.code.lower(), known.return_date) == (
            scheme,
            code.strip().lower(),
            return_date,
        ) and amount in (None, known.amount):
            return known
        raise ReceiptAlreadyReversed(
            _("This payment came back already: %(reason)s, %(day)s.")
            % {"reason": known.reason, "day": f"{known.return_date:%d.%m.%Y}"}
        )
    _check(entry, scheme, return_date, as_of)
    if LedgerEntry.objects.filter(reverses=entry).exists():
        raise ReceiptAlreadyReversed(_("This payment was taken back as a mistake already."))
    reason = reason_on(scheme, code, return_date)
    if reason is None:
        raise ReasonUnknown(
            _("«%(code)s» is no code of %(scheme)s here. A supervisor can propose it.")
            % {"code": code, "scheme": scheme.label},
            field="code",
        )
    back = entry.amount if amount is None else quantise(amount, entry.currency)
    if not 0 < back <= entry.amount:
        raise ReturnRefused(
            _("What came back is more than nothing and at most %(amount)s.")
            % {"amount": format_amount(entry.amount, entry.currency)},
            field="amount",
        )
    held_scopes = held([account.pk], as_of).get(account.pk, set())
    named = _named_by(entry)
    reversal, rest, fee, fee_note = _post(
        entry=entry,
        account=account,
        reason=reason,
        back=back,
        return_date=return_date,
        held_scopes=held_scopes,
        actor=actor,
        as_of=as_of,
        permission=permission,
    )
    if rest is not None:
        named = [(charge, rest.amount)] if charge is not None else named
        _name_again(rest, named, actor=actor, as_of=as_of, permission=permission)
    attempt, first_paid = attempt_of(entry)
    returned = PaymentReturn.objects.create(
        account=account,
        entry=entry,
        scheme=scheme,
        reason=reason,
        return_date=return_date,
        amount=back,
        currency=entry.currency,
        reversal=reversal,
        rest=rest,
        fee=fee,
        fee_note=fee_note,
        certificate=certificate.strip()[:60],
        note=note.strip()[:300],
        attempt=attempt,
        actor=actor,
    )
    audit.record(
        "payment.returned",
        returned,
        actor=actor,
        after={
            "entry": entry.pk,
            "reversal": reversal.pk,
            "rest": rest.pk if rest is not None else None,
            "fee": fee.pk if fee is not None else None,
            "scheme": scheme,
            "code": reason.code,
            "amount": back,
            "return_date": return_date,
        },
        reason=note,
    )
    _follow(
        returned, reason, account, first_paid, held_scopes, actor=actor, as_of=as_of, permission=permission
    )
    payment_returned.send(PaymentReturn, payment_return=returned, actor=actor, as_of=as_of)
    return returned


def _named_by(entry: LedgerEntry) -> list[tuple[LedgerEntry, Decimal]]:
    """The items a receipt named, with how much of each."""
    rows = (
        NamedAllocation.objects.filter(credit=entry, undoes__isnull=True, undone_by__isnull=True)
        .select_related("debit")
        .order_by("id")
    )
    return [(row.debit, row.amount) for row in rows]


def _post(
    *, entry, account, reason, back, return_date, held_scopes, actor, as_of, permission
) -> tuple[LedgerEntry, LedgerEntry | None, LedgerEntry | None, str]:
    words = _("Came back: %(code)s %(meaning)s") % {"code": reason.code, "meaning": reason.meaning()}
    [reversal] = post_entries(
        entries=[
            NewEntry(
                account_id=account.pk,
                kind=EntryKind.REVERSAL,
                amount=entry.amount,
                value_date=return_date,
                reverses_id=entry.pk,
                reference=entry.reference,
                reason=words[:300],
                source=entry.source,
            )
        ],
        actor=actor,
        as_of=as_of,
        permission=permission,
        day_is_given=True,
    )
    more: list[NewEntry] = []
    if back < entry.amount:
        more.append(
            NewEntry(
                account_id=account.pk,
                kind=EntryKind.PAYMENT,
                amount=entry.amount - back,
                value_date=return_date,
                reference=entry.reference,
                description=_("The part of a payment that stayed"),
                method=entry.method,
                receiver=entry.receiver,
                source=entry.source,
            )
        )
    amount, fee_note = _fee(account, reason, return_date, held_scopes)
    if amount:
        more.append(
            NewEntry(
                account_id=account.pk,
                kind=EntryKind.FEE,
                amount=amount,
                value_date=return_date,
                reference=entry.reference,
                description=_("Fee for a returned payment"),
                source=EntrySource.RULE,
                reason=words[:300],
            )
        )
    posted = post_entries(
        entries=more, actor=actor, as_of=as_of, permission=permission, day_is_given=True
    )
    rest = next((made for made in posted if made.kind == EntryKind.PAYMENT), None)
    fee = next((made for made in posted if made.kind == EntryKind.FEE), None)
    return reversal, rest, fee, fee_note


def _fee(account: Account, reason: ReturnReason, day: date, held_scopes: set[str]) -> tuple[Decimal, str]:
    """What the debtor is charged for the return, and in words why nothing where the rule has a fee."""
    if not reason.charges_fee:
        return Decimal(0), ""
    values = policy(
        "return_fee", as_of=day, creditor_id=account.creditor_id, portfolio_id=account.portfolio_id
    )
    amount = quantise(amount_in(values[reason.scheme], account.currency), account.currency)
    if amount and HoldScope.FEE in held_scopes:
        return Decimal(0), _("No fee: fees are on hold.")
    return amount, ""


def _name_again(
    rest: LedgerEntry, named: list[tuple[LedgerEntry, Decimal]], *, actor, as_of: date, permission: str
) -> None:
    """The part that stayed pays what the receipt had named, as far as it goes."""
    left = rest.amount
    for debit, amount in named:
        share = min(left, amount, unnamed_part(debit, "debit"))
        if share <= 0:
            continue
        name_allocation(
            credit=rest,
            debit=debit,
            amount=share,
            reason=_("The part of a payment that stayed"),
            actor=actor,
            as_of=as_of,
            permission=permission,
        )
        left -= share


def _follow(
    returned: PaymentReturn,
    reason: ReturnReason,
    account: Account,
    first_paid: date,
    held_scopes: set[str],
    *,
    actor,
    as_of: date,
    permission: str,
) -> None:
    """What the reason asks for: stop, hold, retry, task."""
    if reason.blocks != Block.NONE:
        MeansStop.objects.create(
            account=account,
            scheme=returned.scheme,
            strength=reason.blocks,
            payment_return=returned,
            first_day=returned.return_date,
        )
    if reason.action_class == ActionClass.DECEASED:
        _hold_for_deceased(returned, account, actor=actor, as_of=as_of, permission=permission)
    if reason.blocks == Block.STOP or reason.action_class == ActionClass.DECEASED:
        _give_up_planned(returned, as_of=as_of)
    elif HoldScope.DEMAND not in held_scopes:
        _plan_retry(returned, reason, account, first_paid, as_of=as_of, actor=actor)
    if reason.task_kind:
        _ask(returned, reason, account, actor=actor, as_of=as_of)


def _hold_for_deceased(
    returned: PaymentReturn, account: Account, *, actor, as_of: date, permission: str
) -> None:
    """Nobody is contacted or asked for money on a bank's word that the payer died, until it is checked.

    The legal fact itself, which binds every creditor, is a person's to record.
    """
    waiting = Hold.objects.in_force(as_of).filter(debtor=account.debtor, reason=HoldReason.DECEASED)
    if waiting.filter(scopes__contains=DECEASED_STOPS).exists():
        return
    place_hold(
        scopes=DECEASED_STOPS,
        reason=HoldReason.DECEASED,
        first_day=as_of,
        debtor=account.debtor,
        note=_("The bank returned a payment: %(reason)s") % {"reason": returned.reason},
        source="return",
        actor=actor,
        as_of=as_of,
        permission=permission,
    )


def _plan_retry(
    returned: PaymentReturn,
    reason: ReturnReason,
    account: Account,
    first_paid: date,
    *,
    as_of: date,
    actor,
) -> Retry | None:
    """Plan to present the money again, if the reason's limit and window leave a day for it."""
    if not reason.retry_limit or returned.attempt > reason.retry_limit:
        return None
    if any(
        stop.strength == Block.STOP and stop.scheme == returned.scheme
        for stop in stops_of([account.pk], as_of).get(account.pk, [])
    ):
        return None
    day = business_day_on_or_after(
        max(returned.return_date + timedelta(days=reason.retry_days or 0), as_of),
        calendar_of(account.creditor),
    )
    if reason.retry_window_days is not None and day > first_paid + timedelta(days=reason.retry_window_days):
        return None
    retry = Retry.objects.create(
        payment_return=returned,
        account=account,
        scheme=returned.scheme,
        amount=returned.amount,
        currency=returned.currency,
        planned_date=day,
        attempt=returned.attempt + 1,
    )
    RETRY.start(retry, actor=actor, as_of=as_of)
    audit.record(
        "retry.planned",
        retry,
        actor=actor,
        after={"planned_date": day, "amount": retry.amount, "attempt": retry.attempt},
    )
    return retry


def _give_up_planned(returned: PaymentReturn, *, as_of: date) -> None:
    """A stopped means is not tried again: the rule gives up what was planned by it, whoever told."""
    RETRY.advance_many(
        Retry.objects.filter(account=returned.account_id, scheme=returned.scheme, status=RetryStatus.PLANNED),
        to=RetryStatus.GIVEN_UP,
        actor=User.objects.system(),
        as_of=as_of,
        reason=str(returned.reason)[:300],
        ended_on=as_of,
        note=str(returned.reason)[:300],
    )


def _ask(returned: PaymentReturn, reason: ReturnReason, account: Account, *, actor, as_of: date) -> None:
    """Raise the task the reason asks for, with whoever it names."""
    whom: dict = {"team": account.team}
    if reason.task_for == TaskFor.OFFICER and account.officer is not None:
        whom = {"assignee": account.officer}
    elif reason.task_for == TaskFor.SUPERVISOR:
        whom["role"] = Role.SUPERVISOR
    elif reason.task_for == TaskFor.SENIOR or account.team is None:
        whom["role"] = Role.SENIOR_OFFICER
    due = day_after(as_of, reason.task_days, "business", account.creditor)
    raise_task(
        kind=reason.task_kind,
        title=_title(reason.action_class, account),
        detail=_("%(amount)s came back on %(day)s: %(reason)s.")
        % {
            "amount": format_amount(returned.amount, returned.currency, with_currency=True),
            "day": f"{returned.return_date:%d.%m.%Y}",
            "reason": reason,
        },
        subject=returned,
        due_at=datetime.combine(due, time(23, 59), tzinfo=clock.zone(account.creditor.time_zone)),
        actor=actor,
        **whom,
    )
