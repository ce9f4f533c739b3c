"""Reads for the import pages and for the release of a creditor."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import connection

from accounts.imports.models import ImportBatch


def checked_state(batch: ImportBatch) -> str:
    """What was chosen for a file and what its check found, as one short word: equal while nothing
    changed that somebody decides on."""
    told = [batch.dialect, batch.mapping, batch.fixes, batch.accepts_amended, batch.control.get("rows")]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class ReachSum:
    """One currency of what a release would set going."""

    currency: str
    debtors: int
    accounts: int
    overdue: Decimal


@dataclass
class ReleasePreview:
    """Whom a release would let the product reach: sums per currency, debtors by channel."""

    sums: list[ReachSum] = field(default_factory=list)
    reach: dict[str, int] = field(default_factory=dict)


REACHABLE = """
    WITH overdue AS (
        SELECT DISTINCT a.debtor_id FROM accounts_account a JOIN accounts_standing s ON s.account_id = a.id
        WHERE a.creditor_id = %(creditor)s AND a.status = 'open' AND s.overdue > 0
    ),
    point AS (
        SELECT o.debtor_id, bool_or(p.kind = 'email') AS email, bool_or(p.kind = 'phone') AS phone,
               bool_or(p.kind = 'address') AS address
        FROM overdue o LEFT JOIN accounts_contactpoint p ON p.debtor_id = o.debtor_id
             AND p.status IN ('good', 'unverified') AND p.valid_to IS NULL
        GROUP BY o.debtor_id
    ),
    held AS (
        SELECT o.debtor_id FROM overdue o JOIN accounts_hold h ON h.debtor_id = o.debtor_id
        WHERE h.first_day <= %(day)s AND (h.last_day IS NULL OR h.last_day >= %(day)s)
          AND (h.lifted_on IS NULL OR h.lifted_on > %(day)s)
    )
    SELECT count(*) FILTER (WHERE held), count(*) FILTER (WHERE NOT held AND email),
           count(*) FILTER (WHERE NOT held AND phone), count(*) FILTER (WHERE NOT held AND address),
           count(*) FILTER (WHERE NOT held AND NOT coalesce(email OR phone OR address, false))
    FROM (SELECT p.*, p.debtor_id IN (SELECT debtor_id FROM held) AS held FROM point p) d
"""


def release_preview(creditor, *, as_of: date) -> ReleasePreview:
    """Who is overdue with the creditor today and by which channel each could be reached."""
    given = {"creditor": creditor.pk, "day": as_of}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.currency, count(DISTINCT a.debtor_id), count(*), sum(s.overdue)"
            " FROM accounts_account a JOIN accounts_standing s ON s.account_id = a.id"
            " WHERE a.creditor_id = %(creditor)s AND a.status = 'open' AND s.overdue > 0"
            " GROUP BY s.currency ORDER BY s.currency",
            given,
        )
        sums = [ReachSum(*line) for line in cursor.fetchall()]
        cursor.execute(REACHABLE, given)
        names = ("held", "email", "phone", "address", "unreachable")
        reach = dict(zip(names, cursor.fetchone(), strict=True))
    return ReleasePreview(sums, reach)
