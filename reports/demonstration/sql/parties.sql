-- Debtors of five creditors, names in several scripts, and how to reach them.
INSERT INTO accounts_identity (token)
SELECT md5('identity ' || w.person)::uuid FROM who w WHERE w.person <> w.i
UNION
SELECT md5('identity ' || p.debtor_id)::uuid FROM plan p WHERE p.story = 'deceased' ORDER BY 1;

INSERT INTO accounts_debtor (id, creditor_id, reference, name, kind, payer_type, identity_id,
    external_id, birth_date, language, country, time_zone, preferred_channel, allowed_channels,
    contact_from, contact_until, payment_method, pay_day, registered_at)
SELECT w.i, w.creditor_id, 'D' || (200000 + w.i),
       CASE WHEN w.is_firm
            THEN f.firms[1 + pg_temp.dice('firm name', w.i, cardinality(f.firms))] || ' '
                 || f.trades[1 + pg_temp.dice('trade', w.i, cardinality(f.trades))]
            ELSE p.families[1 + pg_temp.dice('family', w.person, cardinality(p.families))] || ', '
                 || p.givens[1 + pg_temp.dice('given', w.person, cardinality(p.givens))] END,
       CASE WHEN w.is_firm THEN 'organisation' ELSE 'person' END,
       CASE WHEN NOT w.is_firm THEN 'consumer'
            ELSE (ARRAY['corporate', 'corporate', 'corporate', 'insurer', 'bank', 'government'])
                 [1 + pg_temp.dice('payer', w.i, 6)] END,
       d.id, '',
       CASE WHEN w.is_firm THEN NULL
            ELSE DATE '1955-01-01' + pg_temp.dice('birth', w.person, 17000) END,
       CASE WHEN w.is_firm THEN 'en' ELSE p.language END,
       w.country, w.time_zone,
       (ARRAY['', '', 'call', 'email', 'sms'])[1 + pg_temp.dice('channel', w.i, 5)],
       '{}',
       CASE WHEN pg_temp.dice('own hours', w.i, 40) = 0 THEN TIME '09:00' END,
       CASE WHEN pg_temp.dice('own hours', w.i, 40) = 0 THEN TIME '17:00' END,
       (ARRAY['transfer', 'card', 'cash', 'direct_debit'])[1 + pg_temp.dice('method', w.i, 4)],
       CASE WHEN w.is_firm THEN NULL ELSE 1 + pg_temp.dice('pay day', w.i, 28) END,
       pg_temp.moment(o.opened_date, 470, w.time_zone)
FROM who w
JOIN name_pool p USING (pool)
JOIN (SELECT debtor_id, min(opened_date) AS opened_date, bool_or(story = 'deceased') AS is_dead
      FROM plan GROUP BY 1) o ON o.debtor_id = w.i
CROSS JOIN firm_words f
LEFT JOIN who t ON t.person = w.i AND t.i <> w.i
LEFT JOIN accounts_identity d ON d.token = md5('identity ' || w.person)::uuid
    AND (w.person <> w.i OR t.i IS NOT NULL OR o.is_dead);

INSERT INTO accounts_legalfact (identity_id, kind, effective_date, source, actor_id, recorded_at)
SELECT d.identity_id, 'deceased', pg_temp.last_day() - 30, 'Registry office', pg_temp.system(),
       pg_temp.moment(pg_temp.last_day() - 27, 600, c.time_zone)
FROM plan p JOIN accounts_debtor d ON d.id = p.debtor_id
JOIN accounts_creditor c ON c.id = d.creditor_id WHERE p.story = 'deceased' ORDER BY d.id;

INSERT INTO accounts_contactpoint (debtor_id, kind, label, value, raw, status, status_on, source,
    noted_on, confidence, is_primary, is_workplace, time_zone, building, unit, area, street, city,
    postcode, country, valid_from)
SELECT w.i, 'phone', CASE WHEN w.is_firm THEN 'office' ELSE 'mobile' END, n.value, n.value,
       CASE WHEN pg_temp.dice('phone status', w.i, 20) = 0 THEN 'unverified' ELSE 'good' END,
       -- American numbers were checked lately: a text needs that
       CASE WHEN w.country = 'US' THEN pg_temp.last_day() - 45 END,
       'creditor', pg_temp.last_day() - 500, 80, TRUE, FALSE, w.time_zone,
       '', '', '', '', '', '', w.country, pg_temp.last_day() - 500
FROM who w
CROSS JOIN LATERAL (SELECT CASE w.country
    WHEN 'AE' THEN '+97150' || lpad((5000000 + w.person)::text, 7, '0')
    WHEN 'KW' THEN '+9655' || lpad((1000000 + w.i)::text, 7, '0')
    WHEN 'PT' THEN '+35191' || lpad((2000000 + w.i)::text, 7, '0')
    ELSE '+1312' || lpad((5550000 + mod(w.i, 10000) + 10000 * (w.i / 10000))::text, 7, '0')
    END AS value) n
UNION ALL
SELECT w.i, 'phone', 'home', '+9714' || lpad((5550000 + w.i)::text, 7, '0'), '',
       (ARRAY['wrong_party', 'bad', 'good'])[1 + pg_temp.dice('second status', w.i, 3)],
       pg_temp.last_day() - 40, 'officer', pg_temp.last_day() - 400, 10, FALSE, FALSE, w.time_zone,
       '', '', '', '', '', '', w.country, pg_temp.last_day() - 400
FROM who w WHERE w.country = 'AE' AND pg_temp.dice('second phone', w.i, 8) = 0
UNION ALL
SELECT w.i, 'email', '', 'debtor' || w.person || '@example.com', '',
       CASE WHEN s.debtor_id IS NOT NULL THEN 'opted_out'
            WHEN pg_temp.dice('mail status', w.i, 25) = 0 THEN 'bad' ELSE 'good' END,
       CASE WHEN s.debtor_id IS NOT NULL THEN pg_temp.last_day() - 45 END,
       'creditor', pg_temp.last_day() - 500, 70, TRUE, FALSE, '',
       '', '', '', '', '', '', w.country, pg_temp.last_day() - 500
FROM who w LEFT JOIN (SELECT DISTINCT debtor_id FROM plan WHERE story = 'opted_out') s ON s.debtor_id = w.i
WHERE pg_temp.dice('mail', w.i, 10) < 8
UNION ALL
SELECT w.i, 'address', 'home', f.building || ', ' || a.unit || ', ' || f.area, '', 'good', NULL,
       'creditor', pg_temp.last_day() - 500, 70, TRUE, FALSE, '',
       f.building, a.unit, f.area, '', a.city, '', w.country, pg_temp.last_day() - 500
FROM who w
CROSS JOIN LATERAL (SELECT
    (1 + pg_temp.dice('unit', w.person, 2400))::text AS unit,
    CASE w.country WHEN 'AE' THEN 'Dubai' WHEN 'KW' THEN 'Kuwait City' WHEN 'PT' THEN 'Porto'
        ELSE 'Chicago' END AS city) a
CROSS JOIN LATERAL (SELECT
    buildings[1 + pg_temp.dice('building', w.person, cardinality(buildings))] AS building,
    areas[1 + pg_temp.dice('area', w.person, cardinality(areas))] AS area FROM firm_words) f;
ANALYZE accounts_debtor;
ANALYZE accounts_contactpoint;
