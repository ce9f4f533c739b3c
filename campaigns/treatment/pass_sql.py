"""The statements of one pass over a creditor's book, in their order.

They work on two temporary tables: `treated`, every account with something unpaid near or past its
day, and `due_step`, the accounts whose step is due and not yet taken. Parameters everywhere:
creditor, as_of; others are named where they appear. Set-based throughout: no statement is run per
account.
"""

from accounts.holds.queries import HELD_SQL
from accounts.ledger.queries import items_sql
from campaigns.sending.queries import STOPPED
from campaigns.strategies.queries import BEST_FIRST_SQL, IN_FORCE_SQL

# The step's day is counted from the first unpaid due day. What is wholly in dispute does not start
# or hold the ladder, so for accounts with a dispute that day is taken from the items; so are the
# figures of accounts that a day has changed since their standing was written.
TREATED = """
CREATE TEMP TABLE treated ON COMMIT DROP AS
SELECT a.id AS account_id, coalesce(d.merged_into_id, d.id) AS debtor_id, a.portfolio_id,
       d.payer_type, a.currency, a.number, s.oldest_due_date AS anchor, s.overdue AS asked,
       s.contested, (s.contested > 0 OR s.next_change_date <= %(as_of)s) AS by_item
  FROM accounts_account a
  JOIN accounts_standing s ON s.account_id = a.id
  JOIN accounts_debtor d ON d.id = a.debtor_id
 WHERE a.creditor_id = %(creditor)s AND a.status = 'open' AND s.oldest_due_date <= %(horizon)s
"""
BY_ITEM = f"""
WITH {items_sql(scope="e.account_id IN (SELECT account_id FROM treated WHERE by_item) AND")},
asked AS (
    SELECT account_id,
           min(due_date) FILTER (WHERE amount - paid > contested) AS anchor,
           coalesce(sum(greatest(amount - paid - contested, 0))
                    FILTER (WHERE due_date < %(as_of)s), 0) AS asked
      FROM items WHERE amount > paid GROUP BY account_id
)
UPDATE treated t SET anchor = coalesce(asked.anchor, t.anchor), asked = asked.asked
  FROM asked WHERE asked.account_id = t.account_id
"""

# An episode ends when its first due day is no longer the first unpaid one. A returned payment makes
# it so again, and the same episode goes on (see REOPEN in EPISODES).
CURED = """
UPDATE campaigns_episode e SET cured_on = %(as_of)s
  FROM accounts_account a
 WHERE a.id = e.account_id AND a.creditor_id = %(creditor)s AND e.cured_on IS NULL
   AND NOT EXISTS (SELECT 1 FROM treated t
                    WHERE t.account_id = e.account_id AND t.anchor = e.first_due_date)
RETURNING e.id
"""

DUE_STEP = f"""
CREATE TEMP TABLE due_step ON COMMIT DROP AS
WITH f AS ({IN_FORCE_SQL}),
kinds AS (SELECT DISTINCT portfolio_id, payer_type FROM treated),
chosen AS (
    SELECT k.portfolio_id, k.payer_type, best.version_id
      FROM kinds k CROSS JOIN LATERAL (
        SELECT f.version_id FROM f
         WHERE (f.creditor_id IS NULL OR f.creditor_id = %(creditor)s)
           AND (f.portfolio_id IS NULL OR f.portfolio_id = k.portfolio_id)
           AND (f.payer_types = '[]'::jsonb OR f.payer_types ? k.payer_type)
        {BEST_FIRST_SQL} LIMIT 1
      ) best
),
ladder AS (
    SELECT s.id AS step_id, s.version_id, s.day_offset, s.channel, s.template_code, s.stage,
           s.stage_name, s.pay_within_days,
           lead(s.day_offset) OVER (PARTITION BY s.version_id ORDER BY s.day_offset) AS next_offset
      FROM campaigns_strategystep s WHERE s.version_id IN (SELECT version_id FROM chosen)
)
SELECT t.account_id, t.debtor_id, t.portfolio_id, t.payer_type, t.currency, t.number, t.anchor,
       t.asked, t.contested, l.version_id, l.step_id, l.day_offset, l.channel, l.template_code,
       l.stage, l.stage_name, l.pay_within_days, t.anchor + l.day_offset::int AS due_on,
       NULL::bigint AS episode_id, NULL::varchar AS reason
  FROM treated t
  JOIN chosen ch ON ch.payer_type = t.payer_type
                AND ch.portfolio_id IS NOT DISTINCT FROM t.portfolio_id
  JOIN ladder l ON l.version_id = ch.version_id
   AND %(as_of)s::date - t.anchor >= l.day_offset
   AND (l.next_offset IS NULL OR %(as_of)s::date - t.anchor < l.next_offset)
"""

