"""The windows of a set of accounts in SQL: what `windows` does for one debt, for a whole book.

The text is made of named members. For a few accounts they are one statement; for a book the first
ones become temporary tables, because only a counted table is planned well. What was open on which
day is asked of the ledger (`items_sql`): the arithmetic of payments has one home.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.arrangements.queries import known_span_sql
from accounts.holds.enums import LEGAL_STOPS, HoldScope
from accounts.holds.queries import KNOWN_LIFT
from accounts.interest.open_steps import steps_by_account, steps_by_day
from accounts.interest.terms import Segment, as_rows

TERM_COLUMNS = """key int, creditor_id bigint, portfolio_id bigint, currency text, valid_from date,
    valid_to date, year text, first_day boolean, last_day boolean, rounding text, round_each text,
    free_days int, grace_days int, kinds text[], minimum_debt numeric, cap numeric, cap_percent numeric,
    account_cap numeric, decimals int"""
FAR = "date '9999-12-31'"


def stops_of(scope: str) -> str:
    kinds = [f"'{kind}'" for kind, scopes in LEGAL_STOPS.items() if scope in scopes]
    return ", ".join(kinds) or "''"


# A row for each account and run of days with the same terms; `base_day` is the day before the first
# whose open amount can matter.
SCOPE = """
    SELECT a.id AS account_id, t.*,
           greatest(t.valid_from, w.since) AS since, least(t.valid_to, w.through) AS through,
           w.since - t.grace_days - 1 AS base_day
    FROM ({wanted}) w
    JOIN accounts_account a ON a.id = w.account_id
    JOIN (SELECT * FROM jsonb_to_recordset(%(terms)s::jsonb) AS t({columns})) t
      ON t.creditor_id = a.creditor_id AND t.portfolio_id = coalesce(a.portfolio_id, 0)
     AND t.currency = a.currency
    WHERE a.status <> 'void' AND t.valid_from <= w.through AND t.valid_to >= w.since
"""
RATES = """
    SELECT r.key, r.valid_from, r.percent,
           coalesce(lead(r.valid_from) OVER (PARTITION BY r.key ORDER BY r.valid_from), {far}) AS valid_to
    FROM jsonb_to_recordset(%(rates)s::jsonb) AS r(key int, valid_from date, percent numeric)
"""
# Days after which something else may be open: of entries, of named allocations, of disputes, and of
# the order in which money pays.
DAYS = """
    SELECT account_id, min(base_day) AS day FROM interest_scope GROUP BY account_id
    UNION
    SELECT s.account_id, e.value_date
    FROM (SELECT account_id, min(base_day) AS base_day, max(through) AS through
          FROM interest_scope GROUP BY account_id) s
    JOIN accounts_ledgerentry e ON e.account_id = s.account_id
    WHERE e.value_date > s.base_day AND e.value_date <= s.through
    UNION
    SELECT s.account_id, k.effective_date
    FROM interest_scope s JOIN accounts_contestedamount k ON k.account_id = s.account_id
    WHERE k.effective_date > s.base_day AND k.effective_date <= s.through
    UNION
    SELECT d.account_id, n.effective_date
    FROM accounts_namedallocation n
    JOIN accounts_ledgerentry d ON d.id = n.debit_id
    JOIN interest_scope s ON s.account_id = d.account_id
    WHERE n.effective_date > s.base_day AND n.effective_date <= s.through
    UNION
    SELECT s.account_id, v.valid_from
    FROM interest_scope s JOIN accounts_policyversion v ON v.kind = 'allocation' AND v.status = 'approved'
    WHERE v.valid_from > s.base_day AND v.valid_from <= s.through AND v.valid_from > date '1900-01-01'
