"""What is held on a day, for sets of accounts, debtors and charges."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from accounts.holds.enums import LEGAL_STOPS, HoldReason
from accounts.holds.models import Hold
from accounts.ledger.queries import items_sql
from collections_app.core import panels, prepared

_LEGAL_STOPS = ", ".join(
    f"('{kind}', '{{{','.join(scopes)}}}'::text[])" for kind, scopes in LEGAL_STOPS.items()
)

# `WITH` members for a set of accounts; parameters `ids` (account ids) and `as_of`.
# held(account_id, scope, hold_id, reason): by a hold on the account, by one on its debtor or on a
# record merged with his, or by a legal fact about the person behind those records, which holds for
# every creditor; or because there is nothing left to ask for: every overdue charge of it is held
# (`covered`). held_charge(entry_id, scope): by a hold on one charge. A joint debtor's hold protects
# him, not the account. `in_force` is not materialised: that would read every hold of the
# book for one account, where the members that use it each find theirs by an index.
HELD_SQL_OF = f"""
in_force AS NOT MATERIALIZED (
    SELECT h.id, h.debtor_id, h.account_id, h.entry_id, h.scopes, h.reason FROM accounts_hold h
    WHERE h.first_day <= %(as_of)s AND (h.last_day IS NULL OR h.last_day >= %(as_of)s)
      AND (h.lifted_on IS NULL OR h.lifted_on > %(as_of)s__known_lift__)__known_hold__
),
held_wanted AS (
    SELECT a.id AS account_id, coalesce(d.merged_into_id, d.id) AS root_id
    FROM accounts_account a JOIN accounts_debtor d ON d.id = a.debtor_id
    WHERE __wanted__
),
held_person AS (
    SELECT w.account_id, m.id AS debtor_id, m.identity_id
    FROM held_wanted w JOIN accounts_debtor m ON m.id = w.root_id
    UNION ALL
    SELECT w.account_id, m.id, m.identity_id
    FROM held_wanted w JOIN accounts_debtor m ON m.merged_into_id = w.root_id
),
legal_stop (kind, scopes) AS (
    VALUES {_LEGAL_STOPS}
),
held_in_part AS (
    SELECT DISTINCT w.account_id
    FROM held_wanted w JOIN in_force h ON h.account_id = w.account_id AND h.entry_id IS NOT NULL
),
covered AS (
    SELECT p.account_id, c.scopes, c.hold_id, c.reason
    FROM held_in_part p CROSS JOIN LATERAL (__covered__) c
),
held_by AS (
    SELECT w.account_id, h.scopes::text[] AS scopes, h.id AS hold_id, h.reason
    FROM held_wanted w JOIN in_force h ON h.account_id = w.account_id AND h.entry_id IS NULL
    UNION ALL
    SELECT p.account_id, h.scopes::text[], h.id, h.reason
    FROM held_person p JOIN in_force h ON h.debtor_id = p.debtor_id
    UNION ALL
    SELECT p.account_id, s.scopes, NULL, f.kind
    FROM held_person p
    JOIN accounts_legalfact f ON f.identity_id = p.identity_id
    JOIN legal_stop s ON s.kind = f.kind
    WHERE f.ends_id IS NULL AND f.effective_date <= %(as_of)s__known_fact__
      AND NOT EXISTS (SELECT 1 FROM accounts_legalfact e
                      WHERE e.ends_id = f.id AND e.effective_date <= %(as_of)s__known_end__)
    UNION ALL
    SELECT c.account_id, c.scopes, c.hold_id, c.reason FROM covered c
),
held AS (
    SELECT b.account_id, s.scope, b.hold_id, b.reason
    FROM held_by b CROSS JOIN LATERAL unnest(b.scopes) AS s(scope)
),
held_charge AS (
    SELECT h.entry_id, s.scope, h.account_id
    FROM in_force h CROSS JOIN LATERAL unnest(h.scopes) AS s(scope)
    WHERE h.entry_id IS NOT NULL
)
"""


# What holds on single charges stop on account `p` as a whole: a scope that each of its overdue charges
# is held for, less what is disputed of them. What a breathing space protects counts before it is
# due, too. Interest needs no such answer: it runs by the charge. Asked of the ledger account by account,
# because few accounts have a held charge and only their items are to be read.
COVERED = f"""
    WITH __items__,
    asked AS (
        SELECT entry_id, due_date < %(as_of)s AS is_overdue FROM items WHERE amount - paid > contested
    )
    SELECT array_agg(x.scope) AS scopes, min(x.hold_id) AS hold_id, min(x.reason) AS reason
    FROM (
        SELECT v.scope, min(h.id) AS hold_id, min(h.reason) AS reason
        FROM unnest(ARRAY['contact', 'demand', 'fee', 'legal']) AS v(scope)
        CROSS JOIN asked
        LEFT JOIN in_force h ON h.account_id = p.account_id AND h.entry_id = asked.entry_id
                            AND v.scope = ANY(h.scopes)
        WHERE asked.is_overdue OR h.reason = '{HoldReason.BREATHING_SPACE}'
        GROUP BY v.scope HAVING bool_and(h.id IS NOT NULL)
    ) x HAVING count(*) > 0
