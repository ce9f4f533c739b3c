"""The book by age, on any day and any knowledge: from a kept day, or from the entries."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from accounts.ledger.ageing_sql import AGE_BASIS, EDGES, OF_CREDITOR, Row, general_sql, plain_sql
from accounts.ledger.by_age import has_orders
from accounts.ledger.kept import kept_rows
from accounts.ledger.shards import sharded_rows

__all__ = ["AGE_BASIS", "EDGES", "ageing", "bucket_labels", "reckoned_rows"]


def bucket_labels(edges: tuple[int, ...]) -> list[str]:
    """`current`, `1-30`, ... and `365+` for the edges 30, ..., 365."""
    labels, low = ["current"], 1
    for edge in edges:
        labels.append(f"{low}-{edge}")
        low = edge + 1
    labels.append(f"{edges[-1]}+")
    return labels


def ageing(
    *,
    as_of: date,
    basis: str = "due",
    edges: tuple[int, ...] = EDGES,
    creditor_id: int | None = None,
    known_at: datetime | None = None,
    account_ids=None,
    from_entries: bool = False,
) -> dict[str, dict]:
    """The book by age, per currency.

    `accounts` counts accounts by their oldest unpaid item (sums to `open_accounts`), `balance`
    splits what is open by item (sums to `open_balance`); credits stand apart as a negative number.
    `basis`: due date of the item, its own date, or the day the account was opened. Of a kept day
    only what was learned since is reckoned; `from_entries` reckons all of it.
    """
    edge_list = sorted(edges)
    labels = bucket_labels(tuple(edge_list))
    params = {
        "as_of": as_of,
        "known_at": known_at,
        "creditor": creditor_id,
        "ids": list(account_ids) if account_ids is not None else None,
        "edges": edge_list,
    }
    rows: Iterable[Row] | None = None
    if account_ids is None and not from_entries and tuple(edge_list) == EDGES:
        rows = kept_rows(as_of=as_of, basis=basis, creditor_id=creditor_id, known_at=known_at)
    if rows is None:
        rows = reckoned_rows(basis, params)
    return _by_currency(rows, labels)


def reckoned_rows(basis: str, params: dict, *, by_creditor: bool = False, scope: str = "") -> list[Row]:
    """The rows of an ageing from the entries; `params` as in `ageing`.

    A caller's own `scope` is a condition on the entries `e` that ends in AND, its values in `params`.
    """
    is_known = params["known_at"] is not None
    scope = scope or (OF_CREDITOR if params["creditor"] is not None else "")
    if params["ids"] is not None:
        few = f"{scope} e.account_id = ANY(%(ids)s) AND"
        sql = general_sql(basis, scope=few, known=is_known, of_set=False)
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()
    is_plain = basis != "opened" and not has_orders(params)

    def sql_of(span: str) -> str:
        if is_plain:
            return plain_sql(basis, span, scope, params, known=is_known, by_creditor=by_creditor)
        return general_sql(basis, scope=span + scope, known=is_known, by_creditor=by_creditor)

    return sharded_rows(sql_of, params)


def _by_currency(rows: Iterable[Row], labels: list[str]) -> dict[str, dict]:
    found: dict[str, dict] = {}
    for _creditor, currency, box, balance, contested, accounts in rows:
        figures = _currency(found, currency, labels)
        if box is None:
            figures["credit_balance"] += balance
            continue
        bucket = figures["buckets"][labels[box]]
        bucket["balance"] += balance
        bucket["contested"] += contested
        bucket["accounts"] += accounts
    for figures in found.values():
        figures["open_accounts"] = sum(box["accounts"] for box in figures["buckets"].values())
        figures["open_balance"] = sum((box["balance"] for box in figures["buckets"].values()), Decimal(0))
    return dict(sorted(found.items()))


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
