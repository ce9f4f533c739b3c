"""The Follow-up Report: every contact attempt of a month once, with outcome and what followed."""

from datetime import datetime
from typing import Any

from django.db import connection

from accounts.parties.enums import Channel
from collections_app.core.models import User
from reports.figures.dataset import NOBODY, Labels
from reports.figures.month import Month, SignedMonth

_ATTEMPTS = """
    FROM accounts_contactattempt t
    JOIN accounts_creditor c ON c.id = t.creditor_id
    JOIN accounts_debtor d ON d.id = t.debtor_id
    WHERE (t.at AT TIME ZONE c.time_zone)::date BETWEEN %(first)s AND %(last)s
      AND t.at BETWEEN %(first)s::timestamptz - interval '2 days'
                   AND %(last)s::timestamptz + interval '2 days'
      AND t.recorded_at <= %(known_at)s
      AND NOT EXISTS (SELECT 1 FROM accounts_contactattempt x
                      WHERE x.supersedes_id = t.id AND x.recorded_at <= %(known_at)s)
"""


def follow_up_dataset(
    *,
    month: Month,
    known_at: datetime,
    previous: SignedMonth | None = None,
    labels: Labels | None = None,
    is_closed: bool = True,
) -> dict[str, Any]:
    """The Follow-up Report of a month as known at a moment.

    One call about three accounts is one row that names three. For the running month it is live:
    `is_closed` is false and late follow-ups are those before `as_of`.
    """
    labels = labels or Labels()
    as_of = min(month.last_day, known_at.date()) if not is_closed else month.last_day
    params = {"first": month.first_day, "last": month.last_day, "known_at": known_at, "as_of": as_of}
    with connection.cursor() as cursor:
        rows = _rows(cursor, params, labels)
        cursor.execute(
            f"SELECT t.channel, count(*), count(*) FILTER (WHERE t.is_contact_made),"
            f" count(*) FILTER (WHERE t.is_right_party) {_ATTEMPTS} GROUP BY 1",
            params,
        )
        log = {channel: values for channel, *values in cursor.fetchall()}
        cursor.execute(
            """
            SELECT count(*) FILTER (WHERE p.next_moment IS NOT NULL),
                   count(*) FILTER (WHERE p.next_moment IS NULL)
            FROM accounts_permit p JOIN accounts_creditor c ON c.id = p.creditor_id
            WHERE NOT p.is_allowed AND p.recorded_at <= %(known_at)s
              AND (p.moment AT TIME ZONE c.time_zone)::date BETWEEN %(first)s AND %(last)s
            """,
            params,
        )
        deferred, refused = cursor.fetchone()
    attempts = {channel: log.get(channel, [0, 0, 0])[0] for channel in Channel.values}
    return {
        "report": "followup",
        "month": str(month),
        "as_of": as_of,
        "known_at": known_at,
        "is_closed": is_closed,
        "previous_build": previous.build_id if previous else None,
        "attempts": attempts,
        "contacts_made": sum(values[1] for values in log.values()),
        "right_party": sum(values[2] for values in log.values()),
        "deferred": deferred,
        "refused": refused,
        "rows": rows,
        "labels": labels.frozen,
        "checks": _checks(attempts, rows),
    }


def _rows(cursor, params: dict, labels: Labels) -> list[dict]:
    names = dict(User.objects.values_list("pk", "full_name"))
    cursor.execute(
        f"""
        SELECT t.id, t.at AT TIME ZONE c.time_zone, t.channel, t.direction, c.id, c.name, d.reference,
               t.officer_id, t.outcome, t.person_reached, t.is_contact_made, t.is_right_party,
               t.nonpayment_reason, t.source, (t.permit_id IS NOT NULL),
               (SELECT array_agg(a.number ORDER BY a.number) FROM accounts_attemptaccount l
                JOIN accounts_account a ON a.id = l.account_id WHERE l.attempt_id = t.id),
               f.due_on, f.status, f.done_on
        {
            _ATTEMPTS.replace(
                "WHERE",
                '''
        LEFT JOIN LATERAL (
            SELECT u.due_on, u.status, u.done_on FROM accounts_followup u
            WHERE u.attempt_id = t.id AND u.recorded_at <= %(known_at)s ORDER BY u.id DESC LIMIT 1
        ) f ON true
        WHERE''',
                1,
            )
        }
        ORDER BY t.at, t.id
        """,
        params,
    )
    rows = []
    for (
        pk, at, channel, direction, creditor_id, creditor, reference, officer_id, outcome, person,
        made, right, reason, source, has_permit, accounts, due_on, status, done_on,
    ) in cursor.fetchall():  # fmt: skip
        rows.append(
            {
                "attempt": pk,
                "at": at,
                "channel": channel,
                "direction": direction,
                "creditor": labels.name("creditor", creditor_id, creditor),
                "debtor_reference": reference,
                "accounts": accounts or [],
                "officer": labels.name("officer", officer_id, names.get(officer_id) or NOBODY),
                "outcome": outcome,
                "person_reached": person,
                "contact_made": made,
                "right_party": right,
                "reason": reason,
                "source": source,
                "has_permit": has_permit,
                "follow_up_due": due_on,
                "follow_up_status": _status(status, due_on, done_on, params["as_of"]),
            }
        )
    return rows


def _status(status: str | None, due_on, done_on, as_of) -> str:
    """`late` is no status of its own: an open follow-up whose day has passed."""
    if status is None:
        return ""
    if done_on is not None and done_on > as_of:
        status = "open"
    if status == "open" and due_on < as_of:
        return "late"
    return status


def _checks(attempts: dict[str, int], rows: list[dict]) -> list[dict]:
    counted: dict[str, int] = dict.fromkeys(attempts, 0)
    for row in rows:
        counted[row["channel"]] += 1
    faults = [f"{name}: {counted[name]} rows, {attempts[name]} in the log" for name in attempts
              if counted[name] != attempts[name]]  # fmt: skip
    once = len({row["attempt"] for row in rows}) == len(rows)
    return [
        {"name": "channels_equal_the_log", "holds": not faults, "detail": "; ".join(faults)},
        {"name": "each_attempt_once", "holds": once, "detail": ""},
    ]
