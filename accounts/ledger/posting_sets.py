"""The statements behind the posting of a set: its rows beside what is known of their accounts.

All that follows (what is wrong, what is inserted, which account was closed) reads that one table
instead of joining a million accounts each time. Nothing here checks permission: `services` does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from accounts.ledger import posting
from accounts.ledger.enums import AccountStatus
from accounts.ledger.posting import ENTRY_COLUMNS, SQL_TYPES
from accounts.ledger.signals import CONCERNS
from collections_app.core import passing
from collections_app.core.bulk import analyse_passing

TABLE, ACCOUNTS = "posted_entry", "posted_account"
# What is read of an account is what its lock has waited for.
LOCKED = """AS
    SELECT a.id, a.number, a.currency, a.status, a.creditor_id, a.portfolio_id
    FROM accounts_account a WHERE a.id IN (SELECT account_id FROM {table} s)
    ORDER BY a.id FOR NO KEY UPDATE
"""
COLUMNS = ", ".join(f"s.{name}::{SQL_TYPES[name]} AS {name}" for name in ENTRY_COLUMNS)
GATHERED = f"""AS
    SELECT CASE WHEN s.given_id IS NOT NULL THEN s.given_id
                WHEN s.kind = 'reversal' OR s.amount <> 0 THEN nextval(%(keys)s::regclass) END AS id, *
    FROM (
        SELECT s.row_number, s.id AS given_id, {COLUMNS}{{beside}},
               a.id AS found_id, a.number AS account_number, a.currency,
               a.status AS account_status, coalesce(p.terms_days, c.terms_days)::int AS terms
        FROM {{table}} s
        LEFT JOIN {ACCOUNTS} a ON a.id = s.account_id
        LEFT JOIN accounts_creditor c ON c.id = a.creditor_id
        LEFT JOIN accounts_portfolio p ON p.id = a.portfolio_id
        ORDER BY s.row_number
    ) s
"""
LOOKED_AT = f"""
    SELECT count(*), count(id), coalesce(bool_or(kind = 'reversal'), FALSE),
           coalesce(bool_or(account_status = '{AccountStatus.CLOSED}'), FALSE)
    FROM {TABLE}
"""
OF_ACCOUNT_GATHERED = (
    "CROSS JOIN LATERAL (SELECT s.found_id AS id, s.account_number AS number, s.currency,"
    " s.account_status AS status) a"
)


@dataclass(frozen=True)
class Look:
    """What a gathered set is: how many rows, how many with an effect, what some of them are."""

    rows: int
    made: int
    has_reversals: bool
    has_closed: bool


def lock(table: str, params: dict) -> list[int]:
    """As `posting.lock_accounts`; `ACCOUNTS` is left behind with what posting must know of them."""
    posting.share_ledger()
    passing.drop(ACCOUNTS)
    with connection.cursor() as cursor:
        cursor.execute(passing.table(ACCOUNTS, LOCKED.format(table=table)), params)
        analyse_passing(ACCOUNTS)
        cursor.execute(f"SELECT id FROM {ACCOUNTS} ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def gather(table: str, params: dict, beside: Sequence[str] = ()) -> Look:
    """Lay the rows to post beside what is known of their accounts, which `lock` has locked.

    `table` may be a query in brackets with these parameters. Ids are drawn in the order of the rows
    where it says none; a zero amount gets none. The caller's own columns `beside` come along.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence('accounts_ledgerentry', 'id')")
        [keys] = cursor.fetchone()
        passing.drop(TABLE)
        own = "".join(f", s.{name}" for name in beside)
        gathered = passing.table(TABLE, GATHERED.format(table=table, beside=own))
        cursor.execute(gathered, {**params, "keys": keys})
        analyse_passing(TABLE)
        cursor.execute(LOOKED_AT)
        return Look(*cursor.fetchone())


def check(look: Look) -> None:
    """As `posting.check`, of what was gathered."""
    posting.check(TABLE, {}, reversals=look.has_reversals, of_account=OF_ACCOUNT_GATHERED)


def insert(look: Look, *, actor_id: int) -> list[int]:
    """Insert the gathered entries that have an effect; their ids, in order.

    A debit without a due date gets value date + the portfolio's or creditor's terms, and is flagged.
    """
    with connection.cursor() as cursor:
        sql = posting.insert_sql(TABLE, reversals=look.has_reversals, is_in_order=True)
        cursor.execute(sql, {"actor": actor_id})
        cursor.execute(f"SELECT id FROM {TABLE} WHERE id IS NOT NULL ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def write_back(table: str) -> None:
    """Tell the caller's table which of its rows became which entry."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} t SET id = p.id FROM {TABLE} p"
            " WHERE p.row_number = t.row_number AND t.id IS NULL AND p.id IS NOT NULL"
        )


def concerned(beside: Sequence[int]) -> frozenset[str]:
    """Which of the listeners' conditions an account of the set, or one `beside` it, meets.

    Asked from here they begin with what they look for, which is little; each listener would be sent
    every key of the set.
    """
    if not CONCERNS:
        return frozenset()
    among = f"a.id IN (SELECT account_id FROM {TABLE} UNION ALL SELECT unnest(%(beside)s::bigint[]))"
    asked = ", ".join(
        f"EXISTS (SELECT FROM accounts_account a WHERE {among} AND {condition})"
        for condition in CONCERNS.values()
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {asked}", {"beside": list(beside)})
        met = cursor.fetchone()
    return frozenset(name for name, is_met in zip(CONCERNS, met, strict=True) if is_met)
