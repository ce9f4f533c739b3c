-- Holds in force, lapsed and lifted; hardship cases waiting and granted.
INSERT INTO accounts_hold (debtor_id, account_id, scopes, reason, note, first_day, last_day, status,
    source, placed_by_id, recorded_at, lifted_on, lifted_by_id, lift_reason)
SELECT NULL, s.i, CASE WHEN pg_temp.dice('hold', s.i, 2) = 0 THEN '{contact,demand}'::varchar[]
               ELSE '{demand}'::varchar[] END,
       (ARRAY['requested', 'claims_paid', 'creditor', 'books'])[1 + pg_temp.dice('hold why', s.i, 4)],
       '', pg_temp.last_day() - 8, pg_temp.last_day() + 20, 'active', 'manual', s.officer_id,
       pg_temp.moment(pg_temp.last_day() - 8, 700, s.time_zone), NULL::date, NULL::bigint, ''
FROM said s WHERE s.story = 'held'
UNION ALL
SELECT s.debtor_id, NULL, '{contact}', 'opt_out', 'Asked in writing.', pg_temp.last_day() - 45, NULL, 'active',
       'manual', s.officer_id, pg_temp.moment(pg_temp.last_day() - 45, 700, s.time_zone), NULL, NULL, ''
FROM said s WHERE s.story = 'opted_out'
UNION ALL
SELECT s.debtor_id, NULL, '{contact,demand,fee}', 'hardship', '', c.worked_on, pg_temp.last_day() + 40, 'active',
       'hardship', s.officer_id, pg_temp.moment(c.worked_on, 651, s.time_zone), NULL, NULL, ''
FROM said s JOIN cal c ON c.creditor_id = s.creditor_id AND c.day = pg_temp.last_day() - 10
WHERE s.story = 'hardship'
UNION ALL
SELECT NULL, p.i, '{demand}', 'books', '', pg_temp.last_day() - 120, pg_temp.last_day() - 100, 'lapsed',
       'manual', pg_temp.system(), pg_temp.moment(pg_temp.last_day() - 120, 700, p.time_zone), NULL, NULL, ''
FROM plan p WHERE p.behaviour = 'prompt' AND pg_temp.dice('old hold', p.i, 60) = 0
UNION ALL
SELECT NULL, p.i, '{demand}', 'claims_paid', '', pg_temp.last_day() - 90, NULL, 'lifted', 'manual',
       pg_temp.system(), pg_temp.moment(pg_temp.last_day() - 90, 700, p.time_zone),
       pg_temp.last_day() - 80, u.id, 'The payment was found.'
FROM plan p JOIN core_user u ON u.username = 'iyer'
WHERE p.behaviour = 'prompt' AND pg_temp.dice('old hold', p.i, 60) = 1
ORDER BY 6, 1, 2;
INSERT INTO core_transition (recorded_at, subject_type, subject_id, from_status, to_status,
    effective_date, actor_id, reason)
SELECT h.recorded_at, 'accounts.hold', h.id, '', 'active', h.first_day, h.placed_by_id, '' FROM accounts_hold h
UNION ALL
SELECT (COALESCE(h.lifted_on, h.last_day + 1))::timestamp AT TIME ZONE 'UTC' + INTERVAL '12 hours',
       'accounts.hold', h.id, 'active', h.status, COALESCE(h.lifted_on, h.last_day + 1),
       COALESCE(h.lifted_by_id, pg_temp.system()), h.lift_reason
FROM accounts_hold h WHERE h.status <> 'active' ORDER BY 1, 3;

CREATE TEMP TABLE cases ON COMMIT DROP AS
SELECT nextval(pg_get_serial_sequence('accounts_task', 'id')) AS task_id,
       nextval(pg_get_serial_sequence('accounts_hardshipcase', 'id')) AS id,
       s.*, h.id AS hold_id, h.first_day, pg_temp.dice('granted', s.i, 2) = 0 AS is_granted
FROM (SELECT * FROM said WHERE story = 'hardship' ORDER BY i) s
JOIN accounts_hold h ON h.debtor_id = s.debtor_id AND h.reason = 'hardship';
INSERT INTO accounts_task (id, kind, title, detail, subject_type, subject_id, team_id, role, due_at, status,
    outcome, raised_by_id, raised_at, done_by_id, done_at)
SELECT c.task_id, 'hardship', 'Decide a hardship case', '', 'accounts.hardshipcase', c.id, c.team_id,
       'senior_officer', pg_temp.moment(c.first_day + 30, 900, 'UTC', FALSE),
       CASE WHEN c.is_granted THEN 'done' ELSE 'open' END,
       CASE WHEN c.is_granted THEN 'Granted' ELSE '' END, c.officer_id,
       pg_temp.moment(c.first_day, 652, c.time_zone),
       CASE WHEN c.is_granted THEN u.id END,
       CASE WHEN c.is_granted THEN pg_temp.moment(pg_temp.last_day() - 3, 600, c.time_zone) END
FROM cases c JOIN core_user u ON u.username = 'iyer' ORDER BY c.id;
INSERT INTO accounts_hardshipcase (id, debtor_id, marker, note, opened_on, opened_by_id, recorded_at,
    answer_due, status, hold_id, task_id, decided_by_id, decided_on, decision)
SELECT c.id, c.debtor_id,
       (ARRAY['income_lost', 'illness', 'separation', 'overcommitted'])[1 + pg_temp.dice('marker', c.i, 4)],
       '', c.first_day, c.officer_id, pg_temp.moment(c.first_day, 651, c.time_zone), c.first_day + 30,
       CASE WHEN c.is_granted THEN 'granted' ELSE 'open' END, c.hold_id, c.task_id,
       CASE WHEN c.is_granted THEN u.id END, CASE WHEN c.is_granted THEN pg_temp.last_day() - 3 END,
       CASE WHEN c.is_granted THEN 'Nothing is asked for until the date of the hold.' ELSE '' END
FROM cases c JOIN core_user u ON u.username = 'iyer' ORDER BY c.id;
INSERT INTO core_transition (recorded_at, subject_type, subject_id, from_status, to_status,
    effective_date, actor_id, reason)
SELECT recorded_at, 'accounts.hardshipcase', id, '', 'open', opened_on, opened_by_id, '' FROM accounts_hardshipcase
UNION ALL
SELECT decided_on::timestamp AT TIME ZONE 'UTC' + INTERVAL '10 hours', 'accounts.hardshipcase', id, 'open',
       status, decided_on, decided_by_id, '' FROM accounts_hardshipcase WHERE decided_on IS NOT NULL ORDER BY 1, 3;
