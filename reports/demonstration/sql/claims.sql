-- Promises, disputes and holds that agree with the money above.
CREATE TEMP TABLE owed ON COMMIT DROP AS
SELECT e.account_id,
       GREATEST(0, COALESCE(sum(e.amount) FILTER (WHERE e.direction = 'debit'
           AND COALESCE(e.due_date, e.value_date) < pg_temp.last_day()), 0)
         - COALESCE(sum(e.amount) FILTER (WHERE e.direction = 'credit'), 0)) AS overdue
FROM accounts_ledgerentry e GROUP BY e.account_id;
CREATE UNIQUE INDEX ON owed (account_id);
ANALYZE owed;

CREATE TEMP TABLE said ON COMMIT DROP AS
SELECT p.*, o.overdue, COALESCE(a.officer_id, pg_temp.system()) AS officer_id, a.team_id,
       row_number() OVER (PARTITION BY a.officer_id, p.story ORDER BY pg_temp.dice('turn', p.i, 10000), p.i)
           AS turn
FROM plan p JOIN owed o ON o.account_id = p.i JOIN accounts_account a ON a.id = p.i
WHERE p.story <> '' AND o.overdue > 0;
-- A day holds so many call-backs and late follow-ups, whatever the size of the book.
UPDATE said SET story = 'reminded'
WHERE story IN ('call_back', 'follow_late', 'follow_today', 'broken', 'partly', 'rejected') AND turn > 2;

CREATE UNIQUE INDEX ON said (i);
ANALYZE said;

CREATE TEMP TABLE vows ON COMMIT DROP AS
SELECT i AS account_id, debtor_id, officer_id, currency, decimals, 'broken' AS status,
       round(overdue * 0.5, decimals) AS amount,
       pg_temp.last_day() - 4 - pg_temp.dice('vow', i, 3) AS due_date,
       pg_temp.last_day() - 12 AS taken_on, 0::numeric AS received
FROM said WHERE story = 'broken'
UNION ALL
SELECT i, debtor_id, officer_id, currency, decimals, 'partly_kept', round(base, decimals),
       pg_temp.last_day() - 5, pg_temp.last_day() - 14, round(base * 0.4, decimals)
FROM said WHERE story = 'partly'
UNION ALL
SELECT i, debtor_id, officer_id, currency, decimals, 'open', round(overdue * 0.6, decimals),
       pg_temp.last_day() + pg_temp.dice('vow', i, 5), pg_temp.last_day() - 3, 0
FROM said WHERE story = 'promised'
UNION ALL
SELECT * FROM (
    SELECT DISTINCT ON (s.i) s.i, s.debtor_id, s.officer_id, s.currency, s.decimals, 'kept',
           m.amount, m.value_date, m.value_date - 6, m.amount
    FROM said s JOIN movements m ON m.account_id = s.i AND m.kind = 'payment'
    WHERE s.story = 'kept' ORDER BY s.i, m.value_date DESC, m.reference
) k;

INSERT INTO accounts_promise (account_id, debtor_id, amount, currency, due_date, grace_until,
    method, taken_on, taken_by_id, recorded_at, status, received, judged_on, cancel_reason)
SELECT account_id, debtor_id, amount, currency, due_date, due_date + 2, 'transfer', taken_on,
       officer_id, pg_temp.moment(taken_on, 620), status, received,
       CASE WHEN status = 'kept' THEN due_date WHEN status = 'open' THEN NULL
            ELSE LEAST(due_date + 3, pg_temp.last_day()) END, ''
FROM vows WHERE amount > 0 ORDER BY account_id;

INSERT INTO core_transition (recorded_at, subject_type, subject_id, from_status, to_status,
    effective_date, actor_id, reason)
SELECT pg_temp.moment(p.judged_on, 5), 'accounts.promise', p.id, 'open', p.status, p.judged_on,
       pg_temp.system(), '' FROM accounts_promise p WHERE p.status <> 'open' ORDER BY p.id;