EPISODES = """
INSERT INTO campaigns_episode (account_id, first_due_date, version_id)
SELECT account_id, anchor, version_id FROM due_step
ON CONFLICT (account_id, first_due_date) DO UPDATE SET cured_on = NULL
 WHERE campaigns_episode.cured_on IS NOT NULL
"""
EPISODE_IDS = """
UPDATE due_step t SET episode_id = e.id FROM campaigns_episode e
 WHERE e.account_id = t.account_id AND e.first_due_date = t.anchor
"""
# Taken already: this step, or by another version one of the same day or later.
TAKEN = """
DELETE FROM due_step t USING campaigns_steprecord r
 WHERE r.account_id = t.account_id AND r.episode_id = t.episode_id
   AND r.status <> 'spared' AND r.due_on >= t.due_on
"""
# Before the due day nothing is overdue yet: asked is what falls due on that day.
AHEAD = f"""
WITH {items_sql(scope="e.account_id IN (SELECT account_id FROM due_step WHERE anchor >= %(as_of)s) AND")},
asked AS (
    SELECT i.account_id, sum(greatest(i.amount - i.paid - i.contested, 0)) AS asked
      FROM items i JOIN due_step t ON t.account_id = i.account_id AND i.due_date <= t.anchor
     WHERE i.amount > i.paid GROUP BY i.account_id
)
UPDATE due_step t SET asked = asked.asked FROM asked
 WHERE asked.account_id = t.account_id AND t.anchor >= %(as_of)s
"""

STOPS = f"""
WITH {HELD_SQL}, {STOPPED}
UPDATE due_step t SET reason = stopped.reason FROM stopped WHERE stopped.account_id = t.account_id
"""
NOTHING_ASKED = """
UPDATE due_step SET reason = CASE WHEN contested > 0 THEN 'disputed' ELSE 'paid' END
 WHERE reason IS NULL AND asked <= 0
"""
# Who hears of something overdue today does not hear of something ahead in the same breath.
ONLY_DUE = """
UPDATE due_step t SET reason = 'later_step'
 WHERE t.reason IS NULL AND t.anchor >= %(as_of)s AND EXISTS (
       SELECT 1 FROM due_step o WHERE o.debtor_id = t.debtor_id AND o.reason IS NULL
          AND o.anchor < %(as_of)s)
"""
# The first usable point of each kind per person; without one, why (opted out or none).
POINTS = """
CREATE TEMP TABLE way ON COMMIT DROP AS
SELECT coalesce(d.merged_into_id, d.id) AS debtor_id, p.kind,
       (array_agg(p.id ORDER BY p.is_primary DESC, (p.status = 'good') DESC, p.noted_on DESC, p.id DESC)
         FILTER (WHERE p.status IN ('good', 'unverified')))[1] AS point_id,
       bool_or(p.status = 'opted_out') AS is_opted_out
  FROM accounts_contactpoint p JOIN accounts_debtor d ON d.id = p.debtor_id
 WHERE coalesce(d.merged_into_id, d.id) IN (SELECT debtor_id FROM due_step WHERE reason IS NULL)
   AND p.valid_from <= %(as_of)s AND (p.valid_to IS NULL OR p.valid_to > %(as_of)s)
 GROUP BY 1, 2
"""
KIND_OF_CHANNEL = """CASE {channel} WHEN 'email' THEN 'email' WHEN 'sms' THEN 'phone'
    WHEN 'letter' THEN 'address' END"""
