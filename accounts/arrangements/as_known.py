"""What was agreed and ran on a day, as it was known at a moment: judged again by the rules of today.

The status columns say what is known now. A paper or a page about another day or another knowledge
asks here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from accounts.arrangements.enums import PROMISE, PromiseStatus
from accounts.arrangements.judging import Outcome, judge
from accounts.arrangements.models import PaymentPlan, PlanAccount, PlanInstalment, PlanSpan, Promise
from accounts.arrangements.plan_facts import facts_of_plans
from accounts.arrangements.plan_judging import judge_plan
from accounts.arrangements.queries import facts_of


@dataclass(frozen=True)
class PromiseThen:
    """A promise that was open, and what had not come of it."""

    id: int
    account_id: int
    currency: str
    missing: Decimal
    due_date: date


@dataclass(frozen=True)
class InstalmentThen:
    """An instalment and what had come of it; number 0 is the deposit."""

    number: int
    due_date: date
    grace_until: date
    amount: Decimal
    received: Decimal
    is_paid: bool

    @property
    def missing(self) -> Decimal:
        return self.amount - self.received


@dataclass(frozen=True)
class PlanThen:
    """A plan that was in force, for these accounts, with its instalments in their order."""

    id: int
    account_ids: tuple[int, ...]
    currency: str
    amount: Decimal
    starts_on: date
    instalments: tuple[InstalmentThen, ...]


def promises_then(account_ids: Iterable[int], *, as_of: date, known_at: datetime) -> list[PromiseThen]:
    """The promises open at the end of a day as known at a moment, due first; at most three statements."""
    promises = _by_rule_then(account_ids, as_of=as_of, known_at=known_at)
    if not any(promise.grace_until >= as_of for promise in promises.values()):
        return []
    found = []
    for pk, outcome in _judged(promises, as_of=as_of, known_at=known_at).items():
        promise = promises[pk]
        if outcome.status == PromiseStatus.OPEN:
            missing = promise.amount - outcome.received
            found.append(PromiseThen(pk, promise.account_id, promise.currency, missing, promise.due_date))
    return sorted(found, key=lambda row: (row.due_date, row.id))


def outcomes_then(account_ids: Iterable[int], *, as_of: date, known_at: datetime) -> dict[int, Outcome]:
    """What the rule said of each promise of some accounts, by its id; replaced ones have no key."""
    promises = _by_rule_then(account_ids, as_of=as_of, known_at=known_at)
    return _judged(promises, as_of=as_of, known_at=known_at) if promises else {}


def _by_rule_then(account_ids: Iterable[int], *, as_of: date, known_at: datetime) -> dict[int, Promise]:
    """The promises that nobody had replaced or cancelled by hand."""
    given = (
        Promise.objects.filter(account__in=list(account_ids), taken_on__lte=as_of, recorded_at__lte=known_at)
        .annotate(status_then=PROMISE.status_on(as_of=as_of, known_at=known_at))
        .order_by("due_date", "id")
    )
    return {
        promise.pk: promise
        for promise in given
        if promise.status_then != PromiseStatus.REPLACED
        and not (promise.status_then == PromiseStatus.CANCELLED and promise.cancel_reason)
    }


def _judged(promises: dict[int, Promise], *, as_of: date, known_at: datetime) -> dict[int, Outcome]:
    found: dict[int, Outcome] = {}
    for facts in facts_of(promises.values(), as_of, known_at).values():
        found |= judge(facts.promises, facts.credits, facts.returns, as_of, facts.others, facts.opening)
    return found


def plans_then(account_ids: Iterable[int], *, as_of: date, known_at: datetime) -> list[PlanThen]:
    """The plans in force on a day as known at a moment; one statement where there is none, else six."""
    spans = PlanSpan.objects.in_force_as_known(as_of, known_at).filter(account__in=list(account_ids))
    ids = set(spans.values_list("plan_id", flat=True))
    if not ids:
        return []
    plans = list(PaymentPlan.objects.filter(pk__in=ids).order_by("pk"))
    return as_they_stood(plans, as_of=as_of, known_at=known_at)


def as_they_stood(chosen: Iterable[PaymentPlan], *, as_of: date, known_at: datetime) -> list[PlanThen]:
    """Plans with what had come of their instalments; those not in force yet are left out."""
    plans = {plan.pk: plan for plan in chosen}
    ids = list(plans)
    accounts: dict[int, list[int]] = {pk: [] for pk in plans}
    rows = PlanAccount.objects.filter(plan__in=ids).order_by("plan_id", "account_id")
    for plan_id, account_id in rows.values_list("plan_id", "account_id"):
        accounts[plan_id].append(account_id)
    instalments: dict[int, list[PlanInstalment]] = {pk: [] for pk in plans}
    for row in PlanInstalment.objects.filter(plan__in=ids).order_by("plan_id", "due_date", "number"):
        instalments[row.plan_id].append(row)
    found = []
    for pk, facts in facts_of_plans(plans.values(), as_of, known_at).items():
        plan = plans[pk]
        outcome = judge_plan(facts.plan, facts.credits, facts.returns, as_of, facts.others, facts.opening)
        found.append(
            PlanThen(
                pk,
                tuple(accounts[pk]),
                plan.currency,
                plan.amount,
                facts.plan.starts_on,
                tuple(
                    InstalmentThen(
                        row.number, row.due_date, row.grace_until, row.amount,
                        outcome.received[row.pk], outcome.paid_on[row.pk] is not None,
                    )
                    for row in instalments[pk]
                ),
            )
        )  # fmt: skip
    return found