"""
FREEZES = """
    SELECT DISTINCT f.account_id, f.entry_id, f.first_day, f.last_day, f.reason FROM (
        SELECT h.account_id, h.entry_id, h.first_day,
               least(coalesce(h.last_day, {far}), coalesce({lifted} - 1, {far})) AS last_day, h.reason
        FROM accounts_hold h
        WHERE h.account_id IS NOT NULL AND '{scope}' = ANY(h.scopes) {known}
          AND h.account_id IN (SELECT account_id FROM interest_scope)
        UNION ALL
        SELECT a.id, NULL, h.first_day,
               least(coalesce(h.last_day, {far}), coalesce({lifted} - 1, {far})), h.reason
        FROM accounts_hold h
        JOIN accounts_debtor d ON d.id = h.debtor_id
        JOIN accounts_debtor m ON m.id = coalesce(d.merged_into_id, d.id)
                               OR m.merged_into_id = coalesce(d.merged_into_id, d.id)
        JOIN accounts_account a ON a.debtor_id = m.id
        WHERE h.debtor_id IS NOT NULL AND '{scope}' = ANY(h.scopes) {known}
          AND a.id IN (SELECT account_id FROM interest_scope)
        UNION ALL
        SELECT a.id, NULL, f.effective_date, coalesce(
                   (SELECT min(e.effective_date) - 1 FROM accounts_legalfact e
                    WHERE e.ends_id = f.id {known_end}),
                   {far}), f.kind
        FROM accounts_legalfact f
        JOIN accounts_debtor d ON d.identity_id = f.identity_id
        JOIN accounts_debtor m ON m.id = coalesce(d.merged_into_id, d.id)
                               OR m.merged_into_id = coalesce(d.merged_into_id, d.id)
        JOIN accounts_account a ON a.debtor_id = m.id
        WHERE f.ends_id IS NULL AND f.kind IN ({stops}) {known_fact}
          AND a.id IN (SELECT account_id FROM interest_scope)
        UNION ALL
        SELECT s.account_id, NULL, s.first_day, coalesce(s.last_day, {far}), 'payment_plan'
        FROM accounts_planspan s
        WHERE '{scope}' = ANY(s.scopes) AND {known_span}
          AND s.account_id IN (SELECT account_id FROM interest_scope)
    ) f
    WHERE f.last_day >= f.first_day
"""
ITEMS = """
    SELECT s.account_id, s.key, s.year, s.first_day, s.last_day, s.rounding, s.round_each, s.decimals,
           s.account_cap, s.grace_days, e.id AS entry_id, e.amount, d.start,
           d.start + s.grace_days AS grace_end,
           CASE WHEN s.grace_days > 0 AND d.start + s.grace_days >= s.since
                THEN greatest(d.start, s.valid_from) ELSE greatest(d.start, s.since) END AS from_day,
           s.through,
           least(s.cap, div(e.amount * s.cap_percent * 100000000, 100) * 0.00000001) AS item_cap
    FROM (SELECT DISTINCT account_id, entry_id FROM interest_steps WHERE open > 0) o
    JOIN accounts_ledgerentry e ON e.id = o.entry_id
    JOIN interest_scope s ON s.account_id = o.account_id
    CROSS JOIN LATERAL (SELECT greatest(e.due_date, e.value_date) + s.free_days AS start) d
    WHERE e.kind = ANY(s.kinds) AND e.amount >= s.minimum_debt AND d.start <= s.through
      AND (s.grace_days = 0 OR d.start + s.grace_days < s.through)
"""
# What was open of each item from a day until the next; an item paid or taken back has no row and is nil.
COURSE = """
    SELECT i.entry_id, i.key, g.day, coalesce(t.open, 0) AS open,
           g.day > i.start AND coalesce(t.open, 0) IS DISTINCT FROM
               lag(coalesce(t.open, 0)) OVER (PARTITION BY i.entry_id, i.key ORDER BY g.day) AS changed,
           coalesce(lead(g.day) OVER (PARTITION BY i.entry_id, i.key ORDER BY g.day), {far}) AS until
    FROM interest_items i
    JOIN interest_days g ON g.account_id = i.account_id
    LEFT JOIN interest_steps t ON t.entry_id = i.entry_id AND t.day = g.day
"""
CUTS = """
    SELECT entry_id, key, from_day AS day FROM interest_items WHERE from_day <= through
    UNION
    SELECT i.entry_id, i.key, r.valid_from FROM interest_items i JOIN interest_rates r ON r.key = i.key
    WHERE r.valid_from > i.from_day AND r.valid_from <= i.through
    UNION
    SELECT i.entry_id, i.key, m.day::date FROM interest_items i
    CROSS JOIN LATERAL generate_series(date_trunc('month', i.from_day::timestamp) + interval '1 month',
                                       i.through::timestamp, interval '1 month') AS m(day)
    UNION
    SELECT i.entry_id, i.key, b.day FROM interest_items i
    JOIN interest_freezes f ON f.account_id = i.account_id
                           AND (f.entry_id IS NULL OR f.entry_id = i.entry_id)
    CROSS JOIN LATERAL (VALUES (f.first_day), (CASE WHEN f.last_day < {far} THEN f.last_day + 1 END)) b(day)
    WHERE b.day > i.from_day AND b.day <= i.through
    UNION
    SELECT i.entry_id, i.key, c.day + i.last_day::int FROM interest_items i
    JOIN interest_course c ON c.entry_id = i.entry_id AND c.key = i.key
    WHERE c.changed AND c.day + i.last_day::int > i.from_day AND c.day + i.last_day::int <= i.through
    UNION
    SELECT entry_id, key, grace_end + 1 FROM interest_items
    WHERE grace_days > 0 AND grace_end + 1 > from_day AND grace_end + 1 <= through
