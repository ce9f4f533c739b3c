"""Who owes an account jointly or represents its debtor and is reached by nothing: somebody looks for him.

The worklist names a debtor without an address; nobody has these others on a list, and a formal notice
waits for each of them. Asked for once: again only after something of his stopped working since.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime

from django.utils.translation import gettext_noop

from accounts.contacts.services import TRACE, UNTRACED
from accounts.ledger.enums import PartyRole
from accounts.ledger.parties import REPRESENTED, joint_sql
from campaigns.notices.queries import NoticeText
from campaigns.sending.falling_back import raise_traces
from collections_app.core.said import Said, said

# (debtor_id, account_id, number, role): of accounts that a step would write about today. A number is no
# address for a letter that must be served; for anything else any way to reach him will do on its day.
# Parameters: as_of, notices (JSON of `NoticeText`), kinds (of searches).
UNREACHED = f"""
WITH written AS (
    SELECT t.account_id, t.number, t.debtor_id, t.reason,
           CASE WHEN b.code IS NULL THEN '' WHEN t.channel = 'letter' THEN 'address'
                WHEN t.channel = 'email' THEN 'email' ELSE 'phone' END AS must_have
      FROM due_step t
      LEFT JOIN jsonb_to_recordset(%(notices)s::jsonb) AS b(code varchar) ON b.code = t.template_code
     WHERE t.kind = 'message' AND coalesce(t.reason, 'notice') IN ('notice', 'no_contact_point')
),
other AS (
    SELECT w.account_id, j.debtor_id, '{PartyRole.JOINT_DEBTOR}' AS role
      FROM written w JOIN ({joint_sql("IN (SELECT account_id FROM due_step)")}) j USING (account_id)
     WHERE w.account_id NOT IN (SELECT account_id FROM ({REPRESENTED}) r)
     UNION
    SELECT w.account_id, r.debtor_id, '{PartyRole.REPRESENTATIVE}'
      FROM written w JOIN ({REPRESENTED}) r ON r.account_id = w.account_id AND r.debtor_id = w.debtor_id
)
SELECT DISTINCT ON (o.debtor_id) o.debtor_id, o.account_id, w.number, o.role
  FROM other o JOIN written w USING (account_id)
 WHERE NOT EXISTS (
           SELECT FROM accounts_contactpoint p JOIN accounts_debtor m ON m.id = p.debtor_id
            WHERE o.debtor_id IN (m.id, m.merged_into_id) AND p.status IN ('good', 'unverified')
              AND (w.must_have = '' OR p.kind = w.must_have)
              AND p.valid_from <= %(as_of)s AND (p.valid_to IS NULL OR p.valid_to > %(as_of)s))
   AND NOT EXISTS (
           SELECT FROM accounts_task k
            WHERE k.subject_type = 'accounts.debtor' AND k.subject_id = o.debtor_id
              AND k.kind = ANY(%(kinds)s) AND k.raised_at::date >= coalesce((
                  SELECT max(greatest(p.status_on, p.noted_on, p.valid_to)) FROM accounts_contactpoint p
                   WHERE p.debtor_id = o.debtor_id
                     AND greatest(p.status_on, p.noted_on, p.valid_to) <= %(as_of)s), '-infinity'))
 ORDER BY o.debtor_id, o.account_id
"""
WHY = {
    PartyRole.JOINT_DEBTOR: gettext_noop(
        "He owes account %(account)s too, and what is written about it does not reach him."
    ),
    PartyRole.REPRESENTATIVE: gettext_noop(
        "He represents account %(account)s, and what is written about it does not reach him."
    ),
}


def trace_unreached(
    cursor, notices: Sequence[NoticeText], *, as_of: date, now: datetime, actor
) -> list[int]:
    """After a pass, on its `due_step`: the ids of the searches that were begun."""
    codes = json.dumps([{"code": text.code} for text in notices])
    cursor.execute(UNREACHED, {"as_of": as_of, "notices": codes, "kinds": [TRACE, UNTRACED]})
    wanted: dict[int, Said] = {}
    about: dict[int, int] = {}
    for debtor_id, account_id, number, role in cursor.fetchall():
        wanted[debtor_id] = said(WHY[PartyRole(role)], account=number)
        about[debtor_id] = account_id
    if not wanted:
        return []
    return raise_traces(wanted, about=about, now=now, as_of=as_of, actor=actor)
