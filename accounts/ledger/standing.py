"""The cached standing of accounts: one set-based statement that everybody shares."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache

from django.db import connection, transaction

from accounts.ledger.items import ARE_FEW, items_sql
from accounts.ledger.models import RolledDay
from collections_app.core import prepared
from collections_app.core.bulk import id_array

# From so many accounts on their rows are joined as sets, not looked up one by one.
WORTH_JOINING = 300
COLUMNS = (
    "currency, balance, overdue, not_due, contested, credit, written_off, oldest_due_date,"
    " next_due_date, next_change_date, last_payment_date, last_payment_amount"
)


# Who has a dispute, money that names its item, or an order of payment other than age.
SPECIAL = """
special AS MATERIALIZED (
    SELECT k.account_id FROM accounts_contestedamount k {on_contests}
    UNION
    SELECT d.account_id FROM accounts_namedallocation n
    JOIN accounts_ledgerentry d ON d.id = n.debit_id {on_named}
    UNION
    SELECT a.id FROM accounts_account a
    WHERE {on_accounts} EXISTS (
        SELECT FROM accounts_policyversion v
        WHERE v.kind = 'allocation' AND v.status = 'approved' AND v.valid_from <= %(as_of)s
          AND v.values->'order' <> '[]'::jsonb)
)
"""
# Everybody else: what is open of an item is the running sum of the account, credits first, cut to it.
PLAIN = """
queue AS (
    SELECT e.account_id, e.id, e.kind, e.line, e.direction = 'debit' AS is_debit, e.amount, e.due_date,
           e.value_date,
           sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END) OVER (
               PARTITION BY e.account_id
               ORDER BY e.direction = 'debit', e.due_date, e.value_date, e.id
               ROWS UNBOUNDED PRECEDING) AS running
    FROM accounts_ledgerentry e
    WHERE {on_entries} e.kind <> 'reversal' AND e.value_date <= %(as_of)s
      AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r
                      WHERE r.reverses_id = e.id {are_few} AND r.value_date <= %(as_of)s)
      {not_special}
),
summed AS (
    SELECT account_id,
           coalesce(max(running) FILTER (WHERE is_debit), min(running)) AS balance,
           sum(least(amount, running)) FILTER (
               WHERE is_debit AND running > 0 AND due_date < %(as_of)s) AS overdue,
           sum(least(amount, running)) FILTER (
               WHERE is_debit AND running > 0 AND due_date >= %(as_of)s) AS not_due,
           0::numeric AS contested,
           min(due_date) FILTER (WHERE is_debit AND running > 0) AS oldest_due_date,
           min(due_date) FILTER (
               WHERE is_debit AND running > 0 AND due_date >= %(as_of)s) AS next_due_date,
           sum(CASE line WHEN 'written_off' THEN amount ELSE -amount END) FILTER (
               WHERE line IN ('written_off', 'write_offs_reversed')) AS written_off,
           -- the latest of the payments, by day and key: an array is compared element by element
           max(ARRAY[value_date - DATE '2000-01-01', id, amount]) FILTER (WHERE kind = 'payment')
               AS last_payment
    FROM queue GROUP BY account_id
),
plain AS (
    SELECT account_id, balance, overdue, not_due, contested, oldest_due_date, next_due_date, written_off,
           DATE '2000-01-01' + last_payment[1]::int AS last_payment_date,
           last_payment[3] AS last_payment_amount
    FROM summed
)
"""
# The rule in full.
RULED = """
ruled AS (
    WITH {items},
    open AS (
        SELECT account_id,
               sum(amount - paid) FILTER (WHERE due_date < %(as_of)s) AS overdue,
               sum(amount - paid) FILTER (WHERE due_date >= %(as_of)s) AS not_due,
               sum(least(contested, amount - paid)) AS contested,
               min(due_date) AS oldest_due_date,
               min(due_date) FILTER (WHERE due_date >= %(as_of)s) AS next_due_date
        FROM items WHERE amount > paid GROUP BY account_id
    ),
    written_off AS (
        SELECT account_id,
               sum(CASE line WHEN 'written_off' THEN amount ELSE -amount END) AS amount
        FROM live WHERE line IN ('written_off', 'write_offs_reversed') GROUP BY account_id
    ),
    last_payment AS (
        SELECT DISTINCT ON (account_id) account_id, value_date, amount FROM live
        WHERE kind = 'payment' ORDER BY account_id, value_date DESC, id DESC
    )
    SELECT t.account_id, t.charged - t.pool AS balance, o.overdue, o.not_due, o.contested,
           o.oldest_due_date, o.next_due_date, w.amount AS written_off, p.value_date AS last_payment_date,
           p.amount AS last_payment_amount
    FROM totals t
    LEFT JOIN open o ON o.account_id = t.account_id
    LEFT JOIN written_off w ON w.account_id = t.account_id
    LEFT JOIN last_payment p ON p.account_id = t.account_id
)
"""


def computed_standing(scope: str, *, is_plain: bool = False, of_set: bool = True) -> str:
    """SELECT of the standing of every account in scope, from the entries. Parameter: as_of.

    `scope` is a condition on a column `account_id`, without alias, e.g. `account_id = ANY(%(ids)s)`.
    `is_plain`: the caller knows that none of them is special. `of_set`: they are many.
    """
    on_entries = f"e.{scope} AND" if scope else ""
    of_accounts = f"a.{scope.replace('account_id', 'id', 1)}" if scope else ""
    special = SPECIAL.format(
        on_contests=f"WHERE k.{scope}" if scope else "",
        on_named=f"AND d.{scope}" if scope else "",
        on_accounts=f"{of_accounts} AND" if scope else "",
    )
    of_special = f"{on_entries} e.account_id IN (SELECT account_id FROM special) AND"
    are_few = ARE_FEW if of_set else ""
    if is_plain:
        plain = PLAIN.format(on_entries=on_entries, not_special="", are_few=are_few)
        found = f"{plain}, found AS (SELECT * FROM plain)"
    else:
        plain = PLAIN.format(
            on_entries=on_entries,
            not_special="AND e.account_id NOT IN (SELECT account_id FROM special)",
            are_few=are_few,
        )
        ruled = RULED.format(items=items_sql(scope=of_special, of_set=of_set))
        found = f"{special}, {plain}, {ruled}, found AS (SELECT * FROM plain UNION ALL SELECT * FROM ruled)"
    return f"""
        WITH {found},
        ahead AS (
            SELECT e.account_id, min(e.value_date) AS next_day FROM accounts_ledgerentry e
            WHERE {on_entries} e.value_date > %(as_of)s GROUP BY e.account_id
        ),
        contests AS (
            SELECT k.account_id, min(k.effective_date) AS next_day FROM accounts_contestedamount k
            WHERE {f"k.{scope} AND" if scope else ""} k.effective_date > %(as_of)s GROUP BY k.account_id
        ),
        turns AS MATERIALIZED (
            SELECT v.scope_type, v.scope_id, min(v.valid_from) AS next_day FROM accounts_policyversion v
            WHERE v.kind = 'allocation' AND v.status = 'approved' AND v.valid_from > %(as_of)s
            GROUP BY v.scope_type, v.scope_id
        )
        SELECT a.id AS account_id, a.currency,
               coalesce(t.balance, 0) AS balance,
               coalesce(t.overdue, 0) AS overdue,
               coalesce(t.not_due, 0) AS not_due,
               coalesce(t.contested, 0) AS contested,
               coalesce(t.overdue, 0) + coalesce(t.not_due, 0) - coalesce(t.balance, 0) AS credit,
               coalesce(t.written_off, 0) AS written_off,
               t.oldest_due_date, t.next_due_date,
               least(t.next_due_date + 1, f.next_day, c.next_day,
                     CASE WHEN EXISTS (SELECT FROM turns) THEN (
                         SELECT min(v.next_day) FROM turns v
                         WHERE v.scope_type = ''
                            OR (v.scope_type = 'creditor' AND v.scope_id = a.creditor_id)
                            OR (v.scope_type = 'portfolio' AND v.scope_id = a.portfolio_id)
                     ) END) AS next_change_date,
               t.last_payment_date, t.last_payment_amount
        FROM accounts_account a
        LEFT JOIN found t ON t.account_id = a.id
        LEFT JOIN ahead f ON f.account_id = a.id
        LEFT JOIN contests c ON c.account_id = a.id
        {f"WHERE {of_accounts}" if scope else ""}
    """


def refresh_standing(
    *,
    as_of: date,
    account_ids=None,
    is_plain: bool = False,
    rolled_days: Mapping[int, date | None] | None = None,
) -> int:
    """Recompute the standing of a set (or of every account) on a day; writes changed rows only.

    Returns how many rows changed. The one writer of `Standing`: postings, imports and the nightly
    roll share it. An account whose creditor's day is the one before or after `as_of`, since somebody
    works in another time zone, stands on its creditor's. `is_plain`: a few accounts that the caller
    knows to be allocated by age alone; `rolled_days`: their creditors' days, where he has read them.
    """
    if rolled_days is None:
        parts = by_creditors_day(as_of, account_ids)
    else:
        parts = {}
        for account_id in account_ids:
            parts.setdefault(_standing_day(as_of, rolled_days.get(account_id)), []).append(account_id)
    return sum(_refresh(day, ids, is_plain=is_plain) for day, ids in parts.items())


def _standing_day(as_of: date, rolled: date | None) -> date:
    return as_of if rolled is None or abs((rolled - as_of).days) > 1 else rolled


def by_creditors_day(as_of: date, account_ids) -> dict[date, Sequence[int] | None]:
    """The accounts (None: all of them) by the day they stand on for somebody whose day is `as_of`."""
    other = "r.day <> %(as_of)s AND abs(r.day - %(as_of)s) <= 1"
    params = {"as_of": as_of, "ids": id_array(account_ids) if account_ids is not None else None}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM accounts_rolledday r WHERE {other})", params)
        if not cursor.fetchone()[0]:
            return {as_of: account_ids}
        cursor.execute(
            f"""
            SELECT coalesce(r.day, %(as_of)s), array_agg(a.id ORDER BY a.id)
            FROM accounts_account a
            LEFT JOIN accounts_rolledday r ON r.creditor_id = a.creditor_id AND {other}
            WHERE {"a.id = ANY(%(ids)s::bigint[])" if account_ids is not None else "true"}
            GROUP BY 1 ORDER BY 1
            """,
            params,
        )
        return dict(cursor.fetchall())


def _refresh(as_of: date, account_ids, *, is_plain: bool) -> int:
    is_set = account_ids is None or len(account_ids) >= WORTH_JOINING
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        if is_set:
            # Where the planner knows nothing of the tables yet it expects a row of each and loops:
            # seen to take minutes for six hundred accounts.
            cursor.execute("SET LOCAL enable_nestloop = off")
        if is_set:
            ids = id_array(account_ids) if account_ids is not None else None
            cursor.execute(_refresh_sql(some=account_ids is not None), {"as_of": as_of, "ids": ids})
        else:
            sql = _refresh_sql(some=True, is_plain=is_plain, of_set=False)
            prepared.write(cursor, sql, {"as_of": as_of, "ids": sorted(account_ids)})
        changed = cursor.rowcount
        if is_set:
            cursor.execute("SET LOCAL enable_nestloop = on")
        return changed


@cache
def _refresh_sql(*, some: bool, is_plain: bool = False, of_set: bool = True) -> str:
    scope = "account_id = ANY(%(ids)s::bigint[])" if some else ""
    names = [name.strip() for name in COLUMNS.split(",")]
    updates = ", ".join(f"{name} = EXCLUDED.{name}" for name in names)
    old = ", ".join(f"s.{name}" for name in names)
    new = ", ".join(f"EXCLUDED.{name}" for name in names)
    computed = computed_standing(scope, is_plain=is_plain, of_set=of_set)
    return f"""
        INSERT INTO accounts_standing AS s (account_id, {COLUMNS}, standing_as_of)
        SELECT account_id, {COLUMNS}, %(as_of)s FROM ({computed}) computed
        ON CONFLICT (account_id) DO UPDATE
        SET {updates}, standing_as_of = EXCLUDED.standing_as_of
        WHERE ({old}) IS DISTINCT FROM ({new}) OR s.standing_as_of > EXCLUDED.standing_as_of
    """


def begin_standing(table: str, *, as_of: date) -> None:
    """The standing of accounts that were opened a moment ago: nothing is owed, nothing was paid.

    `table` has their `id` and `currency`. Says what `refresh_standing` would, without looking.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_standing (account_id, currency, balance, overdue, not_due, contested,"
            " credit, written_off, standing_as_of)"
            f" SELECT id, currency, 0, 0, 0, 0, 0, 0, %s FROM {table} ORDER BY id",
            [as_of],
        )


def roll_standing(*, as_of: date, creditor_ids=None) -> list[int]:
    """The nightly roll: refresh the accounts that time alone has changed by a day; their ids.

    With `creditor_ids` it has become that day for these creditors.
    """
    if creditor_ids is not None:
        RolledDay.objects.bulk_create(
            [RolledDay(creditor_id=pk, day=as_of) for pk in sorted(creditor_ids)],
            update_conflicts=True,
            unique_fields=["creditor"],
            update_fields=["day"],
        )
    scope = "AND a.creditor_id = ANY(%(creditors)s)" if creditor_ids is not None else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.account_id FROM accounts_standing s JOIN accounts_account a ON a.id = s.account_id"
            f" WHERE s.next_change_date <= %(as_of)s {scope} ORDER BY 1",
            {"as_of": as_of, "creditors": list(creditor_ids) if creditor_ids is not None else None},
        )
        ids = [row[0] for row in cursor.fetchall()]
    if ids:
        refresh_standing(as_of=as_of, account_ids=ids)
    return ids
