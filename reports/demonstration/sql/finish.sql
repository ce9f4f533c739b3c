-- Counters go on after the numbers given above.
SELECT setval(pg_get_serial_sequence(t, 'id'), m) FROM (
    SELECT 'accounts_debtor' AS t, (SELECT max(id) FROM accounts_debtor) AS m
    UNION ALL SELECT 'accounts_account', (SELECT max(id) FROM accounts_account)
    UNION ALL SELECT 'accounts_dispute', (SELECT max(id) FROM accounts_dispute)
    UNION ALL SELECT 'accounts_countedcontact', (SELECT max(id) FROM accounts_countedcontact)
    UNION ALL SELECT 'accounts_contactattempt', (SELECT max(id) FROM accounts_contactattempt)
) s WHERE m IS NOT NULL;

ANALYZE accounts_promise;
ANALYZE accounts_contactattempt;
