-- Promises that agree with the money: kept and partly kept by the payments above, broken where none came.
CREATE TEMP TABLE said ON COMMIT DROP AS
SELECT p.*, COALESCE(a.officer_id, pg_temp.system()) AS officer_id, a.team_id
FROM plan p JOIN accounts_account a ON a.id = p.i WHERE p.story <> '';
CREATE UNIQUE INDEX ON said (i);
ANALYZE said;

CREATE TEMP TABLE vows ON COMMIT DROP AS
SELECT v.account_id, v.debtor_id, v.creditor_id, v.currency, v.status, v.amount, v.due_date, v.received,
       c.worked_on AS taken_on, g.grace_until,
       COALESCE(CASE WHEN v.moved_on > c.worked_on THEN f.id ELSE o.id END, pg_temp.system()) AS officer_id
FROM (
    SELECT p.i AS account_id, p.debtor_id, p.creditor_id, p.currency, p.moved_on, p.officer, p.past_officer,
           'broken' AS status, round(p.base::numeric * 0.6, p.decimals) AS amount,
           pg_temp.last_day() - 9 AS due_date, pg_temp.last_day() - 14 AS taken_on, 0::numeric AS received
    FROM plan p WHERE p.story = 'broken'
    UNION ALL
    SELECT p.i, p.debtor_id, p.creditor_id, p.currency, p.moved_on, p.officer, p.past_officer, 'broken',
           round(p.base::numeric * 0.6, p.decimals), pg_temp.last_day() - 40, pg_temp.last_day() - 47, 0
    FROM plan p WHERE p.story = 'broken_old'
    UNION ALL
    SELECT p.i, p.debtor_id, p.creditor_id, p.currency, p.moved_on, p.officer, p.past_officer, 'partly_kept',
           round(p.base::numeric * 0.6, p.decimals), pg_temp.last_day() - 9, pg_temp.last_day() - 15,
           round(p.base::numeric * 0.25, p.decimals)
    FROM plan p WHERE p.story = 'partly'
    UNION ALL
    SELECT p.i, p.debtor_id, p.creditor_id, p.currency, p.moved_on, p.officer, p.past_officer, 'open',
           round(p.base::numeric * 0.6, p.decimals), pg_temp.last_day() + pg_temp.dice('vow', p.i, 6),
           pg_temp.last_day() - 3, 0
    FROM plan p WHERE p.story = 'promised'
    UNION ALL
    -- Who pays late was rung and promised the bill, then paid it; who pays in part promised it all.
    SELECT p.i, p.debtor_id, p.creditor_id, p.currency, p.moved_on, p.officer, p.past_officer,
           CASE d.behaviour WHEN 'late' THEN 'kept' ELSE 'partly_kept' END,
           d.amount, d.paid_on, d.paid_on - 5, d.paid
    FROM paid d JOIN plan p ON p.i = d.account_id
    WHERE d.behaviour IN ('late', 'partial') AND d.months_ago >= 4 AND p.officer <> ''
      AND pg_temp.dice('vowed', d.account_id * 20 + d.months_ago, 6) = 0
) v
JOIN cal c ON c.creditor_id = v.creditor_id AND c.day = v.taken_on
JOIN cal g ON g.creditor_id = v.creditor_id AND g.day = v.due_date
LEFT JOIN core_user o ON o.username = v.officer
LEFT JOIN core_user f ON f.username = v.past_officer
WHERE v.amount > 0;

INSERT INTO accounts_promise (account_id, debtor_id, amount, currency, due_date, grace_until,
    method, taken_on, taken_by_id, recorded_at, status, received, judged_on, cancel_reason,
    seen_by_officer_at)
SELECT v.account_id, v.debtor_id, v.amount, v.currency, v.due_date, v.grace_until, 'transfer', v.taken_on,
       v.officer_id, pg_temp.moment(v.taken_on, 620, c.time_zone), v.status, v.received, j.day, '',
       CASE WHEN j.day < pg_temp.last_day() - 20 THEN pg_temp.moment(j.day + 1, 500, c.time_zone) END
FROM vows v JOIN accounts_creditor c ON c.id = v.creditor_id
CROSS JOIN LATERAL (SELECT CASE v.status WHEN 'kept' THEN v.due_date WHEN 'open' THEN NULL
                           ELSE v.grace_until + 1 END AS day) j
ORDER BY v.taken_on, v.account_id;

INSERT INTO core_transition (recorded_at, subject_type, subject_id, from_status, to_status,
    effective_date, actor_id, reason)
SELECT p.recorded_at, 'accounts.promise', p.id, '', 'open', p.taken_on, p.taken_by_id, ''
FROM accounts_promise p
UNION ALL
SELECT pg_temp.moment(p.judged_on, 840, c.time_zone), 'accounts.promise', p.id, 'open', p.status,
       p.judged_on, pg_temp.system(), ''
FROM accounts_promise p JOIN accounts_account a ON a.id = p.account_id
JOIN accounts_creditor c ON c.id = a.creditor_id WHERE p.status <> 'open'
ORDER BY 1, 3;
ANALYZE accounts_promise;
