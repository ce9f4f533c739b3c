"""What returns ask for beside their postings: a stop, a hold, the next try, somebody's task."""

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.holds.enums import HoldReason, HoldScope
from accounts.holds.models import Hold
from accounts.holds.services import place_hold
from accounts.ledger.models import Account
from accounts.parties.models import Creditor
from accounts.parties.queries import calendar_of
from accounts.returns.enums import RETRY, ActionClass, Block, RetryStatus, TaskFor
from accounts.returns.models import MeansStop, PaymentReturn, Retry, ReturnReason
from accounts.returns.queries import stopped_means
from accounts.tasks.services import raise_tasks
from collections_app.core import audit, clock
from collections_app.core.clock import BusinessCalendar, add_business_days, business_day_on_or_after
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.said import Amount, Said, said

# A dead person is not written to, asked, charged or sued until somebody senior has looked.
DECEASED_STOPS = [HoldScope.CONTACT, HoldScope.DEMAND, HoldScope.FEE, HoldScope.LEGAL]


def _title(action: str, account: Account) -> Said:
    titles = {
        ActionClass.RETRY: gettext_noop(
            "%(account)s: payment came back, tell the debtor before it is tried again"
        ),
        ActionClass.FIX_DETAILS: gettext_noop(
            "%(account)s: payment came back, ask for the right bank details"
        ),
        ActionClass.NEW_MANDATE: gettext_noop("%(account)s: payment came back, get a new mandate"),
        ActionClass.CALL: gettext_noop("%(account)s: payment came back, call the debtor"),
        ActionClass.DISPUTE: gettext_noop(
            "%(account)s: debtor took the payment back, ask whether it is disputed"
        ),
        ActionClass.DECEASED: gettext_noop(
            "%(account)s: the bank says deceased, check it and record the fact"
        ),
        ActionClass.REPLACE: gettext_noop("%(account)s: cheque came back, ask for another"),
        ActionClass.LEGAL: gettext_noop("%(account)s: cheque stopped, decide on a legal step"),
        ActionClass.FRAUD: gettext_noop("%(account)s: cheque altered, look for fraud"),
        ActionClass.OWN_FAULT: gettext_noop("%(account)s: payment came back through our file, correct it"),
    }
    return said(titles[ActionClass(action)], account=account.number)


@dataclass(frozen=True)
class Kept:
    """A return that was written down, with what its consequences depend on.

    `first_paid` is when the money was first presented, `held_scopes` what is stopped on the account.
    """

    returned: PaymentReturn
    account: Account
    first_paid: date
    held_scopes: Set[str]

    @property
    def reason(self) -> ReturnReason:
        return self.returned.reason

    @property
    def ends_retries(self) -> bool:
        """A stopped means is not tried again, nor is a dead payer."""
        return self.reason.blocks == Block.STOP or self.reason.action_class == ActionClass.DECEASED


def follow(kept: Sequence[Kept], *, actor, as_of: date, permission: str) -> None:
    """What the reasons ask for: stops, holds, retries, tasks. Of an account at most one at a time."""
    MeansStop.objects.bulk_create(
        MeansStop(
            account=one.account,
            scheme=one.returned.scheme,
            strength=one.reason.blocks,
            payment_return=one.returned,
            first_day=one.returned.return_date,
        )
        for one in kept
        if one.reason.blocks != Block.NONE
    )
    for one in kept:
        if one.reason.action_class == ActionClass.DECEASED:
            _hold_for_deceased(one.returned, one.account, actor=actor, as_of=as_of, permission=permission)
    calendars = _Calendars()
    _give_up_planned([one for one in kept if one.ends_retries], as_of=as_of)
    _plan_retries([one for one in kept if not one.ends_retries], calendars, actor=actor, as_of=as_of)
    _ask([one for one in kept if one.reason.task_kind], calendars, actor=actor, as_of=as_of)


class _Calendars(dict):
    """Working days by creditor; each is read once."""

    def of(self, creditor: Creditor) -> BusinessCalendar:
        if creditor.pk not in self:
            self[creditor.pk] = calendar_of(creditor)
        return self[creditor.pk]


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


