-- What was said: calls that led to promises and disputes, calls nobody answered, reminders.
CREATE TEMP TABLE talks ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY day, minutes, account_id) AS id, x.*
FROM (
    SELECT v.account_id, v.debtor_id, v.officer_id, 'call' AS channel, 'out' AS direction,
           v.taken_on AS day, 620 AS minutes, 'promise' AS outcome,
           (ARRAY['income_late', 'forgot', 'cash_flow'])[1 + pg_temp.dice('why', v.account_id, 3)]
               AS why, 'Promised to pay.' AS note
    FROM vows v WHERE v.amount > 0
    UNION ALL
    SELECT d.account_id, a.debtor_id, d.officer_id, 'call', 'in',
           pg_temp.last_day() - CASE WHEN d.story = 'rejected' THEN 16 ELSE 3 END, 640, 'disputes',
           'dispute', 'Called about the bill.'
    FROM doubts d JOIN accounts_account a ON a.id = d.account_id
    UNION ALL
    SELECT s.i, s.debtor_id, s.officer_id, 'call', 'out',
           pg_temp.last_day() - 2 - 3 * n - pg_temp.dice('rang', s.i, 3),
           420 + pg_temp.dice('rang at', s.i * 5 + n, 400),
           (ARRAY['no_answer', 'no_answer', 'left_word'])[1 + pg_temp.dice('rang out', s.i * 5 + n, 3)],
           '', ''
    FROM said s CROSS JOIN generate_series(0, 1) AS n WHERE s.story IN ('no_answer', 'broken')
      AND pg_temp.dice('rang', s.i, 4) > 0
    UNION ALL
    SELECT s.i, s.debtor_id, s.officer_id, 'call', 'out', pg_temp.last_day() - 1, 560, 'call_back',
           'unknown', 'Was at work, asked to be called back.'
    FROM said s WHERE s.story = 'call_back'
    UNION ALL
    SELECT s.i, s.debtor_id, s.officer_id, 'call', 'out', pg_temp.last_day() - 5, 600, 'reached',
           'no_invoice', 'Asked for a statement.'
    FROM said s WHERE s.story IN ('follow_late', 'follow_today')
    UNION ALL
    SELECT s.i, s.debtor_id, NULL, (ARRAY['email', 'sms', 'letter'])[1 + pg_temp.dice('by', s.i, 3)],
           'out', pg_temp.last_day() - 7 - pg_temp.dice('reminded', s.i, 9), 540, 'delivered', '',
           'Reminder'
    FROM said s WHERE s.story NOT IN ('untouched', 'held')
) x;

CREATE UNIQUE INDEX ON talks (id);
ANALYZE talks;
ANALYZE accounts_contactpoint;

INSERT INTO accounts_countedcontact (id, recorded_at, debtor_id, account_ids, channel, is_inbound,
    at, is_contact_made, is_right_party, judgement, rule)
SELECT id, pg_temp.moment(day, minutes + 2), debtor_id, ARRAY[account_id::bigint], channel, direction = 'in',
       pg_temp.moment(day, minutes),
       outcome NOT IN ('no_answer', 'delivered'), outcome NOT IN ('no_answer', 'delivered', 'left_word'),
       CASE WHEN direction = 'in' THEN 'not_judged' ELSE 'lawful' END, ''
FROM talks ORDER BY id;
INSERT INTO accounts_contactattempt (id, recorded_at, debtor_id, creditor_id, channel, direction, at,
    duration_seconds, contact_point_id, outcome, person_reached, is_contact_made, is_right_party,
    checked_items, nonpayment_reason, note, officer_id, source, counted_id, colleague_reason)
SELECT t.id, pg_temp.moment(t.day, t.minutes + 2), t.debtor_id, a.creditor_id, t.channel, t.direction,
       pg_temp.moment(t.day, t.minutes),
       CASE WHEN t.channel = 'call' THEN 20 + pg_temp.dice('long', t.id, 200) END,
       c.id, t.outcome,
       CASE WHEN t.outcome IN ('no_answer', 'delivered') THEN 'nobody'
            WHEN t.outcome = 'left_word' THEN 'third_party' ELSE 'debtor' END,
       t.outcome NOT IN ('no_answer', 'delivered'),
       t.outcome NOT IN ('no_answer', 'delivered', 'left_word'),
       CASE WHEN t.outcome IN ('no_answer', 'delivered', 'left_word') THEN '{}'::varchar[]
            ELSE '{name,birth_date}'::varchar[] END,
       t.why, t.note, t.officer_id, 'imported', t.id, ''
FROM talks t
JOIN accounts_account a ON a.id = t.account_id
LEFT JOIN accounts_contactpoint c ON c.debtor_id = t.debtor_id AND c.is_primary
    AND c.kind = CASE t.channel WHEN 'email' THEN 'email' WHEN 'letter' THEN 'address' ELSE 'phone' END
ORDER BY t.id;
INSERT INTO accounts_attemptaccount (attempt_id, account_id)
SELECT id, account_id FROM talks ORDER BY id;

INSERT INTO accounts_followup (account_id, debtor_id, owner_id, kind, due_on, due_time, note, status,
    raised_by_id, recorded_at)
SELECT s.i, s.debtor_id, s.officer_id,
       CASE s.story WHEN 'call_back' THEN 'call_back' ELSE 'check' END,
       CASE s.story WHEN 'follow_late' THEN pg_temp.last_day() - 2 ELSE pg_temp.last_day() END,
       CASE s.story WHEN 'call_back' THEN TIME '09:00' + INTERVAL '30 minutes' * pg_temp.dice('hour', s.i, 16) END,
       CASE s.story WHEN 'call_back' THEN '' ELSE 'Send statement' END, 'open', s.officer_id,
       pg_temp.moment(pg_temp.last_day() - 5, 610)
FROM said s WHERE s.story IN ('call_back', 'follow_late', 'follow_today')
  AND s.officer_id <> pg_temp.system() ORDER BY s.i;

INSERT INTO accounts_note (recorded_at, debtor_id, account_id, body, author_id)
SELECT pg_temp.moment(pg_temp.last_day() - 20, 500), s.debtor_id, s.i,
       'Asks for bills by e-mail only.', s.officer_id
FROM said s WHERE pg_temp.dice('note', s.i, 10) = 0 ORDER BY s.i;

-- The field officer's round of the day.
INSERT INTO accounts_followup (account_id, debtor_id, owner_id, kind, due_on, note, status,
    raised_by_id, recorded_at)
SELECT s.i, s.debtor_id, f.id, 'visit', pg_temp.last_day(), 'Deliver the notice', 'open', s.officer_id,
       pg_temp.moment(pg_temp.last_day() - 2, 620)
FROM said s JOIN core_user f ON f.username = 'farid'
WHERE s.story = 'untouched' AND s.turn <= 5 AND s.code IN ('CITYPOWER', 'HARBOUR')
  AND s.officer_id <> pg_temp.system() ORDER BY s.i;
