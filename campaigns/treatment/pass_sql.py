"""The statements of one pass over a creditor's book, in their order.

They work on temporary tables: `treated`, every account with something unpaid near or past its day
for which there may be something to do (a step, the end of its episode, a look at its items);
`due_step`, the steps that are due and not yet taken, first all candidates of an account and after
`KEEP_ONE` the one it is at; `passed`, steps that were passed by on the way. Parameters everywhere:
creditor, as_of; others are named where they appear. Set-based throughout: no statement is run per
account.

No step is skipped: an account goes through the steps of its version in the order of their days,
from where it came in. Where days were missed (no run, a hold, a promise) the steps come one after
another, one a day at most and `catch_up_days` apart. A step that cannot be taken for a reason of its
own (no address for its channel, no text, the debtor has answered, its day before the due day is
over) is tried until the next one is due, then recorded as passed by, with that reason. What spares
the account itself (hold, promise, dispute, old books) makes its ladder wait where it is.
"""

from accounts.holds.queries import HELD_SQL
from accounts.ledger.queries import items_sql
from campaigns.notices.queries import TOO_EARLY
from campaigns.sending.queries import STOPPED

LOWEST = -32768  # below the day of any step

# Promises broken and payments returned, for strategies that look at the risk. Parameter: risk_from.
SETBACKS = """
CREATE TEMP TABLE setback ON COMMIT DROP AS
SELECT account_id, count(*) AS n FROM (
    SELECT p.account_id FROM accounts_promise p
     WHERE p.status = 'broken' AND p.judged_on BETWEEN %(risk_from)s AND %(as_of)s
    UNION ALL
    SELECT e.account_id FROM accounts_ledgerentry e
     WHERE e.line = 'payments_returned' AND e.value_date BETWEEN %(risk_from)s AND %(as_of)s
) one GROUP BY account_id
"""
SETBACKS_OF = {
    True: ("coalesce(b.n, 0)", "LEFT JOIN setback b ON b.account_id = a.id"),
    False: ("0::bigint", ""),
}

# %(versions)s: JSON of {version_id, strategy_id, follows, stays}, every version of the strategies in
# force; `stays`: its accounts leave it only when they are cured.
VERSIONS = """
versions AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(versions)s::jsonb)
        AS v(version_id bigint, strategy_id bigint, follows bigint, stays boolean)
)
"""

# The step's day is counted from the first unpaid due day. What is wholly in dispute does not start
# or hold the ladder, so for accounts with a dispute that day is taken from the items; so are the
# figures of accounts that a day has changed since their standing was written. An episode lasts while
# something is overdue, or until its first day is paid before it came (`is_cured`). One scan of the
# book; whoever is between two steps of his version is left behind by it.
TREATED = f"""
CREATE TEMP TABLE treated ON COMMIT DROP AS
WITH {VERSIONS},
-- the day of the step after each, for every day a version's account may stand at
nexts AS MATERIALIZED (
    SELECT p.version_id, p.at, (SELECT min(s.day_offset) FROM campaigns_strategystep s
                                 WHERE s.version_id = p.version_id AND s.day_offset > p.at) AS next_day
      FROM (SELECT version_id, day_offset AS at FROM campaigns_strategystep
             WHERE version_id IN (SELECT follows FROM versions)
             UNION SELECT follows, {LOWEST} FROM versions) p
),
t AS (
    SELECT a.id AS account_id, coalesce(d.merged_into_id, d.id) AS debtor_id, a.portfolio_id,
           a.product, d.payer_type, a.currency, a.number, a.officer_id, a.status,
           s.oldest_due_date AS anchor, s.overdue AS asked, s.contested, s.balance,
           (s.contested > 0 OR s.next_change_date <= %(as_of)s) AND a.status = 'open' AS by_item,
           __setbacks__ AS setbacks, e.id AS open_id, e.first_due_date, e.version_id AS own_version,
           e.reached, e.reached_on,
           e.id IS NOT NULL AND (a.status <> 'open' OR s.oldest_due_date IS NULL
               OR s.oldest_due_date >= %(as_of)s AND s.oldest_due_date <> e.first_due_date) AS is_cured
      FROM accounts_account a
      JOIN accounts_standing s ON s.account_id = a.id
      JOIN accounts_debtor d ON d.id = a.debtor_id
      LEFT JOIN campaigns_episode e ON e.account_id = a.id AND e.cured_on IS NULL __setback_join__
     WHERE a.creditor_id = %(creditor)s
       AND (a.status = 'open' AND s.oldest_due_date <= %(horizon)s OR e.id IS NOT NULL)
),
chosen AS (SELECT t.*, __choice__ AS chosen FROM t)
SELECT c.* FROM chosen c
  LEFT JOIN versions own ON own.version_id = c.own_version
  LEFT JOIN versions best ON best.version_id = c.chosen
  LEFT JOIN nexts n ON n.version_id = own.follows AND n.at = c.reached
 WHERE c.open_id IS NULL OR c.is_cured OR c.by_item OR own.version_id IS NULL OR n.version_id IS NULL
    OR %(as_of)s::date - c.anchor >= n.next_day OR c.anchor < c.first_due_date
    OR c.reached_on = %(as_of)s
    OR (NOT own.stays AND own.strategy_id IS DISTINCT FROM best.strategy_id)
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
UPDATE treated t SET anchor = coalesce(asked.anchor, t.anchor), asked = asked.asked,
       is_cured = t.open_id IS NOT NULL AND coalesce(asked.anchor, t.anchor) >= %(as_of)s
              AND coalesce(asked.anchor, t.anchor) <> t.first_due_date
  FROM asked WHERE asked.account_id = t.account_id
"""

