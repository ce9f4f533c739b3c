"""What a run will charge: its postings and their windows, in SQL over all accounts of a creditor.

Besides its own month a run looks again at what was learned since the last one was reckoned: the
accounts with a payment, return, hold, plan, dispute or rate of earlier days are reckoned anew from the
month of the earliest. Where the amount of a month differs from what stands, the run takes the old
one back and charges the new one. Nothing that was posted is edited.
"""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.interest.calculation import (
    AMOUNTS,
    SCOPE,
    TERM_COLUMNS,
    as_tables,
    freezes_sql,
    params_of,
    steps_by_day,
)
from accounts.interest.enums import ChargeKind, RunStatus
from accounts.interest.learned import learned_sql
from accounts.interest.models import InterestRun
from accounts.interest.terms import Segment, segments
from accounts.policies.models import PolicyVersion
from accounts.policies.tables import ANY_CURRENCY

WANTED = """
    SELECT a.id AS account_id,
           greatest(least(coalesce(m.since, %(first)s), %(first)s), %(lowest)s)::date AS since,
           %(last)s::date AS through
    FROM accounts_account a LEFT JOIN interest_marks m ON m.account_id = a.id
    WHERE a.creditor_id = %(creditor)s
"""
# The accounts that something was learned of, from the month it falls into. A run's own entries mark
# nothing: they bear no interest and stand at the end of what they were reckoned for.
MARKS = f"""
    CREATE TEMPORARY TABLE interest_marks ON COMMIT DROP AS
    {learned_sql(without_own=True)}
    SELECT account_id, date_trunc('month', min(day)::timestamp)::date AS since FROM (
        SELECT account_id, day FROM learned
        UNION ALL
        SELECT p.account_id, p.period FROM accounts_interestposting p
        JOIN accounts_interestrun r ON r.id = p.run_id AND r.status = 'reversed'
        WHERE r.creditor_id = %(creditor)s AND r.kind = %(kind)s AND p.period < %(first)s
          AND r.last_day >= %(first)s
        UNION ALL
        SELECT a.id, c.day FROM accounts_account a
        JOIN jsonb_to_recordset(%(rates_from)s::jsonb) AS c(portfolio_id bigint, currency text, day date)
          ON c.portfolio_id IS NOT DISTINCT FROM a.portfolio_id AND c.currency = a.currency
        WHERE a.creditor_id = %(creditor)s AND c.day < %(first)s
    ) marked GROUP BY account_id
"""
POSTINGS = """
    INSERT INTO accounts_interestposting
        (run_id, account_id, kind, period, item_id, step, day, base, percent, amount, currency,
         replaces_id, is_live, waived_reason)
    SELECT %(run)s, g.account_id, %(kind)s, g.period, g.item_id, g.step, g.day, g.base, g.percent,
           g.amount, a.currency, g.live_id, false, ''
    FROM (
        SELECT coalesce(d.account_id, l.account_id) AS account_id, coalesce(d.period, l.period) AS period,
               coalesce(d.item_id, l.item_id) AS item_id, coalesce(d.step, l.step) AS step,
               coalesce(d.day, l.day) AS day, d.base, d.percent, coalesce(d.amount, 0) AS amount,
               l.id AS live_id, coalesce(l.amount, 0) AS stands, l.is_closed
        FROM interest_due d
        FULL JOIN (
            SELECT p.*, (p.waived_by_id IS NOT NULL OR EXISTS (
                       SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = p.entry_id)) AS is_closed
            FROM accounts_interestposting p
            JOIN (SELECT account_id, min(since) AS since FROM interest_scope GROUP BY account_id) s
              ON s.account_id = p.account_id
            WHERE p.is_live AND p.kind = %(kind)s
              AND coalesce(p.day, p.period) >= CASE WHEN p.day IS NULL
                  THEN date_trunc('month', s.since::timestamp)::date ELSE s.since END
              AND coalesce(p.day, p.period) <= %(last)s
        ) l ON l.account_id = d.account_id AND l.period = d.period AND l.step = d.step
           AND l.item_id IS NOT DISTINCT FROM d.item_id
    ) g
    JOIN accounts_account a ON a.id = g.account_id
    WHERE g.amount <> g.stands AND NOT coalesce(g.is_closed, false)
    ORDER BY g.account_id, g.period, g.item_id, g.step
"""
WINDOWS_OF_POSTINGS = """
    INSERT INTO accounts_interestwindow
        (posting_id, item_id, first, last, days, base, currency, rate, year_days, interest, frozen)
    SELECT p.id, w.entry_id, w.first, w.last, w.days, w.base, p.currency, w.rate, w.year_days, w.interest,
           w.frozen
    FROM accounts_interestposting p
    JOIN interest_windows w ON w.account_id = p.account_id AND w.period = p.period
    WHERE p.run_id = %(run)s AND p.amount > 0
    ORDER BY p.id, w.last, w.first, w.entry_id
"""
HITS = """
    CREATE TEMPORARY TABLE interest_hits ON COMMIT DROP AS
    SELECT s.account_id, s.key, e.id AS entry_id, r.step, e.due_date + r.step AS day, r.fixed, r.percent,
           s.cap, s.minimum_debt, s.decimals
    FROM interest_scope s
    JOIN jsonb_to_recordset(%(steps)s::jsonb) AS r(key int, step int, fixed numeric, percent numeric)
      ON r.key = s.key
    JOIN accounts_ledgerentry e ON e.account_id = s.account_id AND e.direction = 'debit'
     AND e.kind = ANY(s.kinds)
    WHERE e.due_date + r.step BETWEEN s.since AND s.through AND e.value_date <= e.due_date + r.step
"""
# A fee is due if on its day enough of the item is open and nothing holds fees; together no more than
# the cap, what other steps charged before included.
FEES_DUE = """
    CREATE TEMPORARY TABLE interest_due ON COMMIT DROP AS
    SELECT account_id, date_trunc('month', day::timestamp)::date AS period, entry_id AS item_id, step, day,
           open AS base, percent,
           (CASE WHEN cap IS NULL THEN full_amount
                 ELSE greatest(least(full_amount, cap - before - (through_here - full_amount)), 0)
            END)::numeric(18, 3) AS amount
    FROM (
        SELECT h.*, sum(h.full_amount) OVER (PARTITION BY h.entry_id ORDER BY h.day, h.step) AS through_here
        FROM (
            SELECT h.*, t.open, coalesce(p.before, 0) AS before,
                   round(coalesce(h.fixed, t.open * h.percent / 100), h.decimals) AS full_amount
            FROM interest_hits h
            JOIN interest_steps t ON t.entry_id = h.entry_id AND t.day = h.day
            LEFT JOIN LATERAL (
                SELECT sum(p.amount) AS before FROM accounts_interestposting p
                WHERE p.account_id = h.account_id AND p.item_id = h.entry_id AND p.is_live
                  AND p.kind = %(kind)s AND p.waived_by_id IS NULL
                  AND p.day < (SELECT min(s.since) FROM interest_scope s WHERE s.account_id = h.account_id)
            ) p ON true
            WHERE t.open > 0 AND t.open >= h.minimum_debt
              AND NOT EXISTS (SELECT 1 FROM interest_freezes f
                              WHERE f.account_id = h.account_id
                                AND (f.entry_id IS NULL OR f.entry_id = h.entry_id)
                                AND h.day BETWEEN f.first_day AND f.last_day)
        ) h
    ) h
"""


