"""The statements of one pass over the books, in their order.

They work on temporary tables: `treated`, every account with something unpaid near or past its day
for which there may be something to do (a step, the end of its episode, a look at its items);
`due_step`, the steps that are due and not yet taken, first all candidates of an account and after
`KEEP_ONE` the one it is at; `passed`, steps that were passed by on the way. Parameters everywhere:
creditors, as_of; others are named where they appear. Set-based throughout: no statement is run per
account.

No step is skipped: an account goes through the steps of its version in the order of their days,
from where it came in. Where days were missed (no run, a hold, a promise) the steps come one after
another, one a day at most and `catch_up_days` apart. A step that cannot be taken for a reason of its
own (no address for its channel, no text, the debtor has answered, its day before the due day is
over) is tried until the next one is due, then recorded as passed by, with that reason. What spares
the account itself (hold, promise, dispute, old books) makes its ladder wait where it is.

The first of them, up to the episodes, stand in `ladder_sql`.
"""

from accounts.hardship.queries import IN_HARDSHIP
from accounts.holds.queries import held_sql
from accounts.ledger.queries import items_sql
from campaigns.notices.queries import GIVEN, JOINT_REACHED, TOO_EARLY
from campaigns.sending.queries import stopped_sql
from campaigns.treatment.ladder_sql import PROTECTED

_TAKEN = """
DELETE FROM due_step t USING campaigns_steprecord r
 WHERE r.account_id = t.account_id AND r.episode_id = t.episode_id AND r.step_id = t.step_id
   AND r.status <> 'spared' AND NOT (t.is_wanted AND {again})
"""
TAKEN = _TAKEN.format(again="r.status = 'missed'")
# A notice that its debtor had goes to a joint debtor who had no address then.
TAKEN_WITH_NOTICES = _TAKEN.format(
    again=f"(r.status = 'missed' OR r.status = 'done' AND {JOINT_REACHED})"
)
# One message a debtor and day: who was at a step today, on any account, comes again tomorrow.
HAD_TODAY = """
DELETE FROM due_step t USING (
    SELECT DISTINCT debtor_id FROM treated WHERE reached_on = %(as_of)s AND NOT is_cured) had
 WHERE had.debtor_id = t.debtor_id
"""
# Before the due day nothing is overdue yet: asked is what falls due on that day.
AHEAD = f"""
WITH {items_sql(scope="e.account_id IN (SELECT account_id FROM due_step WHERE anchor >= %(as_of)s) AND")},
protected AS ({PROTECTED}),
asked AS (
    SELECT i.account_id, sum(greatest(i.amount - i.paid - i.contested, 0)) AS asked
      FROM items i JOIN (SELECT DISTINCT account_id, anchor FROM due_step) t
        ON t.account_id = i.account_id AND i.due_date <= t.anchor
     WHERE i.amount > i.paid AND i.entry_id NOT IN (SELECT entry_id FROM protected)
     GROUP BY i.account_id
)
UPDATE due_step t SET asked = asked.asked FROM asked
 WHERE asked.account_id = t.account_id AND t.anchor >= %(as_of)s
"""

