"""What all accounts bear on one day, from the entries, in one statement over ranges of accounts.

Of one day most of a calculation is known beforehand: each group of accounts has one rate, one length
of year, and a last due day of items that bear. Nothing is left to the set but what was open, and one
running sum says that (`by_age`). Accounts whose terms limit interest are reckoned from the beginning,
by their windows, because what they bore before counts.
"""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from accounts.holds.enums import HoldScope
from accounts.interest.calculation import as_tables, freezes_sql, groups_of, params_of
from accounts.interest.terms import BEGINNING, Segment, as_rows, segments
from accounts.interest.windows import Terms, days_of_year, rate_on
from accounts.ledger.by_age import OF_SPECIAL, by_age_sql, has_orders, special_sql
from accounts.ledger.items import items_sql
from accounts.ledger.shards import sharded_rows

ONE_DAY = timedelta(days=1)
# The items that are open at `as_of` and due on a day from which they bear on %(day)s, by the terms
# of their group; nothing of what is frozen on that day. Cut off after eight decimals, never rounded.
BORNE = """
    WITH {members},
    terms AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(%(of_groups)s::jsonb) AS t(creditor_id bigint, portfolio_id bigint,
            currency text, percent numeric, year_days int, kinds text[], minimum_debt numeric,
            last_due date)
    ),
    interest_scope AS (SELECT a.id AS account_id FROM accounts_account a WHERE {accounts} a.status <> 'void'),
    frozen AS MATERIALIZED (
        SELECT account_id, entry_id FROM ({freezes}) f WHERE %(day)s BETWEEN first_day AND last_day
    ),
    borne AS (
        SELECT i.account_id, a.currency,
               div(i.open * t.percent * 100000000, 100 * t.year_days) * 0.00000001 AS interest
        FROM ({open}) i
        JOIN accounts_account a ON a.id = i.account_id
        JOIN terms t ON t.creditor_id = a.creditor_id AND t.portfolio_id = coalesce(a.portfolio_id, 0)
                    AND t.currency = a.currency
        WHERE {accounts} a.status <> 'void' AND i.kind = ANY(t.kinds) AND i.amount >= t.minimum_debt
          AND i.due <= t.last_due
          AND NOT EXISTS (SELECT FROM frozen f WHERE f.account_id = i.account_id
                                                 AND (f.entry_id IS NULL OR f.entry_id = i.entry_id))
    ),
    by_account AS (
        SELECT currency, sum(interest) AS interest FROM borne WHERE interest > 0
        GROUP BY account_id, currency
    )
    SELECT currency, count(*), sum(interest) FROM by_account GROUP BY currency
"""
BY_AGE = """
    SELECT account_id, id AS entry_id, kind, amount, greatest(due_date, value_date) AS due,
           least(amount, running) AS open
    FROM queue WHERE is_debit AND running > 0 AND due_date <= %(last_due)s
"""
IN_FULL = """
    SELECT o.account_id, o.entry_id, e.kind, o.amount, greatest(o.due_date, o.value_date) AS due,
           o.amount - o.paid AS open
    FROM items o JOIN accounts_ledgerentry e ON e.id = o.entry_id
    WHERE o.amount > o.paid AND o.due_date <= %(last_due)s
"""
# What was borne before the day, from windows that are reckoned from the beginning.
BEFORE = """
    CREATE TEMPORARY TABLE interest_before ON COMMIT DROP AS
    {body} SELECT entry_id, account_id, sum(interest) AS interest FROM interest_windows
           WHERE interest > 0 GROUP BY entry_id, account_id
"""
BORNE_BEFORE = "SELECT entry_id, account_id, interest FROM interest_before"
WANTED = """
    SELECT id AS account_id, %(since)s::date AS since, %(through)s::date AS through FROM accounts_account
"""
LIMITED = """
    {body} SELECT a.currency, count(DISTINCT w.account_id), sum(w.interest)
    FROM interest_windows w JOIN accounts_account a ON a.id = w.account_id
    WHERE w.interest > 0 GROUP BY a.currency
"""


