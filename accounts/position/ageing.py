"""The book by age on any day, with what is disputed, on hold, promised and covered shown apart.

Each unit of an open item stands in one part only, in this order: disputed, on hold, promised, covered
by cheques, free. So the parts of a bucket sum to its balance, the buckets to the debit balances, and
with the credits to the ledger, which is summed beside it from the entries alone.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.cheques.queries import COVER_PARAMETERS, cover_sql
from accounts.holds.queries import held_sql
from accounts.ledger.queries import AGE_BASIS, bucket_labels, items_sql
from accounts.ledger.shards import sharded_rows
from accounts.teams.enums import SEES_EVERY_ACCOUNT, SEES_TEAM_ACCOUNTS
from accounts.teams.queries import present_team_ids

EDGES = (30, 60, 90, 180, 365)
PARTS = ("disputed", "on_hold", "promised", "covered", "free")
ZERO = Decimal(0)


@dataclass(frozen=True)
class AgeingQuestion:
    """What is asked: a day, a knowledge (None is today's), a basis, and whose accounts.

    `team_ids` and `officer_ids` select by today's owner. `seen_team_ids` narrows to the accounts a
    user may see; None sees all.
    """

    as_of: date
    known_at: datetime | None = None
    basis: str = "due"
    creditor_ids: tuple[int, ...] = ()
    portfolio_ids: tuple[int, ...] = ()
    team_ids: tuple[int, ...] = ()
    officer_ids: tuple[int, ...] = ()
    seen_team_ids: tuple[int, ...] | None = None

    def seen_by(self, user) -> "AgeingQuestion":
        """The same question over the accounts the user may see."""
        if user.role in SEES_EVERY_ACCOUNT:
            return self
        teams = tuple(present_team_ids(user)) if user.role in SEES_TEAM_ACCOUNTS else ()
        return replace(self, seen_team_ids=teams)

    def scope(self) -> str:
        """A condition on an account `a`; empty for the whole book."""
        conditions = {
            "creditor_id": self.creditor_ids,
            "portfolio_id": self.portfolio_ids,
            "team_id": self.team_ids,
            "officer_id": self.officer_ids,
        }
        parts = [f"a.{name} = ANY(%({name})s::bigint[])" for name, ids in conditions.items() if ids]
        if self.seen_team_ids is not None:
            parts.append("a.team_id = ANY(%(seen)s::bigint[])")
        return " AND ".join(parts)

    def parameters(self) -> dict[str, Any]:
        return {
            "as_of": self.as_of,
            "known_at": self.known_at,
            "creditor_id": list(self.creditor_ids),
            "portfolio_id": list(self.portfolio_ids),
            "team_id": list(self.team_ids),
            "officer_id": list(self.officer_ids),
            "seen": list(self.seen_team_ids or ()),
            "edges": list(EDGES),
            **COVER_PARAMETERS,
        }

    def within(self, column: str) -> str:
        """A condition on an account's key that ends in AND; empty for the whole book."""
        scope = self.scope()
        return f"{column} IN (SELECT a.id FROM accounts_account a WHERE {scope}) AND" if scope else ""


@dataclass
class Bucket:
    label: str
    accounts: int = 0
    balance: Decimal = ZERO
    disputed: Decimal = ZERO
    on_hold: Decimal = ZERO
    promised: Decimal = ZERO
    covered: Decimal = ZERO

    @property
    def free(self) -> Decimal:
        return self.balance - self.disputed - self.on_hold - self.promised - self.covered


@dataclass
class CurrencyAgeing:
    """One currency: its buckets, its credit balances (negative), and the ledger's own sum."""

    currency: str
    buckets: list[Bucket] = field(default_factory=list)
    credit_balance: Decimal = ZERO
    ledger: Decimal = ZERO

    @property
    def total(self) -> Bucket:
        row = Bucket("total")
        for bucket in self.buckets:
            row.accounts += bucket.accounts
            for name in ("balance", "disputed", "on_hold", "promised", "covered"):
                setattr(row, name, getattr(row, name) + getattr(bucket, name))
        return row

    @property
    def holds(self) -> bool:
        """Whether buckets and credits sum to the ledger, and no part is more than its bucket."""
        return self.total.balance + self.credit_balance == self.ledger and all(
            bucket.free >= 0 for bucket in self.buckets
        )


# An open promise is worth what is still missing of it: money that came since it was taken counts.
PARTS_SQL = """
{items}, {held},
aged AS (
    SELECT i.currency, i.account_id, i.entry_id, i.due_date, i.value_date, i.amount - i.paid AS open,
           least(i.contested, i.amount - i.paid) AS disputed,
           CASE WHEN %(as_of)s::date - {day} <= 0 THEN 0
                ELSE 1 + width_bucket(%(as_of)s::date - {day} - 1, %(edges)s::int[]) END AS box
    FROM items i {by_account}
    WHERE i.amount > i.paid
),
stopped AS (
    SELECT DISTINCT account_id FROM held WHERE scope = 'demand'
),
stopped_item AS (
    SELECT DISTINCT entry_id FROM held_charge WHERE scope = 'demand'
),
promised AS (
    SELECT p.account_id, sum(greatest(p.amount - coalesce((
               SELECT sum(l.amount) FROM live l
               WHERE l.account_id = p.account_id AND l.kind = 'payment' AND l.value_date >= p.taken_on
           ), 0), 0)) AS amount
    FROM accounts_promise p
    WHERE {on_promise} p.taken_on <= %(as_of)s AND p.grace_until >= %(as_of)s {known_promise}
      AND (SELECT t.to_status FROM core_transition t
           WHERE t.subject_type = 'accounts.promise' AND t.subject_id = p.id
             AND t.effective_date <= %(as_of)s {known_step}
           ORDER BY t.id DESC LIMIT 1) = 'open'
    GROUP BY p.account_id
),
covering AS (
    SELECT c.account_id, sum(c.amount) AS amount FROM ({cover}) c GROUP BY c.account_id
),
queued AS (
    SELECT g.*, (s.account_id IS NOT NULL OR h.entry_id IS NOT NULL) AS is_held,
           CASE WHEN s.account_id IS NULL AND h.entry_id IS NULL THEN g.open - g.disputed ELSE 0 END AS rest
    FROM aged g
    LEFT JOIN stopped s ON s.account_id = g.account_id
    LEFT JOIN stopped_item h ON h.entry_id = g.entry_id
),
parted AS (
    SELECT q.*, coalesce(p.amount, 0) AS promise, coalesce(c.amount, 0) AS cover,
           sum(q.rest) OVER (PARTITION BY q.account_id ORDER BY q.due_date, q.value_date, q.entry_id)
           - q.rest AS before
    FROM queued q
    LEFT JOIN promised p ON p.account_id = q.account_id
    LEFT JOIN covering c ON c.account_id = q.account_id
),
parts AS (
    SELECT currency, account_id, entry_id, due_date, box, open, disputed,
           CASE WHEN is_held THEN open - disputed ELSE 0 END AS on_hold,
           least(rest, greatest(promise - before, 0)) AS promised,
           least(rest, greatest(promise + cover - before, 0))
           - least(rest, greatest(promise - before, 0)) AS covered
    FROM parted
)
"""


def parts_sql(question: AgeingQuestion, span: str = "") -> str:
    """`WITH` members up to `parts`: every open item of the question with its parts and its box.

    `span` limits the entries `e` to a range of accounts (`accounts.ledger.shards`).
    """
    known = question.known_at is not None

    def within(column: str) -> str:
        return span.replace("e.account_id", column) + question.within(column)

    return PARTS_SQL.format(
        items=items_sql(scope=within("e.account_id"), known=known),
        held=held_sql(wanted="a.id IN (SELECT account_id FROM totals)", known=known),
        day=AGE_BASIS[question.basis],
        by_account="JOIN accounts_account a ON a.id = i.account_id" if question.basis == "opened" else "",
        on_promise=within("p.account_id"),
        known_promise="AND p.recorded_at <= %(known_at)s" if known else "",
        known_step="AND t.recorded_at <= %(known_at)s" if known else "",
        cover=cover_sql(scope=within("s.account_id"), known=known),
    )


def ageing_in_parts(question: AgeingQuestion) -> list[CurrencyAgeing]:
    """The ageing per currency, by currency code, with the ledger's own sum to hold it against.

    A large book is asked in ranges of accounts at once.
    """
    known = "AND e.recorded_at <= %(known_at)s" if question.known_at else ""

    def sql(span: str) -> str:
        return f"""
        WITH {parts_sql(question, span)},
        oldest AS (SELECT currency, account_id, max(box) AS box FROM parts GROUP BY 1, 2)
        SELECT currency, box, 0, sum(open), sum(disputed), sum(on_hold), sum(promised), sum(covered)
        FROM parts GROUP BY 1, 2
        UNION ALL
        SELECT currency, box, count(*), 0, 0, 0, 0, 0 FROM oldest GROUP BY 1, 2
        UNION ALL
        SELECT currency, -1, 0, sum(least(charged - pool, 0)), 0, 0, 0, 0 FROM totals GROUP BY 1
        UNION ALL
        SELECT e.currency, -2, 0, sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END),
               0, 0, 0, 0
        FROM accounts_ledgerentry e
        WHERE {span} {question.within("e.account_id")} e.value_date <= %(as_of)s {known} GROUP BY 1
        """

    labels = bucket_labels(EDGES)
    found: dict[str, CurrencyAgeing] = {}
    for currency, box, accounts, balance, *parts in sharded_rows(sql, question.parameters()):
        if currency not in found:
            found[currency] = CurrencyAgeing(currency, [Bucket(label) for label in labels])
        row = found[currency]
        if box == -1:
            row.credit_balance += balance
        elif box == -2:
            row.ledger += balance
        else:
            bucket = row.buckets[box]
            bucket.accounts += accounts
            bucket.balance += balance
            for name, amount in zip(("disputed", "on_hold", "promised", "covered"), parts, strict=True):
                setattr(bucket, name, getattr(bucket, name) + amount)
    return [found[currency] for currency in sorted(found)]


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
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH {parts_sql(question)},
            chosen AS (
                SELECT account_id, min(due_date) AS due, sum(open) AS open, sum(disputed) AS disputed,
                       sum(on_hold) AS on_hold, sum(promised) AS promised, sum(covered) AS covered
                FROM parts WHERE currency = %(currency)s AND box = %(box)s GROUP BY account_id
            )
            SELECT a.id, a.number, d.name, c.name, coalesce(u.full_name, ''), a.currency, x.due, x.open,
                   x.disputed, x.on_hold, x.promised, x.covered, count(*) OVER ()
            FROM chosen x JOIN accounts_account a ON a.id = x.account_id
            JOIN accounts_debtor d ON d.id = a.debtor_id
            JOIN accounts_creditor c ON c.id = a.creditor_id
            LEFT JOIN core_user u ON u.id = a.officer_id
            ORDER BY x.open DESC, a.id LIMIT %(limit)s
            """,
            {**question.parameters(), "currency": currency, "box": box, "limit": limit},
        )
        rows = cursor.fetchall()
    return [AgedAccount(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


def ledger_of_day(question: AgeingQuestion) -> dict[str, dict[str, Decimal]]:
    """What the entries alone say of the day: per currency what accounts owe (`open`), what they are
    owed (`credit`, negative) and both together (`closing`); no item is looked at."""
    known = "AND e.recorded_at <= %(known_at)s" if question.known_at else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT currency, sum(greatest(balance, 0)), sum(least(balance, 0)), sum(balance) FROM (
                SELECT e.currency, sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END)
                       AS balance
                FROM accounts_ledgerentry e
                WHERE {question.within("e.account_id")} e.value_date <= %(as_of)s {known}
                GROUP BY e.account_id, e.currency
            ) balances GROUP BY currency ORDER BY currency
            """,
            question.parameters(),
        )
        names = ("open", "credit", "closing")
        return {code: dict(zip(names, amounts, strict=True)) for code, *amounts in cursor.fetchall()}


def accounts_not_summing(question: AgeingQuestion, *, limit: int) -> tuple[list[tuple], int]:
    """Accounts whose open items and credit are not what their entries say: (number, currency, items,
    entries), the largest difference first, at most `limit`; and how many there are."""
    known = "AND e.recorded_at <= %(known_at)s" if question.known_at else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH {parts_sql(question)},
            aged_sum AS (SELECT account_id, sum(open) AS open FROM parts GROUP BY account_id),
            owed AS (
                SELECT e.account_id, e.currency,
                       sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END) AS balance
                FROM accounts_ledgerentry e
                WHERE {question.within("e.account_id")} e.value_date <= %(as_of)s {known}
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
