"""Promises are taken and judged; nobody sets an outcome by hand."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.arrangements.enums import JUDGED, PROMISE, PromiseStatus
from accounts.arrangements.judging import Outcome, judge
from accounts.arrangements.models import Promise
from accounts.arrangements.queries import accounts_to_review, days_to_judge, facts_of
from accounts.arrangements.rules import CANCEL_PROMISE, TAKE_PROMISE
from accounts.arrangements.signals import promises_changed, promises_judged
from accounts.holds.queries import held
from accounts.ledger.enums import AccountStatus
from accounts.ledger.models import Account
from accounts.ledger.queries import balances
from accounts.parties.models import Debtor
from accounts.parties.queries import day_after
from accounts.policies.queries import policy
from collections_app.core import audit, clock
from collections_app.core.models import User
from collections_app.core.money import format_amount, quantise
from collections_app.core.permissions import require
from collections_app.core.refusal import Refused

CHUNK = 1000


class PromiseOfNothing(Refused):
    """The amount is not one."""


class PromiseMoreThanOwed(Refused):
    """More is promised than is owed."""


class PromiseDayWrong(Refused):
    """The day has gone by or is too far away."""


class PromiseDayTaken(Refused):
    """Another promise for that day stands beside."""


class PromiseWhileHeld(Refused):
    """Nothing may be demanded on this account now, so nothing is promised."""


class PromiseAccountClosed(Refused):
    """Nothing is owed on a closed account."""


class PromiseNotOpen(Refused):
    """Only an open promise can be cancelled."""


def _check(account: Account, amount: Decimal, due_date: date, rule: dict, as_of: date) -> None:
    if account.status != AccountStatus.OPEN:
        raise PromiseAccountClosed(_("The account is closed. Reopen it first."))
    if amount <= 0 or amount != quantise(amount, account.currency):
        raise PromiseOfNothing(_("Enter an amount above zero."), field="amount")
    if due_date < as_of:
        raise PromiseDayWrong(_("That day has gone by. Choose today or later."), field="due_date")
    last = as_of + timedelta(days=rule["longest_days"])
    if due_date > last:
        raise PromiseDayWrong(
            _("A promise may reach %(days)s days ahead, to %(day)s. Agree on an earlier day.")
            % {"days": rule["longest_days"], "day": last},
            field="due_date",
        )
    if "demand" in held([account.pk], as_of).get(account.pk, set()):
        raise PromiseWhileHeld(
            _("A hold stops demands on this account, so no promise can be taken. Lift the hold first.")
        )


@transaction.atomic
def take_promise(
    *,
    account: Account,
    amount: Decimal,
    due_date: date,
    method: str = "",
    debtor: Debtor | None = None,
    besides: bool = False,
    actor,
    as_of: date,
) -> Promise:
    """Note that an amount was promised by a day; grace and longest days by policy `promise_grace`.

    It replaces the account's open promises, unless it stands `besides` them; together they promise
    at most the balance. What came since this morning counts already, so it may be kept at once.
    Raises PromiseOfNothing, PromiseMoreThanOwed, PromiseDayWrong, PromiseDayTaken,
    PromiseWhileHeld, PromiseAccountClosed, NotAllowed.
    """
    require(actor, TAKE_PROMISE)
    locked = (
        Account.objects.select_for_update(of=("self",), no_key=True)
        .select_related("creditor", "debtor")
        .get(pk=account.pk)
    )
    rule = policy(
        "promise_grace",
        as_of=as_of,
        creditor_id=locked.creditor_id,
        portfolio_id=locked.portfolio_id,
    )
    _check(locked, amount, due_date, rule, as_of)
    standing = Promise.objects.open().filter(account=locked)
    beside = Decimal(0)
    if besides:
        beside = standing.aggregate(total=Sum("amount", default=Decimal(0)))["total"]
        if standing.filter(due_date=due_date).exists():
            raise PromiseDayTaken(
                _("A promise for that day stands already. Let this one replace it."), field="due_date"
            )
    left = balances([locked.pk], as_of=as_of).get(locked.pk, Decimal(0)) - beside
    if amount > left:
        raise PromiseMoreThanOwed(
            _("At most %(amount)s can be promised.")
            % {"amount": format_amount(max(left, Decimal(0)), locked.currency)},
            field="amount",
        )
    replaced = [] if besides else list(standing.values_list("pk", flat=True))
    promise = Promise.objects.create(
        account=locked,
        debtor=debtor or locked.debtor,
        amount=amount,
        currency=locked.currency,
        due_date=due_date,
        grace_until=max(due_date, day_after(due_date, rule["days"], rule["unit"], locked.creditor)),
        method=method,
        taken_on=as_of,
        taken_by=actor,
    )
    PROMISE.start(promise, actor=actor, as_of=as_of)
    audit.record(
        "promise.taken",
        promise,
        actor=actor,
        after={"account": locked, "amount": amount, "due_date": due_date, "replaces": replaced},
    )
    PROMISE.advance_many(replaced, to=PromiseStatus.REPLACED, actor=actor, as_of=as_of, replaced_by=promise)
    promises_changed.send(Promise, account_ids=[locked.pk], as_of=as_of, actor=actor)
    review_promises(as_of=as_of, account_ids=[locked.pk], actor=User.objects.system())
    promise.refresh_from_db()
    return promise


@transaction.atomic
def cancel_promise(*, promise: Promise, reason: str, actor, as_of: date) -> Promise:
    """Take an open promise out, and out of the kept rate, with a reason. Outcomes are never set so.

    Raises PromiseNotOpen, Refused.
    """
    require(actor, CANCEL_PROMISE)
    if not reason.strip():
        raise Refused(_("Say why it is cancelled."), field="reason")
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=promise.account_id)
    if Promise.objects.get(pk=promise.pk).status != PromiseStatus.OPEN:
        raise PromiseNotOpen(_("Only an open promise can be cancelled; this one has its outcome."))
    PROMISE.advance(
        promise,
        to=PromiseStatus.CANCELLED,
        actor=actor,
        as_of=as_of,
        reason=reason,
        cancel_reason=reason[:300],
    )
    promises_changed.send(Promise, account_ids=[promise.account_id], as_of=as_of, actor=actor)
    return promise


def _chunks(ids: list[int]) -> Iterable[list[int]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def review_promises(
    *,
    as_of: date,
    account_ids: Iterable[int] | None = None,
    creditor_ids: Iterable[int] | None = None,
    actor,
) -> list[int]:
    """Judge the promises of accounts by the rule; ids of those whose outcome changed.

    Without accounts: all whom the passing of time may have changed. Judging never goes back behind
    the last outcome of an account (`days_to_judge`). Sets are read and written in a fixed number of
    statements per thousand accounts. Sends `promises_judged`. Safe to run again.
    """
    ids = accounts_to_review(as_of, creditor_ids) if account_ids is None else account_ids
    return review_days(days=days_to_judge(ids, as_of=as_of), actor=actor)


def review_days(*, days: Mapping[date, list[int]], actor) -> list[int]:
    """As `review_promises`, of accounts by the day they are judged on."""
    changed: list[int] = []
    for day, of_the_day in days.items():
        for chunk in _chunks(of_the_day):
            changed += _review(chunk, as_of=day, actor=actor)
    return changed


@transaction.atomic
def _review(account_ids: list[int], *, as_of: date, actor) -> list[int]:
    by_rule = Promise.objects.filter(
        account__in=account_ids, status__in=JUDGED, cancel_reason="", taken_on__lte=as_of
    )
    concerned = sorted(set(by_rule.values_list("account_id", flat=True)))
    if not concerned:
        return []
    list(
        Account.objects.filter(pk__in=concerned)
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
        .values_list("pk", flat=True)
    )
    promises = {promise.pk: promise for promise in by_rule.filter(account__in=concerned)}
    outcomes: dict[int, Outcome] = {}
    for found in facts_of(promises.values(), as_of).values():
        outcomes |= judge(found.promises, found.credits, found.returns, as_of, found.others, found.opening)
    _write(promises, outcomes)
    changed: list[int] = []
    for status in JUDGED:
        moving = [
            pk
            for pk, outcome in outcomes.items()
            if outcome.status == status and promises[pk].status != status
        ]
        changed += PROMISE.advance_many(moving, to=status, actor=actor, as_of=as_of, seen_by_officer_at=None)
    if changed:
        promises_judged.send(
            Promise,
            account_ids=sorted({promises[pk].account_id for pk in changed}),
            promise_ids=sorted(changed),
            as_of=as_of,
            actor=actor,
        )
    return changed


def _write(promises: dict[int, Promise], outcomes: dict[int, Outcome]) -> None:
    """Write what was received and since when, for the rows where it differs, in one statement."""
    rows = [
        (pk, outcome.received, outcome.judged_on)
        for pk, outcome in outcomes.items()
        if (promises[pk].received, promises[pk].judged_on) != (outcome.received, outcome.judged_on)
    ]
    if not rows:
        return
    ids, received, judged_on = (list(column) for column in zip(*rows, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_promise p SET received = v.received, judged_on = v.judged_on"
            " FROM unnest(%s::bigint[], %s::numeric[], %s::date[]) AS v (id, received, judged_on)"
            " WHERE p.id = v.id",
            [ids, received, judged_on],
        )


@transaction.atomic
def note_outcomes_seen(*, promise_ids: Iterable[int], actor) -> int:
    """The officer has read these outcomes on his own accounts; returns how many were new to him."""
    rows = Promise.objects.unseen_by(actor).filter(pk__in=list(promise_ids))
    ids = list(rows.values_list("pk", flat=True))
    Promise.objects.filter(pk__in=ids).update(seen_by_officer_at=clock.now())
    audit.record_set("promise.outcome_seen", Promise, ids=ids, actor=actor)
    return len(ids)
