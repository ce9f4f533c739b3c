-- 18 monthly bills, what was paid on each, fees, returns, credit notes, write-offs.
-- Dates are spelled once a day, not once an entry.
CREATE TEMP TABLE spelled ON COMMIT DROP AS
SELECT day, to_char(day, 'YYMM') AS yymm, to_char(day, 'YYMMDD') AS yymmdd,
       to_char(day, 'FMMonth YYYY') AS month
FROM (SELECT DISTINCT day FROM cal) d;
ANALYZE spelled;

CREATE TEMP TABLE bills ON COMMIT DROP AS
WITH past AS MATERIALIZED (
    SELECT months_ago, (date_trunc('month', pg_temp.last_day())
        - months_ago * INTERVAL '1 month')::date - 1 AS before_first
    FROM generate_series(0, 18) AS m(months_ago)
)
SELECT p.i AS account_id, m.months_ago, p.currency, p.decimals, b.value_date,
       b.value_date + 30 AS due_date, p.behaviour, p.months, p.story, p.time_zone,
       round(p.base::numeric * (70 + pg_temp.dice('bill', p.i * 20 + m.months_ago, 60)) / 100, p.decimals)
           AS amount
FROM plan p
CROSS JOIN past m
CROSS JOIN LATERAL (SELECT m.before_first + p.bill_day AS value_date) b
WHERE b.value_date BETWEEN p.opened_date AND pg_temp.last_day()
  AND NOT (p.behaviour = 'closed' AND m.months_ago < p.months)
  AND NOT (p.behaviour = 'written_off' AND m.months_ago < p.months - 3);
ANALYZE bills;

CREATE TEMP TABLE paid ON COMMIT DROP AS
SELECT * FROM (
    SELECT b.*, b.due_date + CASE b.behaviour
               WHEN 'late' THEN 8 + pg_temp.dice('lag', b.account_id, 28)
                    + pg_temp.dice('wobble', b.account_id * 20 + b.months_ago, 4)
               WHEN 'partial' THEN 8 + pg_temp.dice('lag', b.account_id, 12)
               WHEN 'worsening' THEN (18 - b.months_ago) * 2 - 8
               ELSE -3 - pg_temp.dice('lag', b.account_id * 20 + b.months_ago, 8)
           END AS paid_on,
           CASE WHEN b.behaviour = 'partial' THEN round(b.amount * 0.6, b.decimals)
                WHEN b.behaviour = 'upheld' AND b.months_ago = b.months
                THEN b.amount - round(b.amount * 0.4, b.decimals)
                ELSE b.amount END AS paid
    FROM bills b
    WHERE b.behaviour <> 'never'
      AND NOT (b.behaviour IN ('stopped', 'written_off') AND b.months_ago < b.months)
) x
WHERE paid_on <= pg_temp.last_day()
  AND NOT (behaviour = 'first_time' AND due_date >= pg_temp.last_day() - 30);
ANALYZE paid;

WITH movements AS (
SELECT account_id, currency, 'charge' AS kind, amount, value_date, due_date,
       'B' || account_id || '-' || yymm AS reference, month AS description, 370 AS minutes, time_zone,
       'import' AS source
FROM bills JOIN spelled ON day = value_date
UNION ALL
SELECT account_id, currency, 'payment', paid, paid_on, NULL,
       'P' || account_id || '-' || yymmdd || '-' || months_ago, '', 600, time_zone, 'import'
FROM paid JOIN spelled ON day = paid_on
UNION ALL
SELECT account_id, currency, 'payment', paid, pg_temp.last_day() - 12, NULL,
       'P' || account_id || '-2', 'paid twice', 610, time_zone, 'import'
FROM paid WHERE behaviour = 'overpaid' AND months_ago = 2
UNION ALL
-- The bank took it back, a fee was charged, and it was paid again a week later with the fee.
SELECT account_id, currency, 'fee', pg_temp.fee(currency), paid_on + 4, paid_on + 4,
       'F' || account_id || '-' || months_ago, 'Returned payment', 620, time_zone, 'import'
FROM paid WHERE behaviour = 'returned' AND months_ago = months
UNION ALL
SELECT account_id, currency, 'payment', paid + pg_temp.fee(currency), paid_on + 11, NULL,
       'P' || account_id || '-again', '', 600, time_zone, 'import'
FROM paid WHERE behaviour = 'returned' AND months_ago = months
UNION ALL
SELECT account_id, currency, 'credit_note', round(amount * 0.4, decimals), value_date + 20, NULL,
       'C' || account_id, 'Dispute upheld', 640, time_zone, 'dispute'
FROM bills WHERE behaviour = 'upheld' AND months_ago = months
UNION ALL
SELECT account_id, currency, 'write_off', sum(amount), max(value_date) + 120, NULL,
       'W' || account_id, 'Nothing to be had', 650, time_zone, 'import'
FROM bills WHERE behaviour = 'written_off' AND months_ago < months
GROUP BY account_id, currency, time_zone
UNION ALL
SELECT account_id, currency, 'fee', pg_temp.fee(currency), due_date + 15, due_date + 15,
       'F' || account_id || '-' || months_ago, 'Late fee', 630, time_zone, 'import'
FROM bills WHERE behaviour = 'stopped' AND months_ago = months - 1
UNION ALL
-- What came in on a promise that was only partly kept, and a payment that the bank took back now.
SELECT p.i, p.currency, 'payment', round(p.base::numeric * 0.25, p.decimals), pg_temp.last_day() - 10,
       NULL, 'P' || p.i || '-part', '', 600, p.time_zone, 'import' FROM plan p WHERE p.story = 'partly'
UNION ALL
SELECT p.i, p.currency, 'payment', round(p.base::numeric * 0.5, p.decimals), pg_temp.last_day() - 9,
       NULL, 'P' || p.i || '-back', '', 600, p.time_zone, 'import' FROM plan p WHERE p.story = 'returned_now'
)
INSERT INTO accounts_ledgerentry (recorded_at, account_id, currency, kind, direction, line, amount,
    tax_amount, tax_code, value_date, due_date, is_due_date_assumed, reference, description, reason,
    method, receiver, source, actor_id)
