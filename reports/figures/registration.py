"""The Registration Report: how the number of accounts rolls forward over a month.

Two figures run side by side. Open by status: an account is open from its opened date until a
closing takes effect. Open by balance: an account whose balance is above zero at the day's end.
An account is registered in the month of its opened date; one whose opened date lies in a month
that was signed before it was known is a late registration of this month; accounts migrated at
cut-over are shown apart.
"""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts.teams.models import Team
from collections_app.core.models import User
from reports.figures.dataset import NOBODY, Labels, amount_text
from reports.figures.month import Month, SignedMonth

_TABLE = """
CREATE TEMPORARY TABLE registration_row ON COMMIT DROP AS
WITH status AS (
    SELECT t.subject_id AS account_id, t.effective_date, t.id, t.to_status, t.from_status
    FROM core_transition t
    WHERE t.subject_type = 'accounts.account' AND t.from_status <> ''
      AND t.effective_date <= %(last)s AND t.recorded_at <= %(known_at)s
),
voided AS (
    SELECT DISTINCT ON (subject_id) subject_id AS account_id, to_status FROM core_transition
    WHERE subject_type = 'accounts.account' AND recorded_at <= %(known_at)s
    ORDER BY subject_id, id DESC
),
last_status AS (
    SELECT DISTINCT ON (account_id) account_id, to_status FROM status
    ORDER BY account_id, effective_date DESC, id DESC
),
status_before AS (
    SELECT DISTINCT ON (account_id) account_id, to_status FROM status
    WHERE effective_date < %(first)s ORDER BY account_id, effective_date DESC, id DESC
),
turns AS (
    SELECT account_id,
           count(*) FILTER (WHERE to_status = 'closed') AS closings,
           count(*) FILTER (WHERE to_status = 'open') AS reopenings
    FROM status WHERE effective_date >= %(first)s GROUP BY account_id
),
balance AS (
    SELECT e.account_id,
           sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END)
               FILTER (WHERE e.value_date < %(first)s) AS at_start,
           sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END) AS at_end
    FROM accounts_ledgerentry e
    WHERE e.value_date <= %(last)s AND e.recorded_at <= %(known_at)s GROUP BY e.account_id
),
owner AS (
    SELECT DISTINCT ON (s.account_id) s.account_id, s.team_id, s.officer_id
    FROM accounts_accountassignment s
    WHERE s.effective_date <= %(last)s AND s.recorded_at <= %(known_at)s
    ORDER BY s.account_id, s.effective_date DESC, s.id DESC
)
SELECT a.id AS account_id, a.number, a.creditor_id, a.currency, a.opened_date, a.registered_at,
       a.debtor_id, a.is_migrated, o.team_id, o.officer_id,
       CASE WHEN a.opened_date >= %(first)s THEN 'new'
            WHEN {late} THEN 'late' ELSE 'old' END AS arrival,
       a.opened_date < %(first)s AND NOT ({late})
           AND coalesce(b.to_status, 'open') = 'open' AS is_open_at_start,
       coalesce(l.to_status, 'open') = 'open' AS is_open_at_end,
       coalesce(t.closings, 0)::int AS closings, coalesce(t.reopenings, 0)::int AS reopenings,
       coalesce(m.at_start, 0) AS balance_at_start, coalesce(m.at_end, 0) AS balance_at_end
FROM accounts_account a
LEFT JOIN voided v ON v.account_id = a.id
LEFT JOIN last_status l ON l.account_id = a.id
LEFT JOIN status_before b ON b.account_id = a.id
LEFT JOIN turns t ON t.account_id = a.id
LEFT JOIN balance m ON m.account_id = a.id
LEFT JOIN owner o ON o.account_id = a.id
WHERE a.opened_date <= %(last)s AND a.registered_at <= %(known_at)s
  AND coalesce(v.to_status, 'open') <> 'void'
"""


@transaction.atomic
def registration_dataset(
    *, month: Month, known_at: datetime, previous: SignedMonth | None = None, labels: Labels | None = None
) -> dict[str, Any]:
    """The Registration Report of a month as known at a moment."""
    labels = labels or Labels()
    late = "a.opened_date < %(first)s AND a.registered_at > %(previous_known_at)s" if previous else "false"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS registration_row")
        cursor.execute(
            _TABLE.format(late=late),
            {
                "first": month.first_day,
                "last": month.last_day,
                "known_at": known_at,
                "previous_known_at": previous.known_at if previous else None,
            },
        )
        counts = _counts(cursor)
        rows = _rows(cursor, labels)
        creditors = _per_creditor(cursor, labels)
    return {
        "report": "registration",
        "month": str(month),
        "as_of": month.last_day,
        "known_at": known_at,
        "previous_build": previous.build_id if previous else None,
        **counts,
        "creditors": creditors,
        "rows": rows,
        "labels": labels.frozen,
        "checks": _checks(counts, rows, creditors),
    }


_FIGURES = """
    count(*) FILTER (WHERE is_open_at_start),
    count(*) FILTER (WHERE arrival = 'new'),
    count(*) FILTER (WHERE arrival = 'late'),
    sum(reopenings),
    sum(closings),
    count(*) FILTER (WHERE is_open_at_end),
    count(*) FILTER (WHERE is_migrated AND arrival <> 'old'),
    count(*) FILTER (WHERE arrival = 'old' AND balance_at_start > 0),
    count(*) FILTER (WHERE arrival <> 'old' AND balance_at_end > 0),
    count(*) FILTER (WHERE arrival = 'old' AND balance_at_start <= 0 AND balance_at_end > 0),
    count(*) FILTER (WHERE arrival = 'old' AND balance_at_start > 0 AND balance_at_end <= 0),
    count(*) FILTER (WHERE balance_at_end > 0)
"""