def run_before(run: InterestRun) -> InterestRun | None:
    """The last posted run of the same creditor and kind."""
    return (
        InterestRun.objects.filter(
            creditor_id=run.creditor_id, kind=run.kind, status=RunStatus.POSTED, last_day__lt=run.last_day
        )
        .order_by("-last_day")
        .first()
    )


def first_charged_day(kind: str, found: list[Segment]) -> date | None:
    """From when a first run reckons: the earliest rate, or the day the first rule of fees began."""
    if kind == ChargeKind.INTEREST:
        return min((rate.valid_from for segment in found for rate in segment.rates), default=None)
    ids = [segment.version_id for segment in found]
    return (
        PolicyVersion.objects.filter(pk__in=ids)
        .order_by("valid_from")
        .values_list("valid_from", flat=True)
        .first()
    )


def rates_changed_from(before: InterestRun | None, found: list[Segment]) -> list[dict[str, Any]]:
    """The first day on which today's rates differ from those of the last run, by portfolio and currency;
    a portfolio's own terms may carry a late rate where the creditor's do not."""
    if before is None or before.terms is None:
        return []
    now = {segment.group: _percents(segment) for segment in found}
    then = {
        segment.group: _percents(segment) for segment in segments(before.kind, now, as_of=before.last_day)
    }
    changed = []
    for group, rates in now.items():
        old = then.get(group, {})
        days = [day for day in {*old, *rates} if old.get(day) != rates.get(day)]
        if days:
            _creditor_id, portfolio_id, currency = group
            changed.append({"portfolio_id": portfolio_id, "currency": currency, "day": min(days).isoformat()})
    return changed