def _planned_day(one: Kept, calendars: _Calendars, as_of: date) -> date | None:
    """When the money is presented again, if the reason's limit and window leave a day for it."""
    reason, returned = one.reason, one.returned
    if not reason.retry_limit or returned.attempt > reason.retry_limit:
        return None
    day = business_day_on_or_after(
        max(returned.return_date + timedelta(days=reason.retry_days or 0), as_of),
        calendars.of(one.account.creditor),
    )
    window = reason.retry_window_days
    return None if window is not None and day > one.first_paid + timedelta(days=window) else day


def _plan_retries(kept: Sequence[Kept], calendars: _Calendars, *, actor, as_of: date) -> None:
    """Plan what may be presented again; not where demands are on hold or the means is stopped."""
    may = [one for one in kept if one.reason.retry_limit and HoldScope.DEMAND not in one.held_scopes]
    stopped = stopped_means([one.account.pk for one in may], as_of) if may else set()
    days = [
        (one, day)
        for one in may
        if (one.account.pk, one.returned.scheme) not in stopped
        and (day := _planned_day(one, calendars, as_of)) is not None
    ]
    retries = Retry.objects.bulk_create(
        Retry(
            payment_return=one.returned,
            account=one.account,
            scheme=one.returned.scheme,
            amount=one.returned.amount,
            currency=one.returned.currency,
            planned_date=day,
            attempt=one.returned.attempt + 1,
        )
        for one, day in days
    )
    if not retries:
        return
    ids = [retry.pk for retry in retries]
    RETRY.start_many(ids, actor=actor, as_of=as_of)
    if len(retries) > 1:
        audit.record_set("retry.planned", Retry, ids=ids, actor=actor)
        return
    [retry] = retries
    audit.record(
        "retry.planned",
        retry,
        actor=actor,
        after={"planned_date": retry.planned_date, "amount": retry.amount, "attempt": retry.attempt},
    )


def _give_up_planned(kept: Sequence[Kept], *, as_of: date) -> None:
    """The rule gives up what was planned by a means that is stopped now, whoever told."""
    accounts: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in kept:
        accounts[one.returned.scheme, str(one.reason)[:300]].append(one.account.pk)
    for (scheme, why), ids in accounts.items():
        RETRY.advance_many(
            Retry.objects.filter(account__in=ids, scheme=scheme, status=RetryStatus.PLANNED),
            to=RetryStatus.GIVEN_UP,
            actor=User.objects.system(),
            as_of=as_of,
            reason=why,
            ended_on=as_of,
            note=why,
        )


def _ask(kept: Sequence[Kept], calendars: _Calendars, *, actor, as_of: date) -> None:
    """Raise the tasks the reasons ask for, with whomever they name."""
    by_kind: dict[str, list[dict]] = defaultdict(list)
    for one in kept:
        by_kind[one.reason.task_kind].append(_task(one, calendars, as_of))
    for kind, rows in by_kind.items():
        raise_tasks(kind=kind, rows=rows, actor=actor, as_of=as_of)


def _task(one: Kept, calendars: _Calendars, as_of: date) -> dict:
    """What is asked, of whom, and by when."""
    returned, reason, account = one.returned, one.reason, one.account
    whom: dict = {"team": account.team}
    if reason.task_for == TaskFor.OFFICER and account.officer is not None:
        whom = {"assignee": account.officer}
    elif reason.task_for == TaskFor.SUPERVISOR:
        whom["role"] = Role.SUPERVISOR
    elif reason.task_for == TaskFor.SENIOR or account.team is None:
        whom["role"] = Role.SENIOR_OFFICER
    due = add_business_days(as_of, reason.task_days, calendars.of(account.creditor))
    return {
        "subject": returned,
        "title": _title(reason.action_class, account),
        "detail": said(
            gettext_noop("%(amount)s came back on %(day)s: %(reason)s."),
            amount=Amount(returned.amount, returned.currency),
            day=returned.return_date,
            reason=reason.said(),
        ),
        "due_at": datetime.combine(due, time(23, 59), tzinfo=clock.zone(account.creditor.time_zone)),
        **whom,
    }