def _named(values) -> dict[str, Any]:
    start, new, late, reopened, closed, end, migrated, b_start, b_new, b_again, b_gone, b_end = (
        int(value or 0) for value in values
    )
    return {
        "accounts": {
            "open_at_start": start,
            "registered": new + late,
            "reopened": reopened,
            "closed": closed,
            "open_at_end": end,
        },
        "with_balance": {
            "at_start": b_start,
            "registered": b_new,
            "reopened": b_again,
            "cleared": b_gone,
            "at_end": b_end,
        },
        "late": late,
        "migrated": migrated,
    }


def _counts(cursor) -> dict[str, Any]:
    cursor.execute(f"SELECT {_FIGURES} FROM registration_row")
    return _named(cursor.fetchone())


def _per_creditor(cursor, labels: Labels) -> list[dict]:
    cursor.execute(
        f"SELECT c.id, c.name, {_FIGURES} FROM registration_row r"
        " JOIN accounts_creditor c ON c.id = r.creditor_id GROUP BY c.id, c.name"
    )
    made = [
        {"key": key, "name": labels.name("creditor", key, name), **_named(values)}
        for key, name, *values in cursor.fetchall()
    ]
    return sorted(made, key=lambda row: (row["name"], row["key"]))


def _rows(cursor, labels: Labels) -> list[dict]:
    """One row per account that came in, in the order of registration."""
    teams = dict(Team.objects.values_list("pk", "name"))
    officers = dict(User.objects.values_list("pk", "full_name"))
    cursor.execute(
        """
        SELECT r.number, r.creditor_id, c.name, d.reference, r.opened_date, r.arrival, r.is_migrated,
               r.currency, r.balance_at_end, r.team_id, r.officer_id, r.is_open_at_end,
               coalesce(p.unit, ''), coalesce(y.role, ''),
               p.id IS NOT NULL, EXISTS (SELECT 1 FROM accounts_contactpoint q
                   WHERE q.debtor_id = r.debtor_id AND q.kind = 'phone'),
               EXISTS (SELECT 1 FROM accounts_contactpoint q
                   WHERE q.debtor_id = r.debtor_id AND q.kind = 'email'),
               s.actor_id
        FROM registration_row r
        JOIN accounts_creditor c ON c.id = r.creditor_id
        JOIN accounts_debtor d ON d.id = r.debtor_id
        LEFT JOIN LATERAL (SELECT id, unit FROM accounts_contactpoint q WHERE q.debtor_id = r.debtor_id
            AND q.kind = 'address' ORDER BY q.is_primary DESC, q.id LIMIT 1) p ON true
        LEFT JOIN LATERAL (SELECT role FROM accounts_accountparty y WHERE y.account_id = r.account_id
            ORDER BY y.id LIMIT 1) y ON true
        LEFT JOIN LATERAL (SELECT actor_id FROM core_transition t
            WHERE t.subject_type = 'accounts.account' AND t.subject_id = r.account_id
            ORDER BY t.id LIMIT 1) s ON true
        WHERE r.arrival <> 'old'
        ORDER BY r.opened_date, c.name, r.number
        """
    )
    rows = []
    for (
        number, creditor_id, creditor, reference, opened, arrival, migrated, currency, balance,
        team_id, officer_id, is_open, unit, role, has_address, has_phone, has_email, actor_id,
    ) in cursor.fetchall():  # fmt: skip
        rows.append(
            {
                "account": number,
                "creditor": labels.name("creditor", creditor_id, creditor),
                "debtor_reference": reference,
                "registration_date": opened,
                "kind": "migrated" if migrated else ("re-registration" if arrival == "late" else "new"),
                "unit": unit,
                "party_role": role,
                "team": labels.name("team", team_id, teams.get(team_id) or NOBODY),
                "officer": labels.name("officer", officer_id, officers.get(officer_id) or NOBODY),
                "registered_by": labels.name("officer", actor_id, officers.get(actor_id) or NOBODY),
                "completeness": {"address": has_address, "phone": has_phone, "email": has_email},
                "currency": currency,
                "balance_at_end": amount_text(balance, currency),
                "is_open_at_end": is_open,
            }
        )
    return rows


def _checks(counts: dict, rows: list[dict], creditors: list[dict]) -> list[dict]:
    status, money = counts["accounts"], counts["with_balance"]
    rolled = status["open_at_start"] + status["registered"] + status["reopened"] - status["closed"]
    carried = money["at_start"] + money["registered"] + money["reopened"] - money["cleared"]
    by_creditor = sum(row["accounts"]["open_at_end"] for row in creditors)

    def check(name: str, left: int, right: int) -> dict:
        return {
            "name": name,
            "holds": left == right,
            "detail": "" if left == right else f"{left} is not {right}",
        }

    return [
        check("accounts_roll_forward", rolled, status["open_at_end"]),
        check("balances_roll_forward", carried, money["at_end"]),
        check("rows_are_the_registered", len(rows), status["registered"]),
        check("creditors_sum_to_house", by_creditor, status["open_at_end"]),
    ]
