"""Reads of the ledger for any day and any knowledge, over sets, in SQL."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from accounts.ledger.ageing import AGE_BASIS, ageing, bucket_labels
from accounts.ledger.items import items_sql
from accounts.ledger.models import Account
from collections_app.core import panels, prepared

__all__ = [
    "AGE_BASIS",
    "Item",
    "account_of_page",
    "ageing",
    "balances",
    "bucket_labels",
    "debtor_ids_of",
    "items_sql",
    "open_items",
]


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