CURED = """
UPDATE campaigns_episode e SET cured_on = %(as_of)s FROM treated t
 WHERE t.is_cured AND e.id = t.open_id AND e.cured_on IS NULL
"""

# A reversal that shows an earlier episode never ended ends the later and goes on with it.
# `floor` is the day of the step an account is at; NULL where it comes in now.
DUE_STEP = f"""
CREATE TEMP TABLE due_step ON COMMIT DROP AS
WITH {VERSIONS},
ladder AS MATERIALIZED (
    SELECT s.id AS step_id, s.version_id, s.day_offset, s.kind, s.channel, s.template_code, s.stage,
           s.stage_name, s.pay_within_days, s.silent_days, v.entry, v.reentry_days, v.catch_up_days,
           lead(s.day_offset) OVER w AS next_offset,
           coalesce(lag(s.day_offset) OVER w, {LOWEST}) AS last_offset
      FROM campaigns_strategystep s JOIN campaigns_strategyversion v ON v.id = s.version_id
     WHERE s.version_id IN (SELECT follows FROM versions)
    WINDOW w AS (PARTITION BY s.version_id ORDER BY s.day_offset)
),
placed AS (
    SELECT t.account_id, t.debtor_id, t.portfolio_id, t.payer_type, t.currency, t.number,
           t.officer_id, t.anchor, t.asked, t.contested, %(as_of)s::date - t.anchor AS days,
           o.open_id AS episode_id, o.first_due_date, o.own_version, o.reached AS floor, o.reached_on,
           t.chosen
      FROM treated t LEFT JOIN treated o ON o.account_id = t.account_id AND NOT o.is_cured
     WHERE t.status = 'open'
),
followed AS (
    SELECT p.*, CASE WHEN own.version_id IS NOT NULL
                      AND (own.stays OR own.strategy_id = chosen.strategy_id)
                     THEN own.follows ELSE p.chosen END AS version_id
      FROM placed p
      LEFT JOIN versions own ON own.version_id = p.own_version
      LEFT JOIN versions chosen ON chosen.version_id = p.chosen
),
-- who comes in, or has an older item unpaid than his episode knows: is it an earlier one going on?
earlier AS (
    SELECT f.account_id, p.id AS episode_id, p.first_due_date, p.version_id, p.reached, p.reached_on,
           p.cured_on, o.goes_on,
           row_number() OVER (PARTITION BY f.account_id
                              ORDER BY o.goes_on DESC, p.first_due_date DESC) AS place
      FROM followed f JOIN campaigns_episode p ON p.account_id = f.account_id
     CROSS JOIN LATERAL (SELECT p.first_due_date = f.anchor
                             OR p.first_due_date <= f.anchor AND f.anchor < p.cured_on AS goes_on) o
     WHERE p.cured_on IS NOT NULL AND (f.episode_id IS NULL OR f.anchor < f.first_due_date)
)
SELECT f.account_id, f.debtor_id, f.portfolio_id, f.payer_type, f.currency, f.number, f.officer_id,
       f.anchor, f.asked, f.contested, f.days, f.own_version, l.version_id, l.step_id, l.day_offset,
       l.kind, l.channel, l.template_code, l.stage, l.stage_name, l.pay_within_days, l.silent_days,
       l.last_offset, l.next_offset, f.anchor + l.day_offset::int AS due_on,
       CASE WHEN e.goes_on THEN e.episode_id ELSE f.episode_id END AS episode_id,
       f.episode_id AS open_id,
       coalesce(CASE WHEN e.goes_on THEN e.first_due_date END, f.first_due_date, f.anchor)
           AS first_due_date,
       CASE WHEN e.goes_on THEN coalesce(e.reached, {LOWEST})
            WHEN f.episode_id IS NOT NULL THEN f.floor
            WHEN e.cured_on > %(as_of)s::date - l.reentry_days THEN e.reached END AS floor,
       (l.day_offset <= 0 AND f.days > 0) AS is_gone, NULL::varchar AS own_reason,
       NULL::varchar AS reason
  FROM followed f
  LEFT JOIN earlier e ON e.account_id = f.account_id AND e.place = 1
   AND (e.goes_on OR f.episode_id IS NULL)
  JOIN ladder l ON l.version_id = f.version_id AND l.day_offset <= f.days
   AND CASE
       WHEN e.goes_on THEN l.day_offset > coalesce(e.reached, {LOWEST})
       WHEN f.floor IS NOT NULL THEN l.day_offset > f.floor
       WHEN f.episode_id IS NULL AND e.cured_on > %(as_of)s::date - l.reentry_days
            AND e.reached IS NOT NULL THEN l.day_offset > e.reached
       WHEN l.entry = 'at_day' THEN l.next_offset IS NULL OR f.days < l.next_offset
       ELSE TRUE END
   AND (f.reached_on IS NULL OR e.goes_on OR %(as_of)s::date >= f.reached_on
        + least(l.day_offset - coalesce(f.floor, {LOWEST}), greatest(l.catch_up_days, 1))::int)
   AND (NOT coalesce(e.goes_on, FALSE) OR e.reached_on IS NULL OR %(as_of)s::date >= e.reached_on
        + least(l.day_offset - coalesce(e.reached, {LOWEST}), greatest(l.catch_up_days, 1))::int)
"""

