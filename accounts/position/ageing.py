"""The book by age on any day, with what is disputed, on hold, promised and covered shown apart.

Each unit of an open item stands in one part only, in this order: disputed, on hold, promised, covered
by cheques, free. So the parts of a bucket sum to its balance, the buckets to the debit balances, and
with the credits to the ledger, which is summed beside it from the entries alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from accounts.arrangements.queries import known_span_sql
from accounts.cheques.queries import COVER_PARAMETERS, cover_sql
from accounts.holds.queries import held_sql
from accounts.ledger.ageing import AGE_BASIS, ageing, bucket_labels, reckoned_rows
from accounts.ledger.items import items_sql
from accounts.teams.enums import SEES_EVERY_ACCOUNT, SEES_TEAM_ACCOUNTS
from accounts.teams.queries import present_team_ids
from collections_app.core.bulk import id_array

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


# An open promise is worth what is still missing of it: money that came since it was taken counts. So
# is a plan in force, by the part of each account. That money is looked up by account in the ledger's
# index: `live` has none, and would be read once per promise.
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
    SELECT x.account_id, sum(x.amount) AS amount FROM (
    SELECT p.account_id, greatest(p.amount - coalesce((
               SELECT sum(e.amount) FROM accounts_ledgerentry e
               WHERE e.account_id = p.account_id AND e.kind = 'payment'
                 AND e.value_date BETWEEN p.taken_on AND %(as_of)s {known_payment}
                 AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id
                                 AND r.value_date <= %(as_of)s {known_return})
           ), 0), 0) AS amount
    FROM accounts_promise p
    WHERE {on_promise} p.taken_on <= %(as_of)s AND p.grace_until >= %(as_of)s {known_promise}
      AND (SELECT t.to_status FROM core_transition t
           WHERE t.subject_type = 'accounts.promise' AND t.subject_id = p.id
             AND t.effective_date <= %(as_of)s {known_step}
           ORDER BY t.id DESC LIMIT 1) = 'open'
    UNION ALL
    SELECT n.account_id, greatest(a.amount - coalesce((
               SELECT sum(e.amount) FROM accounts_ledgerentry e
               WHERE e.account_id = n.account_id AND e.kind = 'payment'
                 AND e.value_date BETWEEN l.starts_on AND %(as_of)s {known_payment}
                 AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry r WHERE r.reverses_id = e.id
                                 AND r.value_date <= %(as_of)s {known_return})
           ), 0), 0)
    FROM accounts_planspan n
    JOIN accounts_paymentplan l ON l.id = n.plan_id
    JOIN accounts_planaccount a ON a.plan_id = n.plan_id AND a.account_id = n.account_id
    WHERE {on_plan} n.first_day <= %(as_of)s AND (n.last_day IS NULL OR n.last_day >= %(as_of)s)
      AND {known_plan}
    ) x GROUP BY x.account_id
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


# Accounts of which some part may be disputed, on hold, promised or covered; a few too many do no harm.
# Of all others everything is free, and what is open by age the ledger knows without them.
CONCERNED = """
    SELECT k.account_id FROM accounts_contestedamount k WHERE k.effective_date <= %(as_of)s
    UNION
    SELECT h.account_id FROM accounts_hold h
    WHERE h.account_id IS NOT NULL AND 'demand' = ANY(h.scopes) AND h.first_day <= %(as_of)s
      AND (h.last_day IS NULL OR h.last_day >= %(as_of)s)
    UNION
    SELECT a.id FROM accounts_account a JOIN accounts_debtor m ON m.id = a.debtor_id
    WHERE coalesce(m.merged_into_id, m.id) IN (
        SELECT coalesce(d.merged_into_id, d.id) FROM accounts_debtor d
        WHERE d.id IN (
            SELECT h.debtor_id FROM accounts_hold h
            WHERE h.debtor_id IS NOT NULL AND 'demand' = ANY(h.scopes) AND h.first_day <= %(as_of)s
              AND (h.last_day IS NULL OR h.last_day >= %(as_of)s)
        ) OR d.identity_id IN (
            SELECT f.identity_id FROM accounts_legalfact f WHERE f.effective_date <= %(as_of)s
        )
    )
    UNION
    SELECT p.account_id FROM accounts_promise p
    WHERE p.taken_on <= %(as_of)s AND p.grace_until >= %(as_of)s
    UNION
    SELECT n.account_id FROM accounts_planspan n
    WHERE n.first_day <= %(as_of)s AND (n.last_day IS NULL OR n.last_day >= %(as_of)s)
    UNION
    SELECT s.account_id FROM accounts_chequeshare s
