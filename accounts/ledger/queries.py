"""Reads of the ledger for any day and any knowledge, over sets, in SQL."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from accounts.ledger.models import Account
from accounts.ledger.shards import sharded_rows
from collections_app.core import panels, prepared

# The items of a set of accounts as of a day. Named parameters: as_of, known_at (a moment or NULL)
# and, inside {scope}, whatever the scope needs. A reversed entry and its reversal drop out together
# from the reversal's value date on, so a returned payment re-opens the items it had paid.
# `orders` are the approved allocation orders of that day; while all are plain age, an account's
# `ranks` is NULL without a look-up, and the window sorts by age alone.
ITEMS = """
orders AS MATERIALIZED (
    SELECT v.scope_type, v.scope_id, v.valid_from, v.id,
           ARRAY(SELECT jsonb_array_elements_text(v.values->'order')) AS ranks
    FROM accounts_policyversion v
    WHERE v.kind = 'allocation' AND v.status = 'approved' AND v.valid_from <= %(as_of)s {known_policy}
),
live AS MATERIALIZED (
    SELECT e.account_id, e.id, e.currency, e.kind, e.line, e.direction, e.amount, e.value_date, e.due_date
    FROM accounts_ledgerentry e
    WHERE {scope} e.kind <> 'reversal' AND e.value_date <= %(as_of)s {known}
      AND NOT EXISTS (
        SELECT 1 FROM accounts_ledgerentry r
        WHERE r.reverses_id = e.id AND r.value_date <= %(as_of)s {known_reversal}
      )
),
totals AS MATERIALIZED (
    SELECT account_id, currency,
           coalesce(sum(amount) FILTER (WHERE direction = 'debit'), 0) AS charged,
           coalesce(sum(amount) FILTER (WHERE direction = 'credit'), 0) AS pool,
           CASE WHEN EXISTS (SELECT FROM orders WHERE ranks <> '{{}}') THEN (
               SELECT nullif(o.ranks, '{{}}')
               FROM orders o JOIN accounts_account p ON p.id = live.account_id
               WHERE o.scope_type = '' OR (o.scope_type = 'creditor' AND o.scope_id = p.creditor_id)
                  OR (o.scope_type = 'portfolio' AND o.scope_id = p.portfolio_id)
               ORDER BY CASE o.scope_type WHEN 'portfolio' THEN 2 WHEN 'creditor' THEN 1 ELSE 0 END DESC,
                        o.valid_from DESC, o.id DESC
               LIMIT 1
           ) END AS ranks
    FROM live GROUP BY account_id, currency
),
named AS (
    SELECT n.debit_id AS entry_id, d.account_id, least(sum(n.amount), d.amount) AS amount
    FROM accounts_namedallocation n
    JOIN live c ON c.id = n.credit_id
    JOIN live d ON d.id = n.debit_id
    WHERE n.undoes_id IS NULL AND n.effective_date <= %(as_of)s {known_named}
      AND NOT EXISTS (
        SELECT 1 FROM accounts_namedallocation u
        WHERE u.undoes_id = n.id AND u.effective_date <= %(as_of)s {known_undone}
      )
    GROUP BY n.debit_id, d.account_id, d.amount
),
contested AS (
    SELECT k.entry_id, d.account_id, least(k.amount, d.amount - coalesce(n.amount, 0)) AS amount
    FROM (
        SELECT DISTINCT ON (k.entry_id) k.entry_id, k.amount
        FROM accounts_contestedamount k
        WHERE k.effective_date <= %(as_of)s {known_contested}
          AND k.account_id IN (SELECT account_id FROM totals)
        ORDER BY k.entry_id, k.effective_date DESC, k.id DESC
    ) k
    JOIN live d ON d.id = k.entry_id AND d.direction = 'debit'
    LEFT JOIN named n ON n.entry_id = k.entry_id
),
set_aside AS (
    SELECT account_id, sum(named) AS named, sum(contested) AS contested FROM (
        SELECT account_id, amount AS named, 0::numeric AS contested FROM named
        UNION ALL SELECT account_id, 0, amount FROM contested
    ) parts GROUP BY account_id
),
ranked AS (
    SELECT d.account_id, d.id, d.currency, d.amount, d.value_date, d.due_date,
           coalesce(n.amount, 0) AS named, coalesce(k.amount, 0) AS contested,
           t.pool - coalesce(x.named, 0) AS free_pool,
           t.charged - coalesce(x.named, 0) - coalesce(x.contested, 0) AS account_room,
           d.amount - coalesce(n.amount, 0) - coalesce(k.amount, 0) AS room,
           sum(d.amount - coalesce(n.amount, 0) - coalesce(k.amount, 0)) OVER oldest AS room_through,
           sum(coalesce(k.amount, 0)) OVER oldest AS contested_through
    FROM live d
    JOIN totals t ON t.account_id = d.account_id
    LEFT JOIN set_aside x ON x.account_id = d.account_id
    LEFT JOIN named n ON n.entry_id = d.id
    LEFT JOIN contested k ON k.entry_id = d.id
    WHERE d.direction = 'debit'
    WINDOW oldest AS (PARTITION BY d.account_id ORDER BY
        CASE WHEN t.ranks IS NULL THEN 0 ELSE array_position(t.ranks,
            CASE d.kind WHEN 'fee' THEN 'fees' WHEN 'interest' THEN 'interest'
                        WHEN 'penalty' THEN 'penalties' ELSE 'charges' END) END,
        d.due_date, d.value_date, d.id)
),
items AS (
    SELECT account_id, id AS entry_id, currency, amount, value_date, due_date, contested,
           named
           + least(room, greatest(free_pool - (room_through - room), 0))
           + least(contested, greatest(free_pool - account_room - (contested_through - contested), 0))
           AS paid
    FROM ranked
)
"""


def items_sql(*, scope: str = "", known: bool = False) -> str:
    """The `WITH` members above for a scope (a condition on `e` that ends in AND) and a knowledge."""
    at = "AND {}.recorded_at <= %(known_at)s"
    return ITEMS.format(
        scope=scope,
        known=at.format("e") if known else "",
        known_reversal=at.format("r") if known else "",
        known_named=at.format("n") if known else "",
        known_undone=at.format("u") if known else "",
        known_contested=at.format("k") if known else "",
        known_policy="AND v.approved_at <= %(known_at)s" if known else "",
    )


def account_of_page(ids) -> Account | None:
    """The account a page is about, with debtor and creditor; its panels share one read."""
    (pk,) = ids
    return panels.shared(
        f"account_{pk}",
        lambda: Account.objects.select_related("debtor", "creditor", "standing").filter(pk=pk).first(),
    )


def debtor_ids_of(account_ids) -> set[int]:
    """The debtors of a set of accounts; panels of one page share the read."""
    wanted = sorted(account_ids)
    return panels.shared(
        f"debtors_{wanted}",
        lambda: set(Account.objects.filter(pk__in=wanted).values_list("debtor_id", flat=True)),
    )


@dataclass(frozen=True)
class Item:
    """One debit with what is still open of it. `contested` is the open part that is in dispute."""

    entry_id: int
    kind: str
    description: str
    reference: str
    value_date: date
    due_date: date
    amount: Decimal
    paid: Decimal
    open: Decimal
    contested: Decimal

    def days_past_due(self, as_of: date) -> int:
        return (as_of - self.due_date).days


def open_items(
    account_ids, *, as_of: date, known_at: datetime | None = None, include_paid: bool = False
) -> dict[int, list[Item]]:
    """Items of each account, oldest due first; paid ones too if asked. Amounts in its currency."""
    ids = list(account_ids)
    found: dict[int, list[Item]] = {account_id: [] for account_id in ids}
    if not ids:
        return found
    body = items_sql(scope="e.account_id = ANY(%(ids)s) AND", known=known_at is not None)
    keep = "" if include_paid else "WHERE i.amount > i.paid"
    rows = prepared.select(
        f"""
        WITH {body}
        SELECT i.account_id, i.entry_id, e.kind, e.description, e.reference, i.value_date,
               i.due_date, i.amount, i.paid, i.amount - i.paid,
               least(i.contested, i.amount - i.paid)
        FROM items i JOIN accounts_ledgerentry e ON e.id = i.entry_id
        {keep}
        ORDER BY i.account_id, i.due_date, i.value_date, i.entry_id
        """,
        {"ids": ids, "as_of": as_of, "known_at": known_at},
    )
    for account_id, *columns in rows:
        found[account_id].append(Item(*columns))
    return found


def balances(account_ids=None, *, as_of: date, known_at: datetime | None = None) -> dict[int, Decimal]:
    """Balance of each account that has entries by a day; negative is a credit balance."""
    known = "AND recorded_at <= %(known_at)s" if known_at else ""
    scope = "AND account_id = ANY(%(ids)s)" if account_ids is not None else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT account_id, sum(CASE direction WHEN 'debit' THEN amount ELSE -amount END)
            FROM accounts_ledgerentry WHERE value_date <= %(as_of)s {known} {scope}
            GROUP BY account_id
            """,
            {
                "ids": list(account_ids) if account_ids is not None else None,
                "as_of": as_of,
                "known_at": known_at,
            },
        )
        return dict(cursor.fetchall())


