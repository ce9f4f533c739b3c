"""Reads of kept days: what was kept, corrected by what was learned since.

A kept figure says what was known at one moment. What the ledger learned after it is found by
`recorded_at`: of the accounts concerned the figures known then are taken away, and those known now
are added, in one statement and so at one moment. A posting pays nothing for it, and no late event
can be missed: postings, disputes and named allocations all hold the ledger's lock while they are
written, and a day is kept behind it.
"""

from datetime import date, datetime
from typing import Any

from django.db import connection

from accounts.ledger.ageing_sql import EDGES, OF_CREDITOR, Row, general_sql, plain_sql
from accounts.ledger.by_age import at_two_moments_sql

KEPT_BASES = ("due", "invoice")
# So many accounts are reckoned twice at most; for more the whole day is reckoned once.
MOST_LEARNED = 60_000

ORDERS_IN_FORCE = """
    SELECT coalesce(array_agg(v.id ORDER BY v.id), '{{}}') FROM accounts_policyversion v
    WHERE v.kind = 'allocation' AND v.status = 'approved' AND v.valid_from <= {day} {known}
"""
LEARNED = """
    SELECT e.account_id FROM accounts_ledgerentry e
    WHERE e.recorded_at > {after} AND e.recorded_at <= {until} AND e.value_date <= %(as_of)s
    UNION
    SELECT k.account_id FROM accounts_contestedamount k
    WHERE k.recorded_at > {after} AND k.recorded_at <= {until} AND k.effective_date <= %(as_of)s
    UNION
    SELECT d.account_id FROM accounts_namedallocation n JOIN accounts_ledgerentry d ON d.id = n.debit_id
    WHERE n.recorded_at > {after} AND n.recorded_at <= {until} AND n.effective_date <= %(as_of)s
"""
# Whichever came first: what is asked for may also lie before the moment of the kept day.
SINCE = {
    "after": "least(%(kept_at)s, coalesce(%(known_at)s, 'infinity'::timestamptz))",
    "until": "greatest(%(kept_at)s, coalesce(%(known_at)s, 'infinity'::timestamptz))",
}
# The running sums of `two_moments` as one of its moments knew them.
AT_ONE_MOMENT = """
    queue AS (SELECT account_id, amount, due_date, value_date, {0}_debit AS is_debit,
                     {0}_running AS running, is_last FROM two_moments)
"""
LEARNED_ACCOUNT = "account_id IN (SELECT account_id FROM learned)"


def kept_rows(
    *,
    as_of: date,
    basis: str,
    creditor_id: int | None = None,
    known_at: datetime | None = None,
    by_creditor: bool = False,
) -> list[Row] | None:
    """The rows of an ageing from a kept day, at today's or another knowledge; None where the day is
    not kept, was kept under other orders of payment, or too much was learned since."""
    if basis not in KEPT_BASES:
        return None
    params: dict[str, Any] = {"as_of": as_of, "known_at": known_at, "creditor": creditor_id, "basis": basis}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.id, d.known_at, EXISTS (SELECT FROM accounts_policyversion v"
            " WHERE v.id = ANY(d.orders) AND v.values->'order' <> '[]'::jsonb)"
            " FROM accounts_dayend d WHERE d.day = %(as_of)s AND d.orders = ("
            + ORDERS_IN_FORCE.format(
                day="d.day", known="AND v.approved_at <= %(known_at)s" if known_at else ""
            )
            + ")",
            params,
        )
        found = cursor.fetchone()
        if found is None:
            return None
        params["day_end"], params["kept_at"], has_orders = found
        cursor.execute(
            f"SELECT count(*) FROM ({LEARNED.format(**SINCE)} LIMIT %(most)s) learned",
            {**params, "most": MOST_LEARNED + 1},
        )
        learned = cursor.fetchone()[0]
        if learned > MOST_LEARNED:
            return None
        params["edges"] = list(EDGES)
        cursor.execute(
            _corrected_sql(basis, params, by_creditor=by_creditor, is_ruled=has_orders), params
        )
        rows = cursor.fetchall()
    # Kept anew between the two statements: then this is not the day that was looked up.
    is_still_kept = rows[0][0]
    return [row[1:] for row in rows if row[2] is not None] if is_still_kept else None


def _corrected_sql(basis: str, params: dict[str, Any], *, by_creditor: bool, is_ruled: bool) -> str:
    of_creditor = params["creditor"] is not None
    scope = OF_CREDITOR if of_creditor else ""

    def figures(*, known: bool, was_or_is: str) -> str:
        if is_ruled:
            of_learned = f"{scope} e.{LEARNED_ACCOUNT} AND"
            return general_sql(basis, scope=of_learned, known=known, by_creditor=by_creditor)
        return plain_sql(
            basis,
            "",
            scope,
            params,
            known=known,
            by_creditor=by_creditor,
            within=LEARNED_ACCOUNT,
            queue=AT_ONE_MOMENT.format(was_or_is),
        )

    was = figures(known=True, was_or_is="was")
    now = figures(known=params["known_at"] is not None, was_or_is="is")
    two_moments = at_two_moments_sql(
        scope=scope,
        within=LEARNED_ACCOUNT,
        was="%(kept_at)s",
        now="coalesce(%(known_at)s, 'infinity'::timestamptz)",
    )
    names = "creditor_id, currency, box, balance, contested, accounts"
    return f"""
        WITH learned AS MATERIALIZED ({LEARNED.format(**SINCE)}),
        {"" if is_ruled else f"{two_moments},"}
        told AS (
            SELECT {names} FROM accounts_dayendage
            WHERE day_end_id = %(day_end)s AND basis = %(basis)s
                  {"AND creditor_id = %(creditor)s" if of_creditor else ""}
            UNION ALL
            SELECT creditor_id, currency, box, -balance, -contested, -accounts
            FROM ({was.replace("%(known_at)s", "%(kept_at)s")}) was ({names})
            UNION ALL
            SELECT {names} FROM ({now}) now ({names})
        )
        SELECT EXISTS (SELECT FROM accounts_dayend WHERE id = %(day_end)s AND known_at = %(kept_at)s),
               told.*
        FROM (VALUES (1)) AS one (row) LEFT JOIN told ON TRUE
    """