# Who is at an earlier episode again leaves the later one.
LEFT_BEHIND = """
UPDATE campaigns_episode e SET cured_on = %(as_of)s FROM due_step t
 WHERE e.id = t.open_id AND t.episode_id <> t.open_id AND e.cured_on IS NULL
"""
GO_ON = """
UPDATE campaigns_episode e SET cured_on = NULL FROM due_step t
 WHERE e.id = t.episode_id AND t.episode_id IS DISTINCT FROM t.open_id AND e.cured_on IS NOT NULL
"""
# A new one; its first day may be that of one that ended and begins anew.
EPISODES = """
INSERT INTO campaigns_episode AS e (account_id, first_due_date, version_id, began_after, reached)
SELECT account_id, first_due_date, version_id, coalesce(floor, min(last_offset)),
       coalesce(floor, min(last_offset))
  FROM due_step WHERE episode_id IS NULL
 GROUP BY account_id, first_due_date, version_id, floor
ON CONFLICT (account_id, first_due_date) DO UPDATE SET cured_on = NULL
"""
# One from before steps were counted, or whose version has changed.
MOVED = """
UPDATE campaigns_episode e
   SET version_id = t.version_id, began_after = coalesce(e.began_after, t.came_in),
       reached = coalesce(e.reached, t.came_in)
  FROM (SELECT episode_id, version_id, min(last_offset) AS came_in FROM due_step
         WHERE episode_id IS NOT NULL AND (own_version <> version_id OR floor IS NULL)
         GROUP BY 1, 2) t
 WHERE e.id = t.episode_id
"""
EPISODE_IDS = """
UPDATE due_step t SET episode_id = e.id FROM campaigns_episode e
 WHERE t.episode_id IS NULL AND e.account_id = t.account_id AND e.first_due_date = t.first_due_date
"""
TAKEN = """
DELETE FROM due_step t USING campaigns_steprecord r
 WHERE r.account_id = t.account_id AND r.episode_id = t.episode_id AND r.step_id = t.step_id
   AND r.status <> 'spared'
"""
# One message a debtor and day: who was at a step today, on any account, comes again tomorrow.
HAD_TODAY = """
DELETE FROM due_step t USING (
    SELECT DISTINCT debtor_id FROM treated WHERE reached_on = %(as_of)s AND NOT is_cured) had
 WHERE had.debtor_id = t.debtor_id
"""
# Before the due day nothing is overdue yet: asked is what falls due on that day.
AHEAD = f"""
WITH {items_sql(scope="e.account_id IN (SELECT account_id FROM due_step WHERE anchor >= %(as_of)s) AND")},
asked AS (
    SELECT i.account_id, sum(greatest(i.amount - i.paid - i.contested, 0)) AS asked
      FROM items i JOIN (SELECT DISTINCT account_id, anchor FROM due_step) t
        ON t.account_id = i.account_id AND i.due_date <= t.anchor
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
# A formal notice before its day: the account's ladder waits for the one before it (D77).
NOTICE_CLOCK = f"""
UPDATE due_step t SET reason = 'notice' FROM ({TOO_EARLY}) early
 WHERE t.reason IS NULL AND early.account_id = t.account_id AND early.step_id = t.step_id
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
WITH wanted AS (SELECT DISTINCT debtor_id FROM due_step WHERE reason IS NULL),
records AS (
    SELECT debtor_id, debtor_id AS record_id FROM wanted
    UNION ALL
    SELECT w.debtor_id, m.id FROM wanted w JOIN accounts_debtor m ON m.merged_into_id = w.debtor_id
)
SELECT r.debtor_id, p.kind,
       (array_agg(p.id ORDER BY p.is_primary DESC, (p.status = 'good') DESC, p.noted_on DESC, p.id DESC)
         FILTER (WHERE p.status IN ('good', 'unverified')))[1] AS point_id,
       bool_or(p.status = 'opted_out') AS is_opted_out
  FROM records r JOIN accounts_contactpoint p ON p.debtor_id = r.record_id
 WHERE p.valid_from <= %(as_of)s AND (p.valid_to IS NULL OR p.valid_to > %(as_of)s)
 GROUP BY 1, 2
