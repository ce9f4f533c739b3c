"""The verbs of the worklist. It is a cache of facts: refreshing it twice changes nothing."""

import json
from datetime import date

from django.db import connection

from accounts.policies.kinds import KINDS
from campaigns.worklists.ranking import refresh_sql
from campaigns.worklists.rules import STAGES, RuleSet, rule_set
from collections_app.core import prepared

__all__ = ["refresh_worklist"]

# Days are counted in whole numbers that PostgreSQL adds to a date.
DAYS = ("fresh", "retry", "reminder", "silent", "rest")
HABITS = ("payments", "rhythm_percent", "rhythm_days", "less_percent")
TYPES = dict.fromkeys(DAYS + HABITS, "int")


def refresh_worklist(*, as_of: date, account_ids=None) -> int:
    """Rank the accounts anew, all or a set, by the facts of the day; returns how many rows changed.

    One statement. Held, paid and closed accounts leave the list. Not audited: it decides nothing,
    and can be told again from the facts.
    """
    if account_ids is not None and not account_ids:
        return 0
    params = ranking_params(rule_set(as_of=as_of), as_of=as_of)
    with connection.cursor() as cursor:
        if account_ids is None:
            cursor.execute(refresh_sql(some=False), params)
            gone, kept = cursor.fetchone()
            cursor.execute("ANALYZE campaigns_worklistitem")
        else:
            params["ids"] = sorted(set(account_ids))
            prepared.write(cursor, refresh_sql(some=True), params, TYPES)
            gone, kept = cursor.fetchone()
    return gone + kept


def ranking_params(rules: RuleSet, *, as_of: date) -> dict:
    """The rule set as the statement's parameters."""
    return {
        "as_of": as_of,
        "tolerance": json.dumps(KINDS["tolerance"].defaults()["table"]),
        "points": json.dumps(rules.points),
        "high": json.dumps({currency: str(amount) for currency, amount in rules.high.items()}),
        "stages": json.dumps(STAGES),
        "fresh": rules.fresh_days,
        "retry": rules.retry_days,
        "reminder": rules.reminder_days,
        "silent": rules.silent_days,
        "rest": rules.rest_days,
        "payments": rules.payments,
        "rhythm_percent": rules.rhythm_percent,
        "rhythm_days": rules.rhythm_days,
        "less_percent": rules.less_percent,
    }