def bucket_labels(edges: tuple[int, ...]) -> list[str]:
    """`current`, `1-30`, ... and `365+` for the edges 30, ..., 365."""
    labels, low = ["current"], 1
    for edge in edges:
        labels.append(f"{low}-{edge}")
        low = edge + 1
    labels.append(f"{edges[-1]}+")
    return labels


AGE_BASIS = {"due": "i.due_date", "invoice": "i.value_date", "opened": "a.opened_date"}


def ageing(
    *,
    as_of: date,
    basis: str = "due",
    edges: tuple[int, ...] = (30, 60, 90, 180, 365),
    creditor_id: int | None = None,
    known_at: datetime | None = None,
    account_ids=None,
) -> dict[str, dict]:
    """The book by age, per currency.

    `accounts` counts accounts by their oldest unpaid item (sums to `open_accounts`), `balance`
    splits what is open by item (sums to `open_balance`); credits stand apart as a negative number.
    `basis`: due date of the item, its own date, or the day the account was opened.
    """
    day = AGE_BASIS[basis]
    scope = ""
    if creditor_id is not None:
        scope = "e.account_id IN (SELECT id FROM accounts_account WHERE creditor_id = %(creditor)s) AND"
    if account_ids is not None:
        scope += " e.account_id = ANY(%(ids)s) AND"
    edge_list = sorted(edges)
    by_account = "JOIN accounts_account a ON a.id = i.account_id" if basis == "opened" else ""
    params = {
        "as_of": as_of,
        "known_at": known_at,
        "creditor": creditor_id,
        "ids": list(account_ids) if account_ids is not None else None,
        "edges": edge_list,
    }

    def sql(span: str) -> str:
        return _ageing_sql(items_sql(scope=span + scope, known=known_at is not None), day, by_account)

    labels = bucket_labels(tuple(edge_list))
    found: dict[str, dict] = {}
    rows = sharded_rows(sql, params) if account_ids is None else _rows(sql(""), params)
    for currency, box, balance, contested, accounts in rows:
        if box is None:
            _currency(found, currency, labels)["credit_balance"] += balance
            continue
        bucket = _currency(found, currency, labels)["buckets"][labels[box]]
        bucket["balance"] += balance
        bucket["contested"] += contested
        bucket["accounts"] += accounts
    for figures in found.values():
        figures["open_accounts"] = sum(box["accounts"] for box in figures["buckets"].values())
        figures["open_balance"] = sum((box["balance"] for box in figures["buckets"].values()), Decimal(0))
    return dict(sorted(found.items()))