"""
KIND_OF_CHANNEL = """CASE {channel} WHEN 'email' THEN 'email' WHEN 'sms' THEN 'phone'
    WHEN 'letter' THEN 'address' WHEN 'call' THEN 'phone' WHEN 'visit' THEN 'address' END"""
NO_WAY = f"""
UPDATE due_step t
   SET own_reason = CASE WHEN EXISTS (
           SELECT 1 FROM way w WHERE w.debtor_id = t.debtor_id AND w.is_opted_out
              AND w.kind = {KIND_OF_CHANNEL.format(channel="t.channel")}
       ) THEN 'opted_out' ELSE 'no_contact_point' END
 WHERE t.reason IS NULL AND t.channel <> '' AND NOT EXISTS (
       SELECT 1 FROM way w WHERE w.debtor_id = t.debtor_id AND w.point_id IS NOT NULL
          AND w.kind = {KIND_OF_CHANNEL.format(channel="t.channel")})
"""
# The debtor was heard of within the days of silence a step asks for: reached, or he wrote, paid or
# promised.
ANSWERED = """
UPDATE due_step t SET own_reason = 'answered'
 WHERE t.silent_days IS NOT NULL AND t.reason IS NULL AND (
       EXISTS (SELECT 1 FROM accounts_attemptaccount l
                 JOIN accounts_contactattempt c ON c.id = l.attempt_id
                WHERE l.account_id = t.account_id AND (c.is_contact_made OR c.direction = 'in')
                  AND c.at > %(now)s - t.silent_days * interval '1 day' AND c.at <= %(now)s)
    OR EXISTS (SELECT 1 FROM accounts_promise p WHERE p.account_id = t.account_id
                AND p.taken_on > %(as_of)s::date - t.silent_days AND p.taken_on <= %(as_of)s)
    OR EXISTS (SELECT 1 FROM accounts_standing s WHERE s.account_id = t.account_id
                AND s.last_payment_date > %(as_of)s::date - t.silent_days))
