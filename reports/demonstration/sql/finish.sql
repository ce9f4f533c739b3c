-- Follow-ups for today and late ones, notes; then the counters go on after the numbers given.
INSERT INTO accounts_followup (account_id, debtor_id, owner_id, kind, due_on, due_time, note, status,
    raised_by_id, attempt_id, recorded_at)
SELECT s.i, s.debtor_id, s.officer_id,
       CASE s.story WHEN 'call_back' THEN 'call_back' WHEN 'follow_today' THEN 'email' ELSE 'check' END,
       CASE s.story WHEN 'follow_late' THEN pg_temp.last_day() - 2 ELSE pg_temp.last_day() END,
       CASE s.story WHEN 'call_back' THEN TIME '09:00' + INTERVAL '30 minutes' * pg_temp.dice('hour', s.i, 16) END,
       CASE s.story WHEN 'call_back' THEN '' ELSE 'Send statement' END, 'open', s.officer_id,
       -- the call in which he asked for it: his own wish, so outside the caps
       (SELECT l.attempt_id FROM accounts_attemptaccount l JOIN accounts_contactattempt t ON t.id = l.attempt_id
        WHERE l.account_id = s.i AND t.outcome = 'call_back' AND s.story = 'call_back'),
       pg_temp.moment(CASE s.story WHEN 'call_back' THEN c.worked_on ELSE d.worked_on END, 610, s.time_zone)
FROM said s
JOIN cal c ON c.creditor_id = s.creditor_id AND c.day = pg_temp.last_day() - 1
JOIN cal d ON d.creditor_id = s.creditor_id AND d.day = pg_temp.last_day() - 6
WHERE s.story IN ('call_back', 'follow_late', 'follow_today') AND s.officer_id <> pg_temp.system()
ORDER BY s.i;
-- The field officer's round of the day.
INSERT INTO accounts_followup (account_id, debtor_id, owner_id, kind, due_on, note, status,
    raised_by_id, recorded_at)
SELECT s.i, s.debtor_id, s.officer_id, 'visit', pg_temp.last_day(), 'Deliver the notice', 'open',
       s.officer_id, pg_temp.moment(d.worked_on, 620, s.time_zone)
FROM (SELECT *, row_number() OVER (ORDER BY i) AS turn FROM said
      WHERE story = 'untouched' AND officer = 'farid') s
JOIN cal d ON d.creditor_id = s.creditor_id AND d.day = pg_temp.last_day() - 2
WHERE s.turn <= 3 ORDER BY s.i;
INSERT INTO core_transition (recorded_at, subject_type, subject_id, from_status, to_status,
    effective_date, actor_id, reason)
SELECT recorded_at, 'accounts.followup', id, '', 'open', (recorded_at AT TIME ZONE 'UTC')::date, raised_by_id, ''
FROM accounts_followup ORDER BY id;

INSERT INTO accounts_note (recorded_at, debtor_id, account_id, body, author_id)
SELECT pg_temp.moment(pg_temp.last_day() - 20, 500, s.time_zone), s.debtor_id, s.i,
       'Asks for bills by e-mail only.', s.officer_id
FROM said s WHERE pg_temp.dice('note', s.i, 10) = 0 ORDER BY s.i;

SELECT setval(pg_get_serial_sequence(t, 'id'), m) FROM (
    SELECT 'accounts_debtor' AS t, (SELECT max(id) FROM accounts_debtor) AS m
    UNION ALL SELECT 'accounts_account', (SELECT max(id) FROM accounts_account)
) s WHERE m IS NOT NULL;
ANALYZE accounts_hold;
ANALYZE accounts_followup;
ANALYZE accounts_attemptaccount;
ANALYZE accounts_contactattempt;
ANALYZE accounts_countedcontact;
ANALYZE core_transition;
