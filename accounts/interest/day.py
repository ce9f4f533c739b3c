"""What all accounts bear on one day, from the entries, in one statement over ranges of accounts.

`accrual_of_day` tells it of the whole book by currency, `borne_on` as its caller selects it.

Of one day most of a calculation is known beforehand: each group of accounts has one rate, one length
of year, and a last due day of items that bear. Nothing is left to the set but what was open, and one
running sum says that (`by_age`). Accounts whose terms limit interest are reckoned from the beginning,
by their windows, because what they bore before counts.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from accounts.holds.enums import HoldScope
from accounts.interest.calculation import as_tables, freezes_sql, groups_of, params_of
from accounts.interest.terms import BEGINNING, Segment, as_rows, segments, versions
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
        SELECT i.account_id, a.creditor_id, a.portfolio_id, a.currency, i.kind,
               div(i.open * t.percent * 100000000, 100 * t.year_days) * 0.00000001 AS interest
        FROM ({open}) i
        JOIN accounts_account a ON a.id = i.account_id
        JOIN terms t ON t.creditor_id = a.creditor_id AND t.portfolio_id = coalesce(a.portfolio_id, 0)
                    AND t.currency = a.currency
        WHERE {accounts} a.status <> 'void' AND i.kind = ANY(t.kinds) AND i.amount >= t.minimum_debt
          AND i.due <= t.last_due
          AND NOT EXISTS (SELECT FROM frozen f WHERE f.account_id = i.account_id
                                                 AND (f.entry_id IS NULL OR f.entry_id = i.entry_id))
    )
    {told}
"""
BY_CURRENCY = """
    SELECT currency, count(*), sum(interest)
    FROM (SELECT currency, sum(interest) AS interest FROM borne WHERE interest > 0
          GROUP BY account_id, currency) by_account
    GROUP BY currency
"""
BY_GROUP = """
    SELECT creditor_id, portfolio_id, currency, kind, count(*), sum(interest) FROM borne WHERE interest <> 0
    GROUP BY creditor_id, portfolio_id, currency, kind
"""
BY_ACCOUNT = "SELECT account_id, count(*), sum(interest) FROM borne WHERE interest <> 0 GROUP BY account_id"
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
NOTHING_BEFORE = """
    CREATE TEMPORARY TABLE interest_before (entry_id bigint, account_id bigint, interest numeric)
    ON COMMIT DROP
"""
BORNE_BEFORE = "SELECT entry_id, account_id, interest FROM interest_before"
WANTED = """
    SELECT id AS account_id, %(since)s::date AS since, %(through)s::date AS through FROM accounts_account
"""
# What the windows of a span come to by item: of all windows through its last day, less those of before.
GROWN = """
    {body}, borne AS (
        SELECT w.account_id, a.creditor_id, a.portfolio_id, a.currency, e.kind, w.interest
        FROM (SELECT entry_id, account_id, sum(interest) AS interest FROM (
                  SELECT entry_id, account_id, interest FROM interest_windows
                  UNION ALL SELECT entry_id, account_id, -interest FROM interest_before) parts
              GROUP BY entry_id, account_id) w
        JOIN accounts_account a ON a.id = w.account_id
        JOIN accounts_ledgerentry e ON e.id = w.entry_id
    )
    {told}
"""
OF_CREDITORS = "e.account_id IN (SELECT id FROM accounts_account WHERE creditor_id = ANY(%(creditors)s)) AND"
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


def terms_of_creditors(creditor_ids: Iterable[int], *, as_of: date) -> list[Segment]:
    """The dated terms of interest of all accounts of some creditors, by the versions in force on a day.

    Where nothing is charged any more, those of before, through the last day on which something was.
    """
    groups = groups_of("WHERE creditor_id = ANY(%(creditors)s)", {"creditors": list(creditor_ids)})
    known = versions("interest", as_of=as_of)
    found = segments("interest", sorted(groups, key=str), as_of=as_of, known=known)
    ended = set(groups) - {segment.group for segment in found}
    for version in reversed(known):
        last = version.valid_from - ONE_DAY
        earlier = segments("interest", sorted(ended, key=str), as_of=last, known=known) if ended else []
        found += [replace(segment, last_day=min(segment.last_day, last)) for segment in earlier]
        ended -= {segment.group for segment in earlier}
    return found


