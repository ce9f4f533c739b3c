"""What was done in a month: attempts per channel and officer, promises taken."""

from datetime import datetime

from django.db import connection

from collections_app.core.models import User
from reports.figures.dataset import NOBODY, Labels
from reports.figures.month import Month


def activities_of(*, month: Month, known_at: datetime, labels: Labels) -> list[dict]:
    """Contact attempts per officer and channel, each once, as known at a moment.

    The month's days are those of the creditor's zone, as value dates are.
    """
    names = dict(User.objects.values_list("pk", "full_name"))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT t.officer_id, t.channel, count(*),
                   count(*) FILTER (WHERE t.is_contact_made), count(*) FILTER (WHERE t.is_right_party)
            FROM accounts_contactattempt t
            JOIN accounts_creditor c ON c.id = t.creditor_id
            WHERE (t.at AT TIME ZONE c.time_zone)::date BETWEEN %(first)s AND %(last)s
              AND t.at BETWEEN %(first)s::timestamptz - interval '2 days'
                           AND %(last)s::timestamptz + interval '2 days'
              AND t.recorded_at <= %(known_at)s
              AND NOT EXISTS (SELECT 1 FROM accounts_contactattempt x
                              WHERE x.supersedes_id = t.id AND x.recorded_at <= %(known_at)s)
            GROUP BY 1, 2
            """,
            {"first": month.first_day, "last": month.last_day, "known_at": known_at},
        )
        found = cursor.fetchall()
    rows = [
        {
            "officer": labels.name("officer", officer_id, names.get(officer_id) or NOBODY),
            "key": officer_id,
            "channel": channel,
            "attempts": attempts,
            "contacts_made": made,
            "right_party": right,
        }
        for officer_id, channel, attempts, made, right in found
    ]
    return sorted(
        rows, key=lambda row: (row["officer"] == NOBODY, row["officer"], row["key"] or 0, row["channel"])
    )
