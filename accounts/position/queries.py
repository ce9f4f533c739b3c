"""What may be asked for on an account, item by item, once disputes, promises, plans and holds count."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from accounts.arrangements.queries import PLANNED_SQL, known_span_sql
from accounts.disputes.queries import RESTING_SQL
from accounts.holds.queries import HELD_SQL, held_sql
from accounts.ledger.queries import items_sql
from collections_app.core import prepared

ZERO = Decimal(0)


@dataclass(frozen=True)
class Position:
    """One account on a day, in its currency. `chaseable` is what a message may demand."""

    account_id: int
    currency: str
    balance: Decimal = ZERO
    overdue: Decimal = ZERO
    not_due: Decimal = ZERO
    contested: Decimal = ZERO
    contested_overdue: Decimal = ZERO
    promised: Decimal = ZERO
    has_open_promise: bool = False
    has_plan: bool = False
    held_scopes: frozenset[str] = field(default_factory=frozenset)
    chaseable: Decimal = ZERO
    oldest_due_date: date | None = None


@dataclass(frozen=True)
class ChaseableItem:
    """One item a message may list: overdue (or due by `due_by`) less what is disputed of it."""

    account_id: int
    entry_id: int
    kind: str
    reference: str
    description: str
    value_date: date
    due_date: date
    open: Decimal
    contested: Decimal
    demanded: Decimal


def chaseable_items(account_ids, *, as_of: date) -> dict[int, list[ChaseableItem]]:
    """Overdue items that may be demanded on `as_of`, per account, oldest first; held charges and accounts
    are left out.

    What was disputed and rejected rests for some days: it is not demanded before.

    An open promise and a plan in force spare their accounts: that is the caller's rule.
    """
    ids = list(account_ids)
    found: dict[int, list[ChaseableItem]] = {account_id: [] for account_id in ids}
    if not ids:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH {items_sql(scope="e.account_id = ANY(%(ids)s) AND")}, {HELD_SQL}, {RESTING_SQL}
            SELECT i.account_id, i.entry_id, e.kind, e.reference, e.description, i.value_date,
                   i.due_date, i.amount - i.paid, least(i.contested, i.amount - i.paid),
                   i.amount - i.paid - i.contested - coalesce(r.amount, 0)
            FROM items i JOIN accounts_ledgerentry e ON e.id = i.entry_id
            LEFT JOIN resting r ON r.entry_id = i.entry_id
            WHERE i.amount - i.paid > i.contested + coalesce(r.amount, 0)
              AND i.due_date < %(as_of)s
              AND NOT EXISTS (SELECT 1 FROM held WHERE held.account_id = i.account_id
                              AND held.scope = 'demand')
              AND NOT EXISTS (SELECT 1 FROM in_force h WHERE h.entry_id = i.entry_id
                              AND 'demand' = ANY(h.scopes))
            ORDER BY i.account_id, i.due_date, i.value_date, i.entry_id
            """,
            {"ids": ids, "as_of": as_of},
        )
        for row in cursor.fetchall():
            found[row[0]].append(ChaseableItem(*row))
    return found


# An open promise as the column says it now; of another day or knowledge as its steps said it then.
OPEN_NOW = """
    SELECT account_id, sum(amount - received) AS amount FROM accounts_promise
    WHERE account_id = ANY(%(ids)s) AND status = 'open' AND taken_on <= %(as_of)s
      AND grace_until >= %(as_of)s GROUP BY account_id
"""
OPEN_THEN = """
    SELECT p.account_id, sum(greatest(p.amount - coalesce((
               SELECT sum(e.amount) FROM accounts_ledgerentry e
               WHERE e.account_id = p.account_id AND e.kind = 'payment'
                 AND e.value_date BETWEEN p.taken_on AND %(as_of)s AND e.recorded_at <= %(known_at)s
                 AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id
                                 AND r.value_date <= %(as_of)s AND r.recorded_at <= %(known_at)s)
           ), 0), 0)) AS amount
    FROM accounts_promise p
    WHERE p.account_id = ANY(%(ids)s) AND p.taken_on <= %(as_of)s AND p.grace_until >= %(as_of)s
      AND p.recorded_at <= %(known_at)s
      AND (SELECT t.to_status FROM core_transition t
           WHERE t.subject_type = 'accounts.promise' AND t.subject_id = p.id
             AND t.effective_date <= %(as_of)s AND t.recorded_at <= %(known_at)s
           ORDER BY t.id DESC LIMIT 1) = 'open'
    GROUP BY p.account_id
"""
PLANNED_THEN = f"""
    SELECT n.account_id FROM accounts_planspan n
    WHERE {known_span_sql("n", known=True)} AND n.first_day <= %(as_of)s
      AND (n.last_day IS NULL OR n.last_day >= %(as_of)s)"""
