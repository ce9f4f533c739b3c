"""Kept rates, what is promised when, what plans stop, and the facts by which promises are judged."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from accounts.arrangements.enums import PromiseStatus
from accounts.arrangements.judging import PromiseFact
from accounts.arrangements.models import PlanSpan, Promise
from accounts.arrangements.movements import POSTED_AHEAD, Movements, add_movements
from collections_app.core import prepared

ZERO = Decimal(0)

# Accounts with a payment plan in force on a day, by what is known now: they are spared.
PLANNED_SQL = """SELECT n.account_id FROM accounts_planspan n
    WHERE n.superseded_at IS NULL AND n.first_day <= %(as_of)s
      AND (n.last_day IS NULL OR n.last_day >= %(as_of)s)"""


@dataclass(frozen=True)
class KeptRate:
    """Kept / (kept + partly kept + broken), by number and by promised amount of one currency."""

    currency: str
    kept: int
    partly_kept: int
    broken: int
    kept_amount: Decimal
    matured_amount: Decimal

    @property
    def matured(self) -> int:
        return self.kept + self.partly_kept + self.broken

    @property
    def by_number(self) -> Decimal | None:
        return Decimal(self.kept) / self.matured if self.matured else None

    @property
    def by_amount(self) -> Decimal | None:
        return self.kept_amount / self.matured_amount if self.matured_amount else None


def kept_rates(promises: QuerySet[Promise]) -> list[KeptRate]:
    """The kept rate of a set of promises per currency; open, replaced and cancelled ones don't count."""
    rows = (
        promises.matured()
        .order_by()
        .values("currency")
        .annotate(
            kept=Count("pk", filter=Q(status=PromiseStatus.KEPT)),
            partly_kept=Count("pk", filter=Q(status=PromiseStatus.PARTLY_KEPT)),
            broken=Count("pk", filter=Q(status=PromiseStatus.BROKEN)),
            kept_amount=Sum("amount", filter=Q(status=PromiseStatus.KEPT), default=ZERO),
            matured_amount=Sum("amount", default=ZERO),
        )
        .order_by("currency")
    )
    return [KeptRate(**row) for row in rows]


@dataclass(frozen=True)
class PromisedDay:
    """What is promised for one day in one currency."""

    day: date
    currency: str
    number: int
    amount: Decimal


def promised_by_day(promises: QuerySet[Promise], first: date, last: date) -> list[PromisedDay]:
    """Open promises by their day, through `last`, with number and sum per currency."""
    rows = (
        promises.open()
        .filter(due_date__range=(first, last))
        .order_by()
        .values("due_date", "currency")
        .annotate(number=Count("pk"), total=Sum("amount"))
        .order_by("due_date", "currency")
    )
    return [PromisedDay(row["due_date"], row["currency"], row["number"], row["total"]) for row in rows]


def open_promises(account_ids: Iterable[int], *, as_of: date | None = None) -> dict[int, list[Promise]]:
    """The open promises of each account, due first; one statement.

    With `as_of` those that were open on that day, whatever became of them since.
    """
    found: dict[int, list[Promise]] = {account_id: [] for account_id in account_ids}
    rows = Promise.objects.open() if as_of is None else Promise.objects.open_on(as_of)
    for promise in rows.filter(account__in=found).order_by("due_date", "id"):
        found[promise.account_id].append(promise)
    return found


def days_to_judge(account_ids: Iterable[int], *, as_of: date) -> dict[date, list[int]]:
    """Those of the accounts that have a promise, by the day their promises are judged on.

    That is `as_of`, but never a day before one on which an outcome of the account was found already:
    an office whose day begins later than its creditor's would else look at yesterday and open again
    what is kept or broken since. One statement, also for a whole book.
    """
    found = prepared.select_some(
        """
            SELECT p.account_id, greatest(%(as_of)s::date, max(t.effective_date))
            FROM accounts_promise p
            LEFT JOIN core_transition t
              ON t.subject_type = 'accounts.promise' AND t.subject_id = p.id
            WHERE p.account_id = ANY(%(ids)s::bigint[])
            GROUP BY p.account_id ORDER BY p.account_id
        """,
        account_ids,
        as_of=as_of,
    )
    days: dict[date, list[int]] = defaultdict(list)
    for account_id, day in found:
        days[day].append(account_id)
    return dict(sorted(days.items()))


