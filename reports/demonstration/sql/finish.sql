-- Counters go on after the numbers given above.
SELECT setval(pg_get_serial_sequence(t, 'id'), m) FROM (
    SELECT 'accounts_debtor' AS t, (SELECT max(id) FROM accounts_debtor) AS m
    UNION ALL SELECT 'accounts_account', (SELECT max(id) FROM accounts_account)
    UNION ALL SELECT 'accounts_dispute', (SELECT max(id) FROM accounts_dispute)
    UNION ALL SELECT 'accounts_countedcontact', (SELECT max(id) FROM accounts_countedcontact)
    UNION ALL SELECT 'accounts_contactattempt', (SELECT max(id) FROM accounts_contactattempt)
) s WHERE m IS NOT NULL;

-- Where each account stands: oldest due first, as the ledger allocates.
INSERT INTO accounts_standing (account_id, currency, balance, overdue, not_due, contested, credit,
    written_off, oldest_due_date, next_due_date, last_payment_date, last_payment_amount, entry_count,
    standing_as_of)
SELECT a.id, a.currency, o.overdue + o.not_due - c.credit, o.overdue, o.not_due,
       LEAST(o.overdue, COALESCE(d.contested, 0)), c.credit, 0, o.oldest, o.next_due, l.value_date,
       l.amount, COALESCE(c.entries, 0), pg_temp.last_day()
FROM accounts_account a
JOIN LATERAL (
    SELECT sum(amount) FILTER (WHERE direction = 'credit') AS paid, count(*) AS entries,
           GREATEST(0, COALESCE(sum(amount) FILTER (WHERE direction = 'credit'), 0)
               - COALESCE(sum(amount) FILTER (WHERE direction = 'debit'), 0)) AS credit
    FROM accounts_ledgerentry WHERE account_id = a.id) c ON TRUE
JOIN LATERAL (
    SELECT COALESCE(sum(open) FILTER (WHERE due_date < pg_temp.last_day()), 0) AS overdue,
           COALESCE(sum(open) FILTER (WHERE due_date >= pg_temp.last_day()), 0) AS not_due,
           min(due_date) FILTER (WHERE open > 0 AND due_date < pg_temp.last_day()) AS oldest,
           min(due_date) FILTER (WHERE open > 0 AND due_date >= pg_temp.last_day()) AS next_due
    FROM (SELECT due_date, GREATEST(0, LEAST(amount,
                 sum(amount) OVER (ORDER BY due_date, id) - COALESCE(c.paid, 0))) AS open
          FROM accounts_ledgerentry
          WHERE account_id = a.id AND direction = 'debit') i) o ON TRUE
LEFT JOIN LATERAL (SELECT value_date, amount FROM accounts_ledgerentry
    WHERE account_id = a.id AND kind = 'payment' ORDER BY value_date DESC, id DESC LIMIT 1) l ON TRUE
LEFT JOIN LATERAL (SELECT sum(amount) AS contested FROM doubts
    WHERE account_id = a.id AND story = 'disputed') d ON TRUE;
ANALYZE accounts_standing;
ANALYZE accounts_promise;
ANALYZE accounts_contactattempt;
