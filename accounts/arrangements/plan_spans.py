"""The days in force of plans as they are kept: superseded where something else was learned, never
edited. Derived from what was judged or decided, which is audited where it is done."""

from collections.abc import Mapping
from datetime import date, timedelta

from django.db import connection

from accounts.arrangements.models import PaymentPlan, PlanAccount, PlanSpan
from accounts.arrangements.plan_judging import Span
from collections_app.core.fields import ClockTimestamp

ONE_DAY = timedelta(days=1)


def keep_spans(spans: Mapping[int, tuple[Span, ...]], plans: Mapping[int, PaymentPlan]) -> None:
    """Keep the days in force of plans, for each of their accounts; what differs from what was known
    is superseded, never edited, so that interest can be asked with the knowledge of any moment."""
    known: dict[int, list[PlanSpan]] = {pk: [] for pk in spans}
    for row in PlanSpan.objects.filter(plan__in=list(spans), superseded_at__isnull=True).order_by("id"):
        known[row.plan_id].append(row)
    differing: dict[int, date] = {}
    for pk, wanted in spans.items():
        stood = sorted({(row.first_day, row.last_day) for row in known[pk]}, key=lambda span: span[0])
        now = [(span.first, span.last) for span in wanted]
        if (day := first_difference(stood, now)) is not None:
            differing[pk] = day
    if not differing:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_planspan s SET superseded_at = clock_timestamp(), superseded_from = v.day"
            " FROM unnest(%s::bigint[], %s::date[]) AS v (plan_id, day)"
            " WHERE s.plan_id = v.plan_id AND s.superseded_at IS NULL",
            [list(differing), list(differing.values())],
        )
    accounts: dict[int, list[int]] = {}
    for plan_id, account_id in PlanAccount.objects.filter(plan__in=list(differing)).values_list(
        "plan_id", "account_id"
    ):
        accounts.setdefault(plan_id, []).append(account_id)
    PlanSpan.objects.bulk_create(
        PlanSpan(
            plan_id=pk,
            account_id=account_id,
            first_day=span.first,
            last_day=span.last,
            scopes=plans[pk].freezes,
            differs_from=day,
            recorded_at=ClockTimestamp(),
        )
        for pk, day in differing.items()
        for span in spans[pk]
        for account_id in accounts.get(pk, ())
    )


Days = list[tuple[date, date | None]]


def first_difference(stood: Days, now: Days) -> date | None:
    """The first day that one of two lists of days has and the other has not; None if they are alike.
    The lists are in order and nothing in one of them touches."""
    for before, after in zip(stood, now, strict=False):
        if before == after:
            continue
        if before[0] != after[0]:
            return min(before[0], after[0])
        ends = [span[1] + ONE_DAY for span in (before, after) if span[1] is not None]
        return min(ends)
    rest = stood[len(now) :] or now[len(stood) :]
    return rest[0][0] if rest else None