CREATE TEMP TABLE doubts ON COMMIT DROP AS
SELECT s.i AS account_id, s.currency, s.officer_id, s.story, e.id AS entry_id,
       round(e.amount * 0.4, s.decimals) AS amount,
       row_number() OVER (ORDER BY s.i) AS id
FROM said s
JOIN LATERAL (SELECT id, amount FROM accounts_ledgerentry
              WHERE account_id = s.i AND kind = 'charge' AND due_date < pg_temp.last_day()
              ORDER BY due_date DESC, id LIMIT 1) e ON TRUE
WHERE s.story IN ('rejected', 'disputed');

INSERT INTO accounts_dispute (id, account_id, currency, reason, statement, amount, raised_on,
    raised_by_id, recorded_at, department_id, asked_id, question, answer_due, answer,
    answered_by_id, answered_at, status, upheld_amount, resolved_on, chase_again_on)
SELECT d.id, d.account_id, d.currency,
       CASE WHEN d.story = 'rejected' THEN 'amount' ELSE 'not_delivered' END,
       CASE WHEN d.story = 'rejected' THEN 'Says the meter was read wrongly.'
            ELSE 'Says the service was off for a week.' END,
       d.amount, pg_temp.last_day() - CASE WHEN d.story = 'rejected' THEN 16 ELSE 3 END,
       d.officer_id,
       pg_temp.moment(pg_temp.last_day() - CASE WHEN d.story = 'rejected' THEN 16 ELSE 3 END, 640),
       t.id, u.id, 'Was the bill right?',
       pg_temp.last_day() + CASE WHEN d.story = 'rejected' THEN -9 ELSE 2 END,
       CASE WHEN d.story = 'rejected' THEN 'The reading was checked and is right.' ELSE '' END,
       CASE WHEN d.story = 'rejected' THEN u.id END,
       CASE WHEN d.story = 'rejected' THEN pg_temp.moment(pg_temp.last_day() - 9, 600) END,
       CASE WHEN d.story = 'rejected' THEN 'rejected' ELSE 'open' END, 0,
       CASE WHEN d.story = 'rejected' THEN pg_temp.last_day() - 9 END,
       CASE WHEN d.story = 'rejected' THEN pg_temp.last_day() - 2 END
FROM doubts d
JOIN accounts_department t ON t.code = 'operations'
JOIN core_user u ON u.username = 'operations';
INSERT INTO accounts_disputeitem (dispute_id, entry_id, amount, currency)
SELECT id, entry_id, amount, currency FROM doubts ORDER BY id;
INSERT INTO accounts_contestedamount (entry_id, account_id, amount, currency, effective_date,
    actor_id, recorded_at)
SELECT entry_id, account_id, amount, currency,
       pg_temp.last_day() - CASE WHEN story = 'rejected' THEN 16 ELSE 3 END, officer_id,
       pg_temp.moment(pg_temp.last_day() - CASE WHEN story = 'rejected' THEN 16 ELSE 3 END, 640)
FROM doubts
UNION ALL
SELECT entry_id, account_id, 0, currency, pg_temp.last_day() - 9, officer_id,
       pg_temp.moment(pg_temp.last_day() - 9, 600)
FROM doubts WHERE story = 'rejected';

INSERT INTO accounts_hold (account_id, scopes, reason, note, first_day, last_day, status, source,
    placed_by_id, recorded_at, lift_reason)
SELECT i, CASE WHEN pg_temp.dice('hold', i, 2) = 0 THEN '{contact,demand}'::varchar[]
               ELSE '{demand}'::varchar[] END,
       (ARRAY['requested', 'claims_paid', 'creditor', 'books'])[1 + pg_temp.dice('hold why', i, 4)],
       '', pg_temp.last_day() - 8, pg_temp.last_day() + 20, 'active', 'manual', officer_id,
       pg_temp.moment(pg_temp.last_day() - 8, 700), ''
FROM said WHERE story = 'held' ORDER BY i;