NO_WAY = f"""
UPDATE due_step t
   SET reason = CASE WHEN EXISTS (
           SELECT 1 FROM way w WHERE w.debtor_id = t.debtor_id AND w.is_opted_out
              AND w.kind = {KIND_OF_CHANNEL.format(channel="t.channel")}
       ) THEN 'opted_out' ELSE 'no_contact_point' END
 WHERE t.reason IS NULL AND NOT EXISTS (
       SELECT 1 FROM way w WHERE w.debtor_id = t.debtor_id AND w.point_id IS NOT NULL
          AND w.kind = {KIND_OF_CHANNEL.format(channel="t.channel")})
"""
# %(limits)s: JSON of {version_id, portfolio_id, currency, amount}; judged per debtor and currency.
SMALL = """
WITH limits AS (
    SELECT * FROM jsonb_to_recordset(%(limits)s::jsonb)
        AS l(version_id bigint, portfolio_id bigint, currency varchar, amount numeric)
),
sums AS (
    SELECT debtor_id, currency, sum(asked) AS asked FROM due_step WHERE reason IS NULL GROUP BY 1, 2
)
UPDATE due_step t SET reason = 'small' FROM sums, limits l
 WHERE t.reason IS NULL AND sums.debtor_id = t.debtor_id AND sums.currency = t.currency
   AND l.version_id = t.version_id AND l.currency = t.currency
   AND l.portfolio_id IS NOT DISTINCT FROM t.portfolio_id AND sums.asked <= l.amount
"""

# Only what changed is written: a step that is spared for the same reason as yesterday stays as it is.
SPARE = """
INSERT INTO campaigns_steprecord (account_id, episode_id, step_id, due_on, status, spared, run_id)
SELECT account_id, episode_id, step_id, due_on, 'spared', reason, %(run)s
  FROM due_step WHERE reason IS NOT NULL
ON CONFLICT (account_id, episode_id, step_id) DO UPDATE
   SET spared = excluded.spared, run_id = excluded.run_id
 WHERE campaigns_steprecord.status = 'spared' AND campaigns_steprecord.spared <> excluded.spared
"""
COUNTS = "SELECT coalesce(reason, ''), count(*) FROM due_step GROUP BY 1"

# One message per debtor: the furthest step leads, all accounts with a due step are in it.
GROUPS = f"""
WITH led AS (
    SELECT DISTINCT ON (debtor_id) debtor_id, step_id, version_id, channel, template_code, stage,
           stage_name, pay_within_days, anchor
      FROM due_step WHERE reason IS NULL
     ORDER BY debtor_id, stage DESC, day_offset DESC, account_id
),
listed AS (
    SELECT debtor_id, array_agg(account_id ORDER BY number) AS account_ids,
           array_agg(episode_id ORDER BY number) AS episode_ids,
           array_agg(step_id ORDER BY number) AS step_ids,
           array_agg(due_on ORDER BY number) AS due_on,
           array_agg(currency::text ORDER BY number) AS currencies,
           array_agg(asked ORDER BY number) AS amounts,
           max(anchor) AS last_anchor
      FROM due_step WHERE reason IS NULL GROUP BY debtor_id
)
SELECT led.debtor_id, d.language, d.payer_type, led.channel, led.template_code, led.stage,
       led.stage_name, led.pay_within_days, led.step_id, led.version_id, w.point_id,
       CASE WHEN listed.last_anchor >= %(as_of)s THEN listed.last_anchor END,
       listed.account_ids, listed.episode_ids, listed.step_ids, listed.due_on, listed.currencies,
       listed.amounts
  FROM led JOIN listed USING (debtor_id)
  JOIN accounts_debtor d ON d.id = led.debtor_id
  LEFT JOIN way w ON w.debtor_id = led.debtor_id
   AND w.kind = {KIND_OF_CHANNEL.format(channel="led.channel")}
 ORDER BY led.debtor_id
"""