"""
SPANS = """
    SELECT i.*, c.day AS first,
           coalesce(lead(c.day) OVER (PARTITION BY c.entry_id, c.key ORDER BY c.day) - 1, i.through) AS last
    FROM interest_cuts c JOIN interest_items i ON i.entry_id = c.entry_id AND i.key = c.key
"""
FROZEN = """
    SELECT s.entry_id, s.key, s.first, string_agg(f.reason, '; ' ORDER BY f.first_day, f.reason) AS reason
    FROM interest_spans s
    JOIN interest_freezes f ON f.account_id = s.account_id
                           AND (f.entry_id IS NULL OR f.entry_id = s.entry_id)
                           AND f.first_day <= s.last AND f.last_day >= s.last
    GROUP BY s.entry_id, s.key, s.first
"""
PLAIN = """
    SELECT s.account_id, s.entry_id, s.key, s.first, s.last, s.rounding, s.round_each, s.decimals,
           s.item_cap, s.account_cap, d.days, b.base, coalesce(z.reason, '') AS frozen,
           CASE WHEN z.reason IS NULL THEN r.percent ELSE 0 END AS rate, y.year_days,
           div(b.base * CASE WHEN z.reason IS NULL THEN r.percent ELSE 0 END * d.days * 100000000,
               100 * y.year_days) * 0.00000001 AS interest,
           date_trunc('month', (CASE WHEN s.grace_days > 0 AND s.last <= s.grace_end
                                     THEN s.grace_end + 1 ELSE s.last END)::timestamp)::date AS period
    FROM interest_spans s
    JOIN interest_rates r ON r.key = s.key AND r.valid_from <= s.last AND s.last < r.valid_to
    JOIN interest_course c ON c.entry_id = s.entry_id AND c.key = s.key
     AND c.day <= CASE WHEN s.last_day THEN greatest(s.last - 1, s.start) ELSE s.last END
     AND c.until > CASE WHEN s.last_day THEN greatest(s.last - 1, s.start) ELSE s.last END
    LEFT JOIN interest_course g ON s.grace_days > 0 AND s.last <= s.grace_end
     AND g.entry_id = s.entry_id AND g.key = s.key
     AND g.day <= s.grace_end AND g.until > s.grace_end
    LEFT JOIN interest_frozen z ON z.entry_id = s.entry_id AND z.key = s.key AND z.first = s.first
    CROSS JOIN LATERAL (SELECT least(c.open, coalesce(g.open, c.open)) AS base) b
    CROSS JOIN LATERAL (SELECT s.last - s.first + 1
                               - (s.first = s.start AND NOT s.first_day)::int AS days) d
    CROSS JOIN LATERAL (SELECT extract(year FROM s.last)::int AS y) n
    CROSS JOIN LATERAL (SELECT CASE WHEN s.year <> 'actual' THEN s.year::int
                                    WHEN n.y %% 4 = 0 AND (n.y %% 100 <> 0 OR n.y %% 400 = 0) THEN 366
                                    ELSE 365 END AS year_days) y
    WHERE b.base > 0
"""
PRIOR = """
    SELECT w.item_id AS entry_id, p.account_id, w.interest
    FROM accounts_interestwindow w
    JOIN accounts_interestposting p ON p.id = w.posting_id AND p.is_live AND p.waived_by_id IS NULL
    JOIN (SELECT account_id, min(since) AS since FROM interest_scope
          WHERE coalesce(cap, cap_percent, account_cap) IS NOT NULL GROUP BY account_id) s
      ON s.account_id = p.account_id
    WHERE w.last < s.since AND %(prior)s
"""
CAPPED = """
    SELECT w.*, CASE WHEN w.item_cap IS NULL THEN w.interest ELSE greatest(least(w.interest,
               w.item_cap - coalesce(p.interest, 0) - (w.through_here - w.interest)), 0) END AS within_item
    FROM (SELECT w.*, sum(w.interest) OVER (PARTITION BY w.entry_id ORDER BY w.last, w.first) AS through_here
          FROM interest_plain w) w
    LEFT JOIN (SELECT entry_id, sum(interest) AS interest FROM interest_prior GROUP BY entry_id) p
      ON p.entry_id = w.entry_id
"""
WINDOWS = """
    SELECT w.account_id, w.entry_id, w.first, w.last, w.days, w.base, w.rate, w.year_days,
           (CASE WHEN w.account_cap IS NULL THEN w.within_item ELSE greatest(least(w.within_item,
                w.account_cap - coalesce(p.interest, 0) - (w.account_here - w.within_item)), 0)
            END)::numeric(24, 8) AS interest,
           w.frozen, w.period, w.rounding, w.round_each, w.decimals, w.key
    FROM (SELECT w.*, sum(w.within_item) OVER (PARTITION BY w.account_id
                                               ORDER BY w.last, w.first, w.entry_id) AS account_here
          FROM interest_capped w) w
    LEFT JOIN (SELECT account_id, sum(interest) AS interest FROM interest_prior GROUP BY account_id) p
      ON p.account_id = w.account_id
