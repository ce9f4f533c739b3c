"""What was foretold and signed against what came since: each difference with its reason.

A difference is a step of an account that came on another day than foretold, did not come, or came
unforetold. It is explained by what was recorded after the what-if was made about the account or
another of the same debtor (messages are his), or by what the run itself says of it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.utils.translation import gettext_lazy as _

from campaigns.sending.enums import Spared
from campaigns.simulation.models import WhatIf
from campaigns.simulation.services import creditors_of

REASONS = {
    "other_day": _("Put in force on another day than foretold"),
    "new_account": _("The account is new"),
    "closed": _("The account was closed or opened again"),
    "returned": _("A payment came back"),
    "paid": _("Paid or credited since"),
    "new_debt": _("New debt since"),
    "promise": _("A promise was made or judged"),
    "plan": _("A payment plan began or ended"),
    "hold": _("A hold was placed or lifted"),
    "legal": _("A legal fact was recorded"),
    "dispute": _("A dispute was raised or answered"),
    "point": _("An address or number was added or changed"),
    "contact": _("A contact since"),
    "hardship": _("A hardship case since"),
    "policy": _("A policy or another strategy was approved since"),
    "no_run": _("A day was not run"),
    "waits": _("Waits"),
    "unexplained": _("Not explained"),
}

# Parameters: what_if, since (the moment it was made), since_day, first_day, as_of, creditors.
DIFFERENCES = """
WITH foretold AS (
    SELECT account_id, step_id, min(day) AS day FROM campaigns_foretoldstep
     WHERE what_if_id = %(what_if)s AND side = 'draft' AND outcome = 'taken' GROUP BY 1, 2
),
came AS (
    SELECT r.account_id, r.step_id, min(r.taken_on) AS day FROM campaigns_steprecord r
      JOIN accounts_account a ON a.id = r.account_id
     WHERE a.creditor_id = ANY(%(creditors)s) AND r.taken_on BETWEEN %(first_day)s AND %(as_of)s
       AND r.status IN ('queued', 'done') GROUP BY 1, 2
)
SELECT coalesce(f.account_id, c.account_id) AS account_id, coalesce(f.step_id, c.step_id) AS step_id,
       f.day AS foretold, c.day AS came
  FROM foretold f FULL JOIN came c USING (account_id, step_id)
 WHERE coalesce(least(f.day, c.day), f.day, c.day) <= %(as_of)s
   AND (f.day <= %(as_of)s OR c.day IS NOT NULL)
