-- What was said: calls that led to promises and disputes, calls nobody answered, reminders.
-- Taken over from an older system (source "imported"), so without permits: judged once they are in.
CREATE TEMP TABLE talks ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY x.day, x.minutes, x.account_id, x.channel) AS id, x.*
FROM (
    -- who promised on a Sunday rang himself: the office does not call then
    SELECT v.account_id, v.debtor_id, v.creditor_id, v.officer_id, 'call' AS channel,
           CASE WHEN extract(dow FROM v.taken_on) = 0 THEN 'in' ELSE 'out' END AS direction,
           v.taken_on AS day, 618 AS minutes, 'promise' AS outcome,
           (ARRAY['income_late', 'forgot', 'cash_flow'])[1 + pg_temp.dice('why', v.account_id, 3)]
               AS why, 'Promised to pay.' AS note
    FROM vows v
    UNION ALL
    SELECT d.account_id, d.debtor_id, d.creditor_id, d.officer_id, 'call', 'in', d.raised_on, 638, 'disputes',
           'dispute', 'Called about the bill.'
    FROM doubts d
    UNION ALL
    SELECT s.i, s.debtor_id, s.creditor_id, s.officer_id, 'call', 'out', c.worked_on,
           560 + pg_temp.dice('rang at', s.i * 5 + n, 400),
           (ARRAY['no_answer', 'no_answer', 'left_word'])[1 + pg_temp.dice('rang out', s.i * 5 + n, 3) * (n % 2)],
           '', ''
    FROM said s CROSS JOIN generate_series(0, 1) AS n
    JOIN cal c ON c.creditor_id = s.creditor_id AND c.day = pg_temp.last_day() - 3 - 5 * n
    WHERE s.story = 'no_answer'
    UNION ALL
    SELECT s.i, s.debtor_id, s.creditor_id, s.officer_id, 'call', 'out', c.worked_on, 590, 'call_back',
           'unknown', 'Was at work, asked to be called back.'
    FROM said s JOIN cal c ON c.creditor_id = s.creditor_id AND c.day = pg_temp.last_day() - 1
    WHERE s.story = 'call_back'
    UNION ALL
    SELECT s.i, s.debtor_id, s.creditor_id, s.officer_id, 'call', 'out', c.worked_on, 600, 'reached',
           'no_invoice', 'Asked for a statement.'
    FROM said s JOIN cal c ON c.creditor_id = s.creditor_id AND c.day = pg_temp.last_day() - 6
    WHERE s.story IN ('follow_late', 'follow_today')
    UNION ALL
    SELECT s.i, s.debtor_id, s.creditor_id, s.officer_id, 'call', 'in', c.worked_on, 650, 'cannot_pay',
           'income_lost', 'Cannot pay at present.'
    FROM said s JOIN cal c ON c.creditor_id = s.creditor_id AND c.day = pg_temp.last_day() - 10
    WHERE s.story = 'hardship'
    UNION ALL
    SELECT s.i, s.debtor_id, s.creditor_id, NULL,
           (ARRAY['email', 'sms', 'letter'])[1 + pg_temp.dice('by', s.i, 3)],
           'out', c.worked_on, 570, 'delivered', '', 'Reminder'
    FROM said s JOIN cal c ON c.creditor_id = s.creditor_id
        AND c.day = pg_temp.last_day() - 22 - pg_temp.dice('reminded', s.i, 9)
    WHERE s.story NOT IN ('untouched', 'held', 'deceased', 'opted_out', 'reminded')
    UNION ALL
    SELECT s.i, s.debtor_id, s.creditor_id, NULL,
           (ARRAY['email', 'sms', 'letter'])[1 + pg_temp.dice('by', s.i, 3)],
           'out', c.worked_on, 570, 'delivered', '', 'Reminder'
    FROM said s JOIN cal c ON c.creditor_id = s.creditor_id
        AND c.day = pg_temp.last_day() - 7 - pg_temp.dice('reminded', s.i, 9)
    WHERE s.story = 'reminded'
    UNION ALL
    -- A reminder went out when a bill of a late payer was a week overdue.
    SELECT p.i, p.debtor_id, p.creditor_id, NULL, 'letter', 'out', c.worked_on, 575, 'delivered', '', 'Reminder'
    FROM bills b JOIN plan p ON p.i = b.account_id
    JOIN cal c ON c.creditor_id = p.creditor_id AND c.day = b.due_date + 6
    WHERE b.behaviour IN ('late', 'partial') AND b.months_ago >= 3
      AND pg_temp.dice('letter', b.account_id * 20 + b.months_ago, 4) = 0
) x;
CREATE UNIQUE INDEX ON talks (id);
ANALYZE talks;

INSERT INTO accounts_countedcontact (id, recorded_at, debtor_id, identity_id, account_ids, channel,
    is_inbound, at, is_contact_made, is_right_party, is_conversation, judgement, rule)
SELECT t.id, m.at + INTERVAL '2 minutes', t.debtor_id, d.identity_id, ARRAY[t.account_id::bigint], t.channel,
       t.direction = 'in', m.at, t.outcome NOT IN ('no_answer', 'delivered'),
       t.outcome NOT IN ('no_answer', 'delivered', 'left_word', 'call_back'),
       t.outcome NOT IN ('no_answer', 'delivered', 'left_word'),
       CASE WHEN t.direction = 'in' THEN 'not_judged' ELSE 'lawful' END, ''
FROM talks t JOIN accounts_debtor d ON d.id = t.debtor_id
CROSS JOIN LATERAL (SELECT pg_temp.moment(t.day, t.minutes, d.time_zone) AS at) m ORDER BY t.id;
INSERT INTO accounts_contactattempt (id, recorded_at, debtor_id, creditor_id, channel, direction, at,
    duration_seconds, contact_point_id, outcome, person_reached, is_contact_made, is_right_party,
    checked_items, nonpayment_reason, note, officer_id, source, counted_id, colleague_reason)
SELECT t.id, n.recorded_at, t.debtor_id, t.creditor_id, t.channel, t.direction, n.at,
       CASE WHEN t.channel = 'call' THEN 20 + pg_temp.dice('long', t.id, 200) END,
       c.id, t.outcome,
       CASE WHEN t.outcome IN ('no_answer', 'delivered') THEN 'nobody'
            WHEN t.outcome = 'left_word' THEN 'third_party' ELSE 'debtor' END,
       n.is_contact_made, n.is_right_party,
       CASE WHEN n.is_right_party THEN '{name,birth_date}'::varchar[] ELSE '{}'::varchar[] END,
       t.why, t.note, t.officer_id, 'imported', t.id, ''
FROM talks t
JOIN accounts_countedcontact n ON n.id = t.id
LEFT JOIN accounts_contactpoint c ON c.debtor_id = t.debtor_id AND c.is_primary
    AND c.kind = CASE t.channel WHEN 'email' THEN 'email' WHEN 'letter' THEN 'address' ELSE 'phone' END
ORDER BY t.id;
INSERT INTO accounts_attemptaccount (attempt_id, account_id)
SELECT id, account_id FROM talks ORDER BY id;
SELECT setval(pg_get_serial_sequence(t, 'id'), m) FROM (
    SELECT 'accounts_countedcontact' AS t, (SELECT max(id) FROM accounts_countedcontact) AS m
    UNION ALL SELECT 'accounts_contactattempt', (SELECT max(id) FROM accounts_contactattempt)
) s WHERE m IS NOT NULL;
