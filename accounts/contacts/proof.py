"""Attempts held against the count ledger: what a replay of the gate asks of the contact log."""

from datetime import datetime

from django.db import connection

from accounts.compliance.replay_rows import Finding
from accounts.contacts.enums import NEVER_RANG

ATTEMPTS = """
SELECT attempt.id, attempt.at, attempt.channel, attempt.debtor_id, counted.at, counted.channel,
       counted.debtor_id, counted.is_contact_made = attempt.is_contact_made,
       attempt.permit_id IS NOT DISTINCT FROM counted.permit_id,
       counted.is_inbound = (attempt.direction = 'in'),
       NOT (counted.is_connected AND attempt.outcome = ANY(%(never_rang)s))
FROM accounts_contactattempt attempt
JOIN accounts_countedcontact counted ON counted.id = attempt.counted_id
WHERE (attempt.at >= %(start)s AND attempt.at < %(end)s OR counted.at >= %(start)s AND counted.at < %(end)s)
  AND (attempt.at <> counted.at OR attempt.channel <> counted.channel
       OR attempt.debtor_id <> counted.debtor_id OR attempt.is_contact_made <> counted.is_contact_made
       OR attempt.permit_id IS DISTINCT FROM counted.permit_id
       OR counted.is_inbound <> (attempt.direction = 'in')
       OR counted.is_connected AND attempt.outcome = ANY(%(never_rang)s))
ORDER BY attempt.id
"""


def attempts_that_differ(start: datetime, end: datetime) -> list[Finding]:
    """Attempts that are not told as the count ledger has them."""
    with connection.cursor() as cursor:
        cursor.execute(ATTEMPTS, {"start": start, "end": end, "never_rang": sorted(NEVER_RANG)})
        return [_finding(*row) for row in cursor.fetchall()]


def _finding(
    pk, at, channel, debtor_id, counted_at, counted_channel, counted_debtor, made, permit, direction, rang
) -> Finding:
    differs = [
        words
        for words, is_same in (
            (f"the count ledger has {counted_at.isoformat()}", at == counted_at),
            (f"the count ledger has a {counted_channel}", channel == counted_channel),
            (f"the count ledger has debtor {counted_debtor}", debtor_id == counted_debtor),
            ("the count ledger says otherwise whether contact was made", made),
            ("the count ledger names another permit", permit),
            ("the count ledger says otherwise who began it", direction),
            ("the count ledger says it rang", rang),
        )
        if not is_same
    ]
    return Finding(
        "disagreement", "accounts.contactattempt", pk, at.isoformat(), channel, debtor_id,
        "; ".join(differs), contact_id=pk,
    )  # fmt: skip
