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

# `lead_id` is whose due steps it is about: all of a kind, or the one of `account_id`; `debtor_id` is who
# gets it. Not all `records`: a joint debtor's message stands beside the one that does.
ANSWER = """
CREATE TEMP TABLE answer (kind varchar, lead_id bigint, account_id bigint, debtor_id bigint, contact int,
    status varchar, spared varchar, rule varchar, channel varchar, contact_day date, officer_id bigint,
    notice varchar, records boolean) ON COMMIT DROP
"""
DONE = """due_step t JOIN answer a ON a.kind = t.kind AND a.lead_id = t.debtor_id
   AND (a.account_id IS NULL OR a.account_id = t.account_id) WHERE t.reason IS NULL"""
RECORD = pass_sql.RECORD.format(
    rows=f"""
    SELECT t.account_id, t.episode_id, t.step_id, t.due_on, a.status, a.spared, NULL::bigint, NULL::bigint,
           NULL::bigint FROM {DONE} AND a.records"""
)
REACHED = pass_sql.REACHED.format(
    rows=f"SELECT t.episode_id, t.step_id FROM {DONE} AND a.records AND a.status <> 'spared'"
)
# Parameters: what_if, side, as_of.
FORETOLD = f"""
INSERT INTO campaigns_foretoldstep (what_if_id, side, contact, day, contact_day, account_id, debtor_id,
                                    officer_id, step_id, kind, channel, outcome, rule)
SELECT %(what_if)s, %(side)s, a.contact, %(as_of)s, a.contact_day, t.account_id, a.debtor_id, a.officer_id,
       t.step_id, t.kind, a.channel, CASE a.status WHEN 'spared' THEN 'refused' ELSE 'taken' END, a.rule
  FROM {DONE} AND a.contact IS NOT NULL
 ORDER BY a.contact, t.account_id
"""
# A formal notice that would go out begins its clock for who gets it. Parameter: clocks (JSON), actor.
NOTICES = f"""
WITH clocks AS (
    SELECT * FROM jsonb_to_recordset(%(clocks)s::jsonb) AS c(
        creditor_id bigint, notice varchar, channel varchar, contact_day date, method varchar,
        served_on date, next_step_from date)
),
gone AS (
    SELECT DISTINCT contact, lead_id, debtor_id, notice, channel, contact_day FROM answer
     WHERE notice <> '' AND status = 'queued'
),
made AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('campaigns_formalnotice', 'id')) AS id, g.contact, g.debtor_id,
           w.creditor_id, g.notice, c.method, g.contact_day, c.served_on, c.next_step_from
      FROM gone g JOIN would w ON w.debtor_id = g.lead_id
      JOIN clocks c ON c.creditor_id = w.creditor_id AND c.notice = g.notice
       AND c.channel = g.channel AND c.contact_day = g.contact_day
),
given AS (
    INSERT INTO pg_temp.campaigns_formalnotice (id, debtor_id, creditor_id, kind, method, status, sent_on,
                                                served_on, next_step_from, clock, note, actor_id)
    SELECT id, debtor_id, creditor_id, notice, method, 'sent', contact_day, served_on, next_step_from,
           '{{}}'::jsonb, '', %(actor)s FROM made
),
about AS (
    SELECT a.contact, t.account_id FROM {DONE} AND t.kind = 'message'
)
INSERT INTO pg_temp.campaigns_formalnoticeaccount (notice_id, account_id)
SELECT m.id, a.account_id FROM made m JOIN about a ON a.contact = m.contact
"""