OF_DUE = "IN (SELECT account_id FROM due_step)"
AT_HOME = {"fed_after": "h.fed_after", "now": "h.now", "houses": "JOIN house h ON h.creditor_id = c.id"}
STOPS = f"""
WITH {held_sql(wanted=f"a.id {OF_DUE}")}, {stopped_sql(wanted=OF_DUE, **AT_HOME)}
UPDATE due_step t SET reason = stopped.reason FROM stopped WHERE stopped.account_id = t.account_id
"""
NOTHING_ASKED = """
UPDATE due_step SET reason = CASE WHEN contested > 0 THEN 'disputed' ELSE 'paid' END
 WHERE reason IS NULL AND asked <= 0
"""
# A formal notice, or what rests on one, before its day: the account's ladder waits for it (D77).
NOTICE_CLOCK = f"""
UPDATE due_step t SET reason = 'notice' FROM ({TOO_EARLY}) early
 WHERE t.reason IS NULL AND early.account_id = t.account_id AND early.step_id = t.step_id
"""
NOTICE_GIVEN = f"""
UPDATE due_step t SET own_reason = 'given' FROM ({GIVEN}) had
 WHERE t.reason IS NULL AND had.account_id = t.account_id AND had.step_id = t.step_id
"""
# Who hears of something overdue today does not hear of something ahead in the same breath.
ONLY_DUE = """
UPDATE due_step t SET reason = 'later_step'
 WHERE t.reason IS NULL AND t.anchor >= %(as_of)s AND EXISTS (
       SELECT 1 FROM due_step o WHERE o.debtor_id = t.debtor_id AND o.reason IS NULL
          AND o.anchor < %(as_of)s)
"""
# The first usable point of each kind per person of `wanted`; without one, why (opted out or none).
WAYS = """
wanted AS ({wanted}),
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
POINTS = "CREATE TEMP TABLE way ON COMMIT DROP AS WITH " + WAYS.format(
    wanted="SELECT DISTINCT debtor_id FROM due_step WHERE reason IS NULL"
)
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
UPDATE due_step t SET own_reason = 'answered' FROM house h
 WHERE h.creditor_id = t.creditor_id AND t.silent_days IS NOT NULL AND t.reason IS NULL AND (
       EXISTS (SELECT 1 FROM accounts_attemptaccount l
                 JOIN accounts_contactattempt c ON c.id = l.attempt_id
                WHERE l.account_id = t.account_id AND (c.is_contact_made OR c.direction = 'in')
                  AND c.at > h.now - t.silent_days * interval '1 day' AND c.at <= h.now)
    OR EXISTS (SELECT 1 FROM accounts_promise p WHERE p.account_id = t.account_id
                AND p.taken_on > %(as_of)s::date - t.silent_days AND p.taken_on <= %(as_of)s)
    OR EXISTS (SELECT 1 FROM accounts_standing s WHERE s.account_id = t.account_id
                AND s.last_payment_date > %(as_of)s::date - t.silent_days))
"""
# A step refused before for want of a text or by the contact rules stands back for the next one.
REFUSED_BEFORE = """
UPDATE due_step t SET own_reason = coalesce(t.own_reason, r.spared) FROM campaigns_steprecord r
 WHERE r.account_id = t.account_id AND r.episode_id = t.episode_id AND r.step_id = t.step_id
   AND r.status = 'spared' AND r.spared IN ('no_text', 'too_firm', 'gate')
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
SELECT account_id, creditor_id, episode_id, step_id, due_on, day_offset,
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
# How many steps were passed by, for each creditor.
PASS_BY = """
WITH done AS (
    INSERT INTO campaigns_steprecord (account_id, episode_id, step_id, due_on, status, spared, run_id)
    SELECT p.account_id, p.episode_id, p.step_id, p.due_on, 'missed', p.spared, h.run_id
      FROM passed p JOIN house h ON h.creditor_id = p.creditor_id
     WHERE p.day_offset <= p.kept_day AND p.spared IS NOT NULL
    ON CONFLICT (account_id, episode_id, step_id) DO UPDATE
       SET status = 'missed', spared = excluded.spared, run_id = excluded.run_id
     WHERE campaigns_steprecord.status = 'spared'
    RETURNING account_id, step_id
)
SELECT p.creditor_id, count(*) FROM done JOIN passed p USING (account_id, step_id) GROUP BY 1
"""
PASSED_TO = """
UPDATE campaigns_episode e SET reached = p.day FROM (
    SELECT episode_id, max(day_offset) AS day FROM passed
     WHERE day_offset <= kept_day AND spared IS NOT NULL GROUP BY 1) p
 WHERE e.id = p.episode_id AND e.reached < p.day
"""
# Parameter: limits (JSON of {creditor_id, version_id, portfolio_id, currency, amount}); judged per
# debtor and currency.
SMALL = """
WITH limits AS (
    SELECT * FROM jsonb_to_recordset(%(limits)s::jsonb)
        AS l(creditor_id bigint, version_id bigint, portfolio_id bigint, currency varchar, amount numeric)
),
sums AS (
    SELECT debtor_id, currency, sum(asked) AS asked FROM due_step WHERE reason IS NULL GROUP BY 1, 2
)
UPDATE due_step t SET reason = 'small' FROM sums, limits l
 WHERE t.reason IS NULL AND sums.debtor_id = t.debtor_id AND sums.currency = t.currency
   AND l.creditor_id = t.creditor_id AND l.version_id = t.version_id AND l.currency = t.currency
   AND l.portfolio_id IS NOT DISTINCT FROM t.portfolio_id AND sums.asked <= l.amount
