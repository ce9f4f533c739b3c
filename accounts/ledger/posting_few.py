"""Posting of a few entries, given as a list: what is known of their accounts is read once, and the
statements are planned once a connection. Sets go by `posting` alone."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import connection

from accounts.ledger.enums import AccountStatus, EntryKind
from accounts.ledger.models import LedgerEntry
from accounts.ledger.posting import (
    ENTRY_COLUMNS,
    LEDGER_LOCK,
    SQL_TYPES,
    NewEntry,
    check,
    insert_sql,
    source_of,
)
from accounts.ledger.signals import CONCERNS
from collections_app.core import prepared
from collections_app.core.money import quantise


@dataclass(frozen=True)
class AccountFacts:
    """What posting must know of an account once it is locked. `closed_until` is the last day of its
    signed months; `written_off` what stands as a memo; `is_plain` says that it is allocated by age
    alone: no dispute, no money that names its item, no order of payment anywhere. `has_bank_details`
    says that somebody told from which account the debtor, or a record merged with his, pays;
    `rolled_day` is the creditor's day, as far as the roll has brought it."""

    account_id: int
    currency: str
    status: str
    terms: int
    written_off: Decimal
    closed_until: date | None
    is_plain: bool
    has_bank_details: bool
    rolled_day: date | None

    def is_clean(self, entry: NewEntry) -> bool:
        """Whether nothing can be wrong with the entry; `check` names what is."""
        return (
            self.status != AccountStatus.VOID
            and entry.kind in CLEAN_KINDS
            and entry.value_date is not None
            and entry.amount >= 0
            and entry.amount == quantise(entry.amount, self.currency)
        )


CLEAN_KINDS = frozenset(EntryKind.values) - {EntryKind.REVERSAL, EntryKind.ADJUSTMENT}
LOCK_FEW = """
    SELECT pg_advisory_xact_lock_shared(%(lock)s);
    SELECT id FROM accounts_account WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE
"""
FACTS = """
    SELECT a.id, a.currency, a.status, coalesce(p.terms_days, c.terms_days), coalesce(t.written_off, 0),
           (SELECT max(p.last_day) FROM accounts_closedperiod p
            WHERE p.creditor_id IS NULL OR p.creditor_id = a.creditor_id),
           NOT EXISTS (SELECT FROM accounts_contestedamount k WHERE k.account_id = a.id)
           AND NOT EXISTS (SELECT FROM accounts_ledgerentry d JOIN accounts_namedallocation n
                           ON n.debit_id = d.id WHERE d.account_id = a.id)
           AND NOT EXISTS (SELECT FROM accounts_policyversion v WHERE v.kind = 'allocation'
                           AND v.status = 'approved' AND v.values->'order' <> '[]'::jsonb),
           EXISTS (SELECT FROM accounts_debtorbankdetails b WHERE b.debtor_id = a.debtor_id)
           OR EXISTS (SELECT FROM accounts_debtor m JOIN accounts_debtorbankdetails b
                      ON b.debtor_id IN (m.id, m.merged_into_id)
                      WHERE m.merged_into_id = a.debtor_id OR (m.id = a.debtor_id
                            AND m.merged_into_id IS NOT NULL)),
           r.day
    FROM accounts_account a
    JOIN accounts_creditor c ON c.id = a.creditor_id
    LEFT JOIN accounts_portfolio p ON p.id = a.portfolio_id
    LEFT JOIN accounts_standing t ON t.account_id = a.id
    LEFT JOIN accounts_rolledday r ON r.creditor_id = a.creditor_id
    WHERE a.id = ANY(%(ids)s::bigint[]) ORDER BY a.id
"""


def lock_few(entries: list[NewEntry]) -> dict[int, AccountFacts]:
    """Lock the accounts of a list of entries as `lock_accounts` does; their facts, in id order.

    The facts are another statement than the lock: what was waited for must be seen.
    """
    ids = sorted({entry.account_id for entry in entries})
    with connection.cursor() as cursor:
        cursor.execute(LOCK_FEW, {"lock": LEDGER_LOCK, "ids": ids})
    return facts_of(entries)


def facts_of(entries: list[NewEntry]) -> dict[int, AccountFacts]:
    """The facts of the accounts of some entries, which the caller has locked; by id, in its order."""
    ids = sorted({entry.account_id for entry in entries})
    if not ids:
        return {}
    return {row[0]: AccountFacts(*row) for row in prepared.select_some(FACTS, ids)}


def concerned_by(account_ids: list[int]) -> frozenset[str] | None:
    """Which of the listeners' conditions one of a few accounts meets; None of a set."""
    if not CONCERNS or len(account_ids) > prepared.MOST_IDS:
        return None
    conditions = ", ".join(f"bool_or({condition})" for condition in CONCERNS.values())
    sql = f"SELECT {conditions} FROM accounts_account a WHERE a.id = ANY(%(ids)s::bigint[])"
    [met] = prepared.select_some(sql, account_ids)
    return frozenset(name for name, is_met in zip(CONCERNS, met, strict=True) if is_met)


def check_few(entries: list[NewEntry], facts: dict[int, AccountFacts]) -> None:
    """As `check`, which is asked only where an entry might not be postable."""
    if all(entry.account_id in facts and facts[entry.account_id].is_clean(entry) for entry in entries):
        return
    check(*source_of(entries))


FEW_TYPES = {name: f"{kind}[]" for name, kind in SQL_TYPES.items() if name in ENTRY_COLUMNS} | {
    "currency": "text[]",
    "terms": "int[]",
}


@cache
def _insert_few_sql(*, reversals: bool) -> str:
    arrays = ", ".join(f"%({name})s::{kind}" for name, kind in FEW_TYPES.items())
    names = ", ".join(FEW_TYPES)
    source = (
        f"(SELECT NULL::bigint AS id, given.* FROM unnest({arrays}) WITH ORDINALITY"
        f" AS given({names}, row_number))"
    )
    written = ", ".join(field.column for field in LedgerEntry._meta.concrete_fields)
    return f"{insert_sql(source, reversals=reversals)} RETURNING {written}"


def insert_few(
    entries: list[NewEntry], facts: dict[int, AccountFacts], *, actor_id: int
) -> list[LedgerEntry]:
    """Insert checked entries given as a list, that have an effect; those made, in the order given."""
    if not entries:
        return []
    params: dict[str, Any] = {name: [getattr(entry, name) for entry in entries] for name in ENTRY_COLUMNS}
    known = [facts[entry.account_id] for entry in entries]
    params["currency"] = [fact.currency for fact in known]
    params["terms"] = [fact.terms for fact in known]
    sql = _insert_few_sql(reversals=any(entry.kind == EntryKind.REVERSAL for entry in entries))
    with connection.cursor() as cursor:
        prepared.write(cursor, sql, {**params, "actor": actor_id}, {**FEW_TYPES, "actor": "bigint"})
        names = [field.attname for field in LedgerEntry._meta.concrete_fields]
        made = [LedgerEntry.from_db(connection.alias, names, row) for row in cursor.fetchall()]
    return sorted(made, key=lambda entry: entry.pk)
