"""Messages held against the contact log: what a replay of the gate asks of the outbox."""

from datetime import datetime

from django.db import connection

from accounts.compliance.replay_rows import Finding

# What left in the same transaction has one moment in both places.
MESSAGES = """
SELECT message.id, message.sent_at, message.channel, message.debtor_id, attempt.id, attempt.at, permit.moment,
       permit.channel
FROM campaigns_message message
JOIN accounts_permit permit ON permit.id = message.permit_id
LEFT JOIN accounts_contactattempt attempt ON attempt.id = message.contact_id
WHERE message.sent_at >= %(start)s AND message.sent_at < %(end)s
  AND (attempt.id IS NULL OR attempt.at <> message.sent_at OR attempt.channel <> message.channel
       OR attempt.debtor_id <> message.debtor_id OR permit.channel <> message.channel
       OR permit.debtor_id <> message.debtor_id)
ORDER BY message.id
"""


def messages_that_differ(start: datetime, end: datetime) -> list[Finding]:
    """Messages that went out and are not told the same way by the contact log and their permit."""
    with connection.cursor() as cursor:
        cursor.execute(MESSAGES, {"start": start, "end": end})
        return [_finding(*row) for row in cursor.fetchall()]


def _finding(pk, sent_at, channel, debtor_id, attempt_id, attempt_at, moment, permitted) -> Finding:
    if attempt_id is None:
        what = "went out, but no contact was written"
    elif attempt_at != sent_at:
        what = f"the contact log has {attempt_at.isoformat()}"
    elif permitted != channel:
        what = f"permitted was {permitted}"
    else:
        what = f"the contact log or the permit of {moment.isoformat()} names another debtor"
    return Finding(
        "disagreement", "campaigns.message", pk, sent_at.isoformat(), channel, debtor_id, what,
        contact_id=attempt_id,
    )  # fmt: skip