"""


def parts_sql(question: AgeingQuestion) -> str:
    """`WITH` members up to `parts`: every open item of the accounts `ids` with its parts and its box."""
    known = question.known_at is not None
    of_ids = "{} = ANY(%(ids)s::bigint[]) AND".format
    return PARTS_SQL.format(
        items=items_sql(scope=of_ids("e.account_id"), known=known),
        held=held_sql(wanted="a.id IN (SELECT account_id FROM totals)", known=known),
        day=AGE_BASIS[question.basis],
        by_account="JOIN accounts_account a ON a.id = i.account_id" if question.basis == "opened" else "",
        on_promise=of_ids("p.account_id"),
        on_plan=of_ids("n.account_id"),
        known_plan=known_span_sql("n", known=known),
        known_payment="AND e.recorded_at <= %(known_at)s" if known else "",
        known_return="AND r.recorded_at <= %(known_at)s" if known else "",
        known_promise="AND p.recorded_at <= %(known_at)s" if known else "",
        known_step="AND t.recorded_at <= %(known_at)s" if known else "",
        cover=cover_sql(scope=of_ids("s.account_id"), known=known),
    )


def ageing_in_parts(question: AgeingQuestion) -> list[CurrencyAgeing]:
    """The ageing per currency, by currency code, with the ledger's own sum to hold it against.

    A large book is asked in ranges of accounts at once, or read from a kept day. Where something was
    posted between two of the reads, they are made again at one moment: what still does not sum then
    is wrong.
    """
    found = _read(question)
    if all(row.holds for row in found) or connection.in_atomic_block:
        return found
    with one_moment():
        return _read(question)


@contextmanager
def one_moment() -> Iterator[None]:
    """Every read inside sees the same moment, whatever is posted meanwhile; inside a transaction its own."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _read(question: AgeingQuestion) -> list[CurrencyAgeing]:
    labels = bucket_labels(EDGES)
    found: dict[str, CurrencyAgeing] = {}
    for currency, balance in _sum_of_entries(question):
        found[currency] = CurrencyAgeing(currency, [Bucket(label) for label in labels], ledger=balance)
    if not found:
        return []
    for currency, box, balance, accounts in _by_age(question, labels):
        row = found.setdefault(currency, CurrencyAgeing(currency, [Bucket(label) for label in labels]))
        if box is None:
            row.credit_balance += balance
        else:
            row.buckets[box].balance += balance
            row.buckets[box].accounts += accounts
    for currency, box, *parts in _parts_by_age(question):
        bucket = found[currency].buckets[box]
        for name, amount in zip(("disputed", "on_hold", "promised", "covered"), parts, strict=True):
            setattr(bucket, name, amount)
    return [found[currency] for currency in sorted(found)]


def _sum_of_entries(question: AgeingQuestion) -> list[tuple[str, Decimal]]:
    known = "AND e.recorded_at <= %(known_at)s" if question.known_at else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.currency, sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END)"
            " FROM accounts_ledgerentry e"
            f" WHERE {question.within('e.account_id')} e.value_date <= %(as_of)s {known} GROUP BY 1",
            question.parameters(),
        )
        return cursor.fetchall()


def _by_age(question: AgeingQuestion, labels: list[str]) -> Iterator[tuple]:
    """(currency, box or None for credits, balance, accounts): what is open, its parts left aside."""
    scope = question.within("e.account_id")
    if scope:
        params = {**question.parameters(), "creditor": None, "ids": None}
        for _creditor, currency, box, balance, _contested, accounts in reckoned_rows(
            question.basis, params, scope=scope
        ):
            yield currency, box, balance, accounts
        return
    whole = ageing(as_of=question.as_of, basis=question.basis, edges=EDGES, known_at=question.known_at)
    for currency, figures in whole.items():
        yield currency, None, figures["credit_balance"], 0
        for box, label in enumerate(labels):
            bucket = figures["buckets"][label]
            yield currency, box, bucket["balance"], bucket["accounts"]


def _parts_by_age(question: AgeingQuestion) -> list[tuple]:
    """(currency, box, disputed, on hold, promised, covered) of the accounts that have any of them."""
    within = question.within("c.account_id").removesuffix("AND")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.account_id FROM ({CONCERNED}) c {f'WHERE {within}' if within else ''}",
            question.parameters(),
        )
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return []
        cursor.execute(
            f"WITH {parts_sql(question)}"
            " SELECT currency, box, sum(disputed), sum(on_hold), sum(promised), sum(covered)"
            " FROM parts GROUP BY 1, 2",
            {**question.parameters(), "ids": id_array(ids)},
        )
        return cursor.fetchall()


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