# A dispute that was answered later had not been rejected then.
ANSWERED = "WHERE d.account_id"
ANSWERED_THEN = "WHERE (d.answered_at IS NULL OR d.answered_at <= %(known_at)s) AND d.account_id"


def positions(account_ids, *, as_of: date, known_at: datetime | None = None) -> dict[int, Position]:
    """The position of each account of a set on a day, in one statement.

    With `known_at` without what was recorded later; for a day that is over give it too (now is one),
    for what became of a promise since is told by its steps alone.
    """
    ids = list(account_ids)
    if not ids:
        return {}
    known = known_at is not None
    items = items_sql(scope="e.account_id = ANY(%(ids)s) AND", known=known)
    held = held_sql(known=True) if known else HELD_SQL
    planned = PLANNED_THEN if known else PLANNED_SQL
    resting = RESTING_SQL.replace(ANSWERED, ANSWERED_THEN) if known else RESTING_SQL
    rows = prepared.select(
        f"""
        WITH {items}, {held}, {resting},
        open AS (
            SELECT i.account_id,
                   sum(amount - paid) FILTER (WHERE due_date < %(as_of)s) AS overdue,
                   sum(amount - paid) FILTER (WHERE due_date >= %(as_of)s) AS not_due,
                   sum(least(contested, amount - paid)) AS contested,
                   sum(least(contested, amount - paid))
                       FILTER (WHERE due_date < %(as_of)s) AS contested_overdue,
                   sum(greatest(amount - paid - contested - coalesce((
                       SELECT r.amount FROM resting r WHERE r.entry_id = i.entry_id), 0), 0)) FILTER (
                       WHERE due_date < %(as_of)s AND NOT EXISTS (
                           SELECT 1 FROM in_force h WHERE h.entry_id = i.entry_id
                           AND 'demand' = ANY(h.scopes))) AS chaseable,
                   min(due_date) AS oldest_due_date
            FROM items i WHERE amount > paid GROUP BY i.account_id
        ),
        moved AS (
            SELECT account_id, sum(CASE direction WHEN 'debit' THEN amount ELSE -amount END) AS balance
            FROM accounts_ledgerentry
            WHERE account_id = ANY(%(ids)s) AND value_date <= %(as_of)s
              {"AND recorded_at <= %(known_at)s" if known else ""} GROUP BY account_id
        ),
        promised AS ({OPEN_THEN if known else OPEN_NOW}),
        planned AS (SELECT DISTINCT account_id FROM ({planned} AND n.account_id = ANY(%(ids)s)) n),
        scopes AS (SELECT account_id, array_agg(scope) AS scopes FROM held GROUP BY account_id)
        SELECT a.id, a.currency, coalesce(m.balance, 0), coalesce(o.overdue, 0),
               coalesce(o.not_due, 0), coalesce(o.contested, 0), coalesce(o.contested_overdue, 0),
               coalesce(p.amount, 0), p.account_id IS NOT NULL,
               n.account_id IS NOT NULL, coalesce(s.scopes, '{{}}'),
               CASE WHEN 'demand' = ANY(coalesce(s.scopes, '{{}}')) THEN 0
                    ELSE coalesce(o.chaseable, 0) END,
               o.oldest_due_date
        FROM accounts_account a
        LEFT JOIN moved m ON m.account_id = a.id
        LEFT JOIN open o ON o.account_id = a.id
        LEFT JOIN promised p ON p.account_id = a.id
        LEFT JOIN planned n ON n.account_id = a.id
        LEFT JOIN scopes s ON s.account_id = a.id
        WHERE a.id = ANY(%(ids)s)
        """,
        {"ids": ids, "as_of": as_of, "known_at": known_at},
    )
    return {row[0]: Position(*row[:10], frozenset(row[10]), *row[11:]) for row in rows}
