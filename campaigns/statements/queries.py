"""Statements' figures from the ledger, for sets of accounts, in a fixed number of statements."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models.functions import Coalesce

from accounts.arrangements.as_known import PlanThen, PromiseThen, plans_then, promises_then
from accounts.ledger.enums import AccountStatus
from accounts.ledger.models import Account
from accounts.ledger.queries import balances, open_items
from campaigns.statements.figures import PART_OF, ZERO, Figures, Line, Part, Table

MOVEMENTS = """
SELECT e.account_id, e.id, e.value_date, e.kind, e.line, e.direction, e.amount, e.tax_amount,
       e.tax_code, e.reference, e.description, e.method, coalesce(o.kind, '')
FROM accounts_ledgerentry e LEFT JOIN accounts_ledgerentry o ON o.id = e.reverses_id
WHERE e.account_id = ANY(%(ids)s) AND e.value_date BETWEEN %(first)s AND %(last)s
  AND e.recorded_at <= %(known_at)s
ORDER BY e.value_date, e.id
"""


@dataclass(frozen=True)
class Wanted:
    """Whose statement: these accounts of one debtor (the root of his records) and one creditor."""

    debtor_id: int
    account_id: int | None
    accounts: tuple[Account, ...]


def accounts_of(queryset, *, creditor_id: int | None = None):
    """Accounts that a statement may name: void ones never were."""
    found = queryset.exclude(status=AccountStatus.VOID).select_related("debtor").order_by("number")
    return found if creditor_id is None else found.filter(creditor_id=creditor_id)


def with_their_other_accounts(chosen, seen):
    """Of `seen`, all accounts of the debtors (merged records included) of `chosen`."""
    root = Coalesce("debtor__merged_into_id", "debtor_id")
    roots = chosen.order_by().annotate(_root=root).values("_root")
    return seen.annotate(_root=root).filter(_root__in=roots)


def by_debtor(accounts: Iterable[Account]) -> list[Wanted]:
    """One statement for each debtor, merged records under their root."""
    groups: dict[int, list[Account]] = {}
    for account in accounts:
        root = account.debtor.merged_into_id or account.debtor_id
        groups.setdefault(root, []).append(account)
    return [Wanted(debtor_id, None, tuple(rows)) for debtor_id, rows in sorted(groups.items())]


def by_account(accounts: Iterable[Account]) -> list[Wanted]:
    """One statement for each account."""
    return [
        Wanted(row.debtor.merged_into_id or row.debtor_id, row.pk, (row,))
        for row in sorted(accounts, key=lambda row: row.pk)
    ]


def statements(
    wanted: Iterable[Wanted], *, first_day: date, last_day: date, known_at: datetime
) -> list[Figures]:
    """The figures of each, in order, as known at that moment; a fixed number of
    statements whatever the number."""
    wanted = list(wanted)
    ids = [account.pk for row in wanted for account in row.accounts]
    if not ids:
        return []
    numbers = {account.pk: account.number for row in wanted for account in row.accounts}
    opened = balances(ids, as_of=first_day - timedelta(days=1), known_at=known_at)
    closed = balances(ids, as_of=last_day, known_at=known_at)
    items = open_items(ids, as_of=last_day, known_at=known_at)
    params = {"ids": ids, "first": first_day, "last": last_day, "known_at": known_at}
    lines: dict[int, list[Line]] = {}
    agreed: dict[int, list[PromiseThen | PlanThen]] = {}
    with connection.cursor() as cursor:
        cursor.execute(MOVEMENTS, params)
        for account_id, entry_id, day, kind, line, *rest in cursor.fetchall():
            made = Line(entry_id, account_id, numbers[account_id], day, kind, PART_OF[line], *rest)
            lines.setdefault(account_id, []).append(made)
    for promise in promises_then(ids, as_of=last_day, known_at=known_at):
        agreed.setdefault(promise.account_id, []).append(promise)
    for plan in plans_then(ids, as_of=last_day, known_at=known_at):
        for account_id in plan.account_ids:
            agreed.setdefault(account_id, []).append(plan)
    found = []
    for row in wanted:
        by_currency: dict[str, list[Account]] = {}
        for account in row.accounts:
            by_currency.setdefault(account.currency, []).append(account)
        tables = tuple(
            _table(currency, accounts, opened, closed, lines, items, agreed)
            for currency, accounts in sorted(by_currency.items())
        )
        found.append(Figures(row.debtor_id, row.account_id, first_day, last_day, known_at, tables))
    return found


def _table(
    currency: str,
    accounts: list[Account],
    opened: Mapping[int, Decimal],
    closed: Mapping[int, Decimal],
    lines: Mapping[int, list[Line]],
    items: Mapping[int, list],
    agreed: Mapping[int, list[PromiseThen | PlanThen]],
) -> Table:
    moved = [line for account in accounts for line in lines.get(account.pk, ())]
    standing = [row for account in accounts for row in agreed.get(account.pk, ())]
    due = [(account.pk, item) for account in accounts for item in items.get(account.pk, ())]
    return Table(
        currency=currency,
        accounts=tuple(
            Part(
                account.pk,
                account.number,
                account.product,
                opened.get(account.pk, ZERO),
                closed.get(account.pk, ZERO),
            )
            for account in accounts
        ),
        lines=tuple(sorted(moved, key=lambda line: (line.value_date, line.entry_id))),
        items=tuple(sorted(due, key=lambda row: (row[1].due_date, row[1].entry_id))),
        promised=tuple(row for row in standing if isinstance(row, PromiseThen)),
        plans=tuple({row.id: row for row in standing if isinstance(row, PlanThen)}.values()),
    )
