-- Debtors of four creditors, names in several scripts, and how to reach them.
CREATE TEMP TABLE who ON COMMIT DROP AS
SELECT i,
       c.id AS creditor_id, c.code, c.country, c.currency, c.time_zone,
       pg_temp.dice('firm', i, 100) < 22 AS is_firm,
       CASE c.code
           WHEN 'PORTO' THEN (ARRAY[3, 3, 3, 4, 7])[1 + pg_temp.dice('pool', i, 5)]
           WHEN 'LAKESIDE' THEN (ARRAY[4, 4, 4, 6, 2])[1 + pg_temp.dice('pool', i, 5)]
           ELSE (ARRAY[0, 0, 0, 0, 1, 2, 2, 4, 5])[1 + pg_temp.dice('pool', i, 9)]
       END AS pool
FROM generate_series(1, GREATEST(1, pg_temp.size() * 4 / 5)) AS i
JOIN accounts_creditor c ON c.code = CASE
    WHEN pg_temp.dice('creditor', i, 100) < 50 THEN 'CITYPOWER'
    WHEN pg_temp.dice('creditor', i, 100) < 65 THEN 'HARBOUR'
    WHEN pg_temp.dice('creditor', i, 100) < 85 THEN 'PORTO'
    ELSE 'LAKESIDE' END;

CREATE UNIQUE INDEX ON who (i);
ANALYZE who;

INSERT INTO accounts_debtor (id, creditor_id, reference, name, kind, payer_type, external_id,
    birth_date, language, country, time_zone, preferred_channel, allowed_channels, payment_method,
    pay_day)
SELECT w.i, w.creditor_id, 'D' || (200000 + w.i),
       CASE WHEN w.is_firm
            THEN f.firms[1 + pg_temp.dice('firm name', w.i, cardinality(f.firms))] || ' '
                 || f.trades[1 + pg_temp.dice('trade', w.i, cardinality(f.trades))]
            ELSE p.families[1 + pg_temp.dice('family', w.i, cardinality(p.families))] || ', '
                 || p.givens[1 + pg_temp.dice('given', w.i, cardinality(p.givens))] END,
       CASE WHEN w.is_firm THEN 'organisation' ELSE 'person' END,
       CASE WHEN NOT w.is_firm THEN 'consumer'
            ELSE (ARRAY['corporate', 'corporate', 'corporate', 'insurer', 'bank', 'government'])
                 [1 + pg_temp.dice('payer', w.i, 6)] END,
       '',
       CASE WHEN w.is_firm THEN NULL
            ELSE DATE '1955-01-01' + pg_temp.dice('birth', w.i, 17000) END,
       CASE WHEN w.is_firm THEN 'en' ELSE p.language END,
       w.country, w.time_zone,
       (ARRAY['', '', 'call', 'email', 'sms'])[1 + pg_temp.dice('channel', w.i, 5)],
       '{}',
       (ARRAY['transfer', 'card', 'cash', 'direct_debit'])[1 + pg_temp.dice('method', w.i, 4)],
       CASE WHEN w.is_firm THEN NULL ELSE 1 + pg_temp.dice('pay day', w.i, 28) END
FROM who w JOIN name_pool p USING (pool) CROSS JOIN firm_words f;

INSERT INTO accounts_contactpoint (debtor_id, kind, label, value, raw, status, source, noted_on,
    confidence, is_primary, is_workplace, time_zone, building, unit, area, street, city, postcode,
    country, valid_from)
SELECT w.i, 'phone', CASE WHEN w.is_firm THEN 'office' ELSE 'mobile' END, n.value, n.value,
       CASE WHEN pg_temp.dice('phone status', w.i, 20) = 0 THEN 'unverified' ELSE 'good' END,
       'creditor', pg_temp.last_day() - 500, 80, TRUE, FALSE, w.time_zone,
       '', '', '', '', '', '', w.country, pg_temp.last_day() - 500
FROM who w
CROSS JOIN LATERAL (SELECT CASE w.country
    WHEN 'AE' THEN '+97150' || lpad((5000000 + w.i)::text, 7, '0')
    WHEN 'KW' THEN '+9655' || lpad((1000000 + w.i)::text, 7, '0')
    WHEN 'PT' THEN '+35191' || lpad((2000000 + w.i)::text, 7, '0')
    ELSE '+1312' || lpad((5550000 + mod(w.i, 10000) + 10000 * (w.i / 10000))::text, 7, '0')
    END AS value) n
UNION ALL
SELECT w.i, 'phone', 'home', '+9714' || lpad((5550000 + w.i)::text, 7, '0'), '', 'wrong_party',
       'officer', pg_temp.last_day() - 40, 10, FALSE, FALSE, w.time_zone,
       '', '', '', '', '', '', w.country, pg_temp.last_day() - 400
FROM who w WHERE w.country = 'AE' AND pg_temp.dice('second phone', w.i, 8) = 0
UNION ALL
SELECT w.i, 'email', '', 'debtor' || w.i || '@example.com', '',
       CASE WHEN pg_temp.dice('mail status', w.i, 25) = 0 THEN 'bad' ELSE 'good' END,
       'creditor', pg_temp.last_day() - 500, 70, TRUE, FALSE, '',
       '', '', '', '', '', '', w.country, pg_temp.last_day() - 500
FROM who w WHERE pg_temp.dice('mail', w.i, 10) < 8
UNION ALL
SELECT w.i, 'address', 'home', f.building || ', ' || a.unit || ', ' || f.area, '', 'good',
       'creditor', pg_temp.last_day() - 500, 70, TRUE, FALSE, '',
       f.building, a.unit, f.area, f.building, a.city, '', w.country, pg_temp.last_day() - 500
FROM who w
CROSS JOIN LATERAL (SELECT
    (1 + pg_temp.dice('unit', w.i, 2400))::text AS unit,
    CASE w.country WHEN 'AE' THEN 'Dubai' WHEN 'KW' THEN 'Kuwait City' WHEN 'PT' THEN 'Porto'
        ELSE 'Chicago' END AS city) a
CROSS JOIN LATERAL (SELECT
    buildings[1 + pg_temp.dice('building', w.i, cardinality(buildings))] AS building,
    areas[1 + pg_temp.dice('area', w.i, cardinality(areas))] AS area FROM firm_words) f;
ANALYZE accounts_debtor;
ANALYZE accounts_contactpoint;