"""
# A step refused before for want of a text or by the contact rules stands back for the next one.
REFUSED_BEFORE = """
UPDATE due_step t SET own_reason = coalesce(t.own_reason, r.spared) FROM campaigns_steprecord r
 WHERE r.account_id = t.account_id AND r.episode_id = t.episode_id AND r.step_id = t.step_id
   AND r.status = 'spared' AND r.spared IN ('no_text', 'gate')
   AND t.next_offset IS NOT NULL AND t.days >= t.next_offset
"""
# The first step that can be taken, else the last: what lies before is passed by, what lies after
# waits for its turn.
RANKED = """
CREATE TEMP TABLE passed ON COMMIT DROP AS
WITH ranked AS (
    SELECT t.*, max(day_offset) OVER (PARTITION BY account_id) AS last_day,
           min(day_offset) FILTER (WHERE own_reason IS NULL AND NOT is_gone)
               OVER (PARTITION BY account_id) AS first_free
      FROM due_step t
)
SELECT account_id, episode_id, step_id, due_on, day_offset,
       coalesce(own_reason, CASE WHEN is_gone THEN 'day_gone' END) AS spared,
       coalesce(first_free, last_day) AS kept_day
  FROM ranked
 WHERE day_offset <> coalesce(first_free, last_day) OR is_gone
"""
KEEP_ONE = """
DELETE FROM due_step t USING passed p
 WHERE p.account_id = t.account_id AND p.step_id = t.step_id
"""
OWN_REASON = "UPDATE due_step SET reason = own_reason WHERE reason IS NULL AND own_reason IS NOT NULL"
PASS_BY = """
INSERT INTO campaigns_steprecord (account_id, episode_id, step_id, due_on, status, spared, run_id)
SELECT account_id, episode_id, step_id, due_on, 'missed', spared, %(run)s FROM passed
 WHERE day_offset <= kept_day AND spared IS NOT NULL
ON CONFLICT (account_id, episode_id, step_id) DO UPDATE
   SET status = 'missed', spared = excluded.spared, run_id = excluded.run_id
 WHERE campaigns_steprecord.status = 'spared'
"""
PASSED_TO = """
UPDATE campaigns_episode e SET reached = p.day FROM (
    SELECT episode_id, max(day_offset) AS day FROM passed
     WHERE day_offset <= kept_day AND spared IS NOT NULL GROUP BY 1) p
 WHERE e.id = p.episode_id AND e.reached < p.day
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
      FROM due_step WHERE reason IS NULL AND kind = 'message'
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
      FROM due_step WHERE reason IS NULL AND kind = 'message' GROUP BY debtor_id
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
# Work for somebody: the accounts of each debtor whose step of a kind is due, the furthest first.
WORK = """
SELECT kind, debtor_id, array_agg(account_id ORDER BY stage DESC, day_offset DESC, account_id),
       array_agg(episode_id ORDER BY stage DESC, day_offset DESC, account_id),
       array_agg(step_id ORDER BY stage DESC, day_offset DESC, account_id),
       array_agg(due_on ORDER BY stage DESC, day_offset DESC, account_id),
       (array_agg(officer_id ORDER BY stage DESC, day_offset DESC, account_id))[1]
  FROM due_step WHERE reason IS NULL AND kind <> 'message' GROUP BY 1, 2 ORDER BY 1, 2
"""
# After steps were taken: where their episodes stand. Parameters: episodes, steps, as_of.
REACHED = """
UPDATE campaigns_episode e SET reached = t.day, reached_on = %(as_of)s FROM (
    SELECT x.episode_id, max(s.day_offset) AS day
      FROM unnest(%(episodes)s::bigint[], %(steps)s::bigint[]) AS x(episode_id, step_id)
      JOIN campaigns_strategystep s ON s.id = x.step_id GROUP BY 1) t
 WHERE e.id = t.episode_id
"""
# After steps were given back: where their episodes stand without them. Parameter: episodes.
GIVEN_BACK = """
UPDATE campaigns_episode e
   SET reached = greatest(e.began_after, t.day), reached_on = t.taken_on
  FROM (SELECT w.id, max(s.day_offset) AS day, max(r.taken_on) AS taken_on
          FROM unnest(%(episodes)s::bigint[]) AS w(id)
          LEFT JOIN campaigns_steprecord r ON r.episode_id = w.id AND r.status <> 'spared'
          LEFT JOIN campaigns_strategystep s ON s.id = r.step_id GROUP BY 1) t
 WHERE e.id = t.id
"""