SELECT pg_temp.moment(value_date, minutes, time_zone), account_id, currency,
       kind, CASE WHEN kind IN ('charge', 'fee') THEN 'debit' ELSE 'credit' END,
       CASE kind WHEN 'charge' THEN 'charges' WHEN 'fee' THEN 'fees' WHEN 'payment' THEN 'collected'
            WHEN 'credit_note' THEN 'credit_notes' ELSE 'written_off' END,
       amount, 0, '', value_date, due_date, FALSE, reference, description,
       CASE WHEN kind = 'write_off' THEN description ELSE '' END,
       CASE WHEN kind = 'payment' THEN (ARRAY['transfer', 'card', 'cash', 'direct_debit', 'cheque'])
           [1 + pg_temp.dice('paid by', account_id, 5)] ELSE '' END,
       CASE WHEN kind <> 'payment' THEN ''
            WHEN pg_temp.dice('receiver', account_id, 6) = 0 THEN 'creditor' ELSE 'office' END,
       source, pg_temp.system()
FROM movements ORDER BY value_date, account_id, kind, minutes, amount;
ANALYZE accounts_ledgerentry;

INSERT INTO accounts_ledgerentry (recorded_at, account_id, currency, kind, direction, line, amount,
    tax_amount, tax_code, value_date, due_date, is_due_date_assumed, reference, description, reason,
    method, receiver, source, actor_id, reverses_id)
SELECT pg_temp.moment(r.day, 615, r.time_zone), e.account_id, e.currency, 'reversal', 'debit',
       'payments_returned', e.amount, 0, '', r.day, NULL, FALSE, e.reference, '',
       'Returned by the bank', '', '', 'import', pg_temp.system(), e.id
FROM (
    SELECT account_id, 'P' || account_id || '-' || to_char(paid_on, 'YYMMDD') || '-' || months_ago AS reference,
           paid_on + 4 AS day, time_zone
    FROM paid WHERE behaviour = 'returned' AND months_ago = months
    UNION ALL
    SELECT i, 'P' || i || '-back', pg_temp.last_day() - 1 - pg_temp.dice('returned', i, 4), time_zone
    FROM plan WHERE story = 'returned_now'
) r
JOIN accounts_ledgerentry e ON e.account_id = r.account_id AND e.reference = r.reference
    AND e.kind = 'payment'
ORDER BY r.day, r.account_id;

-- Paid up or written off, then closed.
INSERT INTO core_transition (recorded_at, subject_type, subject_id, from_status, to_status,
    effective_date, actor_id, reason)
SELECT pg_temp.moment(b.day, 660, b.time_zone), 'accounts.account', b.account_id, 'open', 'closed',
       b.day, pg_temp.system(), CASE b.behaviour WHEN 'closed' THEN 'Moved out, all paid' ELSE 'Written off' END
FROM (SELECT account_id, behaviour, time_zone,
             max(value_date) + CASE behaviour WHEN 'closed' THEN 35 ELSE 121 END AS day
      FROM bills WHERE behaviour IN ('closed', 'written_off') GROUP BY 1, 2, 3) b ORDER BY b.day, b.account_id;