"""

# A hold was known to be lifted once its lifting was recorded, whatever day it was lifted for.
KNOWN_LIFT = """EXISTS (
    SELECT 1 FROM core_transition t
    WHERE t.subject_type = 'accounts.hold' AND t.subject_id = h.id AND t.to_status = 'lifted'
      AND t.recorded_at <= %(known_at)s)"""


def held_sql(*, wanted: str = "a.id = ANY(%(ids)s)", known: bool = False) -> str:
    """The `WITH` members above for the accounts `a` of a condition; with a knowledge (`known_at`)
    without the holds, liftings and legal facts that were recorded later."""
    members = {
        "__covered__": COVERED,
        "__items__": items_sql(scope="e.account_id = p.account_id AND", known=known),
        "__wanted__": wanted,
        "__known_hold__": " AND h.recorded_at <= %(known_at)s" if known else "",
        "__known_lift__": f" OR NOT {KNOWN_LIFT}" if known else "",
        "__known_fact__": " AND f.recorded_at <= %(known_at)s" if known else "",
        "__known_end__": " AND e.recorded_at <= %(known_at)s" if known else "",
    }
    sql = HELD_SQL_OF
    for name, member in members.items():
        sql = sql.replace(name, member)
    return sql


HELD_SQL = held_sql()


def held(account_ids: Iterable[int], as_of: date) -> dict[int, set[str]]:
    """What is stopped on whole accounts: only accounts with something stopped have a key."""
    ids = list(account_ids)
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {HELD_SQL} SELECT account_id, array_agg(DISTINCT scope::text)"
            " FROM held GROUP BY account_id",
            {"ids": ids, "as_of": as_of},
        )
        return {account_id: set(scopes) for account_id, scopes in cursor.fetchall()}


@dataclass(frozen=True)
class Binding:
    """One reason why something is stopped: a hold, or a legal fact (`hold_id` None)."""

    account_id: int
    reason: str
    scopes: tuple[str, ...]
    hold_id: int | None
    last_day: date | None


def bindings(account_ids: Iterable[int], as_of: date) -> dict[int, list[Binding]]:
    """Why each account is held, with the day each hold ends; the order is stable."""
    ids = list(account_ids)
    found: dict[int, list[Binding]] = {account_id: [] for account_id in ids}
    if not ids:
        return found
    rows = prepared.select(
        f"WITH {HELD_SQL} SELECT DISTINCT b.account_id, b.reason, b.scopes::text[], b.hold_id,"
        " h.last_day FROM held_by b LEFT JOIN accounts_hold h ON h.id = b.hold_id"
        " ORDER BY 1, 4 NULLS FIRST, 2",
        {"ids": ids, "as_of": as_of},
    )
    for account_id, reason, scopes, hold_id, last_day in rows:
        found[account_id].append(Binding(account_id, reason, tuple(scopes), hold_id, last_day))
    return found


@dataclass(frozen=True)
class Covered:
    """An account with nothing left to ask for: holds on single charges stop `scopes` on all of it."""

    account_id: int
    reason: str
    scopes: tuple[str, ...]
    first_day: date
    last_day: date | None
    known_at: datetime | None


def covered_accounts(account_ids: Iterable[int], as_of: date) -> list[Covered]:
    """The accounts that are held because every overdue charge of them is, and for how long together.

    `known_at` is when the last of their charges' holds was known; None where it came with the books.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH {HELD_SQL}
            SELECT c.account_id, c.reason, c.scopes, max(h.first_day),
                   min(least(h.last_day, h.lifted_on - 1)),
                   max(CASE WHEN h.import_batch_id IS NULL THEN h.recorded_at END)
            FROM covered c
            JOIN in_force f ON f.account_id = c.account_id AND f.entry_id IS NOT NULL
            JOIN accounts_hold h ON h.id = f.id AND h.scopes::text[] && c.scopes
            GROUP BY 1, 2, 3 ORDER BY 1
            """,
            {"ids": list(account_ids), "as_of": as_of},
        )
        return [
            Covered(account_id, reason, tuple(scopes), *rest)
            for account_id, reason, scopes, *rest in cursor.fetchall()
        ]


def accounts_under(hold: Hold) -> set[int]:
    """The accounts a hold stops: its own, or all of its debtor and the records merged with his."""
    if hold.account_id is not None:
        return {hold.account_id}
    return accounts_of_person([hold.debtor_id])


def person_records(debtor_ids: Iterable[int]) -> set[int]:
    """These debtor records with those merged with them; panels of one page share the read."""
    wanted = sorted(set(debtor_ids))
    return panels.shared(f"person_{wanted}", lambda: _person_records(wanted))


def _person_records(debtor_ids: list[int]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH root AS (
                SELECT DISTINCT coalesce(merged_into_id, id) AS id FROM accounts_debtor
                WHERE id = ANY(%s)
            )
            SELECT id FROM root
            UNION SELECT m.id FROM accounts_debtor m JOIN root ON m.merged_into_id = root.id
            """,
            [debtor_ids],
        )
        return {row[0] for row in cursor.fetchall()}


def accounts_of_person(debtor_ids: Iterable[int]) -> set[int]:
    """Every account of these debtor records and of the records merged with them, one creditor each."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH root AS (
                SELECT DISTINCT coalesce(merged_into_id, id) AS id FROM accounts_debtor
                WHERE id = ANY(%s)
            ),
            person AS (
                SELECT id FROM root
                UNION SELECT m.id FROM accounts_debtor m JOIN root ON m.merged_into_id = root.id
            )
            SELECT a.id FROM accounts_account a JOIN person ON a.debtor_id = person.id
            """,
            [list(debtor_ids)],
        )
        return {row[0] for row in cursor.fetchall()}
