-- Disputes: waiting for a department's answer, rejected by it, upheld with the credit note above.
CREATE TEMP TABLE doubts ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY x.raised_on, x.account_id) AS id, x.*
FROM (
    SELECT s.i AS account_id, s.debtor_id, s.creditor_id, s.currency, s.officer_id, s.time_zone,
           CASE s.story WHEN 'rejected' THEN 'rejected' ELSE 'open' END AS status, e.id AS entry_id,
           round(e.amount * 0.4, s.decimals) AS amount, c.worked_on AS raised_on,
           CASE s.story WHEN 'rejected' THEN pg_temp.last_day() - 10 END AS resolved_on, NULL::bigint AS note_id
    FROM said s
    JOIN cal c ON c.creditor_id = s.creditor_id
        AND c.day = pg_temp.last_day() - CASE s.story WHEN 'rejected' THEN 20 ELSE 4 END
    JOIN LATERAL (SELECT id, amount FROM accounts_ledgerentry
                  WHERE account_id = s.i AND kind = 'charge' AND due_date < pg_temp.last_day() - 21
                  ORDER BY due_date DESC, id LIMIT 1) e ON TRUE
    WHERE s.story IN ('rejected', 'disputed')
    UNION ALL
    SELECT b.account_id, p.debtor_id, p.creditor_id, p.currency, COALESCE(a.officer_id, pg_temp.system()),
           p.time_zone, 'upheld', e.id, n.amount, c.worked_on, b.value_date + 20, n.id
    FROM bills b JOIN plan p ON p.i = b.account_id JOIN accounts_account a ON a.id = p.i
    JOIN cal c ON c.creditor_id = p.creditor_id AND c.day = b.value_date + 12
    JOIN accounts_ledgerentry e ON e.account_id = b.account_id AND e.kind = 'charge'
        AND e.value_date = b.value_date
    JOIN accounts_ledgerentry n ON n.account_id = b.account_id AND n.kind = 'credit_note'
    WHERE b.behaviour = 'upheld' AND b.months_ago = b.months
) x;

INSERT INTO accounts_dispute (id, account_id, currency, reason, statement, amount, raised_on,
    raised_by_id, recorded_at, department_id, asked_id, question, answer_due, answer,
    answered_by_id, answered_at, status, upheld_amount, resolved_on, chase_again_on, credit_note_id)
SELECT d.id, d.account_id, d.currency, w.reason, w.statement, d.amount, d.raised_on, d.officer_id,
       pg_temp.moment(d.raised_on, 640, d.time_zone), t.id, u.id, w.question, d.raised_on + t.answer_days + 2,
       CASE d.status WHEN 'rejected' THEN 'Checked; the bill is right.'
            WHEN 'upheld' THEN 'The debtor is right; credited.' ELSE '' END,
       CASE WHEN d.status <> 'open' THEN u.id END,
       CASE WHEN d.status <> 'open' THEN pg_temp.moment(d.resolved_on, 635, d.time_zone) END,
       d.status, CASE d.status WHEN 'upheld' THEN d.amount ELSE 0 END, d.resolved_on,
       CASE d.status WHEN 'rejected' THEN d.resolved_on + 7 END, d.note_id
FROM doubts d
CROSS JOIN LATERAL (SELECT pg_temp.dice('doubt', d.account_id, 4) AS n) k
JOIN (VALUES
    (0, 'operations', 'amount', 'Says the meter was read wrongly.', 'Was the meter read on the day billed?'),
    (1, 'sales', 'contract', 'Says another price was agreed.', 'Which price does the contract say?'),
    (2, 'finance', 'duplicate', 'Says it was billed twice.', 'Was this billed before?'),
    (3, 'operations', 'not_delivered', 'Says the service was off for a week.', 'Was the service off?')
) w(n, department, reason, statement, question) USING (n)
JOIN accounts_department t ON t.code = w.department
JOIN core_user u ON u.username = w.department ORDER BY d.id;
INSERT INTO accounts_disputeitem (dispute_id, entry_id, amount, currency)
SELECT id, entry_id, amount, currency FROM doubts ORDER BY id;
INSERT INTO accounts_contestedamount (entry_id, account_id, amount, currency, effective_date,
    actor_id, recorded_at)
SELECT entry_id, account_id, amount, currency, raised_on, officer_id,
       pg_temp.moment(raised_on, 640, time_zone) FROM doubts
UNION ALL
SELECT entry_id, account_id, 0, currency, resolved_on, officer_id,
       pg_temp.moment(resolved_on, 635, time_zone) FROM doubts WHERE status <> 'open'
ORDER BY 5, 2;
INSERT INTO core_transition (recorded_at, subject_type, subject_id, from_status, to_status,
    effective_date, actor_id, reason)
SELECT recorded_at, 'accounts.dispute', id, '', 'open', raised_on, raised_by_id, '' FROM accounts_dispute
UNION ALL
SELECT answered_at, 'accounts.dispute', id, 'open', status, resolved_on, answered_by_id, answer
FROM accounts_dispute WHERE status <> 'open' ORDER BY 1, 3;
SELECT setval(pg_get_serial_sequence('accounts_dispute', 'id'), max(id)) FROM accounts_dispute HAVING max(id) > 0;