def _percents(segment: Segment) -> dict[date, Decimal]:
    return {rate.valid_from: rate.percent for rate in segment.rates}


def reckon(run: InterestRun, found: list[Segment], before: InterestRun | None) -> None:
    """Fill the run's postings and windows; inside a transaction, through temporary tables."""
    params = params_of(
        found,
        prior=True,
        run=run.pk,
        kind=run.kind,
        creditor=run.creditor_id,
        first=run.first_day,
        last=run.last_day,
        # however far back something is dated: nothing is charged for days before the first terms
        lowest=first_charged_day(run.kind, found),
        scope="interest" if run.kind == ChargeKind.INTEREST else "fee",
        since_known=before.known_at if before else datetime.max.replace(tzinfo=UTC),
        rates_from=json.dumps(rates_changed_from(before, found)),
    )
    with connection.cursor() as cursor:
        for name in ("marks", "windows", "due", "hits"):
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.interest_{name}")
        cursor.execute(MARKS, params)
        cursor.execute("ANALYZE interest_marks")
        if run.kind == ChargeKind.INTEREST:
            _interest_due(cursor, params)
        else:
            _fees_due(cursor, params, found)
        cursor.execute(POSTINGS, params)
        if run.kind == ChargeKind.INTEREST:
            cursor.execute(WINDOWS_OF_POSTINGS, params)


def _interest_due(cursor, params) -> None:
    body = as_tables(WANTED, params)
    cursor.execute(
        f"CREATE TEMPORARY TABLE interest_windows ON COMMIT DROP AS {body} SELECT * FROM interest_windows",
        params,
    )
    cursor.execute("ANALYZE interest_windows")
    cursor.execute(
        "CREATE TEMPORARY TABLE interest_due ON COMMIT DROP AS SELECT account_id, period,"
        " NULL::bigint AS item_id, 0 AS step, NULL::date AS day, NULL::numeric AS base,"
        f" NULL::numeric AS percent, amount FROM ({AMOUNTS}) due"
    )


def _fees_due(cursor, params, found: list[Segment]) -> None:
    for name in ("scope", "days", "freezes", "steps"):
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.interest_{name}")
    create = "CREATE TEMPORARY TABLE interest_{name} ON COMMIT DROP AS {body}"
    scope = SCOPE.format(wanted=WANTED, columns=TERM_COLUMNS)
    cursor.execute(create.format(name="scope", body=scope), params)
    freezes = freezes_sql("fee")
    cursor.execute(create.format(name="freezes", body=freezes), params)
    cursor.execute(HITS, {**params, "steps": _steps_json(found)})
    cursor.execute(create.format(name="days", body="SELECT DISTINCT account_id, day FROM interest_hits"))
    steps_by_day(cursor, params)
    for name in ("hits", "steps", "freezes"):
        cursor.execute(f"ANALYZE interest_{name}")
    cursor.execute(FEES_DUE, params)


def _steps_json(found: list[Segment]) -> str:
    """The steps of each segment: a fixed amount in its currency, else a percentage."""
    rows = []
    for key, segment in enumerate(found, 1):
        for step, amounts in segment.values["steps"].items():
            fixed = amounts.get(segment.currency, amounts.get(ANY_CURRENCY))
            percent = amounts.get("%")
            if fixed is not None:
                rows.append({"key": key, "step": step, "fixed": str(fixed), "percent": None})
            elif percent is not None:
                rows.append({"key": key, "step": step, "fixed": None, "percent": str(percent)})
    return json.dumps(rows)
