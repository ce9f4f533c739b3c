-- Accounts, who works them, how each behaves and in which situation it is.
CREATE TEMP TABLE plan ON COMMIT DROP AS
SELECT g.i, w.i AS debtor_id, w.creditor_id, w.currency, w.is_firm, w.code,
       CASE WHEN w.currency = 'KWD' THEN 3 ELSE 2 END AS decimals,
       CASE WHEN d.b < 33 THEN 'prompt' WHEN d.b < 52 THEN 'late' WHEN d.b < 60 THEN 'partial'
            WHEN d.b < 78 THEN 'stopped' WHEN d.b < 82 THEN 'never' WHEN d.b < 87 THEN 'worsening'
            WHEN d.b < 91 THEN 'returned' WHEN d.b < 94 THEN 'overpaid'
            ELSE 'first_time' END AS behaviour,
       CASE WHEN d.b BETWEEN 60 AND 81 THEN (ARRAY['broken', 'partly', 'promised', 'rejected',
            'disputed', 'call_back', 'follow_late', 'follow_today', 'held', 'no_answer',
            'reminded', 'untouched'])[1 + pg_temp.dice('story', g.i, 12)]
            WHEN d.b BETWEEN 33 AND 51 THEN (ARRAY['kept', 'reminded', 'no_answer'])
            [1 + pg_temp.dice('story', g.i, 3)]
            ELSE '' END AS story,
       1 + pg_temp.dice('bill day', g.i, 28) AS bill_day,
       2 + pg_temp.dice('stopped', g.i, 7) AS stopped_months,
       (CASE w.currency WHEN 'AED' THEN 250 + pg_temp.dice('base', g.i, 900)
            WHEN 'KWD' THEN 20 + pg_temp.dice('base', g.i, 90)
            WHEN 'EUR' THEN 25 + pg_temp.dice('base', g.i, 70)
            ELSE 80 + pg_temp.dice('base', g.i, 300) END
        * CASE WHEN w.is_firm THEN 4 + pg_temp.dice('firm size', g.i, 12) ELSE 1 END)::numeric AS base,
       CASE WHEN d.b BETWEEN 78 AND 81
            THEN pg_temp.last_day() - 90 - pg_temp.dice('opened', g.i, 200)
            ELSE pg_temp.last_day() - 400 - pg_temp.dice('opened', g.i, 1200) END AS opened_date
FROM generate_series(1, pg_temp.size()) AS g(i)
CROSS JOIN LATERAL (SELECT pg_temp.dice('behaviour', g.i, 100) AS b) d
JOIN who w ON w.i = 1 + mod(g.i - 1, GREATEST(1, pg_temp.size() * 4 / 5));
CREATE UNIQUE INDEX ON plan (i);
ANALYZE plan;

INSERT INTO accounts_account (id, creditor_id, portfolio_id, number, debtor_id, currency,
    external_id, product, opened_date, registered_at, is_migrated, status, team_id, officer_id)
SELECT p.i, p.creditor_id, f.id, (40000 + p.i)::text, p.debtor_id, p.currency, '',
       CASE p.code WHEN 'CITYPOWER' THEN (ARRAY['power', 'water'])[1 + pg_temp.dice('product', p.i, 2)]
            WHEN 'HARBOUR' THEN 'cooling' WHEN 'PORTO' THEN (ARRAY['mobile', 'fibre'])
            [1 + pg_temp.dice('product', p.i, 2)] ELSE 'premium' END,
       p.opened_date, pg_temp.moment(p.opened_date, 480), FALSE, 'open', t.id, u.id
FROM plan p
JOIN accounts_portfolio f ON f.creditor_id = p.creditor_id
    AND f.code = CASE WHEN p.is_firm THEN 'COM' ELSE 'RES' END
JOIN accounts_team t ON t.name = CASE WHEN p.code IN ('PORTO', 'LAKESIDE') THEN 'Abroad'
    WHEN p.is_firm THEN 'Commercial' ELSE 'Residential' END
LEFT JOIN core_user u ON u.username = CASE
    WHEN pg_temp.dice('officer', p.i, 50) = 0 THEN ''
    WHEN t.name = 'Commercial' THEN 'osei'
    WHEN t.name = 'Residential'
        THEN (ARRAY['amal', 'amal', 'nasser'])[1 + pg_temp.dice('who works', p.i, 3)]
    ELSE (ARRAY['kowalska', 'rivera'])[1 + pg_temp.dice('who works', p.i, 2)] END;

INSERT INTO accounts_accountassignment (account_id, team_id, officer_id, effective_date, reason,
    actor_id, recorded_at)
SELECT id, team_id, officer_id, opened_date, 'opened', pg_temp.system(),
       pg_temp.moment(opened_date, 480)
FROM accounts_account ORDER BY id;

INSERT INTO accounts_accountparty (account_id, debtor_id, role, valid_from)
SELECT p.i, p.debtor_id, 'debtor', p.opened_date FROM plan p
UNION ALL
SELECT p.i, o.i, 'guarantor', p.opened_date FROM plan p
JOIN who o ON o.i = p.debtor_id + 1 AND o.creditor_id = p.creditor_id AND NOT o.is_firm
WHERE pg_temp.dice('guarantor', p.i, 15) = 0;
ANALYZE accounts_account;