"""

# A formal notice is about those accounts alone whose step it is: another one of the debtor's would be
# given it before its time. Its own message comes on another day. Parameter: notices.
NOTICE_ALONE = """
UPDATE due_step t SET reason = 'later_step' FROM (
    SELECT DISTINCT ON (debtor_id) debtor_id, template_code FROM due_step
     WHERE reason IS NULL AND kind = 'message'
     ORDER BY debtor_id, stage DESC, day_offset DESC, account_id) led
  JOIN jsonb_to_recordset(%(notices)s::jsonb) AS b(code varchar) ON b.code = led.template_code
 WHERE t.debtor_id = led.debtor_id AND t.reason IS NULL AND t.kind = 'message'
   AND t.template_code <> led.template_code
"""
# Only what changed is written: a step that is spared for the same reason as yesterday stays as it is.
SPARE = """
INSERT INTO campaigns_steprecord (account_id, episode_id, step_id, due_on, status, spared, run_id)
SELECT t.account_id, t.episode_id, t.step_id, t.due_on, 'spared', t.reason, h.run_id
  FROM due_step t JOIN house h ON h.creditor_id = t.creditor_id WHERE t.reason IS NOT NULL
ON CONFLICT (account_id, episode_id, step_id) DO UPDATE
   SET spared = excluded.spared, run_id = excluded.run_id
 WHERE campaigns_steprecord.status = 'spared' AND campaigns_steprecord.spared <> excluded.spared
"""
COUNTS = "SELECT creditor_id, coalesce(reason, ''), count(*) FROM due_step GROUP BY 1, 2"

# One message per debtor: the furthest step leads, all accounts with a due step are in it.
GROUPS = f"""
WITH hard_pressed AS MATERIALIZED ({IN_HARDSHIP}),
led AS (
    SELECT DISTINCT ON (debtor_id) creditor_id, debtor_id, step_id, version_id, channel, template_code,
           stage, stage_name, pay_within_days, anchor
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
SELECT led.creditor_id, led.debtor_id, d.language, d.payer_type, led.channel, led.template_code,
       led.stage, led.stage_name, led.pay_within_days, led.step_id, led.version_id, w.point_id,
       CASE WHEN listed.last_anchor >= %(as_of)s THEN listed.last_anchor END AS asks_until,
       led.debtor_id IN (SELECT debtor_id FROM hard_pressed) AS in_hardship, listed.account_ids,
       listed.episode_ids, listed.step_ids, listed.due_on, listed.currencies, listed.amounts
  FROM led JOIN listed USING (debtor_id)
  JOIN accounts_debtor d ON d.id = led.debtor_id
  LEFT JOIN way w ON w.debtor_id = led.debtor_id
   AND w.kind = {KIND_OF_CHANNEL.format(channel="led.channel")}
 ORDER BY led.debtor_id
"""
# Work for somebody: the accounts of each debtor whose step of a kind is due, the furthest first.
WORK = """
SELECT creditor_id, kind, debtor_id, array_agg(account_id ORDER BY stage DESC, day_offset DESC, account_id),
       array_agg(episode_id ORDER BY stage DESC, day_offset DESC, account_id),
       array_agg(step_id ORDER BY stage DESC, day_offset DESC, account_id),
       array_agg(due_on ORDER BY stage DESC, day_offset DESC, account_id),
       (array_agg(officer_id ORDER BY stage DESC, day_offset DESC, account_id))[1] AS officer_id
  FROM due_step WHERE reason IS NULL AND kind <> 'message' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
# What became of steps. `rows` gives (account, episode, step, due day, status, spared, message,
# follow-up, task); parameters: as_of, run. One spared or passed by before may be taken now.
RECORD = """
INSERT INTO campaigns_steprecord AS old (account_id, episode_id, step_id, due_on, status, spared,
                                         message_id, follow_up_id, task_id, taken_on, run_id)
SELECT r.*, CASE WHEN r.status <> 'spared' THEN %(as_of)s::date END, %(run)s
  FROM ({rows}) AS r(account_id, episode_id, step_id, due_on, status, spared, message, follow_up, task)
ON CONFLICT (account_id, episode_id, step_id) DO UPDATE
   SET status = excluded.status, spared = excluded.spared, run_id = excluded.run_id,
       message_id = excluded.message_id, follow_up_id = excluded.follow_up_id,
       task_id = excluded.task_id, taken_on = excluded.taken_on
 WHERE old.status IN ('spared', 'missed')
"""
# After steps were taken: where their episodes stand. `rows` gives (episode, step); parameter: as_of.
REACHED = """
UPDATE campaigns_episode e SET reached = greatest(e.reached, t.day), reached_on = %(as_of)s FROM (
    SELECT x.episode_id, max(s.day_offset) AS day
      FROM ({rows}) AS x(episode_id, step_id)
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
