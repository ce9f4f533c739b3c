-- 18 monthly bills, what was paid on each, fees, returned payments.
CREATE TEMP TABLE bills ON COMMIT DROP AS
SELECT p.i AS account_id, m.months_ago, p.currency, p.decimals, b.value_date,
       b.value_date + 30 AS due_date,
       round(p.base * (70 + pg_temp.dice('bill', p.i * 20 + m.months_ago, 60)) / 100, p.decimals)
           AS amount
FROM plan p
CROSS JOIN generate_series(0, 18) AS m(months_ago)
CROSS JOIN LATERAL (SELECT (date_trunc('month', pg_temp.last_day())
    - m.months_ago * INTERVAL '1 month')::date + p.bill_day - 1 AS value_date) b
WHERE b.value_date BETWEEN p.opened_date AND pg_temp.last_day();

CREATE INDEX ON bills (account_id);
ANALYZE bills;

CREATE TEMP TABLE paid ON COMMIT DROP AS
SELECT * FROM (
    SELECT b.account_id, b.months_ago, b.currency, b.decimals, p.behaviour,
           b.due_date + CASE p.behaviour
               WHEN 'late' THEN 5 + pg_temp.dice('lag', b.account_id * 20 + b.months_ago, 40)
               WHEN 'partial' THEN 8 + pg_temp.dice('lag', b.account_id * 20 + b.months_ago, 12)
               WHEN 'worsening' THEN (18 - b.months_ago) * 2 - 8
               ELSE -3 - pg_temp.dice('lag', b.account_id * 20 + b.months_ago, 8)
           END AS value_date,
           CASE p.behaviour WHEN 'partial' THEN round(b.amount * 0.6, b.decimals)
               ELSE b.amount END AS amount,
           max(CASE WHEN b.due_date < pg_temp.last_day() THEN b.due_date END)
               OVER (PARTITION BY b.account_id) AS last_due, b.due_date,
           p.stopped_months
    FROM bills b JOIN plan p ON p.i = b.account_id
    WHERE p.behaviour <> 'never'
      AND NOT (p.behaviour = 'stopped' AND b.months_ago < p.stopped_months)
) x
WHERE value_date <= pg_temp.last_day()
  AND NOT (behaviour = 'first_time' AND due_date = last_due);

ANALYZE paid;

CREATE TEMP TABLE movements ON COMMIT DROP AS
SELECT account_id, currency, 'charge' AS kind, 'debit' AS direction, 'charges' AS line, amount,
       value_date, due_date, 'B' || account_id || '-' || to_char(value_date, 'YYMM') AS reference,
       to_char(value_date, 'FMMonth YYYY') AS description, '' AS method, '' AS receiver
FROM bills
UNION ALL
SELECT account_id, currency, 'payment', 'credit', 'collected', amount, value_date, NULL,
       'P' || account_id || '-' || to_char(value_date, 'YYMMDD'), '',
       (ARRAY['transfer', 'card', 'cash', 'direct_debit', 'cheque'])
           [1 + pg_temp.dice('paid by', account_id, 5)],
       CASE WHEN pg_temp.dice('receiver', account_id, 6) = 0 THEN 'creditor' ELSE 'office' END
FROM paid
UNION ALL
SELECT account_id, currency, 'payment', 'credit', 'collected', amount, pg_temp.last_day() - 12, NULL,
       'P' || account_id || '-2', 'paid twice', 'transfer', 'office'
FROM paid WHERE behaviour = 'overpaid' AND months_ago = 2
UNION ALL
SELECT b.account_id, b.currency, 'fee', 'debit', 'fees',
       CASE WHEN b.currency = 'KWD' THEN 5 WHEN b.currency = 'AED' THEN 50 ELSE 15 END,
       b.due_date + 15, b.due_date + 15, 'F' || b.account_id || '-' || b.months_ago, 'Late fee', '', ''
FROM bills b JOIN plan p ON p.i = b.account_id
WHERE p.behaviour = 'stopped' AND b.months_ago = p.stopped_months - 1
  AND b.due_date + 15 <= pg_temp.last_day()
UNION ALL
-- What came in on a promise that was only partly kept.
SELECT p.i, p.currency, 'payment', 'credit', 'collected', round(p.base * 0.4, p.decimals),
       pg_temp.last_day() - 6, NULL, 'P' || p.i || '-part', '', 'transfer', 'office'
FROM plan p WHERE p.story = 'partly';

CREATE INDEX ON movements (account_id) WHERE kind = 'payment';
ANALYZE movements;

INSERT INTO accounts_ledgerentry (recorded_at, account_id, currency, kind, direction, line, amount,
    tax_amount, tax_code, value_date, due_date, is_due_date_assumed, reference, description, reason,
    method, receiver, source, actor_id)
SELECT pg_temp.moment(value_date, 370 + pg_temp.dice('at', account_id, 400)), account_id, currency,
       kind, direction, line, amount, 0, '', value_date, due_date, FALSE, reference, description, '',
       method, receiver, 'import', pg_temp.system()
FROM movements ORDER BY value_date, account_id, kind, reference;

INSERT INTO accounts_ledgerentry (recorded_at, account_id, currency, kind, direction, line, amount,
    tax_amount, tax_code, value_date, due_date, is_due_date_assumed, reference, description, reason,
    method, receiver, source, actor_id, reverses_id)
SELECT pg_temp.moment(r.day, 400), e.account_id, e.currency, 'reversal', 'debit',
       'payments_returned', e.amount, 0, '', r.day, NULL, FALSE, e.reference || '-R', '',
       'Returned by the bank', '', '', 'import', pg_temp.system(), e.id
FROM (
    SELECT DISTINCT ON (x.account_id) x.*, p.turn FROM accounts_ledgerentry x
    JOIN (SELECT p.i, row_number() OVER (PARTITION BY a.officer_id
                                         ORDER BY pg_temp.dice('turn', p.i, 10000), p.i) AS turn
          FROM plan p JOIN accounts_account a ON a.id = p.i WHERE p.behaviour = 'returned') p
        ON p.i = x.account_id
    WHERE x.kind = 'payment'
      AND x.value_date <= pg_temp.last_day() - CASE WHEN p.turn > 2 THEN 40 ELSE 1 END
    ORDER BY x.account_id, x.value_date DESC, x.id DESC) e
-- A few came back these days, the others long ago: a list is not full of them.
CROSS JOIN LATERAL (SELECT CASE WHEN e.turn > 2 THEN e.value_date + 4
    ELSE GREATEST(e.value_date + 1, pg_temp.last_day() - 1 - pg_temp.dice('returned', e.account_id, 6))
    END AS day) r
WHERE r.day <= pg_temp.last_day() ORDER BY e.account_id;
ANALYZE accounts_ledgerentry;
