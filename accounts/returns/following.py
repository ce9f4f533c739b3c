"""What a return asks for beside its postings: a stop, a hold, the next try, somebody's task."""

from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from accounts.holds.enums import HoldReason, HoldScope
from accounts.holds.models import Hold
from accounts.holds.services import place_hold
from accounts.ledger.models import Account
from accounts.parties.queries import calendar_of, day_after
from accounts.returns.enums import RETRY, ActionClass, Block, RetryStatus, TaskFor
from accounts.returns.models import MeansStop, PaymentReturn, Retry, ReturnReason
from accounts.returns.queries import stops_of
from accounts.tasks.services import raise_task
from collections_app.core import audit, clock
from collections_app.core.clock import business_day_on_or_after
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.money import format_amount

# A dead person is not written to, asked, charged or sued until somebody senior has looked.
DECEASED_STOPS = [HoldScope.CONTACT, HoldScope.DEMAND, HoldScope.FEE, HoldScope.LEGAL]


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


def follow(
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
