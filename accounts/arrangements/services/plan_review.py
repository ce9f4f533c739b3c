"""Plans are judged by rule from the money that came, and their days in force are kept."""

from collections.abc import Iterable, Mapping
from datetime import date

from django.db import connection, transaction

from accounts.arrangements.enums import PLAN, PLAN_JUDGED, PlanStatus
from accounts.arrangements.models import PaymentPlan, PlanAccount
from accounts.arrangements.plan_facts import accounts_of_plans_to_review, facts_of_plans, plan_days
from accounts.arrangements.plan_judging import PlanOutcome, judge_plan
from accounts.arrangements.plan_spans import keep_spans
from accounts.arrangements.signals import plans_changed
from accounts.ledger.models import Account

CHUNK = 1000


def review_plans(
    *,
    as_of: date,
    account_ids: Iterable[int] | None = None,
    creditor_ids: Iterable[int] | None = None,
    actor,
) -> list[int]:
    """Judge the plans of accounts by the rule; ids of those whose status changed.

    Without accounts: all whom the passing of time may have changed. Sets are read and written in a
    fixed number of statements per thousand plans. Sends `plans_changed`. Safe to run again.
    """
    ids = accounts_of_plans_to_review(as_of, creditor_ids) if account_ids is None else account_ids
    return review_plan_days(days=plan_days(ids, as_of=as_of), actor=actor)


def review_plan_days(*, days: Mapping[date, list[int]], actor) -> list[int]:
    """As `review_plans`, of plans by the day they are judged on."""
    changed: list[int] = []
    for day, of_the_day in days.items():
        for start in range(0, len(of_the_day), CHUNK):
            changed += _review(of_the_day[start : start + CHUNK], as_of=day, actor=actor)
    return changed


def lock_accounts(account_ids: Iterable[int]) -> list[Account]:
    """The accounts, locked in the order of their ids."""
    return list(
        Account.objects.filter(pk__in=list(account_ids))
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )


@transaction.atomic
def _review(plan_ids: list[int], *, as_of: date, actor) -> list[int]:
    accounts = PlanAccount.objects.filter(plan__in=plan_ids).values_list("account_id", flat=True)
    lock_accounts(set(accounts))
    plans = {
        plan.pk: plan
        for plan in PaymentPlan.objects.filter(pk__in=plan_ids, status__in=PLAN_JUDGED, starts_on__lte=as_of)
    }
    if not plans:
        return []
    outcomes = {
        pk: judge_plan(one.plan, one.credits, one.returns, as_of, one.others, one.opening)
        for pk, one in facts_of_plans(plans.values(), as_of).items()
    }
    _write_plans(plans, outcomes)
    _write_instalments(outcomes)
    keep_spans({pk: outcome.spans for pk, outcome in outcomes.items()}, plans)
    changed: list[int] = []
    for status in PLAN_JUDGED:
        moving = [pk for pk, one in outcomes.items() if one.status == status != plans[pk].status]
        changed += PLAN.advance_many(moving, to=status, actor=actor, as_of=as_of)
    if changed:
        concerned = PlanAccount.objects.filter(plan__in=changed).values_list("account_id", flat=True)
        plans_changed.send(
            PaymentPlan,
            account_ids=sorted(set(concerned)),
            plan_ids=sorted(changed),
            as_of=as_of,
            actor=actor,
        )
    return changed


def _write_plans(plans: Mapping[int, PaymentPlan], outcomes: Mapping[int, PlanOutcome]) -> None:
    """What was received and since when the status holds, where it differs, in one statement."""
    rows = []
    for pk, outcome in outcomes.items():
        since = None if outcome.status == PlanStatus.IN_FORCE else outcome.since
        received = sum(outcome.received.values())
        if (plans[pk].received, plans[pk].judged_on) != (received, since):
            rows.append((pk, received, since))
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_paymentplan p SET received = v.received, judged_on = v.judged_on"
            " FROM unnest(%s::bigint[], %s::numeric[], %s::date[]) AS v (id, received, judged_on)"
            " WHERE p.id = v.id",
            [list(column) for column in zip(*rows, strict=True)],
        )


def _write_instalments(outcomes: Mapping[int, PlanOutcome]) -> None:
    """What came for each instalment and when it was paid, where it differs, in one statement."""
    rows = [
        (pk, outcome.received[pk], outcome.paid_on[pk])
        for outcome in outcomes.values()
        for pk in outcome.received
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_planinstalment i SET received = v.received, paid_on = v.paid_on"
            " FROM unnest(%s::bigint[], %s::numeric[], %s::date[]) AS v (id, received, paid_on)"
            " WHERE i.id = v.id AND (i.received, i.paid_on) IS DISTINCT FROM (v.received, v.paid_on)",
            [list(column) for column in zip(*rows, strict=True)],
        )
