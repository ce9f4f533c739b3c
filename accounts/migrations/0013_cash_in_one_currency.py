"""What stands on a receipt, a count or a slip is in its currency: composite keys models can't express."""

from django.db import migrations

KEYS = [
    ("accounts_receiptline", "account_id", "accounts_account"),
    ("accounts_receiptline", "receipt_id", "accounts_cashreceipt"),
    ("accounts_countedpieces", "count_id", "accounts_cashcount"),
    ("accounts_depositpieces", "deposit_id", "accounts_deposit"),
    ("accounts_deposititem", "deposit_id", "accounts_deposit"),
    ("accounts_deposititem", "receipt_id", "accounts_cashreceipt"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_one_currency_per_account"),
    ]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column[:-3]}_currency FOREIGN KEY ({column}, currency) "
            f"REFERENCES {there} (id, currency) DEFERRABLE INITIALLY DEFERRED",
            f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column[:-3]}_currency",
        )
        for table, column, there in KEYS
    ]
