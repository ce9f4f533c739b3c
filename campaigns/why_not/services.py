"""Keeping the answers of the whole book. It is a cache of facts: working it out twice changes nothing."""

from datetime import datetime

from django.db import connection, transaction

from accounts.parties.models import Creditor
from campaigns.why_not.models import DayAnswer
from campaigns.why_not.queries import Answer, answers_now
from collections_app.core import bulk

COLUMNS = ("state", "reason", "currency", "overdue", "until", "until_day", "action")
NAMES = ["account_id", *COLUMNS, "worked_out_at"]

KEEP = f"""
INSERT INTO campaigns_dayanswer AS d (account_id, {", ".join(COLUMNS)}, worked_out_at)
SELECT account_id, {", ".join(COLUMNS)}, worked_out_at FROM fresh_answer
ON CONFLICT (account_id) DO UPDATE
   SET {", ".join(f"{name} = EXCLUDED.{name}" for name in COLUMNS)},
       worked_out_at = EXCLUDED.worked_out_at
 WHERE ({", ".join(f"d.{name}" for name in COLUMNS)})
       IS DISTINCT FROM ({", ".join(f"EXCLUDED.{name}" for name in COLUMNS)})
"""
GONE = """
DELETE FROM campaigns_dayanswer d USING accounts_account a
 WHERE a.id = d.account_id AND a.creditor_id = %s
   AND NOT EXISTS (SELECT 1 FROM fresh_answer f WHERE f.account_id = d.account_id)
"""


@transaction.atomic
def work_out_answers(creditor: Creditor, *, now: datetime) -> int:
    """Work out the answers of one creditor's book anew; returns how many overdue accounts it has.

    Not audited: it decides nothing, and can be told again from the facts. Only rows whose answer
    changed are written.
    """
    found = answers_now(creditor, now=now)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE fresh_answer (LIKE campaigns_dayanswer) ON COMMIT DROP")
        bulk.copy_rows(DayAnswer, NAMES, (_row(answer, now) for answer in found), table="fresh_answer")
        cursor.execute(GONE, [creditor.pk])
        cursor.execute(KEEP)
        cursor.execute("DROP TABLE fresh_answer")
    return len(found)


def _row(answer: Answer, now: datetime) -> tuple:
    return (
        answer.account_id,
        answer.state.value,
        answer.reason,
        answer.currency,
        answer.overdue,
        answer.until,
        answer.until_day,
        answer.action,
        now,
    )