def borne_on(day: date, found: Iterable[Segment], *, told: str = BY_GROUP) -> list[tuple]:
    """What the accounts under some terms bear on one day, as `told` selects from `borne`.

    Days on which nothing was certain yet bear nothing: where the terms give days of grace, the day after
    the last of them bears what those had left open. So the days of a month sum to its windows, but for
    what is cut off after eight decimals. A group may come repeatedly, from several ranges of accounts.
    """
    found = list(found)
    in_force = [segment for segment in found if segment.first_day <= day <= segment.last_day]
    plain = [segment for segment in in_force if _adds_up(segment.terms())]
    rows: list[tuple] = []
    for last_day, as_of in ((True, day - ONE_DAY), (False, day)):
        together = [segment for segment in plain if segment.values["last_day"] == last_day]
        groups = [terms for segment in together if (terms := _on_day(segment, day))]
        if groups:
            rows += _borne(groups, as_of=as_of, day=day, told=told)
    by_windows = {segment.group for segment in in_force} - {segment.group for segment in plain}
    if by_windows:
        rows += borne_by_windows(
            day, day, [segment for segment in found if segment.group in by_windows], told=told
        )
    return rows


def borne_by_windows(
    first: date, last: date, found: Iterable[Segment], *, told: str = BY_GROUP
) -> list[tuple]:
    """The same of a span of days by the windows of each item; reckoned from the beginning where limits or
    days of grace make what was before count."""
    segments_ = list(found)
    from_beginning = {segment.group for segment in segments_ if _remembers(segment.terms())}
    rows: list[tuple] = []
    for is_long in (False, True):
        part = [segment for segment in segments_ if (segment.group in from_beginning) == is_long]
        if part:
            rows += _grown(part, first, last, since=BEGINNING if is_long else first, told=told)
    return rows


def _grown(part: list[Segment], first: date, last: date, *, since: date, told: str) -> list[tuple]:
    """What the windows from `since` came to between two days, as `told` selects it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.interest_before")
        if since < first:
            before = params_of(part, since=since, through=first - ONE_DAY)
            cursor.execute(BEFORE.format(body=as_tables(WANTED, before)), before)
        else:
            cursor.execute(NOTHING_BEFORE)
        cursor.execute("ANALYZE interest_before")
        params = params_of(part, since=since, through=last)
        cursor.execute(GROWN.format(body=as_tables(WANTED, params), told=told), params)
        return cursor.fetchall()


def _remembers(terms: Terms) -> bool:
    return _is_limited(terms) or bool(terms.grace_days)


def _adds_up(terms: Terms) -> bool:
    return _is_plain(terms) and not terms.grace_days


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


def _borne(groups: list[dict[str, Any]], *, as_of: date, day: date, told: str = BY_CURRENCY) -> list[tuple]:
    """What the accounts of some groups bear, as `told` selects it; once from each range of accounts."""
    params = {
        "day": day,
        "as_of": as_of,
        "of_groups": json.dumps(groups),
        "last_due": max(group["last_due"] for group in groups),
        "creditors": sorted({group["creditor_id"] for group in groups}),
    }
    part = "" if _are_all(params["creditors"]) else OF_CREDITORS
    is_ruled = has_orders(params)

    def sql_of(span: str) -> str:
        mine = f"{span} {part}"
        scope = mine if is_ruled else f"{mine} {OF_SPECIAL}"
        members = items_sql(scope=scope, of_set=True)
        if not is_ruled:
            members = f"{special_sql()}, {by_age_sql(span=span, scope=part)}, {members}"
        return BORNE.format(
            members=members,
            accounts=mine.replace("e.account_id", "a.id"),
            open=IN_FULL if is_ruled else f"{BY_AGE} UNION ALL {IN_FULL}",
            freezes=freezes_sql(HoldScope.INTEREST),
            told=told,
        )

    return sharded_rows(sql_of, params)


def _are_all(creditor_ids: list[int]) -> bool:
    """Whether nobody else has accounts: then the book is read in its own order, unfiltered."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM accounts_account WHERE creditor_id <> ALL(%s))", [creditor_ids]
        )
        return cursor.fetchone()[0]


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