def _rows(sql: str, params: dict) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def _ageing_sql(items: str, day: str, by_account: str) -> str:
    return f"""
        WITH {items},
        aged AS (
            SELECT i.currency, i.account_id, i.amount - i.paid AS open,
                   least(i.contested, i.amount - i.paid) AS contested,
                   greatest(%(as_of)s::date - {day}, 0) AS age
            FROM items i {by_account}
            WHERE i.amount > i.paid
        ),
        boxed AS (
            SELECT currency, account_id, open, contested,
                   CASE WHEN age <= 0 THEN 0
                        ELSE 1 + width_bucket(age - 1, %(edges)s::int[]) END AS box
            FROM aged
        ),
        by_account AS (
            SELECT currency, account_id, max(box) AS box FROM boxed GROUP BY currency, account_id
        )
        SELECT b.currency, b.box, sum(b.open), sum(b.contested), 0 FROM boxed b GROUP BY 1, 2
        UNION ALL
        SELECT currency, box, 0, 0, count(*) FROM by_account GROUP BY 1, 2
        UNION ALL
        SELECT currency, NULL, sum(least(charged - pool, 0)), 0, 0 FROM totals GROUP BY 1
    """


def _currency(found: dict, currency: str, labels: list[str]) -> dict:
    if currency not in found:
        found[currency] = {
            "open_accounts": 0,
            "open_balance": Decimal(0),
            "credit_balance": Decimal(0),
            "buckets": {
                label: {"accounts": 0, "balance": Decimal(0), "contested": Decimal(0)} for label in labels
            },
        }
    return found[currency]
