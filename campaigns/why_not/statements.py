"""The one statement that answers for a set of accounts of one creditor; the gate is asked after it.

Parameters: creditor, as_of (the creditor's day), now, fed_after, tolerances (JSON of {portfolio_id,
currency, amount}), and whatever the scope names. The reasons stand in the order in which they stop:
what the law or a person has stopped goes before what the calendar has.
"""

from accounts.holds.queries import held_sql
from accounts.ledger.parties import BY_REPRESENTATIVE

CANDIDATES = """
candidate AS (
    SELECT a.id AS account_id, a.portfolio_id, a.currency, s.overdue, s.contested,
           coalesce(d.merged_into_id, d.id) AS debtor_id
      FROM accounts_account a
      JOIN accounts_standing s ON s.account_id = a.id
      JOIN accounts_debtor d ON d.id = a.debtor_id
     WHERE a.creditor_id = %(creditor)s AND a.status = 'open' AND s.overdue > 0 {scope}
)
"""
FACTS = """
house AS (
    SELECT c.time_zone, c.released_at IS NOT NULL AS is_released,
           c.fed_until < %(fed_after)s AND NOT EXISTS (
               SELECT 1 FROM accounts_feedalarm f WHERE f.creditor_id = c.id
                  AND f.status = 'released' AND f.released_until > %(now)s) AS is_late,
           EXISTS (SELECT 1 FROM campaigns_sendingpause p WHERE p.ended_at IS NULL
                      AND (p.creditor_id IS NULL OR p.creditor_id = c.id)) AS is_paused
      FROM accounts_creditor c WHERE c.id = %(creditor)s
),
touched AS (
    SELECT DISTINCT l.account_id
      FROM accounts_contactattempt x
      JOIN accounts_attemptaccount l ON l.attempt_id = x.id
      CROSS JOIN house
     WHERE x.at > %(now)s::timestamptz - interval '2 days' AND x.at <= %(now)s
       AND (x.at AT TIME ZONE house.time_zone)::date = %(as_of)s
       AND l.account_id IN (SELECT account_id FROM candidate)
),
-- of several holds the one that lasts longest: lifting another would change nothing
stopped AS (
    SELECT DISTINCT ON (h.account_id) h.account_id, h.reason, x.last_day
      FROM held h LEFT JOIN accounts_hold x ON x.id = h.hold_id
     WHERE h.scope IN ('contact', 'demand') AND NOT __by_representative__
     ORDER BY h.account_id, (h.hold_id IS NULL) DESC, x.last_day DESC NULLS FIRST, h.hold_id
),
planned AS (
    SELECT account_id, max(coalesce(last_day, 'infinity')) AS last_day
      FROM accounts_planspan
     WHERE superseded_at IS NULL AND first_day <= %(as_of)s
       AND (last_day IS NULL OR last_day >= %(as_of)s)
       AND account_id IN (SELECT account_id FROM candidate)
     GROUP BY account_id
),
promised AS (
    SELECT account_id, max(grace_until) AS last_day
      FROM accounts_promise
     WHERE status = 'open' AND taken_on <= %(as_of)s AND grace_until >= %(as_of)s
       AND account_id IN (SELECT account_id FROM candidate)
     GROUP BY account_id
),
asked AS (
    SELECT account_id, max(answer_due) FILTER (WHERE status = 'open') AS answer_due,
           max(chase_again_on) FILTER (WHERE resolved_on IS NOT NULL
                                         AND chase_again_on > %(as_of)s) AS chase_again_on
      FROM accounts_dispute
     WHERE account_id IN (SELECT account_id FROM candidate)
     GROUP BY account_id
),
waiting AS (
    SELECT DISTINCT ON (l.account_id) l.account_id, m.status, m.not_before
      FROM campaigns_message m
      JOIN campaigns_messageaccount l ON l.message_id = m.id
     WHERE m.status IN ('queued', 'deferred', 'sending', 'unknown')
       AND l.account_id IN (SELECT account_id FROM candidate)
     ORDER BY l.account_id, (m.status = 'unknown'), m.not_before NULLS FIRST, m.id
),
-- too small for the worklist by the office's amount, for messages by the strategy's own where it has one
small AS (
    SELECT k.account_id, k.asked <= t.amount AS for_office,
           k.asked <= coalesce((v.tolerances ->> k.currency)::numeric, t.amount) AS for_strategy
      FROM (SELECT account_id, portfolio_id, currency,
                   sum(overdue - contested) OVER (PARTITION BY debtor_id, currency) AS asked
              FROM candidate) k
      JOIN jsonb_to_recordset(%(tolerances)s::jsonb)
           AS t(portfolio_id bigint, currency varchar, amount numeric)
        ON t.currency = k.currency AND t.portfolio_id IS NOT DISTINCT FROM k.portfolio_id
      LEFT JOIN campaigns_episode e ON e.account_id = k.account_id AND e.cured_on IS NULL
      LEFT JOIN campaigns_strategyversion v ON v.id = e.version_id
)
"""
ANSWERS = """
SELECT k.account_id, k.currency, k.overdue, r.reason,
       CASE r.reason
           WHEN 'plan' THEN nullif(planned.last_day, 'infinity')
           WHEN 'promise' THEN promised.last_day
           WHEN 'disputed' THEN asked.answer_due
           WHEN 'answered' THEN asked.chase_again_on - 1
           WHEN 'next_step_later' THEN w.next_action_on - 1
           WHEN 'held' THEN stopped.last_day
       END AS until_day,
       CASE WHEN r.reason IN ('message', 'message_later') THEN waiting.not_before END AS until_at,
       CASE WHEN r.reason IN ('worklist', 'next_step_later') THEN w.next_action ELSE '' END AS action,
       stopped.reason AS hold_reason
  FROM candidate k
  CROSS JOIN house
  LEFT JOIN touched ON touched.account_id = k.account_id
  LEFT JOIN stopped ON stopped.account_id = k.account_id
  LEFT JOIN planned ON planned.account_id = k.account_id
  LEFT JOIN promised ON promised.account_id = k.account_id
  LEFT JOIN asked ON asked.account_id = k.account_id
  LEFT JOIN waiting ON waiting.account_id = k.account_id
  LEFT JOIN small ON small.account_id = k.account_id
  LEFT JOIN campaigns_worklistitem w ON w.account_id = k.account_id
  CROSS JOIN LATERAL (SELECT CASE
      WHEN touched.account_id IS NOT NULL THEN 'contacted'
      WHEN stopped.account_id IS NOT NULL THEN 'held'
      WHEN planned.account_id IS NOT NULL THEN 'plan'
      WHEN promised.account_id IS NOT NULL THEN 'promise'
      WHEN k.contested >= k.overdue THEN 'disputed'
      WHEN asked.chase_again_on IS NOT NULL THEN 'answered'
      WHEN small.for_strategy
           AND (small.for_office OR NOT coalesce(w.next_action_on <= %(as_of)s, FALSE)) THEN 'small'
      WHEN waiting.status = 'unknown' THEN 'unknown'
      WHEN waiting.status IS NOT NULL AND house.is_paused THEN 'paused'
      WHEN waiting.status IS NOT NULL AND house.is_released AND NOT coalesce(house.is_late, FALSE)
           AND (waiting.not_before IS NULL
                OR (waiting.not_before AT TIME ZONE house.time_zone)::date <= %(as_of)s) THEN 'message'
      WHEN w.next_action_on <= %(as_of)s AND w.team_id IS NULL AND w.officer_id IS NULL THEN 'nobody'
      WHEN w.next_action_on <= %(as_of)s THEN 'worklist'
      WHEN NOT house.is_released THEN 'not_released'
      WHEN house.is_late AND waiting.status IS NOT NULL THEN 'feed'
      WHEN waiting.status IS NOT NULL THEN 'message_later'
      WHEN w.account_id IS NOT NULL THEN 'next_step_later'
      ELSE 'no_rule'
  END AS reason) r
 ORDER BY k.account_id
"""


def answers_sql(*, some: bool) -> str:
    """The statement for all overdue accounts of the creditor, or for `ids` alone."""
    scope = "AND a.id = ANY(%(ids)s)" if some else ""
    held = held_sql(wanted="a.id IN (SELECT account_id FROM candidate)")
    facts = FACTS.replace("__by_representative__", BY_REPRESENTATIVE)
    return f"WITH {CANDIDATES.format(scope=scope)}, {held}, {facts} {ANSWERS}"