def accounts_to_review(as_of: date, creditor_ids: Iterable[int] | None = None) -> list[int]:
    """Accounts whose promises time alone may change: with an open one, or where an entry that was
    posted ahead has come to its value date in the last week."""
    scope = "AND a.creditor_id = ANY(%(creditors)s)" if creditor_ids is not None else ""
    ahead = POSTED_AHEAD.format(account="p.account_id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT DISTINCT p.account_id FROM accounts_promise p
            JOIN accounts_account a ON a.id = p.account_id
            WHERE (p.status = 'open' OR {ahead}) {scope} ORDER BY 1
            """,
            {
                "as_of": as_of,
                "creditors": list(creditor_ids) if creditor_ids is not None else None,
            },
        )
        return [row[0] for row in cursor.fetchall()]


@dataclass(kw_only=True)
class AccountFacts(Movements):
    """What `judge` needs of one account."""

    promises: list[PromiseFact] = field(default_factory=list)


def facts_of(
    promises: Iterable[Promise], as_of: date, known_at: datetime | None = None
) -> dict[int, AccountFacts]:
    """The facts of the accounts of these promises, from two statements for any number of them.

    Movements before an account's first promise come as one opening figure. With `known_at` only what
    was recorded by then.
    """
    facts: dict[int, AccountFacts] = defaultdict(AccountFacts)
    for promise in promises:
        facts[promise.account_id].promises.append(
            PromiseFact(promise.pk, promise.amount, promise.due_date, promise.grace_until, promise.taken_on)
        )
    firsts = [min(fact.taken_on for fact in found.promises) for found in facts.values()]
    add_movements(
        facts,
        wanted="SELECT w.id, w.id, w.day FROM unnest(%(ids)s::bigint[], %(firsts)s::date[]) AS w (id, day)",
        params={"ids": list(facts), "firsts": firsts},
        as_of=as_of,
        known_at=known_at,
    )
    return dict(facts)


def stopped_by_plans(account_ids: Iterable[int], *, as_of: date) -> dict[int, set[str]]:
    """What the plans in force on a day stop (interest, fee), by account; only accounts with a plan in
    force have a key, also where it stops nothing."""
    found: dict[int, set[str]] = {}
    rows = PlanSpan.objects.in_force_on(as_of).filter(account__in=list(account_ids))
    for account_id, scopes in rows.values_list("account_id", "scopes"):
        found.setdefault(account_id, set()).update(scopes)
    return found


def known_span_sql(alias: str, *, known: bool) -> str:
    """The condition by which a row of days in force counts: what is known now, or was at `known_at`."""
    if not known:
        return f"{alias}.superseded_at IS NULL"
    return (
        f"{alias}.recorded_at <= %(known_at)s"
        f" AND ({alias}.superseded_at IS NULL OR {alias}.superseded_at > %(known_at)s)"
    )


@dataclass(frozen=True)
class Agreed:
    """An open promise, or a plan in force by its next unpaid instalment, of one account on a day.

    `amount` and `due_date` are what comes next; a plan whose instalments are all paid has none.
    `paid` of `number` instalments are; a promise has no number.
    """

    kind: str
    account_id: int
    id: int
    currency: str
    amount: Decimal
    due_date: date | None
    grace_until: date | None
    paid: int = 0
    number: int = 0


AGREED_SQL = """
SELECT 'promise', p.account_id, p.id, p.currency, p.amount, p.due_date, p.grace_until, 0, 0
FROM accounts_promise p
WHERE p.account_id = ANY(%(ids)s::bigint[]) AND p.taken_on <= %(as_of)s
  AND (SELECT t.to_status FROM core_transition t
       WHERE t.subject_type = 'accounts.promise' AND t.subject_id = p.id AND t.effective_date <= %(as_of)s
       ORDER BY t.id DESC LIMIT 1) = 'open'
UNION ALL
SELECT 'plan', s.account_id, l.id, l.currency, coalesce(u.missing, 0), u.due_date, u.grace_until,
       c.paid, c.number
FROM (SELECT DISTINCT x.account_id, x.plan_id FROM accounts_planspan x
      WHERE x.account_id = ANY(%(ids)s::bigint[]) AND x.superseded_at IS NULL
        AND x.first_day <= %(as_of)s AND (x.last_day IS NULL OR x.last_day >= %(as_of)s)) s
JOIN accounts_paymentplan l ON l.id = s.plan_id
CROSS JOIN LATERAL (
    SELECT count(*) AS number, count(*) FILTER (WHERE i.paid_on <= %(as_of)s) AS paid
    FROM accounts_planinstalment i WHERE i.plan_id = l.id) c
LEFT JOIN LATERAL (
    SELECT i.amount - i.received AS missing, i.due_date, i.grace_until FROM accounts_planinstalment i
    WHERE i.plan_id = l.id AND (i.paid_on IS NULL OR i.paid_on > %(as_of)s)
    ORDER BY i.number LIMIT 1) u ON TRUE
ORDER BY 6, 3
"""


def agreed(account_ids: Iterable[int], *, as_of: date) -> dict[int, list[Agreed]]:
    """What was agreed on and runs on a day, by account, due first; one statement."""
    found: dict[int, list[Agreed]] = {account_id: [] for account_id in account_ids}
    for row in prepared.select_some(AGREED_SQL, list(found), as_of=as_of):
        found[row[1]].append(Agreed(*row))
    return found
