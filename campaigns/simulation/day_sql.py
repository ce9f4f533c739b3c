"""A day of a side, as sets: what the pass would have done, what the gate answered, what is foretold.

After `judge_and_spare`, whose `due_step` holds what is left to be done. `would` are the messages the
run would write, `answer` what becomes of each message and work of a debtor.
"""

from campaigns.treatment import pass_sql

# Parameter: as_of.
WOULD = f"""
CREATE TEMP TABLE would ON COMMIT DROP AS
SELECT creditor_id, debtor_id, template_code, channel, language, payer_type, in_hardship, point_id,
       account_ids FROM ({pass_sql.GROUPS}) g
"""
MESSAGES = """
SELECT creditor_id, debtor_id, template_code, channel, language, payer_type, in_hardship, point_id,
       account_ids FROM would ORDER BY creditor_id, debtor_id
"""
WORKS = f"""
SELECT creditor_id, debtor_id, kind, officer_id FROM ({pass_sql.WORK}) w
 ORDER BY creditor_id, kind, debtor_id
"""
COUNTS = "SELECT reason, count(*) FROM due_step WHERE reason IS NOT NULL GROUP BY 1"

ANSWER = """
CREATE TEMP TABLE answer (kind varchar, debtor_id bigint, contact int, status varchar, spared varchar,
    rule varchar, channel varchar, contact_day date, officer_id bigint, notice varchar) ON COMMIT DROP
"""
DONE = """due_step t JOIN answer a ON a.kind = t.kind AND a.debtor_id = t.debtor_id
 WHERE t.reason IS NULL"""
RECORD = pass_sql.RECORD.format(
    rows=f"""
    SELECT t.account_id, t.episode_id, t.step_id, t.due_on, a.status, a.spared, NULL::bigint, NULL::bigint,
           NULL::bigint FROM {DONE}"""
)
REACHED = pass_sql.REACHED.format(
    rows=f"SELECT t.episode_id, t.step_id FROM {DONE} AND a.status <> 'spared'"
)
# Parameters: what_if, side, as_of.
FORETOLD = f"""
INSERT INTO campaigns_foretoldstep (what_if_id, side, contact, day, contact_day, account_id, debtor_id,
                                    officer_id, step_id, kind, channel, outcome, rule)
SELECT %(what_if)s, %(side)s, a.contact, %(as_of)s, a.contact_day, t.account_id, t.debtor_id, a.officer_id,
       t.step_id, t.kind, a.channel, CASE a.status WHEN 'spared' THEN 'refused' ELSE 'taken' END, a.rule
  FROM {DONE} AND a.contact IS NOT NULL
 ORDER BY a.contact, t.account_id
"""
# A formal notice that would go out begins its clock, for who owes the accounts beside the debtor too.
# Parameter: clocks (JSON), actor.
NOTICES = """
WITH clocks AS (
    SELECT * FROM jsonb_to_recordset(%(clocks)s::jsonb) AS c(
        creditor_id bigint, notice varchar, channel varchar, contact_day date, method varchar,
        served_on date, next_step_from date)
),
made AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('campaigns_formalnotice', 'id')) AS id, each.debtor_id,
           a.debtor_id AS lead, w.creditor_id, a.notice, c.method, a.contact_day, c.served_on,
           c.next_step_from
      FROM answer a JOIN would w ON w.debtor_id = a.debtor_id
      JOIN clocks c ON c.creditor_id = w.creditor_id AND c.notice = a.notice
       AND c.channel = a.channel AND c.contact_day = a.contact_day
     CROSS JOIN LATERAL (
           SELECT a.debtor_id UNION
           SELECT o.debtor_id FROM beside o WHERE o.account_id = ANY(w.account_ids)) each
     WHERE a.notice <> '' AND a.status = 'queued'
),
given AS (
    INSERT INTO pg_temp.campaigns_formalnotice (id, debtor_id, creditor_id, kind, method, status, sent_on,
                                                served_on, next_step_from, clock, note, actor_id)
    SELECT id, debtor_id, creditor_id, notice, method, 'sent', contact_day, served_on, next_step_from,
           '{}'::jsonb, '', %(actor)s FROM made
)
INSERT INTO pg_temp.campaigns_formalnoticeaccount (notice_id, account_id)
SELECT m.id, t.account_id FROM made m JOIN due_step t ON t.debtor_id = m.lead
 WHERE t.reason IS NULL AND t.kind = 'message' AND (m.debtor_id = m.lead OR EXISTS (
       SELECT 1 FROM beside o WHERE o.account_id = t.account_id AND o.debtor_id = m.debtor_id))
"""
