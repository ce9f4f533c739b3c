"""Months that were signed before the ledger knew of closed periods are closed in it.

The period is what signing writes down today: the month's days, by whom and on which day it was signed.
What was posted into such a month after its signature is marked as every later posting is.
"""

from django.db import migrations

CLOSE = """
INSERT INTO accounts_closedperiod (creditor_id, first_day, last_day, closed_on, actor_id)
SELECT NULL, b.month, (b.month + interval '1 month' - interval '1 day')::date, b.signed_at::date,
       b.signed_by_id
FROM reports_reportbuild b
WHERE b.kind = 'collection' AND b.status = 'signed' AND b.scope = '' AND b.signed_by_id IS NOT NULL
  AND NOT EXISTS (
      SELECT 1 FROM accounts_closedperiod p WHERE p.creditor_id IS NULL
        AND p.last_day = (b.month + interval '1 month' - interval '1 day')::date)
ORDER BY b.month
"""
MARK = """
INSERT INTO accounts_lateposting (entry_id, account_id, currency, effect, month, reason)
SELECT e.id, e.account_id, e.currency,
       CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END,
       date_trunc('month', e.value_date)::date,
       left(coalesce(nullif(e.reason, ''), e.description), 300)
FROM accounts_ledgerentry e
WHERE e.recorded_at > (
    SELECT min(b.signed_at) FROM reports_reportbuild b
    WHERE b.kind = 'collection' AND b.status = 'signed' AND b.scope = ''
      AND e.value_date < b.month + interval '1 month')
  AND NOT EXISTS (SELECT 1 FROM accounts_lateposting l WHERE l.entry_id = e.id)
ORDER BY e.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0002_one_currency_per_account"),
        ("accounts", "0002_one_currency_per_account"),
    ]

    operations = [
        migrations.RunSQL(CLOSE, migrations.RunSQL.noop),
        migrations.RunSQL(MARK, migrations.RunSQL.noop),
    ]