"""
ROUNDED = """CASE {mode} WHEN 'down' THEN trunc({value}, {places})
    WHEN 'up' THEN ceil({value} * power(10::numeric, {places})) / power(10::numeric, {places})
    ELSE round({value}, {places}) END"""
# What each account bears in each month, rounded as the month's last terms say.
AMOUNTS = f"""
    SELECT account_id, period,
           (CASE WHEN (array_agg(round_each ORDER BY key DESC))[1] = 'window'
                 THEN sum({ROUNDED.format(mode="rounding", value="interest", places="decimals")})
                 ELSE {
    ROUNDED.format(
        mode="(array_agg(rounding ORDER BY key DESC))[1]",
        value="sum(interest)",
        places="max(decimals)",
    )
} END)::numeric(18, 3) AS amount
    FROM interest_windows GROUP BY account_id, period
"""


def freezes_sql(scope: str, *, known: bool = False) -> str:
    """SELECT of the days on which a scope is stopped, from `interest_scope`; with a knowledge
    (`known_at`) without the holds, liftings, legal facts and days of plans that were recorded later."""
    at = "AND {}.recorded_at <= %(known_at)s"
    return FREEZES.format(
        far=FAR,
        scope=scope,
        stops=stops_of(scope),
        known=at.format("h") if known else "",
        lifted=f"CASE WHEN {KNOWN_LIFT} THEN h.lifted_on END" if known else "h.lifted_on",
        known_fact=at.format("f") if known else "",
        known_end=at.format("e") if known else "",
        known_span=known_span_sql("s", known=known),
    )


def _bodies(wanted: str, known: bool, scope: str = HoldScope.INTEREST) -> dict[str, str]:
    return {
        "interest_scope": SCOPE.format(wanted=wanted, columns=TERM_COLUMNS),
        "interest_rates": RATES.format(far=FAR),
        "interest_days": DAYS,
        "interest_freezes": freezes_sql(scope, known=known),
        "interest_steps": steps_by_account(known=known),
        "interest_items": ITEMS,
        "interest_course": COURSE.format(far=FAR),
        "interest_cuts": CUTS.format(far=FAR),
        "interest_spans": SPANS,
        "interest_frozen": FROZEN,
        "interest_plain": PLAIN,
        "interest_prior": PRIOR,
        "interest_capped": CAPPED,
        "interest_windows": WINDOWS,
    }


# These become tables when the set is large; the rest is one statement on top of them.
TABLES = ("interest_scope", "interest_rates", "interest_days", "interest_freezes", "interest_steps",
          "interest_items", "interest_course")  # fmt: skip


def params_of(
    found: Sequence[Segment], *, known_at: datetime | None = None, prior: bool = False, **more: Any
) -> dict[str, Any]:
    """Parameters of the members: the terms as rows, and whether what was posted before counts
    against the caps (it must not when everything is reckoned from the beginning)."""
    terms, rates = as_rows(list(found))
    return {
        "terms": json.dumps(terms),
        "rates": json.dumps(rates),
        "known_at": known_at,
        "prior": prior,
        **more,
    }


def one_statement(wanted: str, *, known: bool = False) -> str:
    """`WITH` and all members, for a few accounts; it only reads. `wanted` selects account_id, since
    and through."""
    bodies = _bodies(wanted, known)
    return "WITH " + ",\n".join(f"{name} AS MATERIALIZED ({body})" for name, body in bodies.items())


def as_tables(wanted: str, params: dict[str, Any], *, prior: str = "") -> str:
    """Make the temporary tables of a large set, and return the `WITH` that goes on top of them.

    Inside a transaction; the tables last until it ends or the next call. `prior` selects entry_id,
    account_id and the interest that counts against the caps, where not the posted windows say it.
    """
    bodies = _bodies(wanted, params["known_at"] is not None)
    if prior:
        bodies["interest_prior"] = prior
    with connection.cursor() as cursor:
        for name in TABLES:
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
            if name == "interest_steps":
                steps_by_day(cursor, params)
            else:
                cursor.execute(f"CREATE TEMPORARY TABLE {name} ON COMMIT DROP AS {bodies[name]}", params)
            cursor.execute(f"ANALYZE {name}")
    rest = [name for name in bodies if name not in TABLES]
    return "WITH " + ",\n".join(f"{name} AS ({bodies[name]})" for name in rest)


def groups_of(condition: str = "", params: dict[str, Any] | None = None) -> list[tuple]:
    """(creditor, portfolio, currency) of the accounts of a condition on `a`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT creditor_id, portfolio_id, currency FROM accounts_account a {condition}",
            params or {},
        )
        return cursor.fetchall()