"""
EXPLAINED = f"""
WITH both_ways AS MATERIALIZED ({DIFFERENCES}),
differing AS MATERIALIZED (SELECT * FROM both_ways WHERE foretold IS DISTINCT FROM came),
mine AS MATERIALIZED (
    SELECT DISTINCT d.account_id, a.debtor_id, a.creditor_id, a.registered_at
      FROM differing d JOIN accounts_account a ON a.id = d.account_id
),
records AS MATERIALIZED (
    SELECT m.account_id, p.id AS debtor_id, p.identity_id FROM mine m
      JOIN accounts_debtor own ON own.id = m.debtor_id
      JOIN accounts_debtor p ON p.id = own.id OR p.id = own.merged_into_id
        OR p.merged_into_id = coalesce(own.merged_into_id, own.id)
),
together AS MATERIALIZED (
    SELECT r.account_id, o.id AS other_id FROM records r JOIN accounts_account o ON o.debtor_id = r.debtor_id
),
entries AS (
    SELECT t.account_id, bool_or(e.line = 'payments_returned' OR e.kind = 'reversal') AS returned,
           bool_or(e.direction = 'credit') AS paid, bool_or(e.direction = 'debit') AS new_debt
      FROM together t JOIN accounts_ledgerentry e ON e.account_id = t.other_id
     WHERE e.recorded_at > %(since)s GROUP BY 1
),
why AS (
    SELECT m.account_id, CASE
        WHEN %(other_day)s THEN 'other_day'
        WHEN m.registered_at >= %(since_day)s AND EXISTS (
            SELECT 1 FROM core_transition x WHERE x.subject_type = 'accounts.account'
               AND x.subject_id = m.account_id AND x.from_status = '' AND x.recorded_at > %(since)s)
            THEN 'new_account'
        WHEN EXISTS (SELECT 1 FROM core_transition x WHERE x.subject_type = 'accounts.account'
               AND x.subject_id = m.account_id AND x.recorded_at > %(since)s) THEN 'closed'
        WHEN e.returned THEN 'returned'
        WHEN e.paid THEN 'paid'
        WHEN e.new_debt THEN 'new_debt'
        WHEN EXISTS (SELECT 1 FROM together t JOIN accounts_promise p ON p.account_id = t.other_id
              WHERE t.account_id = m.account_id AND (p.recorded_at > %(since)s
                 OR p.judged_on > %(since_day)s OR EXISTS (
                    SELECT 1 FROM core_transition x WHERE x.subject_type = 'accounts.promise'
                       AND x.subject_id = p.id AND x.recorded_at > %(since)s))) THEN 'promise'
        WHEN EXISTS (SELECT 1 FROM together t JOIN accounts_planspan n ON n.account_id = t.other_id
              WHERE t.account_id = m.account_id
                AND (n.recorded_at > %(since)s OR n.superseded_at > %(since)s)) THEN 'plan'
        WHEN EXISTS (SELECT 1 FROM accounts_hold h WHERE (h.account_id IN (
                 SELECT other_id FROM together t WHERE t.account_id = m.account_id)
                 OR h.debtor_id IN (SELECT debtor_id FROM records r WHERE r.account_id = m.account_id))
                AND (h.recorded_at > %(since)s OR EXISTS (
                    SELECT 1 FROM core_transition x WHERE x.subject_type = 'accounts.hold'
                       AND x.subject_id = h.id AND x.recorded_at > %(since)s))) THEN 'hold'
        WHEN EXISTS (SELECT 1 FROM records r JOIN accounts_legalfact l ON l.identity_id = r.identity_id
              WHERE r.account_id = m.account_id AND l.recorded_at > %(since)s) THEN 'legal'
        WHEN EXISTS (SELECT 1 FROM together t JOIN accounts_dispute q ON q.account_id = t.other_id
              WHERE t.account_id = m.account_id
                AND (q.recorded_at > %(since)s OR q.resolved_on >= %(since_day)s)) THEN 'dispute'
        WHEN EXISTS (SELECT 1 FROM records r JOIN accounts_contactpoint p ON p.debtor_id = r.debtor_id
              WHERE r.account_id = m.account_id AND (p.status_on >= %(since_day)s
                 OR p.noted_on >= %(since_day)s OR p.valid_to >= %(since_day)s)) THEN 'point'
        WHEN EXISTS (SELECT 1 FROM records r JOIN accounts_hardshipcase h ON h.debtor_id = r.debtor_id
              WHERE r.account_id = m.account_id AND h.recorded_at > %(since)s) THEN 'hardship'
        WHEN EXISTS (SELECT 1 FROM records r JOIN accounts_countedcontact c ON c.debtor_id = r.debtor_id
              LEFT JOIN campaigns_message s ON s.permit_id = c.permit_id
              WHERE r.account_id = m.account_id AND c.at > %(since)s AND s.run_id IS NULL) THEN 'contact'
        WHEN EXISTS (SELECT 1 FROM accounts_policyversion v WHERE v.approved_at > %(since)s)
          OR EXISTS (SELECT 1 FROM campaigns_strategyversion v WHERE v.approved_at > %(since)s
                       AND v.id <> %(version)s)
          OR EXISTS (SELECT 1 FROM campaigns_templateversion v WHERE v.approved_at > %(since)s)
            THEN 'policy'
    END AS reason
      FROM mine m LEFT JOIN entries e ON e.account_id = m.account_id
)
SELECT d.account_id, a.number, s.title, s.channel, s.kind, d.foretold, d.came,
       coalesce(w.reason,
           CASE WHEN EXISTS (
               SELECT 1 FROM generate_series(%(first_day)s::date,
                          least(%(as_of)s::date, greatest(d.foretold, d.came)), interval '1 day') g(day)
                WHERE NOT EXISTS (SELECT 1 FROM campaigns_reminderrun n WHERE n.as_of = g.day::date
                   AND n.creditor_code = c.code AND n.finished_at IS NOT NULL)) THEN 'no_run'
                WHEN d.came IS NULL AND r.spared <> '' THEN 'waits' ELSE 'unexplained' END),
       coalesce(CASE WHEN d.came IS NULL THEN r.spared END, '')
  FROM differing d
  JOIN accounts_account a ON a.id = d.account_id
  JOIN accounts_creditor c ON c.id = a.creditor_id
  JOIN campaigns_strategystep s ON s.id = d.step_id
  LEFT JOIN why w ON w.account_id = d.account_id
  LEFT JOIN LATERAL (
      SELECT x.spared FROM campaigns_steprecord x WHERE x.account_id = d.account_id
         AND x.step_id = d.step_id AND x.status IN ('spared', 'missed') ORDER BY x.id DESC LIMIT 1) r ON TRUE
 ORDER BY a.number, s.day_offset
"""


@dataclass(frozen=True)
class Difference:
    """One step of one account: the day foretold, the day it came, and why they differ."""

    account_id: int
    number: str
    title: str
    channel: str
    kind: str
    foretold: date | None
    came: date | None
    reason: str
    spared: str

    @property
    def why(self) -> str:
        words = str(REASONS[self.reason])
        if self.reason == "waits" and self.spared:
            return f"{words}: {Spared(self.spared).label}"
        return words


@dataclass(frozen=True)
class Outcome:
    """`foretold` steps up to `as_of`, those that `came` in all, and those that came `as_foretold`."""

    as_of: date
    foretold: int
    came: int
    as_foretold: int
    differences: Sequence[Difference]

    @property
    def by_reason(self) -> dict[str, int]:
        found = Counter(row.reason for row in self.differences)
        return {reason: found[reason] for reason in REASONS if found[reason]}

    @property
    def unexplained(self) -> int:
        return self.by_reason.get("unexplained", 0)


def outcome_of(what_if: WhatIf, *, as_of: date) -> Outcome:
    """What came up to the end of a day, against what was foretold until then; two statements."""
    version = what_if.version
    until = min(as_of, what_if.first_day + timedelta(days=what_if.days - 1))
    params = {
        "what_if": what_if.pk,
        "version": version.pk,
        "since": what_if.made_at,
        "since_day": what_if.as_of,
        "first_day": what_if.first_day,
        "as_of": until,
        "other_day": version.valid_from != what_if.first_day,
        "creditors": [creditor.pk for creditor in creditors_of(version)],
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE foretold <= %(as_of)s), count(came),"
            f" count(*) FILTER (WHERE foretold = came) FROM ({DIFFERENCES}) x",
            params,
        )
        foretold, came, as_foretold = cursor.fetchone()
        cursor.execute(EXPLAINED, params)
        differences = [Difference(*row) for row in cursor.fetchall()]
    return Outcome(until, foretold, came, as_foretold, differences)
