"""What judging plans needs to read, for any number of them in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from accounts.arrangements.enums import PLAN_JUDGED
from accounts.arrangements.models import PaymentPlan, PlanInstalment
from accounts.arrangements.movements import POSTED_AHEAD, Movements, add_movements
from accounts.arrangements.plan_judging import InstalmentFact, PlanFact
from collections_app.core import prepared

BY_RULE = [status.value for status in PLAN_JUDGED]


@dataclass(kw_only=True)
class PlanFacts(Movements):
    """What `judge_plan` needs of one plan, all its accounts together."""

    plan: PlanFact


def plan_days(account_ids: Iterable[int], *, as_of: date) -> dict[date, list[int]]:
    """The judged plans of these accounts by the day they are judged on: `as_of`, but never a day
    before one on which an outcome of theirs was found already (see `queries.days_to_judge`)."""
    rows = prepared.select_some(
        """
            SELECT p.id, greatest(%(as_of)s::date, max(t.effective_date))
            FROM accounts_planaccount pa
            JOIN accounts_paymentplan p ON p.id = pa.plan_id
             AND p.status IN ('in_force', 'completed', 'cleared', 'broken')
            LEFT JOIN core_transition t
              ON t.subject_type = 'accounts.paymentplan' AND t.subject_id = p.id
            WHERE pa.account_id = ANY(%(ids)s::bigint[])
            GROUP BY p.id ORDER BY p.id
        """,
        account_ids,
        as_of=as_of,
    )
    days: dict[date, list[int]] = defaultdict(list)
    for plan_id, day in rows:
        days[day].append(plan_id)
    return dict(sorted(days.items()))


def accounts_of_plans_to_review(as_of: date, creditor_ids: Iterable[int] | None = None) -> list[int]:
    """Accounts whose plans time alone may change: in force, or where an entry that was posted ahead
    has come to its value date in the last week."""
    scope = "AND p.creditor_id = ANY(%(creditors)s)" if creditor_ids is not None else ""
    ahead = POSTED_AHEAD.format(account="pa.account_id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT DISTINCT pa.account_id FROM accounts_paymentplan p
            JOIN accounts_planaccount pa ON pa.plan_id = p.id
            WHERE (p.status = 'in_force' OR (p.status = ANY(%(by_rule)s) AND {ahead})) {scope} ORDER BY 1
            """,
            {
                "as_of": as_of,
                "by_rule": BY_RULE,
                "creditors": list(creditor_ids) if creditor_ids is not None else None,
            },
        )
        return [row[0] for row in cursor.fetchall()]


def facts_of_plans(
    plans: Iterable[PaymentPlan], as_of: date, known_at: datetime | None = None
) -> dict[int, PlanFacts]:
    """The facts of plans by their id, from three statements for any number of them; with `known_at`
    only what was recorded by then."""
    plans = list(plans)
    rows: dict[int, list[InstalmentFact]] = defaultdict(list)
    found = PlanInstalment.objects.filter(plan__in=plans).order_by("plan_id", "due_date", "number")
    for row in found:
        rows[row.plan_id].append(InstalmentFact(row.pk, row.due_date, row.grace_until, row.amount))
    facts = {
        plan.pk: PlanFacts(
            plan=PlanFact(plan.pk, plan.starts_on, tuple(rows[plan.pk]), plan.tolerance, plan.breaks_at)
        )
        for plan in plans
        if plan.starts_on is not None
    }
    add_movements(
        facts,
        wanted="""SELECT w.id, pa.account_id, w.day
            FROM unnest(%(ids)s::bigint[], %(firsts)s::date[]) AS w (id, day)
            JOIN accounts_planaccount pa ON pa.plan_id = w.id""",
        params={"ids": list(facts), "firsts": [one.plan.starts_on for one in facts.values()]},
        as_of=as_of,
        known_at=known_at,
    )
    return facts