def accrual_of_day(day: date) -> dict[str, tuple[int, Decimal]]:
    """What all accounts bear on one day: how many do, and the exact sum, by currency.

    By the terms in force on that day; whether it was posted plays no part. A large book is asked in
    ranges of accounts at once, unless a transaction is open. Makes temporary tables where terms
    limit interest.
    """
    found = segments("interest", groups_of(), as_of=day)
    in_force = {segment.group: segment for segment in found}
    plain = [segment for segment in in_force.values() if _is_plain(segment.terms())]
    others = set(in_force) - {segment.group for segment in plain}
    rows: list[tuple] = []
    for last_day, as_of in ((True, day - ONE_DAY), (False, day)):
        together = [segment for segment in plain if segment.values["last_day"] == last_day]
        groups = [terms for segment in together if (terms := _on_day(segment, day))]
        if groups:
            rows += _borne(groups, as_of=as_of, day=day)
    if others:
        rows += _in_full([segment for segment in found if segment.group in others], day)
    sums: dict[str, tuple[int, Decimal]] = {}
    for currency, accounts, amount in rows:
        before = sums.get(currency, (0, Decimal(0)))
        sums[currency] = (before[0] + accounts, before[1] + amount)
    return dict(sorted(sums.items()))


def _is_limited(terms: Terms) -> bool:
    return any(limit is not None for limit in (terms.cap, terms.cap_percent, terms.account_cap))


def _is_plain(terms: Terms) -> bool:
    """Whether one evening says what bears: with both the first and the last day counted, an item of
    the very day bears what is open at its end, the others what was open the evening before."""
    return not _is_limited(terms) and not (terms.first_day and terms.last_day)


def _on_day(segment: Segment, day: date) -> dict[str, Any] | None:
    """The terms of a group on a day as a row for SQL; None where nothing bears on it."""
    rate, terms = rate_on(segment.rates, day), segment.terms()
    if rate is None or not rate:
        return None
    last_start = day if terms.first_day else day - ONE_DAY
    if terms.grace_days:
        last_start = min(last_start, day - (terms.grace_days + 1) * ONE_DAY)
    [row], _rates = as_rows([segment])
    kept = ("creditor_id", "portfolio_id", "currency", "kinds", "minimum_debt")
    return {
        **{name: row[name] for name in kept},
        "percent": str(rate),
        "year_days": days_of_year(terms, day),
        "last_due": (last_start - terms.free_days * ONE_DAY).isoformat(),
    }


def _borne(groups: list[dict[str, Any]], *, as_of: date, day: date) -> list[tuple]:
    """(currency, accounts, interest) of the accounts of some groups; a currency may come repeatedly."""
    params = {
        "day": day,
        "as_of": as_of,
        "of_groups": json.dumps(groups),
        "last_due": max(group["last_due"] for group in groups),
    }
    is_ruled = has_orders(params)

    def sql_of(span: str) -> str:
        scope = span if is_ruled else f"{span} {OF_SPECIAL}"
        members = items_sql(scope=scope, of_set=True)
        if not is_ruled:
            members = f"{special_sql()}, {by_age_sql(span=span)}, {members}"
        return BORNE.format(
            members=members,
            accounts=span.replace("e.account_id", "a.id"),
            open=IN_FULL if is_ruled else f"{BY_AGE} UNION ALL {IN_FULL}",
            freezes=freezes_sql(HoldScope.INTEREST),
        )

    return sharded_rows(sql_of, params)


def _in_full(found: list[Segment], day: date) -> list[tuple]:
    """The same by the windows of each account, cut to what the limits leave after the days before."""
    limited = {segment.group for segment in found if _is_limited(segment.terms())}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.interest_before")
        before = params_of(
            [segment for segment in found if segment.group in limited],
            since=BEGINNING,
            through=day - ONE_DAY,
        )
        cursor.execute(BEFORE.format(body=as_tables(WANTED, before)), before)
        cursor.execute("ANALYZE interest_before")
        params = params_of(found, since=day, through=day)
        cursor.execute(LIMITED.format(body=as_tables(WANTED, params, prior=BORNE_BEFORE)), params)
        return cursor.fetchall()
