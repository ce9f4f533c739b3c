-- Accounts, who works them and who did before.
INSERT INTO accounts_account (id, creditor_id, portfolio_id, number, debtor_id, currency,
    external_id, product, opened_date, registered_at, is_migrated, status, team_id, officer_id)
SELECT p.i, p.creditor_id, f.id, (40000 + p.i)::text, p.debtor_id, p.currency, '',
       CASE p.code WHEN 'CITYPOWER' THEN (ARRAY['power', 'water'])[1 + pg_temp.dice('product', p.i, 2)]
            WHEN 'BLUEREEF' THEN (ARRAY['card', 'loan'])[1 + pg_temp.dice('product', p.i, 2)]
            WHEN 'HARBOUR' THEN 'cooling' WHEN 'PORTO' THEN (ARRAY['mobile', 'fibre'])
            [1 + pg_temp.dice('product', p.i, 2)] ELSE 'premium' END,
       p.opened_date, pg_temp.moment(p.opened_date, 480, p.time_zone), FALSE,
       CASE WHEN p.behaviour IN ('closed', 'written_off') THEN 'closed' ELSE 'open' END,
       t.id, u.id
FROM plan p
JOIN accounts_portfolio f ON f.creditor_id = p.creditor_id
    AND f.code = CASE WHEN p.is_firm THEN 'COM' ELSE 'RES' END
JOIN accounts_team t ON t.name = p.team
LEFT JOIN core_user u ON u.username = p.officer
ORDER BY p.i;

INSERT INTO accounts_accountassignment (account_id, team_id, officer_id, effective_date, reason,
    actor_id, recorded_at)
SELECT a.id, a.team_id, CASE WHEN p.moved_on IS NULL THEN a.officer_id ELSE u.id END, a.opened_date,
       'opened', pg_temp.system(), pg_temp.moment(a.opened_date, 480, p.time_zone)
FROM accounts_account a JOIN plan p ON p.i = a.id
LEFT JOIN core_user u ON u.username = p.past_officer
UNION ALL
SELECT a.id, a.team_id, a.officer_id, p.moved_on, 'workload', pg_temp.system(),
       pg_temp.moment(p.moved_on, 490, p.time_zone)
FROM accounts_account a JOIN plan p ON p.i = a.id WHERE p.moved_on IS NOT NULL
ORDER BY 4, 1;

INSERT INTO core_transition (recorded_at, subject_type, subject_id, from_status, to_status,
    effective_date, actor_id, reason)
SELECT pg_temp.moment(p.opened_date, 480, p.time_zone), 'accounts.account', p.i, '', 'open',
       p.opened_date, pg_temp.system(), '' FROM plan p ORDER BY p.i;

INSERT INTO accounts_accountparty (account_id, debtor_id, role, valid_from)
SELECT p.i, p.debtor_id, 'debtor', p.opened_date FROM plan p
UNION ALL
SELECT p.i, o.i, 'guarantor', p.opened_date FROM plan p
JOIN who o ON o.i = p.debtor_id + 1 AND o.creditor_id = p.creditor_id AND NOT o.is_firm
WHERE pg_temp.dice('guarantor', p.i, 15) = 0;
ANALYZE accounts_account;
