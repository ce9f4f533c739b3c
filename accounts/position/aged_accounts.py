"""The accounts behind an ageing: those of one bucket, and those that would not sum to the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from accounts.ledger.ageing import AGE_BASIS, bucket_labels
from accounts.ledger.items import items_sql
from accounts.position.ageing import EDGES, AgeingQuestion, CurrencyAgeing, parts_sql
from collections_app.core.bulk import id_array


@dataclass(frozen=True)
class AgedAccount:
    """One account with money in a bucket."""

    account_id: int
    number: str
    debtor: str
    creditor: str
    officer: str
    currency: str
    oldest_due_date: date
    balance: Decimal
    disputed: Decimal
    on_hold: Decimal
    promised: Decimal
    covered: Decimal

    @property
    def free(self) -> Decimal:
        return self.balance - self.disputed - self.on_hold - self.promised - self.covered


def accounts_of_bucket(
    question: AgeingQuestion, *, currency: str, label: str, limit: int
) -> tuple[list[AgedAccount], int]:
    """The accounts with items in a bucket, largest first, at most `limit`; and how many there are."""
    box = bucket_labels(EDGES).index(label)
    known = question.known_at is not None
    scope = f"{question.within('e.account_id')} e.currency = %(currency)s AND"
    by_account = "JOIN accounts_account a ON a.id = i.account_id" if question.basis == "opened" else ""
    day = AGE_BASIS[question.basis]
    params = {**question.parameters(), "currency": currency, "box": box, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH {items_sql(scope=scope, known=known)}
            SELECT i.account_id, count(*) OVER () FROM items i {by_account}
            WHERE i.amount > i.paid
              AND CASE WHEN %(as_of)s::date - {day} <= 0 THEN 0
                       ELSE 1 + width_bucket(%(as_of)s::date - {day} - 1, %(edges)s::int[]) END = %(box)s
            GROUP BY i.account_id ORDER BY sum(i.amount - i.paid) DESC, i.account_id LIMIT %(limit)s
            """,
            params,
        )
        largest = cursor.fetchall()
        if not largest:
            return [], 0
        cursor.execute(
            f"""
            WITH {parts_sql(question)},
            chosen AS (
                SELECT account_id, min(due_date) AS due, sum(open) AS open, sum(disputed) AS disputed,
                       sum(on_hold) AS on_hold, sum(promised) AS promised, sum(covered) AS covered
                FROM parts WHERE box = %(box)s GROUP BY account_id
            )
            SELECT a.id, a.number, d.name, c.name, coalesce(u.full_name, ''), a.currency, x.due, x.open,
                   x.disputed, x.on_hold, x.promised, x.covered
            FROM chosen x JOIN accounts_account a ON a.id = x.account_id
            JOIN accounts_debtor d ON d.id = a.debtor_id
            JOIN accounts_creditor c ON c.id = a.creditor_id
            LEFT JOIN core_user u ON u.id = a.officer_id
            ORDER BY x.open DESC, a.id
            """,
            {**params, "ids": id_array(row[0] for row in largest)},
        )
        return [AgedAccount(*row) for row in cursor.fetchall()], largest[0][1]


def accounts_at_fault(
    question: AgeingQuestion, answer: Sequence[CurrencyAgeing], *, limit: int
) -> tuple[list[tuple], int]:
    """As `accounts_not_summing`; where items and entries agree and the answer still does not sum to the
    ledger, the accounts of which something else was kept than their entries say now."""
    found = accounts_not_summing(question, limit=limit)
    if found[1] or all(row.holds for row in answer):
        return found
    return _unlike_what_was_kept(question, limit=limit)


# What was kept by account: of a month-end its balances, and of the newest day the standing.
_KEPT_OF_DAY = """
    SELECT k.account_id, k.currency, k.balance, d.day, d.known_at
    FROM accounts_dayend d JOIN accounts_dayendbalance k ON k.day_end_id = d.id
    WHERE d.day = %(as_of)s AND d.has_balances
    UNION ALL
    SELECT s.account_id, s.currency, s.balance, s.standing_as_of, 'infinity'::timestamptz
    FROM accounts_standing s
"""


def _unlike_what_was_kept(question: AgeingQuestion, *, limit: int) -> tuple[list[tuple], int]:
    within = question.within("k.account_id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH kept AS ({_KEPT_OF_DAY}),
            owed AS (
                SELECT k.account_id, k.day, k.currency, k.balance AS kept,
                       coalesce(sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END), 0)
                         AS balance
                FROM kept k LEFT JOIN accounts_ledgerentry e ON e.account_id = k.account_id
                     AND e.value_date <= k.day AND e.recorded_at <= k.known_at
                WHERE {within} true
                GROUP BY k.account_id, k.day, k.currency, k.balance
            ),
            unlike AS (
                SELECT DISTINCT ON (account_id) * FROM owed WHERE kept <> balance ORDER BY account_id, day
            )
            SELECT a.number, o.currency, o.kept, o.balance, count(*) OVER ()
            FROM unlike o JOIN accounts_account a ON a.id = o.account_id
            ORDER BY abs(o.kept - o.balance) DESC, a.number LIMIT %(limit)s
            """,
            {**question.parameters(), "limit": limit},
        )
        rows = cursor.fetchall()
    return [row[:4] for row in rows], rows[0][4] if rows else 0


def accounts_not_summing(question: AgeingQuestion, *, limit: int) -> tuple[list[tuple], int]:
    """Accounts whose open items are not what their entries say they owe: (number, currency, items,
    entries), the largest difference first, at most `limit`; and how many there are."""
    known = question.known_at is not None
    at = "AND e.recorded_at <= %(known_at)s" if known else ""
    within = question.within("e.account_id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH {items_sql(scope=within, known=known)},
            aged_sum AS (
                SELECT account_id, sum(amount - paid) AS open FROM items WHERE amount > paid
                GROUP BY account_id
            ),
            owed AS (
                SELECT e.account_id, e.currency,
                       sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END) AS balance
                FROM accounts_ledgerentry e
                WHERE {within} e.value_date <= %(as_of)s {at}
                GROUP BY e.account_id, e.currency
            )
            SELECT a.number, o.currency, coalesce(s.open, 0), greatest(o.balance, 0), count(*) OVER ()
            FROM owed o JOIN accounts_account a ON a.id = o.account_id
            LEFT JOIN aged_sum s ON s.account_id = o.account_id
            WHERE coalesce(s.open, 0) <> greatest(o.balance, 0)
            ORDER BY abs(coalesce(s.open, 0) - greatest(o.balance, 0)) DESC, a.number LIMIT %(limit)s
            """,
            {**question.parameters(), "limit": limit},
        )
        rows = cursor.fetchall()
    return [row[:4] for row in rows], rows[0][4] if rows else 0
